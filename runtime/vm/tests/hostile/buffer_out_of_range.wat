;; BAD_INPUT
(module
  (import "chain_v1" "storage_scan" (func $storage_scan (param i32 i32 i32 i32 i32) (result i32)))
  (import "chain_v1" "buffer_read" (func $buffer_read (param i32)))
  (memory (export "memory") 1)
  (func (export "call:go")
    (drop (call $storage_scan (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 9)))
    (call $buffer_read (i32.const 65533))))
