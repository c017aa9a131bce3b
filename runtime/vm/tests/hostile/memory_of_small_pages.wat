;; refused FEATURE
(module
  (memory (export "memory") 1 (pagesize 1))
  (func (export "call:go")
    nop))
