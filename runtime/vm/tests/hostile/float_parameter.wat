;; refused FLOATS
(module
  (memory (export "memory") 1)
  (func (param f32))
  (func (export "call:go")))
