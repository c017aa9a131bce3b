;; BAD_INPUT
(module
  (import "chain_v1" "hash" (func $hash (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "call:go")
    (call $hash (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0))))
