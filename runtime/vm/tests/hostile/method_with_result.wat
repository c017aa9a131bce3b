;; refused METHOD_TYPE
(module
  (memory (export "memory") 1)
  (func (export "view:go") (result i32) (i32.const 1)))
