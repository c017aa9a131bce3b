;; OUT_OF_GAS
(module
  (import "chain_v1" "context" (func $context (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "call:go")
    (loop $again (drop (call $context (i32.const 0) (i32.const 0))) (br $again))))
