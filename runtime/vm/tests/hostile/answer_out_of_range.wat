;; BAD_INPUT
(module
  (import "chain_v1" "new_id" (func $new_id (param i32)))
  (memory (export "memory") 1)
  (func (export "call:go")
    (call $new_id (i32.const 65505))))
