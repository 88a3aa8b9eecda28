;; Entries of ids put into the order of their hashes, each id once, and cut into bands. IdWeave.ts is the other end.
;;
;; An entry is the upper half of its hash (u32), the lower one (u32), the length of its id (u8) and of what is known of it
;; (u16), and both of them; IdBand.ts writes it. Memory holds, one after the other: counters of a sort, entries that came,
;; four tables of a word for each (upper halves and places, twice), bands with their ends, and the entries as they go.
;;
;; Of two entries of one id the newer one comes first, and stays. Anybody can make ids that share a hash: each is compared with
;; so many in front of it, and where there are more an id may stay twice.
(module
  (memory (export "memory") 4)

  ;; Numbers a digit of the sort may be, and octets of its counters.
  (global $digits i32 (i32.const 2048))
  (global $counterBytes i32 (i32.const 8192))
  (global $headBytes i32 (i32.const 11))
  ;; Octets of a table that hold the entries of one hash that are compared with each other.
  (global $comparedBytes i32 (i32.const 2048))

  (func $bytes (param $entry i32) (result i32)
    (i32.add (global.get $headBytes)
      (i32.add (i32.load8_u offset=8 (local.get $entry)) (i32.load16_u offset=9 (local.get $entry)))))

  ;; Whether two entries whose upper halves are the same are of one id.
  (func $isSame (param $one i32) (param $other i32) (result i32) (local $end i32)
    (if (i32.ne (i32.load offset=4 (local.get $one)) (i32.load offset=4 (local.get $other)))
      (then (return (i32.const 0))))
    (if (i32.ne (i32.load8_u offset=8 (local.get $one)) (i32.load8_u offset=8 (local.get $other)))
      (then (return (i32.const 0))))
    (local.set $end (i32.add (local.get $one) (i32.load8_u offset=8 (local.get $one))))
    (block $all
      (loop $octet
        (br_if $all (i32.eq (local.get $one) (local.get $end)))
        (if (i32.ne (i32.load8_u offset=11 (local.get $one)) (i32.load8_u offset=11 (local.get $other)))
          (then (return (i32.const 0))))
        (local.set $one (i32.add (local.get $one) (i32.const 1)))
        (local.set $other (i32.add (local.get $other) (i32.const 1)))
        (br $octet)))
    (i32.const 1))

  ;; Notes upper half and place of each entry of a stretch whose upper half lies between two, both included: from a place of
  ;; the tables on, upwards or downwards. Gives the place behind the last.
  (func $collect (param $at i32) (param $end i32) (param $least i32) (param $most i32) (param $keys i32) (param $places i32) (param $step i32)
    (result i32) (local $key i32) (local $bytes i32)
    (block $all
      (loop $entry
        (br_if $all (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $key (i32.load (local.get $at)))
        (if (i32.and (i32.ge_u (local.get $key) (local.get $least)) (i32.le_u (local.get $key) (local.get $most)))
          (then
            (i32.store (local.get $keys) (local.get $key))
            (i32.store (local.get $places) (local.get $at))
            (local.set $keys (i32.add (local.get $keys) (local.get $step)))
            (local.set $places (i32.add (local.get $places) (local.get $step)))))
        (local.set $at (i32.add (local.get $at) (call $bytes (local.get $at))))
        (br $entry)))
    (local.get $keys))

  ;; One pass of a sort by digits, which keeps the order of equals: keys and places go into other tables.
  (func $pass (param $keys i32) (param $places i32) (param $toKeys i32) (param $toPlaces i32) (param $count i32) (param $shift i32)
    (local $at i32) (local $end i32) (local $counter i32) (local $sum i32) (local $here i32) (local $to i32)
    (memory.fill (i32.const 0) (i32.const 0) (global.get $counterBytes))
    (local.set $end (i32.add (local.get $keys) (i32.shl (local.get $count) (i32.const 2))))
    (local.set $at (local.get $keys))
    (loop $count
      (local.set $counter (call $digit (local.get $at) (local.get $shift)))
      (i32.store (local.get $counter) (i32.add (i32.load (local.get $counter)) (i32.const 1)))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $count (i32.lt_u (local.get $at) (local.get $end))))
    (local.set $counter (i32.const 0))
    (loop $add
      (local.set $here (i32.load (local.get $counter)))
      (i32.store (local.get $counter) (local.get $sum))
      (local.set $sum (i32.add (local.get $sum) (local.get $here)))
      (local.set $counter (i32.add (local.get $counter) (i32.const 4)))
      (br_if $add (i32.lt_u (local.get $counter) (global.get $counterBytes))))
    (local.set $at (local.get $keys))
    (loop $move
      (local.set $counter (call $digit (local.get $at) (local.get $shift)))
      (local.set $here (i32.load (local.get $counter)))
      (i32.store (local.get $counter) (i32.add (local.get $here) (i32.const 1)))
      (local.set $to (i32.shl (local.get $here) (i32.const 2)))
      (i32.store (i32.add (local.get $toKeys) (local.get $to)) (i32.load (local.get $at)))
      (i32.store (i32.add (local.get $toPlaces) (local.get $to)) (i32.load (local.get $places)))
      (local.set $places (i32.add (local.get $places) (i32.const 4)))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $move (i32.lt_u (local.get $at) (local.get $end)))))

  ;; The counter of a digit of the key at a place.
  (func $digit (param $at i32) (param $shift i32) (result i32)
    (i32.shl
      (i32.and (i32.shr_u (i32.load (local.get $at)) (local.get $shift)) (i32.sub (global.get $digits) (i32.const 1)))
      (i32.const 2)))

  ;; Whether the entry at a place of sorted tables has a newer one of its id.
  (func $isTwice (param $key i32) (param $places i32) (result i32) (local $entry i32) (local $end i32)
    (local.set $entry (i32.load (local.get $places)))
    (local.set $end (i32.sub (local.get $key) (global.get $comparedBytes)))
    (loop $next
      (if (i32.ne (i32.load (i32.sub (local.get $key) (i32.const 4))) (i32.load (local.get $key))) (then (return (i32.const 0))))
      (local.set $key (i32.sub (local.get $key) (i32.const 4)))
      (local.set $places (i32.sub (local.get $places) (i32.const 4)))
      (if (call $isSame (local.get $entry) (i32.load (local.get $places))) (then (return (i32.const 1))))
      (br_if $next (i32.gt_u (local.get $key) (local.get $end))))
    (i32.const 0))

  ;; Where in a sorted table the keys end that are as the one at a place.
  (func $groupEnd (param $at i32) (param $end i32) (result i32) (local $key i32)
    (local.set $key (i32.load (local.get $at)))
    (loop $next
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next
        (if (result i32) (i32.lt_u (local.get $at) (local.get $end))
          (then (i32.eq (i32.load (local.get $at)) (local.get $key)))
          (else (i32.const 0)))))
    (local.get $at))

  ;; Weaves the entries between `from` and `end` whose upper halves lie between `least` and `most`. `isReversed`: what came
  ;; last is the newest. `isLast`: what has gone is left out. `tables`: where the tables begin, each with room for `room` words,
  ;; of which the first is nobody's, and behind them the bands. Gives how many of these there are. In the first table lie the
  ;; upper halves of what is left then, in the second the lower ones, and in nobody's word of the first how many.
  (func (export "weave") (param $from i32) (param $end i32) (param $least i32) (param $most i32) (param $bands i32)
    (param $isReversed i32) (param $isLast i32) (param $tables i32) (param $room i32) (param $out i32) (result i32)
    (local $keys i32) (local $places i32) (local $sortedKeys i32) (local $sorted i32) (local $rows i32) (local $row i32)
    (local $count i32) (local $at i32) (local $entry i32) (local $band i32) (local $before i32) (local $bytes i32) (local $group i32)
    (local $isKept i32)
    (local.set $room (i32.shl (local.get $room) (i32.const 2)))
    (local.set $keys (i32.add (local.get $tables) (i32.const 4)))
    (local.set $places (i32.add (local.get $keys) (local.get $room)))
    (local.set $sortedKeys (i32.add (local.get $places) (local.get $room)))
    (local.set $sorted (i32.add (local.get $sortedKeys) (local.get $room)))
    (local.set $rows (i32.sub (i32.add (local.get $sorted) (local.get $room)) (i32.const 4)))
    (local.set $row (i32.sub (local.get $rows) (i32.const 8)))
    (local.set $before (i32.const -1))
    (if (local.get $isReversed)
      (then
        ;; From the last word of the tables downwards, where their beginning is then.
        (local.set $keys (i32.sub (local.get $places) (i32.const 8)))
        (local.set $places (i32.sub (local.get $sortedKeys) (i32.const 8)))
        (local.set $at
          (call $collect (local.get $from) (local.get $end) (local.get $least) (local.get $most)
            (local.get $keys) (local.get $places) (i32.const -4)))
        (local.set $count (i32.shr_u (i32.sub (local.get $keys) (local.get $at)) (i32.const 2)))
        (local.set $keys (i32.add (local.get $at) (i32.const 4)))
        (local.set $places (i32.add (local.get $keys) (local.get $room))))
      (else
        (local.set $at
          (call $collect (local.get $from) (local.get $end) (local.get $least) (local.get $most)
            (local.get $keys) (local.get $places) (i32.const 4)))
        (local.set $count (i32.shr_u (i32.sub (local.get $at) (local.get $keys)) (i32.const 2)))))
    (i32.store (local.get $tables) (i32.const 0))
    (if (i32.eqz (local.get $count)) (then (return (i32.const 0))))
    (call $pass (local.get $keys) (local.get $places) (local.get $sortedKeys) (local.get $sorted) (local.get $count) (i32.const 0))
    (local.set $keys (i32.add (local.get $tables) (i32.const 4)))
    (local.set $places (i32.add (local.get $keys) (local.get $room)))
    (call $pass (local.get $sortedKeys) (local.get $sorted) (local.get $keys) (local.get $places) (local.get $count) (i32.const 11))
    (call $pass (local.get $keys) (local.get $places) (local.get $sortedKeys) (local.get $sorted) (local.get $count) (i32.const 22))
    ;; In front of the first key stands another one.
    (i32.store (i32.sub (local.get $sortedKeys) (i32.const 4)) (i32.xor (i32.load (local.get $sortedKeys)) (i32.const -1)))
    (local.set $at (local.get $sortedKeys))
    (local.set $group (local.get $at))
    (local.set $end (i32.add (local.get $at) (i32.shl (local.get $count) (i32.const 2))))
    (loop $next
      (if (i32.ge_u (local.get $at) (local.get $group))
        (then
          (local.set $group (call $groupEnd (local.get $at) (local.get $end)))
          ;; Where not all are compared, what has gone may hide what is older.
          (local.set $isKept
            (i32.or (i32.eqz (local.get $isLast))
              (i32.gt_u (i32.sub (local.get $group) (local.get $at)) (global.get $comparedBytes))))))
      (local.set $entry (i32.load (local.get $sorted)))
      (block $skip
        (br_if $skip (call $isTwice (local.get $at) (local.get $sorted)))
        (br_if $skip (i32.eqz (i32.or (local.get $isKept) (i32.load16_u offset=9 (local.get $entry)))))
        (local.set $bytes (call $bytes (local.get $entry)))
        (memory.copy (local.get $out) (local.get $entry) (local.get $bytes))
        (local.set $out (i32.add (local.get $out) (local.get $bytes)))
        (i32.store (local.get $keys) (i32.load (local.get $at)))
        (i32.store (local.get $places) (i32.load offset=4 (local.get $entry)))
        (local.set $keys (i32.add (local.get $keys) (i32.const 4)))
        (local.set $places (i32.add (local.get $places) (i32.const 4)))
        (local.set $band
          (i32.wrap_i64
            (i64.shr_u
              (i64.mul (i64.extend_i32_u (i32.load (local.get $at))) (i64.extend_i32_u (local.get $bands)))
              (i64.const 32))))
        (if (i32.ne (local.get $band) (local.get $before))
          (then
            (local.set $row (i32.add (local.get $row) (i32.const 8)))
            (i32.store (local.get $row) (local.get $band))
            (local.set $before (local.get $band))))
        (i32.store offset=4 (local.get $row) (local.get $out)))
      (local.set $sorted (i32.add (local.get $sorted) (i32.const 4)))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (i32.store (local.get $tables)
      (i32.sub (i32.shr_u (i32.sub (local.get $keys) (local.get $tables)) (i32.const 2)) (i32.const 1)))
    (i32.shr_u (i32.sub (i32.add (local.get $row) (i32.const 8)) (local.get $rows)) (i32.const 3)))
)
