;; STACK
(module
  (memory (export "memory") 1)
  (func $down (call $down))
  (func (export "call:go") (call $down)))
