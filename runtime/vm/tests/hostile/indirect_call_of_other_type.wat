;; CONTRACT_TRAP
(module
  (type $number (func (result i32)))
  (memory (export "memory") 1)
  (table 1 funcref)
  (elem (i32.const 0) $f)
  (func $f)
  (func (export "call:go") (drop (call_indirect (type $number) (i32.const 0)))))
