;; STACK
(module
  (memory (export "memory") 1)
  (func $down (param i64 i64 i64) (result i64)
    (i64.add (call $down (local.get 1) (local.get 2) (i64.add (local.get 0) (i64.const 1)))
      (i64.add (local.get 0) (i64.mul (local.get 1) (local.get 2)))))
  (func (export "call:go")
    (drop (call $down (i64.const 1) (i64.const 2) (i64.const 3)))))
