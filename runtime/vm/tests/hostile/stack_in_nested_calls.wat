;; STACK
(module
  (import "chain_v1" "call" (func $call (param i32 i32 i32 i32 i32 i32 i64) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "go")
  (data (i32.const 64) "\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07")
  ;; Goes down 3,000 functions, calls itself, and so on: no level may see the others' stack.
  (func $down (param $n i32)
    (if (i32.eqz (local.get $n))
      (then
        (drop (call $call (i32.const 64) (i32.const 0) (i32.const 2) (i32.const 0) (i32.const 0)
          (i32.const 128) (i64.const 0)))
        (return)))
    (call $down (i32.sub (local.get $n) (i32.const 1))))
  (func $forever (call $forever))
  (func (export "call:go") (call $down (i32.const 3000)) (call $forever)))
