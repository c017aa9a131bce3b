;; refused IMPORT
(module
  (import "chain_v1" "memory" (memory 1))
  (export "memory" (memory 0))
  (func (export "call:go")))
