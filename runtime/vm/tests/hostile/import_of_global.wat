;; refused IMPORT
(module
  (import "chain_v1" "input_len" (global i32))
  (memory (export "memory") 1)
  (func (export "call:go")
    nop))
