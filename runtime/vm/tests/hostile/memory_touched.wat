;; OUT_OF_GAS
(module
  (memory (export "memory") 1)
  (func (export "call:go")
    (local $at i32)
    (drop (memory.grow (i32.const 255)))
    (loop $again
      (i32.store (i32.and (local.get $at) (i32.const 0xfffffc)) (local.get $at))
      (local.set $at (i32.add (local.get $at) (i32.const 4096)))
      (br $again))))
