;; BAD_INPUT
(module
  (import "chain_v1" "merkle_verify" (func $merkle_verify (param i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "call:go")
    (drop (call $merkle_verify (i32.const 0) (i32.const 0) (i64.const 0) (i64.const 1) (i32.const 0) (i32.const 33)))))
