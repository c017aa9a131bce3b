;; refused FEATURE
(module
  (memory (export "memory") 1)
  (func (export "call:go")
    (drop (i32.atomic.load (i32.const 0)))))
