;; STACK
(module
  (memory (export "memory") 1)
  (func $down (param $n i32) (result i32)
    (block $out (result i32)
      (if (i32.eqz (local.get $n)) (then (return (i32.const 7))))
      (br_if $out (call $down (i32.sub (local.get $n) (i32.const 1))) (i32.const 1))))
  (func (export "call:go") (drop (call $down (i32.const 1000000)))))
