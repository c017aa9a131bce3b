;; refused IMPORT
(module
  (import "chain_v1" "time_now" (func (result i64)))
  (memory (export "memory") 1)
  (func (export "call:go")
    nop))
