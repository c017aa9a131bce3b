;; A contract without a compiler: it keeps a number, adds to it, and says so.
;;
;; It stores the number as 8 bytes under the key 0x00, which is where the Rust SDK keeps the first
;; field of a contract, and takes and returns numbers as borsh does: 8 bytes, the low one first.
(module
  (import "chain_v1" "input_len" (func $input_len (result i32)))
  (import "chain_v1" "input_read" (func $input_read (param i32)))
  (import "chain_v1" "output" (func $output (param i32 i32)))
  (import "chain_v1" "fail" (func $fail (param i32 i32 i32 i32)))
  (import "chain_v1" "storage_get" (func $storage_get (param i32 i32 i32 i32) (result i64)))
  (import "chain_v1" "storage_set" (func $storage_set (param i32 i32 i32 i32)))
  (import "chain_v1" "emit" (func $emit (param i32 i32 i32 i32)))

  (memory (export "memory") 1)

  ;; What lies where:
  ;;    0  the key, one byte
  ;;    8  the stored number
  ;;   16  the argument
  ;;   24  what is put out
  ;;   32  names
  (data (i32.const 0) "\00")
  (data (i32.const 32) "ZERO")
  (data (i32.const 40) "Added")
  (data (i32.const 48) "BAD_ARGUMENT")

  ;; The one argument of every call is a number: 8 bytes, no more and no less.
  (func $argument (result i64)
    (if (i32.ne (call $input_len) (i32.const 8))
      (then
        (call $fail (i32.const 48) (i32.const 12) (i32.const 0) (i32.const 0))
        unreachable)) ;; fail does not come back; the validator does not know
    (call $input_read (i32.const 16))
    (i64.load (i32.const 16)))

  ;; The stored number, 0 if there is none.
  (func $load (result i64)
    (if (result i64)
      (i64.lt_s
        (call $storage_get (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 8))
        (i64.const 0))
      (then (i64.const 0))
      (else (i64.load (i32.const 8)))))

  (func $store (param $number i64)
    (i64.store (i32.const 8) (local.get $number))
    (call $storage_set (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 8)))

  (func $return (param $number i64)
    (i64.store (i32.const 24) (local.get $number))
    (call $output (i32.const 24) (i32.const 8)))

  (func (export "init")
    (call $store (call $argument)))

  (func (export "call:add")
    (local $step i64)
    (local $sum i64)
    (local.set $step (call $argument))
    (if (i64.eqz (local.get $step))
      (then
        (call $fail (i32.const 32) (i32.const 4) (i32.const 0) (i32.const 0))
        unreachable))
    (local.set $sum (i64.add (call $load) (local.get $step)))
    (call $store (local.get $sum))
    (call $emit (i32.const 40) (i32.const 5) (i32.const 8) (i32.const 8))
    (call $return (local.get $sum)))

  (func (export "view:total")
    (call $return (call $load))))
