;; OUT_OF_GAS
(module
  (import "chain_v1" "verify" (func $verify (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "call:go")
    (loop $again
      (drop (call $verify (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 9) (i32.const 0)))
      (br $again))))
