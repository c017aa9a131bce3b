;; OK
(module
  (memory (export "memory") 1)
  (func (export "call:go")
    (if (i32.ne (memory.grow (i32.const -1)) (i32.const -1)) (then unreachable))
    (if (i32.ne (memory.grow (i32.const 256)) (i32.const -1)) (then unreachable))
    (if (i32.ne (memory.grow (i32.const 255)) (i32.const 1)) (then unreachable))
    (if (i32.ne (memory.grow (i32.const 0)) (i32.const 256)) (then unreachable))
    (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))))
