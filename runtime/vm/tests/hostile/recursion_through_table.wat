;; STACK
(module
  (type $plain (func))
  (memory (export "memory") 1)
  (table 1 funcref)
  (elem (i32.const 0) $down)
  (func $down (call_indirect (type $plain) (i32.const 0)))
  (func (export "call:go") (call $down)))
