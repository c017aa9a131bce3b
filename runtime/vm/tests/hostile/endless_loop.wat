;; OUT_OF_GAS
(module
  (memory (export "memory") 1)
  (func (export "call:go")
    (loop $again (br $again))))
