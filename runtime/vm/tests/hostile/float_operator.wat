;; refused FLOATS
(module
  (memory (export "memory") 1)
  (func (export "call:go")
    (drop (f64.add (f64.const 1) (f64.const 2)))))
