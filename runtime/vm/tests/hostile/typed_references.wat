;; refused FEATURE
(module
  (type $t (func))
  (memory (export "memory") 1)
  (func (param (ref $t)))
  (func (export "call:go")))
