;; BAD_INPUT
(module
  (import "chain_v1" "call" (func $call (param i32 i32 i32 i32 i32 i32 i64) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\ff")
  (func (export "call:go")
    (drop (call $call (i32.const 64) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0)
      (i32.const 128) (i64.const 0)))))
