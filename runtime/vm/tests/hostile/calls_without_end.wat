;; OK
(module
  (import "chain_v1" "call" (func $call (param i32 i32 i32 i32 i32 i32 i64) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "go")
  (data (i32.const 64) "\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07")
  ;; Itself, until the depth of calls stops it; each level then goes on with what is left.
  (func (export "call:go")
    (drop (call $call (i32.const 64) (i32.const 0) (i32.const 2) (i32.const 0) (i32.const 0)
      (i32.const 128) (i64.const 0)))))
