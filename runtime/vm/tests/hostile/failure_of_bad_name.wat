;; BAD_INPUT
(module
  (import "chain_v1" "fail" (func $fail (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "Sold")
  (func (export "call:go")
    (call $fail (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 0))))
