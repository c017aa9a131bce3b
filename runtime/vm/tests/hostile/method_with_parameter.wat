;; refused METHOD_TYPE
(module
  (memory (export "memory") 1)
  (func (export "call:go") (param i32)))
