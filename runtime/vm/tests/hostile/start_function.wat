;; refused START
(module
  (memory (export "memory") 1)
  (func $go (export "call:go"))
  (start $go))
