;; BAD_INPUT
(module
  (import "chain_v1" "log" (func $log (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "call:go")
    (call $log (i32.const -1) (i32.const 2))))
