;; refused EXPORT
(module
  (memory (export "memory") 1)
  (table (export "t") 1 funcref)
  (func (export "call:go")
    nop))
