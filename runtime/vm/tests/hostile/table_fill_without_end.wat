;; OUT_OF_GAS
(module
  (memory (export "memory") 1)
  (table 4096 funcref)
  (func (export "call:go")
    (loop $again
      (table.fill 0 (i32.const 0) (ref.null func) (i32.const 4096)) (br $again))))
