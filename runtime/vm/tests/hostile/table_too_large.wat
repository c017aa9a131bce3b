;; refused TABLE_ELEMENTS
(module
  (memory (export "memory") 1)
  (table 4097 funcref)
  (func (export "call:go")
    nop))
