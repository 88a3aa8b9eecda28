;; Looks at octets of the wire and of articles, sixteen at a time. Vectors.ts and VectorScan.ts hold the other end of each
;; table here.
;;
;; Memory, in octets from its beginning:
;;      0  what was found, in words of four octets, the first the lowest:
;;           word 0  offset of the body
;;           word 1  lines of the body
;;           word 2  flags: 1 a field is folded or holds a tab, 2 the header is not all ASCII, 4 a line begins with a dot
;;           word 3  a bit for each known field that is there more than once
;;           words 4 to 41   for each known name where its first field begins, -1 where there is none, and where it ends
;;           word 68 nothing that is read
;;    288  the known names in lower case, each with its colon in a row of sixteen octets
;;    800  by a hash of its first letter and its length, which of the rows a name may be, counted from 1; else 0
;;   1056  room for a text of at most 256 octets
;;   2048  contents of fields that may come again, in 512 sets of four rows of 128 octets: up to 112 of content, at 112 its
;;         length, at 120 its hash
;; 264192  room for the octets of one article
;; 1376256  room for octets of the wire
;;
;; Offsets among what was found are counted from the first octet of the article, all others from the beginning of memory.
;; Whoever calls keeps thirty-two octets of memory behind the last one.
(module
  (memory (export "memory") 38 38)

  ;; Looks at the article from $from to $end. 1 if it is well formed; else 0, and what was found means nothing.
  (func (export "scan") (param $from i32) (param $end i32) (result i32)
    ;; "." CRLF ends what is looked at.
    (i32.store (local.get $end) (i32.const 0x0a0d2e))
    (i32.eq (local.get $end)
      (call $article (local.get $from) (i32.add (local.get $end) (i32.const 3)) (local.get $end))))

  ;; Looks at the article that begins at $from, as it came: "." CRLF is behind it, and no other line begins with a dot. Where
  ;; it ends; 0 where it has not ended before $limit, is not well formed, or a line begins with a dot.
  (func (export "block") (param $from i32) (param $limit i32) (result i32)
    (call $article (local.get $from) (local.get $limit) (i32.const 0)))

  ;; As block; but where $end is not 0 lines may begin with a dot, and the article ends there.
  (func $article (param $from i32) (param $limit i32) (param $end i32) (result i32)
    (local $body i32) (local $at i32) (local $octets v128) (local $before v128) (local $lf v128) (local $lines i32)
    (local $pairs i32) (local $bad i32) (local $wrong v128) (local $least v128)
    (local.set $body (call $header (local.get $from) (local.get $limit)))
    (if (i32.eqz (local.get $body)) (then (return (i32.const 0))))
    (if (i32.eqz (local.get $end))
      (then (if (i32.and (i32.load (i32.const 8)) (i32.const 4)) (then (return (i32.const 0))))))
    (local.set $at (local.get $body))
    (local.set $least (v128.const i32x4 -1 -1 -1 -1))
    (block $ended
      (loop $next
        (if (i32.ge_u (local.get $at) (local.get $limit)) (then (return (i32.const 0))))
        (local.set $octets (v128.load (local.get $at)))
        (local.set $before (v128.load (i32.sub (local.get $at) (i32.const 1))))
        (local.set $lf (i8x16.eq (local.get $octets) (i8x16.splat (i32.const 10))))
        (local.set $pairs (i8x16.bitmask (v128.and
          (i8x16.eq (local.get $octets) (i8x16.splat (i32.const 46)))
          (i8x16.eq (local.get $before) (i8x16.splat (i32.const 10))))))
        (if (i32.eqz (local.get $pairs))
          (then
            ;; An LF is where a CR was before, and nowhere else.
            (local.set $wrong (v128.or (local.get $wrong) (v128.xor (local.get $lf)
              (i8x16.eq (local.get $before) (i8x16.splat (i32.const 13))))))
            (local.set $least (i8x16.min_u (local.get $least) (local.get $octets)))
            (local.set $lines (i32.add (local.get $lines) (i32.popcnt (i8x16.bitmask (local.get $lf)))))
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (br $next)))
        ;; A line begins with a dot: a bit for each octet before that.
        (local.set $pairs (i32.and (i32.sub (local.get $pairs) (i32.const 1))
          (i32.xor (local.get $pairs) (i32.const -1))))
        (local.set $bad (i32.or (local.get $bad) (i32.and (local.get $pairs) (i8x16.bitmask (v128.or
          (i8x16.eq (local.get $octets) (i8x16.splat (i32.const 0)))
          (v128.xor (local.get $lf) (i8x16.eq (local.get $before) (i8x16.splat (i32.const 13)))))))))
        (local.set $lines (i32.add (local.get $lines)
          (i32.popcnt (i32.and (local.get $pairs) (i8x16.bitmask (local.get $lf))))))
        (local.set $at (i32.add (local.get $at) (i32.popcnt (local.get $pairs))))
        (br_if $ended (i32.eq (local.get $at) (local.get $end)))
        (if (i32.eqz (local.get $end))
          (then
            (br_if $ended (i32.and
              (i32.eq (i32.load16_u offset=1 (local.get $at)) (i32.const 0x0a0d))
              (i32.le_u (i32.add (local.get $at) (i32.const 3)) (local.get $limit))))
            (return (i32.const 0))))
        (i32.store (i32.const 8) (i32.or (i32.load (i32.const 8)) (i32.const 4)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (if (i32.or (local.get $bad) (i32.or (v128.any_true (local.get $wrong))
        (i32.eqz (i8x16.all_true (local.get $least)))))
      (then (return (i32.const 0))))
    (i32.store (i32.const 0) (i32.sub (local.get $body) (local.get $from)))
    (i32.store (i32.const 4) (local.get $lines))
    (local.get $at))

  ;; Where the body begins, or 0 where the header is not well formed. Writes all that is found of the header.
  (func $header (param $from i32) (param $end i32) (result i32)
    (local $at i32) (local $place i32) (local $first i32) (local $mask i32) (local $bad i32) (local $length i32)
    (local $known i32) (local $flags i32) (local $repeated i32) (local $octets v128)
    ;; Where the end of the field before is to be written.
    (local $open i32)
    ;; All octets that were looked at, and perhaps some of the body.
    (local $all v128)
    (v128.store (i32.const 16) (v128.const i32x4 -1 -1 -1 -1))
    (v128.store (i32.const 32) (v128.const i32x4 -1 -1 -1 -1))
    (v128.store (i32.const 48) (v128.const i32x4 -1 -1 -1 -1))
    (v128.store (i32.const 64) (v128.const i32x4 -1 -1 -1 -1))
    (v128.store (i32.const 80) (v128.const i32x4 -1 -1 -1 -1))
    (v128.store (i32.const 96) (v128.const i32x4 -1 -1 -1 -1))
    (v128.store (i32.const 112) (v128.const i32x4 -1 -1 -1 -1))
    (v128.store (i32.const 128) (v128.const i32x4 -1 -1 -1 -1))
    (v128.store (i32.const 144) (v128.const i32x4 -1 -1 -1 -1))
    (v128.store (i32.const 160) (v128.const i32x4 -1 -1 -1 -1))
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
          (local.set $octets (v128.load (local.get $place)))
          (local.set $all (v128.or (local.get $all) (local.get $octets)))
          (local.set $mask (i8x16.bitmask (i8x16.le_u (local.get $octets) (i8x16.splat (i32.const 13)))))
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
    (if (i8x16.bitmask (local.get $all))
      (then (if (call $isForeign (local.get $from) (local.get $at))
        (then (local.set $flags (i32.or (local.get $flags) (i32.const 2)))))))
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
        (br $next))))

  ;; The end of a Message-ID that is all that is left of a line, and of the usual form (RFC 5536 section 3.1.3, no literal):
  ;; dots and letters of atoms, one "@" among them, no two of "<", ".", "@" and ">" next to each other, at most 250 octets.
  ;; 0 where it is none, or has not come yet.
  (func (export "idEnd") (param $from i32) (param $end i32) (result i32)
    (local $at i32) (local $octets v128) (local $letters i32) (local $signs i32) (local $borders i32) (local $count i32)
    (local $afterBorder i32)
    (if (i32.ne (i32.load8_u (local.get $from)) (i32.const 60)) (then (return (i32.const 0))))
    (local.set $at (i32.add (local.get $from) (i32.const 1)))
    (local.set $afterBorder (i32.const 1))
    (loop $next
      (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const 0))))
      (local.set $octets (v128.load (local.get $at)))
      ;; For each low half of a letter the high halves 2 to 7 that it may have, a bit for each.
      (local.set $letters (i8x16.bitmask (i8x16.ne (i8x16.splat (i32.const 0)) (v128.and
        (i8x16.swizzle
          (v128.const i8x16 0x3a 0x3f 0x3e 0x3f 0x3f 0x3f 0x3f 0x3f 0x3e 0x3e 0x3d 0x35 0x34 0x37 0x3c 0x1f)
          (v128.and (local.get $octets) (i8x16.splat (i32.const 15))))
        (i8x16.swizzle
          (v128.const i8x16 0 0 1 2 4 8 16 32 0 0 0 0 0 0 0 0)
          (i8x16.shr_u (local.get $octets) (i32.const 4)))))))
      (local.set $signs (i8x16.bitmask (i8x16.eq (local.get $octets) (i8x16.splat (i32.const 64)))))
      (local.set $borders (i32.or (local.get $signs)
        (i8x16.bitmask (i8x16.eq (local.get $octets) (i8x16.splat (i32.const 46))))))
      ;; What is neither ends the id, and is a border.
      (local.set $letters (i32.xor (i32.const 0xffff) (i32.or (local.get $letters) (local.get $borders))))
      (if (local.get $letters)
        (then
          (local.set $letters (i32.xor (local.get $letters) (i32.sub (local.get $letters) (i32.const 1))))
          (local.set $signs (i32.and (local.get $signs) (local.get $letters)))
          (local.set $borders (i32.and (local.get $borders) (local.get $letters)))
          (local.set $borders (i32.or (local.get $borders)
            (i32.xor (local.get $letters) (i32.shr_u (local.get $letters) (i32.const 1)))))))
      (if (i32.and (local.get $borders)
          (i32.or (i32.shl (local.get $borders) (i32.const 1)) (local.get $afterBorder)))
        (then (return (i32.const 0))))
      (local.set $count (i32.add (local.get $count) (i32.popcnt (local.get $signs))))
      (if (i32.eqz (local.get $letters))
        (then
          (local.set $afterBorder (i32.shr_u (local.get $borders) (i32.const 15)))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br $next))))
    (local.set $at (i32.add (local.get $at) (i32.popcnt (local.get $letters))))
    ;; Behind ">" the line ends.
    (if (i32.or
        (i32.ne (i32.load8_u (i32.sub (local.get $at) (i32.const 1))) (i32.const 62))
        (i32.ne (i32.load16_u (local.get $at)) (i32.const 0x0a0d)))
      (then (return (i32.const 0))))
    (if (i32.or
        (i32.ne (local.get $count) (i32.const 1))
        (i32.or (i32.gt_u (i32.add (local.get $at) (i32.const 2)) (local.get $end))
          (i32.gt_u (i32.sub (local.get $at) (local.get $from)) (i32.const 250))))
      (then (return (i32.const 0))))
    (local.get $at)))
