;; BAD_INPUT
(module
  (import "chain_v1" "hash" (func $hash (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\ff\ff\ff\ff\ff\ff\ff\ff")
  (func (export "call:go")
    (call $hash (i32.const 2) (i32.const 0) (i32.const 8) (i32.const 0))))
