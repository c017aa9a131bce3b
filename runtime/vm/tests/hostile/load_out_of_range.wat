;; CONTRACT_TRAP
(module
  (memory (export "memory") 1)
  (func (export "call:go")
    (drop (i64.load offset=0xfffffff8 (i32.const 65529)))))
