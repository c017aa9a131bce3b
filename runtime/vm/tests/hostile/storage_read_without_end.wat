;; OUT_OF_GAS
(module
  (import "chain_v1" "storage_get" (func $storage_get (param i32 i32 i32 i32) (result i64)))
  (memory (export "memory") 1)
  (func (export "call:go")
    (loop $again
      (drop (call $storage_get (i32.const 0) (i32.const 4) (i32.const 8) (i32.const 8)))
      (br $again))))
