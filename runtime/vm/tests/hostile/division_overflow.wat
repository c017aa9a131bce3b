;; CONTRACT_TRAP
(module
  (memory (export "memory") 1)
  (func (export "call:go")
    (drop (i64.div_s (i64.const 0x8000000000000000) (i64.const -1)))))
