;; CONTRACT_TRAP
(module
  (memory (export "memory") 1)
  (table 1 funcref)
  (func (export "call:go")
    (loop $again
      (br_if $again (i32.ne (table.grow 0 (ref.null func) (i32.const 64)) (i32.const -1))))
    unreachable))
