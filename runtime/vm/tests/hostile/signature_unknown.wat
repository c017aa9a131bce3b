;; BAD_INPUT
(module
  (import "chain_v1" "verify" (func $verify (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "call:go")
    (drop (call $verify (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))))
