;; STORAGE_LIMIT
(module
  (import "chain_v1" "storage_has" (func $storage_has (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "call:go")
    (drop (call $storage_has (i32.const 0) (i32.const 257)))))
