;; OUT_OF_GAS
(module
  (memory (export "memory") 1)
  (func (export "call:go")
    (drop (memory.grow (i32.const 255)))
    (loop $again (memory.fill (i32.const 0) (i32.const 7) (i32.const 16777216)) (br $again))))
