;; refused TABLES
(module
  (memory (export "memory") 1)
  (table 1 funcref) (table 1 funcref)
  (func (export "call:go")
    nop))
