;; refused EXPORT
(module
  (memory (export "memory") 1)
  (func (export "chain_v1_internal.stack"))
  (func (export "call:go")
    nop))
