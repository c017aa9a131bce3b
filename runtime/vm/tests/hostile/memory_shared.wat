;; refused FEATURE
(module
  (memory (export "memory") 1 2 shared)
  (func (export "call:go")
    nop))
