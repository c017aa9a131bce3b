;; refused FEATURE
(module
  (memory (export "memory") 1)
  (func (export "call:go")
    (i64.mul_wide_u (i64.const 1) (i64.const 2))
    drop
    drop))
