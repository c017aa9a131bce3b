;; OK
(module
  (memory (export "memory") 1)
  (func $down (param $n i32) (result i32)
    (if (i32.eqz (local.get $n)) (then (return (i32.const 7))))
    (call $down (i32.sub (local.get $n) (i32.const 1))))
  ;; Again and again: what a call takes of the stack, it gives back.
  (func (export "call:go")
    (local $i i32)
    (loop $again
      (if (i32.ne (call $down (i32.const 3000)) (i32.const 7)) (then unreachable))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
        (i32.const 30))))))
