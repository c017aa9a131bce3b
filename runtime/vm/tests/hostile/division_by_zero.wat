;; CONTRACT_TRAP
(module
  (memory (export "memory") 1)
  (func (export "call:go")
    (drop (i32.div_u (i32.const 1) (i32.const 0)))))
