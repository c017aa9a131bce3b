;; refused IMPORT_TYPE
(module
  (import "chain_v1" "input_len" (func (result i64)))
  (memory (export "memory") 1)
  (func (export "call:go")
    nop))
