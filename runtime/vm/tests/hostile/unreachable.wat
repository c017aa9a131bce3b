;; CONTRACT_TRAP
(module
  (memory (export "memory") 1)
  (func (export "call:go")
    unreachable))
