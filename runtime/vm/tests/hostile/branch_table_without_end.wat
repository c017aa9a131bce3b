;; OUT_OF_GAS
(module
  (memory (export "memory") 1)
  (func (export "call:go")
    (local $i i32)
    (loop $again
      (block $b (block $a
        (br_table $a $b $again (i32.and (local.tee $i (i32.add (local.get $i) (i32.const 1)))
          (i32.const 3)))))
      (br $again))))
