;; refused FEATURE
(module
  (memory (export "memory") 1)
  (func (param externref))
  (func (export "call:go")))
