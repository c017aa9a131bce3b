;; refused MEMORY_PAGES
(module
  (memory (export "memory") 257)
  (func (export "call:go")
    nop))
