;; refused FEATURE
(module
  (memory (export "memory") 1)
  (func (export "call:go")
    (drop (i8x16.extract_lane_s 0 (v128.const i64x2 0 0)))))
