;; OUT_OF_GAS
(module
  (import "chain_v1" "log" (func $log (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "call:go")
    (loop $again (call $log (i32.const 0) (i32.const 1024)) (br $again))))
