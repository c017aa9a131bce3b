;; refused FEATURE
(module
  (memory (export "memory") 1)
  (tag $e)
  (func (export "call:go") (throw $e)))
