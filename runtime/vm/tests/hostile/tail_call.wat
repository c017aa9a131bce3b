;; refused FEATURE
(module
  (memory (export "memory") 1)
  (func $a)
  (func (export "call:go") (return_call $a)))
