;; refused FEATURE
(module
  (memory (export "memory") i64 1)
  (func (export "call:go")
    nop))
