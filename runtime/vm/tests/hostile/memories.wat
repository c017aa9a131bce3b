;; refused MEMORIES
(module
  (memory (export "memory") 1)
  (memory 1)
  (func (export "call:go")))
