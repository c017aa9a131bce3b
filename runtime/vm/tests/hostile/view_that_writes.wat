;; VIEW_WRITES
(module
  (import "chain_v1" "storage_set" (func $storage_set (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "view:go")
    (call $storage_set (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 4))))
