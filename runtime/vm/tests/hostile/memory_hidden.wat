;; refused MEMORIES
(module
  (memory 1)
  (func (export "call:go")))
