;; CONTRACT_TRAP
(module
  (memory (export "memory") 1)
  (func (export "call:go")
    (i32.store (i32.const 65533) (i32.const 1))))
