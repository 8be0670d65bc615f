;; Skips the inside of JSON strings, sixteen bytes at a time. UTF-8 is checked as in "Validating UTF-8 In
;; Less Than One Instruction Per Byte" (Keiser, Lemire, 2021): three tables say of each byte and the one
;; before it what is wrong with them.
(module
  ;; The text, and behind it a 1 for each letter of an escape. The rest is for value_run.wat.
  (memory (export "memory") 67)
  (data (i32.const 0x10022) "\01") ;; "
  (data (i32.const 0x1002f) "\01") ;; /
  (data (i32.const 0x1005c) "\01") ;; \
  (data (i32.const 0x10062) "\01") ;; b
  (data (i32.const 0x10066) "\01") ;; f
  (data (i32.const 0x1006e) "\01") ;; n
  (data (i32.const 0x10072) "\01") ;; r
  (data (i32.const 0x10074) "\01") ;; t

  ;; Skips what stands in [at, end) until the first byte that has to be looked at: a quote, a control,
  ;; an escape by \u, what is no UTF-8, or what the end cuts in two. `at` is between two characters.
  ;; Gives twice its place, and one more when an escape was skipped.
  (func (export "skip") (param $at i32) (param $end i32) (result i32)
    (local $x v128) (local $before v128) (local $special v128)
    (local $start i32) (local $last i32) (local $escaped i32)
    (local $k i32)       ;; place of a special byte among the sixteen
    (local $specials i32) ;; a bit for each
    (local $faults i32)  ;; a bit for each byte that does not fit those before it
    (local $high i32)    ;; a bit for each of the last sixteen that was not ASCII
    (local.set $start (local.get $at))
    (local.set $last (i32.sub (local.get $end) (i32.const 16)))
    (block $bytewise
      (block $faulty
        (loop $sixteen
          (if (i32.gt_s (local.get $at) (local.get $last)) (then
            ;; Back to where the last character begins, if it is not whole.
            (if (i32.gt_s (local.get $at) (local.get $start)) (then
              (local.set $at (call $boundary (local.get $start) (local.get $at)))))
            (br $bytewise)))
          (local.set $x (v128.load (local.get $at)))
          (local.set $special (v128.or
            (i8x16.lt_u (local.get $x) (i8x16.splat (i32.const 0x20)))
            (v128.or
              (i8x16.eq (local.get $x) (i8x16.splat (i32.const 0x22)))
              (i8x16.eq (local.get $x) (i8x16.splat (i32.const 0x5c))))))
          (local.set $k (i8x16.bitmask (local.get $x)))
          (if (result i32) (i32.or (local.get $high) (local.get $k))
            (then (call $faults (local.get $before) (local.get $x)))
            (else (i32.const 0)))
          (local.set $faults)
          (local.set $high (local.get $k))
          (local.set $before (local.get $x))
          (if (v128.any_true (local.get $special)) (then
            (local.set $specials (i8x16.bitmask (local.get $special)))
            (loop $each
              (local.set $k (i32.ctz (local.get $specials)))
              ;; Whatever is wrong before it, or with it.
              (br_if $faulty (i32.and (local.get $faults)
                (i32.sub (i32.shl (i32.const 2) (local.get $k)) (i32.const 1))))
              (if (i32.eqz (call $isEscape (i32.add (local.get $at) (local.get $k)) (local.get $end)))
                (then (return (i32.or (local.get $escaped)
                  (i32.shl (i32.add (local.get $at) (local.get $k)) (i32.const 1))))))
              (local.set $escaped (i32.const 1))
              ;; Its letter may be special, too, and may be the first of the next sixteen.
              (if (i32.eq (local.get $k) (i32.const 15)) (then
                (local.set $at (i32.add (local.get $at) (i32.const 17)))
                (local.set $start (local.get $at))
                (local.set $high (i32.const 0))
                (br $sixteen)))
              (local.set $specials (i32.and (local.get $specials)
                (i32.xor (i32.const -1) (i32.shl (i32.const 3) (local.get $k)))))
              (br_if $each (local.get $specials)))))
          (br_if $faulty (local.get $faults))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br $sixteen)))
      ;; Once more, to find what was wrong.
      (local.set $at (local.get $start)))

    (block $out
      (loop $next
        (br_if $out (i32.ge_s (local.get $at) (local.get $end)))
        (local.set $k (i32.load8_u (local.get $at)))
        (if (i32.eq (local.get $k) (i32.const 0x5c)) (then
          (br_if $out (i32.eqz (call $isEscape (local.get $at) (local.get $end))))
          (local.set $escaped (i32.const 1))
          (local.set $at (i32.add (local.get $at) (i32.const 2)))
          (br $next)))
        (br_if $out (i32.or (i32.lt_u (local.get $k) (i32.const 0x20)) (i32.eq (local.get $k) (i32.const 0x22))))
        (local.set $k (call $size (local.get $at) (local.get $end)))
        (br_if $out (i32.eqz (local.get $k)))
        (local.set $at (i32.add (local.get $at) (local.get $k)))
        (br $next)))
    (i32.or (i32.shl (local.get $at) (i32.const 1)) (local.get $escaped)))

  ;; A bit for each byte of $x that does not fit those before it.
  (func $faults (param $before v128) (param $x v128) (result i32)
    (local $one v128)
    (local.set $one (i8x16.shuffle 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30
      (local.get $before) (local.get $x)))
    (i8x16.bitmask (i8x16.ne (v128.const i64x2 0 0) (v128.xor
      ;; What two bytes say of each other.
      (v128.and
        (v128.and
          (i8x16.swizzle
            (v128.const i8x16 0x02 0x02 0x02 0x02 0x02 0x02 0x02 0x02 0x80 0x80 0x80 0x80 0x21 0x01 0x15 0x49)
            (i8x16.shr_u (local.get $one) (i32.const 4)))
          (i8x16.swizzle
            (v128.const i8x16 0xe7 0xa3 0x83 0x83 0x8b 0xcb 0xcb 0xcb 0xcb 0xcb 0xcb 0xcb 0xcb 0xdb 0xcb 0xcb)
            (v128.and (local.get $one) (i8x16.splat (i32.const 0x0f)))))
        (i8x16.swizzle
          (v128.const i8x16 0x01 0x01 0x01 0x01 0x01 0x01 0x01 0x01 0xe6 0xae 0xba 0xba 0x01 0x01 0x01 0x01)
          (i8x16.shr_u (local.get $x) (i32.const 4))))
      ;; Those that have to be the third or the fourth of a character.
      (v128.and (i8x16.splat (i32.const 0x80)) (v128.or
        (i8x16.sub_sat_u
          (i8x16.shuffle 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 (local.get $before) (local.get $x))
          (i8x16.splat (i32.const 0x60)))
        (i8x16.sub_sat_u
          (i8x16.shuffle 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 (local.get $before) (local.get $x))
          (i8x16.splat (i32.const 0x70)))))))))

  ;; Where the character begins that the bytes before $at do not end; $at when they do.
  (func $boundary (param $start i32) (param $at i32) (result i32)
    (local $back i32)
    (loop $more
      (local.set $back (i32.add (local.get $back) (i32.const 1)))
      (if (i32.or (i32.gt_s (local.get $back) (i32.const 3))
            (i32.lt_s (i32.sub (local.get $at) (local.get $back)) (local.get $start)))
        (then (return (local.get $at))))
      ;; C0, E0, F0: the least first byte of a character that has more than 1, 2, 3.
      (if (i32.ge_u
            (i32.load8_u (i32.sub (local.get $at) (local.get $back)))
            (i32.and (i32.const 0xff) (i32.xor (i32.const -1) (i32.shr_u (i32.const 0x7f) (local.get $back)))))
        (then (return (i32.sub (local.get $at) (local.get $back)))))
      (br $more))
    (unreachable))

  ;; Whether an escape of one letter stands at $at.
  (func $isEscape (param $at i32) (param $end i32) (result i32)
    (i32.and
      (i32.and
        (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x5c))
        (i32.lt_s (i32.add (local.get $at) (i32.const 1)) (local.get $end)))
      (i32.load8_u offset=0x10000 (i32.load8_u offset=1 (local.get $at)))))

  ;; Bytes of the character at $at; 0 for none, or half of one.
  (func $size (param $at i32) (param $end i32) (result i32)
    (local $c i32) (local $second i32) (local $left i32)
    (local.set $c (i32.load8_u (local.get $at)))
    (if (i32.lt_u (local.get $c) (i32.const 0x80)) (then (return (i32.const 1))))
    (local.set $left (i32.sub (local.get $end) (local.get $at)))
    (local.set $second (i32.load8_u offset=1 (local.get $at)))
    (block $none
      (br_if $none (i32.lt_s (local.get $left) (i32.const 2)))
      (br_if $none (i32.lt_u (local.get $c) (i32.const 0xc2)))
      (br_if $none (i32.ne (i32.and (local.get $second) (i32.const 0xc0)) (i32.const 0x80)))
      (if (i32.lt_u (local.get $c) (i32.const 0xe0)) (then (return (i32.const 2))))
      (br_if $none (i32.lt_s (local.get $left) (i32.const 3)))
      (br_if $none (i32.ne (i32.const 0x80)
        (i32.and (i32.load8_u offset=2 (local.get $at)) (i32.const 0xc0))))
      (if (i32.lt_u (local.get $c) (i32.const 0xf0)) (then
        ;; Too long, or half of a pair.
        (br_if $none (i32.and
          (i32.eq (local.get $c) (i32.const 0xe0)) (i32.lt_u (local.get $second) (i32.const 0xa0))))
        (br_if $none (i32.and
          (i32.eq (local.get $c) (i32.const 0xed)) (i32.ge_u (local.get $second) (i32.const 0xa0))))
        (return (i32.const 3))))
      (br_if $none (i32.lt_s (local.get $left) (i32.const 4)))
      (br_if $none (i32.ne (i32.const 0x80)
        (i32.and (i32.load8_u offset=3 (local.get $at)) (i32.const 0xc0))))
      (br_if $none (i32.gt_u (local.get $c) (i32.const 0xf4)))
      ;; Too long, or past U+10FFFF.
      (br_if $none (i32.and
        (i32.eq (local.get $c) (i32.const 0xf0)) (i32.lt_u (local.get $second) (i32.const 0x90))))
      (br_if $none (i32.and
        (i32.eq (local.get $c) (i32.const 0xf4)) (i32.ge_u (local.get $second) (i32.const 0x90))))
      (return (i32.const 4)))
    (i32.const 0)))
