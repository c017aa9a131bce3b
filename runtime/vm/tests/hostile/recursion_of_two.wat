;; STACK
(module
  (memory (export "memory") 1)
  (func $a (call $b))
  (func $b (call $a))
  (func (export "call:go") (call $a)))
