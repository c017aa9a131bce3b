;; OUT_OF_GAS
(module
  (import "chain_v1" "storage_set" (func $storage_set (param i32 i32 i32 i32)))
  (import "chain_v1" "storage_scan" (func $storage_scan (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "call:go")
    (local $i i32)
    (loop $fill
      (i32.store (i32.const 0) (local.tee $i (i32.add (local.get $i) (i32.const 1))))
      (call $storage_set (i32.const 0) (i32.const 4) (i32.const 8) (i32.const 100))
      (br_if $fill (i32.lt_u (local.get $i) (i32.const 50))))
    (loop $again
      (drop (call $storage_scan (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
        (i32.const -1)))
      (br $again))))
