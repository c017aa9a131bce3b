;; refused METHODS
(module
  (memory (export "memory") 1)
  (func nop))
