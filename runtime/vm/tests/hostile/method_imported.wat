;; refused METHOD_TYPE
(module
  (import "chain_v1" "input_len" (func $len (result i32)))
  (memory (export "memory") 1)
  (export "call:go" (func $len)))
