;; refused MEMORIES
(module
  (func (export "call:go")))
