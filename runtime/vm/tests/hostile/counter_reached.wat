;; refused INVALID
(module
  (memory (export "memory") 1)
  (global $own (mut i32) (i32.const 0))
  ;; The counter of the stack has the index behind the last, which no module can name.
  (func (export "call:go") (global.set 1 (i32.const 0x7fffffff))))
