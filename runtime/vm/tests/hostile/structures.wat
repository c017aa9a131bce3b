;; refused FEATURE
(module
  (type (struct (field i32)))
  (memory (export "memory") 1)
  (func (export "call:go")))
