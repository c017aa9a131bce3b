;; CONTRACT_TRAP
(module
  (type $plain (func))
  (memory (export "memory") 1)
  (table 1 funcref)
  (func (export "call:go") (call_indirect (type $plain) (i32.const 0))))
