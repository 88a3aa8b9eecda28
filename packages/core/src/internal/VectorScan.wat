;; One look at every octet of an article, sixteen at a time. VectorScan.ts holds the other end of each table here.
;;
;; Memory, in octets from its beginning:
;;      0  what was found, in words of four octets, the first the lowest:
;;           word 0  offset of the body
;;           word 1  lines of the body
;;           word 2  flags: 1 a field is folded or holds a tab, 2 the header is not all ASCII, 4 a line begins with a dot
;;           word 3  a bit for each known field that is there more than once
;;           words 4 to 39   for each known name where its first field begins, -1 where there is none, and where it ends
;;           word 68 nothing that is read
;;    288  the known names in lower case, each with its colon in a row of sixteen octets
;;    800  by a hash of its first letter and its length, which of the rows a name may be, counted from 1; else 0
;;   1056  room for a text of at most 256 octets
;;   2048  contents of fields that may come again, in 512 sets of four rows of 128 octets: up to 112 of content, at 112 its
;;         length, at 120 its hash
;; 264192  room for octets
;;
;; Offsets that are handed out are counted from the first octet of the article. Whoever calls keeps sixteen octets of
;; memory behind the last one.
(module
  (memory (export "memory") 17 17)

  ;; Looks at the article from $from to $end. 1 if it is well formed; else 0, and what was found means nothing.
  (func (export "scan") (param $from i32) (param $end i32) (result i32)
    (local $behind v128) (local $body i32) (local $lines i32)
    ;; Letters behind the end: no look at sixteen octets finds anything there.
    (local.set $behind (v128.load (local.get $end)))
    (v128.store (local.get $end) (v128.const i8x16 97 97 97 97 97 97 97 97 97 97 97 97 97 97 97 97))
    (local.set $body (call $header (local.get $from) (local.get $end)))
    (local.set $lines (i32.const -1))
    (if (local.get $body) (then (local.set $lines (call $lines (local.get $body) (local.get $end)))))
    (v128.store (local.get $end) (local.get $behind))
    (if (i32.lt_s (local.get $lines) (i32.const 0)) (then (return (i32.const 0))))
    (i32.store (i32.const 0) (i32.sub (local.get $body) (local.get $from)))
    (i32.store (i32.const 4) (i32.shr_u (local.get $lines) (i32.const 1)))
    (i32.store (i32.const 8)
      (i32.or (i32.load (i32.const 8)) (i32.shl (i32.and (local.get $lines) (i32.const 1)) (i32.const 2))))
    (i32.const 1))

  ;; Where the body begins, or 0 where the header is not well formed. Writes all that is found of the header.
  (func $header (param $from i32) (param $end i32) (result i32)
    (local $at i32) (local $place i32) (local $first i32) (local $mask i32) (local $bad i32) (local $length i32)
    (local $known i32) (local $flags i32) (local $repeated i32) (local $octets v128)
    ;; Where the end of the field before is to be written.
    (local $open i32)
    (v128.store (i32.const 16) (v128.const i32x4 -1 -1 -1 -1))
    (v128.store (i32.const 32) (v128.const i32x4 -1 -1 -1 -1))
    (v128.store (i32.const 48) (v128.const i32x4 -1 -1 -1 -1))
    (v128.store (i32.const 64) (v128.const i32x4 -1 -1 -1 -1))
    (v128.store (i32.const 80) (v128.const i32x4 -1 -1 -1 -1))
    (v128.store (i32.const 96) (v128.const i32x4 -1 -1 -1 -1))
    (v128.store (i32.const 112) (v128.const i32x4 -1 -1 -1 -1))
    (v128.store (i32.const 128) (v128.const i32x4 -1 -1 -1 -1))
    (v128.store (i32.const 144) (v128.const i32x4 -1 -1 -1 -1))
    (local.set $open (i32.const 272))
    (local.set $at (local.get $from))
    (block $ended
      (loop $line
        (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const 0))))
        (local.set $octets (v128.load (local.get $at)))
        (local.set $first (i8x16.extract_lane_u 0 (local.get $octets)))
        (br_if $ended (i32.eq (local.get $first) (i32.const 13)))
        (if (i32.eq (local.get $first) (i32.const 46))
          (then (local.set $flags (i32.or (local.get $flags) (i32.const 4)))))
        (local.set $place (local.get $at))
        (if (i32.or (i32.eq (local.get $first) (i32.const 32)) (i32.eq (local.get $first) (i32.const 9)))
          (then ;; The line goes on with the field before it.
            (if (i32.eq (local.get $at) (local.get $from)) (then (return (i32.const 0))))
            (local.set $flags (i32.or (local.get $flags) (i32.const 1))))
          (else
            (i32.store (local.get $open) (i32.sub (local.get $at) (local.get $from)))
            (local.set $open (i32.const 272))
            (block $named
              ;; A name is octets from 33 to 126, up to a colon.
              (loop $name
                (local.set $bad (i32.xor (i32.const 0xffff) (i8x16.bitmask (i8x16.le_u
                  (i8x16.sub (local.get $octets) (i8x16.splat (i32.const 33))) (i8x16.splat (i32.const 93))))))
                (local.set $mask (i8x16.bitmask (i8x16.eq (local.get $octets) (i8x16.splat (i32.const 58)))))
                (if (i32.eqz (local.get $mask))
                  (then
                    (local.set $place (i32.add (local.get $place) (i32.const 16)))
                    (if (i32.or (local.get $bad) (i32.ge_u (local.get $place) (local.get $end)))
                      (then (return (i32.const 0))))
                    (local.set $octets (v128.load (local.get $place)))
                    (br $name))))
              (local.set $length (i32.ctz (local.get $mask)))
              ;; A bit for each octet up to the colon.
              (local.set $mask (i32.xor (local.get $mask) (i32.sub (local.get $mask) (i32.const 1))))
              (if (i32.and (local.get $bad) (local.get $mask)) (then (return (i32.const 0))))
              (local.set $place (i32.add (local.get $place) (i32.add (local.get $length) (i32.const 1))))
              (local.set $bad (i32.sub (local.get $place) (local.get $at)))
              (if (i32.eq (local.get $bad) (i32.const 1)) (then (return (i32.const 0))))
              ;; A name of sixteen octets and more is not known.
              (br_if $named (i32.gt_u (local.get $bad) (i32.const 16)))
              (local.set $known (i32.load8_u offset=800 (i32.and (i32.const 255) (i32.add
                (i32.or (local.get $first) (i32.const 32)) (i32.mul (local.get $length) (i32.const 19))))))
              (br_if $named (i32.eqz (local.get $known)))
              (local.set $known (i32.sub (local.get $known) (i32.const 1)))
              (br_if $named (i32.and (local.get $mask) (i32.xor (i32.const -1) (i8x16.bitmask (i8x16.eq
                (v128.or (local.get $octets) (i8x16.splat (i32.const 32)))
                (v128.load offset=288 (i32.shl (local.get $known) (i32.const 4))))))))
              (if (i32.lt_s (i32.load offset=16 (i32.shl (local.get $known) (i32.const 3))) (i32.const 0))
                (then
                  (i32.store offset=16 (i32.shl (local.get $known) (i32.const 3))
                    (i32.sub (local.get $at) (local.get $from)))
                  (local.set $open (i32.add (i32.shl (local.get $known) (i32.const 3)) (i32.const 20))))
                (else (local.set $repeated
                  (i32.or (local.get $repeated) (i32.shl (i32.const 1) (local.get $known)))))))))
        ;; The end of the line is the first CR; no other control up to 13 matters but LF, NUL and tab.
        (loop $rest
          (local.set $mask (i8x16.bitmask (i8x16.le_u (v128.load (local.get $place)) (i8x16.splat (i32.const 13)))))
          (if (i32.eqz (local.get $mask))
            (then
              (local.set $place (i32.add (local.get $place) (i32.const 16)))
              (br_if $rest (i32.lt_u (local.get $place) (local.get $end)))
              (return (i32.const 0))))
          (local.set $place (i32.add (local.get $place) (i32.ctz (local.get $mask))))
          (local.set $first (i32.load8_u (local.get $place)))
          (if (i32.eq (local.get $first) (i32.const 13))
            (then
              (local.set $at (i32.add (local.get $place) (i32.const 2)))
              (br_if $line (i32.eq (i32.load8_u offset=1 (local.get $place)) (i32.const 10)))
              (return (i32.const 0))))
          (if (i32.or (i32.eqz (local.get $first)) (i32.eq (local.get $first) (i32.const 10)))
            (then (return (i32.const 0))))
          (if (i32.eq (local.get $first) (i32.const 9))
            (then (local.set $flags (i32.or (local.get $flags) (i32.const 1)))))
          (local.set $place (i32.add (local.get $place) (i32.const 1)))
          (br $rest))))
    (if (i32.ne (i32.load8_u offset=1 (local.get $at)) (i32.const 10)) (then (return (i32.const 0))))
    (if (i32.eq (local.get $at) (local.get $from)) (then (return (i32.const 0))))
    (i32.store (local.get $open) (i32.sub (local.get $at) (local.get $from)))
    (if (call $isForeign (local.get $from) (local.get $at))
      (then (local.set $flags (i32.or (local.get $flags) (i32.const 2)))))
    (i32.store (i32.const 8) (local.get $flags))
    (i32.store (i32.const 12) (local.get $repeated))
    (i32.add (local.get $at) (i32.const 2)))

  ;; Whether an octet from $at to $end is not ASCII.
  (func $isForeign (param $at i32) (param $end i32) (result i32)
    (local $all v128)
    (block $last
      (loop $next
        (br_if $last (i32.gt_u (i32.add (local.get $at) (i32.const 16)) (local.get $end)))
        (local.set $all (v128.or (local.get $all) (v128.load (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (i32.or (i8x16.bitmask (local.get $all))
      (i32.and (i8x16.bitmask (v128.load (local.get $at)))
        (i32.sub (i32.shl (i32.const 1) (i32.sub (local.get $end) (local.get $at))) (i32.const 1)))))

  ;; Twice the number of lines from $at to $end, and one more where a line begins with a dot; -1 where they are not well
  ;; formed: each CR has its LF and each LF its CR, there is no NUL, and the last line has its end.
  (func $lines (param $at i32) (param $end i32) (result i32)
    (local $octets v128) (local $lines i32) (local $dots i32) (local $bad i32) (local $cr i32) (local $lf i32)
    ;; Whether the octet before $at is a CR, and whether it is an LF, as that of the empty line is.
    (local $afterCr i32) (local $afterLf i32)
    (local.set $afterLf (i32.const 1))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $octets (v128.load (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br_if $next (i32.eqz (i32.or (i32.or (local.get $afterCr) (local.get $afterLf))
          (i8x16.bitmask (i8x16.le_u (local.get $octets) (i8x16.splat (i32.const 13)))))))
        (local.set $cr (i8x16.bitmask (i8x16.eq (local.get $octets) (i8x16.splat (i32.const 13)))))
        (local.set $lf (i8x16.bitmask (i8x16.eq (local.get $octets) (i8x16.splat (i32.const 10)))))
        (local.set $bad (i32.or (local.get $bad) (i32.or
          (i8x16.bitmask (i8x16.eq (local.get $octets) (i8x16.splat (i32.const 0))))
          (i32.xor (local.get $lf)
            (i32.and (i32.const 0xffff) (i32.or (i32.shl (local.get $cr) (i32.const 1)) (local.get $afterCr)))))))
        (local.set $dots (i32.or (local.get $dots) (i32.and
          (i8x16.bitmask (i8x16.eq (local.get $octets) (i8x16.splat (i32.const 46))))
          (i32.or (i32.shl (local.get $lf) (i32.const 1)) (local.get $afterLf)))))
        (local.set $lines (i32.add (local.get $lines) (i32.popcnt (local.get $lf))))
        (local.set $afterCr (i32.shr_u (local.get $cr) (i32.const 15)))
        (local.set $afterLf (i32.shr_u (local.get $lf) (i32.const 15)))
        (br $next)))
    (if (i32.or (local.get $bad) (i32.ne (i32.load8_u (i32.sub (local.get $end) (i32.const 1))) (i32.const 10)))
      (then (return (i32.const -1))))
    (i32.or (i32.shl (local.get $lines) (i32.const 1)) (i32.ne (local.get $dots) (i32.const 0))))

  ;; Which row of 2048 holds the content of a field, whose octets lie from $at to $end, space around it left out. Where
  ;; none does, the content is put into a row, and the complement of that is the answer; -2049 of a content too long.
  (func (export "recall") (param $at i32) (param $end i32) (result i32)
    (local $length i32) (local $hash i64) (local $row i32) (local $turn i32)
    (local.set $at (call $contentStart (local.get $at) (local.get $end)))
    (local.set $length (i32.sub (call $contentEnd (local.get $at) (local.get $end)) (local.get $at)))
    (if (i32.gt_u (local.get $length) (i32.const 112)) (then (return (i32.const -2049))))
    (local.set $hash (call $hash (local.get $at) (local.get $length)))
    ;; The highest bits are the best mixed.
    (local.set $end (i32.add (i32.const 2048)
      (i32.shl (i32.wrap_i64 (i64.shr_u (local.get $hash) (i64.const 55))) (i32.const 9))))
    (local.set $row (local.get $end))
    (loop $next
      (if (i32.and (i64.eq (i64.load offset=120 (local.get $row)) (local.get $hash))
          (i32.eq (i32.load offset=112 (local.get $row)) (local.get $length)))
        (then (if (call $same (local.get $at) (local.get $row) (local.get $length))
          (then (return (i32.shr_u (i32.sub (local.get $row) (i32.const 2048)) (i32.const 7)))))))
      (local.set $row (i32.add (local.get $row) (i32.const 128)))
      (local.set $turn (i32.add (local.get $turn) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $turn) (i32.const 4))))
    ;; The rows of a set are filled in turn, as a number in its first row tells.
    (local.set $turn (i32.load offset=116 (local.get $end)))
    (i32.store offset=116 (local.get $end) (i32.and (i32.add (local.get $turn) (i32.const 1)) (i32.const 3)))
    (local.set $row (i32.add (local.get $end) (i32.shl (local.get $turn) (i32.const 7))))
    (call $copy (local.get $at) (local.get $row) (local.get $length))
    (i32.store offset=112 (local.get $row) (local.get $length))
    (i64.store offset=120 (local.get $row) (local.get $hash))
    (i32.xor (i32.shr_u (i32.sub (local.get $row) (i32.const 2048)) (i32.const 7)) (i32.const -1)))

  ;; Whether the content of a field, as for recall, is the text in its room, of $length octets.
  (func (export "isText") (param $at i32) (param $end i32) (param $length i32) (result i32)
    (local.set $at (call $contentStart (local.get $at) (local.get $end)))
    (if (i32.ne (i32.sub (call $contentEnd (local.get $at) (local.get $end)) (local.get $at)) (local.get $length))
      (then (return (i32.const 0))))
    (call $same (local.get $at) (i32.const 1056) (local.get $length)))

  (func $contentStart (param $at i32) (param $end i32) (result i32)
    (block $found
      (loop $next
        (br_if $found (i32.ge_u (local.get $at) (local.get $end)))
        (br_if $found (i32.ne (i32.load8_u (local.get $at)) (i32.const 32)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.get $at))

  (func $contentEnd (param $at i32) (param $end i32) (result i32)
    (block $found
      (loop $next
        (br_if $found (i32.le_u (local.get $end) (local.get $at)))
        (br_if $found (i32.ne (i32.load8_u (i32.sub (local.get $end) (i32.const 1))) (i32.const 32)))
        (local.set $end (i32.sub (local.get $end) (i32.const 1)))
        (br $next)))
    (local.get $end))

  ;; Of octets: eight at a time, the last eight of them once more.
  (func $hash (param $at i32) (param $length i32) (result i64)
    (local $last i32) (local $all i64)
    (local.set $all (i64.extend_i32_u (local.get $length)))
    (if (i32.ge_u (local.get $length) (i32.const 8))
      (then
        (local.set $last (i32.sub (i32.add (local.get $at) (local.get $length)) (i32.const 8)))
        (loop $next
          (local.set $all (call $mix (local.get $all) (i64.load (local.get $at))))
          (local.set $at (i32.add (local.get $at) (i32.const 8)))
          (br_if $next (i32.lt_u (local.get $at) (local.get $last))))
        (local.set $all (call $mix (local.get $all) (i64.load (local.get $last)))))
      (else
        (local.set $last (i32.add (local.get $at) (local.get $length)))
        (block $done
          (loop $next
            (br_if $done (i32.ge_u (local.get $at) (local.get $last)))
            (local.set $all (call $mix (local.get $all) (i64.load8_u (local.get $at))))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next)))))
    (local.get $all))

  (func $mix (param $all i64) (param $more i64) (result i64)
    (i64.mul (i64.rotl (i64.xor (local.get $all) (local.get $more)) (i64.const 29)) (i64.const 0x9e3779b97f4a7c15)))

  (func $same (param $one i32) (param $other i32) (param $length i32) (result i32)
    (local $last i32)
    (local.set $other (i32.sub (local.get $other) (local.get $one)))
    (local.set $last (i32.add (local.get $one) (local.get $length)))
    (if (i32.ge_u (local.get $length) (i32.const 8))
      (then
        (local.set $last (i32.sub (local.get $last) (i32.const 8)))
        (loop $next
          (if (i64.ne (i64.load (local.get $one)) (i64.load (i32.add (local.get $one) (local.get $other))))
            (then (return (i32.const 0))))
          (local.set $one (i32.add (local.get $one) (i32.const 8)))
          (br_if $next (i32.lt_u (local.get $one) (local.get $last))))
        (return (i64.eq (i64.load (local.get $last)) (i64.load (i32.add (local.get $last) (local.get $other)))))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $one) (local.get $last)))
        (if (i32.ne (i32.load8_u (local.get $one)) (i32.load8_u (i32.add (local.get $one) (local.get $other))))
          (then (return (i32.const 0))))
        (local.set $one (i32.add (local.get $one) (i32.const 1)))
        (br $next)))
    (i32.const 1))

  ;; As many octets as there are, rounded up to eight: there is room for that.
  (func $copy (param $from i32) (param $to i32) (param $length i32)
    (block $done
      (loop $next
        (br_if $done (i32.le_s (local.get $length) (i32.const 0)))
        (i64.store (local.get $to) (i64.load (local.get $from)))
        (local.set $from (i32.add (local.get $from) (i32.const 8)))
        (local.set $to (i32.add (local.get $to) (i32.const 8)))
        (local.set $length (i32.sub (local.get $length) (i32.const 8)))
        (br $next)))))
