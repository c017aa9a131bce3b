;; BAD_INPUT
(module
  (import "chain_v1" "has_role" (func $has_role (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "call:go")
    (drop (call $has_role (i32.const 0) (i32.const 13)))))
