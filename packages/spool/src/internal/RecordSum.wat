;; The checksum of octets, and the head of a record that lies in memory. RecordSum.ts is the other end.
;;
;; XXH32 (the xxHash specification, version 0.1.2). Its primes: 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1.
(module
  (memory (export "memory") 2)

  (func $sum (export "sum") (param $at i32) (param $bytes i32) (param $seed i32) (result i32)
    (local $end i32) (local $last i32) (local $h i32) (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    (local.set $end (i32.add (local.get $at) (local.get $bytes)))
    (if (i32.ge_u (local.get $bytes) (i32.const 16))
      (then
        (local.set $last (i32.sub (local.get $end) (i32.const 16)))
        (local.set $b (i32.add (local.get $seed) (i32.const 0x85EBCA77)))
        (local.set $a (i32.add (local.get $b) (i32.const 0x9E3779B1)))
        (local.set $c (local.get $seed))
        (local.set $d (i32.sub (local.get $seed) (i32.const 0x9E3779B1)))
        (loop $stripe
          (local.set $a (i32.mul (i32.rotl (i32.add (local.get $a)
            (i32.mul (i32.load (local.get $at)) (i32.const 0x85EBCA77))) (i32.const 13)) (i32.const 0x9E3779B1)))
          (local.set $b (i32.mul (i32.rotl (i32.add (local.get $b)
            (i32.mul (i32.load offset=4 (local.get $at)) (i32.const 0x85EBCA77))) (i32.const 13)) (i32.const 0x9E3779B1)))
          (local.set $c (i32.mul (i32.rotl (i32.add (local.get $c)
            (i32.mul (i32.load offset=8 (local.get $at)) (i32.const 0x85EBCA77))) (i32.const 13)) (i32.const 0x9E3779B1)))
          (local.set $d (i32.mul (i32.rotl (i32.add (local.get $d)
            (i32.mul (i32.load offset=12 (local.get $at)) (i32.const 0x85EBCA77))) (i32.const 13)) (i32.const 0x9E3779B1)))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br_if $stripe (i32.le_u (local.get $at) (local.get $last))))
        (local.set $h
          (i32.add
            (i32.add (i32.rotl (local.get $a) (i32.const 1)) (i32.rotl (local.get $b) (i32.const 7)))
            (i32.add (i32.rotl (local.get $c) (i32.const 12)) (i32.rotl (local.get $d) (i32.const 18))))))
      (else (local.set $h (i32.add (local.get $seed) (i32.const 0x165667B1)))))
    (local.set $h (i32.add (local.get $h) (local.get $bytes)))
    (block $noWord
      (loop $word
        (br_if $noWord (i32.gt_u (i32.add (local.get $at) (i32.const 4)) (local.get $end)))
        (local.set $h (i32.mul (i32.rotl (i32.add (local.get $h)
          (i32.mul (i32.load (local.get $at)) (i32.const 0xC2B2AE3D))) (i32.const 17)) (i32.const 0x27D4EB2F)))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $word)))
    (block $noOctet
      (loop $octet
        (br_if $noOctet (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $h (i32.mul (i32.rotl (i32.add (local.get $h)
          (i32.mul (i32.load8_u (local.get $at)) (i32.const 0x165667B1))) (i32.const 11)) (i32.const 0x9E3779B1)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $octet)))
    (local.set $h (i32.mul (i32.xor (local.get $h) (i32.shr_u (local.get $h) (i32.const 15))) (i32.const 0x85EBCA77)))
    (local.set $h (i32.mul (i32.xor (local.get $h) (i32.shr_u (local.get $h) (i32.const 13))) (i32.const 0xC2B2AE3D)))
    (i32.xor (local.get $h) (i32.shr_u (local.get $h) (i32.const 16))))

  ;; Copies octets within memory.
  (func (export "move") (param $to i32) (param $from i32) (param $bytes i32)
    (memory.copy (local.get $to) (local.get $from) (local.get $bytes)))

  ;; Writes the head of the record at the beginning of memory: so many octets of events behind it, then those of an article.
  (func (export "head") (param $metaBytes i32) (param $articleBytes i32)
    (local $bytes i32) (local $checked i32)
    (local.set $bytes (i32.add (local.get $metaBytes) (local.get $articleBytes)))
    (local.set $checked (call $sum (i32.const 12) (local.get $metaBytes) (local.get $bytes)))
    (call $put (i32.const 0) (local.get $bytes))
    (call $put (i32.const 4) (local.get $checked))
    (if (local.get $articleBytes)
      (then
        (local.set $checked
          (call $sum (i32.add (i32.const 12) (local.get $metaBytes)) (local.get $articleBytes) (local.get $checked)))))
    (call $put (i32.const 8) (local.get $checked)))

  ;; A number, its highest octet first.
  (func $put (param $at i32) (param $value i32)
    (i32.store (local.get $at)
      (i32.or
        (i32.and (i32.rotl (local.get $value) (i32.const 8)) (i32.const 0x00FF00FF))
        (i32.and (i32.rotr (local.get $value) (i32.const 8)) (i32.const 0xFF00FF00))))))
