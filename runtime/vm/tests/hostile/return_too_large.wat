;; RETURN_TOO_LARGE
(module
  (import "chain_v1" "output" (func $output (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "call:go")
    (call $output (i32.const 0) (i32.const 65537))))
