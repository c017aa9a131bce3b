;; OUT_OF_GAS
(module
  (import "chain_v1" "hash" (func $hash (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "call:go")
    (drop (memory.grow (i32.const 255)))
    (loop $again
      (call $hash (i32.const 1) (i32.const 0) (i32.const 1048576) (i32.const 0)) (br $again))))
