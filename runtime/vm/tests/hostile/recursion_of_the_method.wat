;; STACK
(module
  (memory (export "memory") 1)
  (func $go (export "call:go") (call $go)))
