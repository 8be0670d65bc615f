;; Skips a whole list or object of JSON. What it takes, the scanner takes as well, and ends in the same
;; place; whatever it cannot tell (a fault, a key with an escape, a surrogate, too many keys or levels) it
;; gives up, and the scanner reads it.
(module
  ;; The text lies from 0x20000 on, with sixteen zeros behind it: no string or number goes past them.
  (import "run" "memory" (memory 67))
  (import "run" "skip" (func $skip (param i32 i32) (result i32)))

  ;; A level has sixteen bytes from 0x10400 on, level 0 apart, which stands for what is around the value:
  ;;   0  1 in an object, 0 in a list
  ;;   4  how many keys the object has so far
  ;;   8  how many are listed: more, as long as they are those of the object before it on this level
  ;; and a list of 64 keys from 0x11000 on, 1024 bytes: start, length, and a tag that the same keys share.
  ;; No two of them are the same.

  ;; Gives the place behind the list or object at $at, 0 when it gives up.
  (func (export "skip") (param $at i32) (param $end i32) (param $levels i32) (param $multiline i32) (result i32)
    (local $c i32) (local $level i32) (local $depth i32) (local $deepest i32)
    (if (i32.gt_u (local.get $levels) (i32.const 31)) (then (local.set $levels (i32.const 31))))
    (local.set $level (i32.const 0x10400))
    (loop $value
      (block $after
        (local.set $c (i32.load8_u (local.get $at)))
        (if (i32.eq (local.get $c) (i32.const 0x22)) (then
          (local.set $at (call $string (local.get $at) (local.get $end)))
          (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))
          (br $after)))
        ;; { or [
        (if (i32.eq (i32.or (local.get $c) (i32.const 0x20)) (i32.const 0x7b)) (then
          (if (i32.eq (local.get $depth) (local.get $levels)) (then (return (i32.const 0))))
          (local.set $depth (i32.add (local.get $depth) (i32.const 1)))
          (local.set $level (i32.add (local.get $level) (i32.const 16)))
          (if (i32.gt_u (local.get $depth) (local.get $deepest)) (then
            ;; What is listed there is of another value.
            (local.set $deepest (local.get $depth))
            (i32.store offset=8 (local.get $level) (i32.const 0))))
          (local.set $at (call $blank (i32.add (local.get $at) (i32.const 1)) (local.get $multiline)))
          (i32.store (local.get $level) (i32.eq (local.get $c) (i32.const 0x7b)))
          ;; } or ] is two past what opened it.
          (if (i32.eq (i32.load8_u (local.get $at)) (i32.add (local.get $c) (i32.const 2))) (then
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
            (local.set $level (i32.sub (local.get $level) (i32.const 16)))
            (br $after)))
          (br_if $value (i32.eq (local.get $c) (i32.const 0x5b)))
          (i32.store offset=4 (local.get $level) (i32.const 0))
          (local.set $at (call $key (local.get $at) (local.get $end) (local.get $level) (local.get $multiline)))
          (br_if $value (local.get $at))
          (return (i32.const 0))))
        (local.set $at (call $scalar (local.get $at)))
        (br_if $after (local.get $at))
        (return (i32.const 0)))

      ;; Behind a value.
      (loop $close
        (if (i32.eqz (local.get $depth)) (then (return (local.get $at))))
        (local.set $at (call $blank (local.get $at) (local.get $multiline)))
        (local.set $c (i32.load8_u (local.get $at)))
        (if (i32.eq (local.get $c) (i32.const 0x2c)) (then
          (local.set $at (call $blank (i32.add (local.get $at) (i32.const 1)) (local.get $multiline)))
          (br_if $value (i32.eqz (i32.load (local.get $level))))
          (local.set $at (call $key (local.get $at) (local.get $end) (local.get $level) (local.get $multiline)))
          (br_if $value (local.get $at))
          (return (i32.const 0))))
        ;; ] is 0x5d, } is 0x7d.
        (if (i32.ne (local.get $c) (i32.or (i32.const 0x5d) (i32.shl (i32.load (local.get $level)) (i32.const 5))))
          (then (return (i32.const 0))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
        (local.set $level (i32.sub (local.get $level) (i32.const 16)))
        (br $close)))
    (unreachable))

  ;; Where the blanks end that begin at $at.
  (func $blank (param $at i32) (param $multiline i32) (result i32)
    (local $c i32) (local $others i32)
    (loop $next
      (local.set $c (i32.load8_u (local.get $at)))
      (if (i32.gt_u (local.get $c) (i32.const 0x20)) (then (return (local.get $at))))
      (if (i32.eq (local.get $c) (i32.const 0x20)) (then
        ;; Texts that are made for people are indented.
        (local.set $others (i8x16.bitmask
          (i8x16.ne (v128.load (local.get $at)) (i8x16.splat (i32.const 0x20)))))
        (local.set $at (i32.add (local.get $at)
          (select (i32.ctz (local.get $others)) (i32.const 16) (local.get $others))))
        (br $next)))
      (if (i32.or
            (i32.eq (local.get $c) (i32.const 0x09))
            (i32.and (local.get $multiline)
              (i32.or (i32.eq (local.get $c) (i32.const 0x0a)) (i32.eq (local.get $c) (i32.const 0x0d)))))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $next))))
    (local.get $at))

  ;; Gives the place behind the string at $at, 0 when it gives up.
  (func $string (param $at i32) (param $end i32) (result i32)
    (local $c i32)
    (local.set $at (call $plain (i32.add (local.get $at) (i32.const 1))))
    (loop $more
      (local.set $c (i32.load8_u (local.get $at)))
      (if (i32.eq (local.get $c) (i32.const 0x22)) (then (return (i32.add (local.get $at) (i32.const 1)))))
      (if (i32.eq (i32.load16_u (local.get $at)) (i32.const 0x755c)) ;; \u
        (then
          (local.set $at (call $escaped (local.get $at)))
          (if (i32.eqz (local.get $at)) (then (return (i32.const 0)))))
        (else
          (local.set $c (local.get $at))
          (local.set $at (i32.shr_u (call $skip (local.get $at) (local.get $end)) (i32.const 1)))
          (if (i32.eq (local.get $c) (local.get $at)) (then (return (i32.const 0))))))
      (br_if $more (i32.lt_u (local.get $at) (local.get $end))))
    (i32.const 0))

  ;; Where the ASCII without controls, quotes and backslashes ends that begins at $at.
  (func $plain (param $at i32) (result i32)
    (local $x v128) (local $bits i32)
    (loop $sixteen
      (local.set $x (v128.load (local.get $at)))
      ;; What is not ASCII is negative.
      (local.set $bits (i8x16.bitmask (v128.or
        (i8x16.lt_s (local.get $x) (i8x16.splat (i32.const 0x20)))
        (v128.or
          (i8x16.eq (local.get $x) (i8x16.splat (i32.const 0x22)))
          (i8x16.eq (local.get $x) (i8x16.splat (i32.const 0x5c)))))))
      (if (local.get $bits) (then (return (i32.add (local.get $at) (i32.ctz (local.get $bits))))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br $sixteen))
    (unreachable))

  ;; Gives the place behind the escape at $at, by \u, or behind two that are a pair; 0 for half of one.
  (func $escaped (param $at i32) (result i32)
    (local $unit i32)
    (local.set $unit (call $unit (i32.add (local.get $at) (i32.const 2))))
    (if (i32.lt_s (local.get $unit) (i32.const 0)) (then (return (i32.const 0))))
    (if (i32.ne (i32.and (local.get $unit) (i32.const 0xf800)) (i32.const 0xd800))
      (then (return (i32.add (local.get $at) (i32.const 6)))))
    (if (i32.and
          (i32.eq (i32.and (local.get $unit) (i32.const 0xfc00)) (i32.const 0xd800))
          (i32.eq (i32.load16_u offset=6 (local.get $at)) (i32.const 0x755c))) (then
      (if (i32.eq (i32.const 0xdc00)
            (i32.and (call $unit (i32.add (local.get $at) (i32.const 8))) (i32.const 0xfffffc00)))
        (then (return (i32.add (local.get $at) (i32.const 12)))))))
    (i32.const 0))

  ;; What the four hexadecimal digits at $at stand for; -1 for other bytes.
  (func $unit (param $at i32) (result i32)
    (local $c i32) (local $value i32) (local $last i32)
    (local.set $last (i32.add (local.get $at) (i32.const 4)))
    (loop $digit
      (local.set $c (i32.sub (i32.load8_u (local.get $at)) (i32.const 0x30)))
      (if (i32.gt_u (local.get $c) (i32.const 9)) (then
        ;; a to f, A to F: ten to fifteen.
        (local.set $c (i32.sub (i32.or (i32.load8_u (local.get $at)) (i32.const 0x20)) (i32.const 0x57)))
        (if (i32.gt_u (i32.sub (local.get $c) (i32.const 10)) (i32.const 5))
          (then (return (i32.const -1))))))
      (local.set $value (i32.or (i32.shl (local.get $value) (i32.const 4)) (local.get $c)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $digit (i32.lt_u (local.get $at) (local.get $last))))
    (local.get $value))

  ;; Gives the place behind the number or the literal at $at, 0 for neither.
  (func $scalar (param $at i32) (result i32)
    (local $c i32)
    (local.set $c (i32.load (local.get $at)))
    (if (i32.or
          (i32.eq (local.get $c) (i32.const 0x65757274)) ;; true
          (i32.eq (local.get $c) (i32.const 0x6c6c756e))) ;; null
      (then (return (i32.add (local.get $at) (i32.const 4)))))
    (if (i32.eq (local.get $c) (i32.const 0x736c6166)) ;; fals
      (then (return (select (i32.add (local.get $at) (i32.const 5)) (i32.const 0)
        (i32.eq (i32.load8_u offset=4 (local.get $at)) (i32.const 0x65))))))
    (local.set $at (i32.add (local.get $at) (i32.eq (i32.and (local.get $c) (i32.const 0xff)) (i32.const 0x2d)))) ;; -
    (local.set $at (if (result i32) (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x30))
      (then (i32.add (local.get $at) (i32.const 1)))
      (else (call $digits (local.get $at)))))
    (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x2e)) (then
      (local.set $at (call $digits (i32.add (local.get $at) (i32.const 1))))
      (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))))
    (if (i32.eq (i32.or (i32.load8_u (local.get $at)) (i32.const 0x20)) (i32.const 0x65)) (then
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $c (i32.load8_u (local.get $at)))
      (local.set $at (call $digits (i32.add (local.get $at) (i32.or
        (i32.eq (local.get $c) (i32.const 0x2b)) (i32.eq (local.get $c) (i32.const 0x2d))))))))
    (local.get $at))

  ;; Gives the place behind the digits at $at, 0 when there is none.
  (func $digits (param $at i32) (result i32)
    (local $first i32)
    (local.set $first (local.get $at))
    (loop $next
      (if (i32.lt_u (i32.sub (i32.load8_u (local.get $at)) (i32.const 0x30)) (i32.const 10)) (then
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next))))
    (select (local.get $at) (i32.const 0) (i32.ne (local.get $at) (local.get $first))))

  ;; Gives where the value begins whose key is at $at, 0 when it gives up.
  (func $key (param $at i32) (param $end i32) (param $level i32) (param $multiline i32) (result i32)
    (local $count i32) (local $list i32) (local $entry i32) (local $length i32) (local $tag i32)
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x22)) (then (return (i32.const 0))))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (local.set $count (i32.load offset=4 (local.get $level)))
    (local.set $list (i32.add (i32.const 0x11000)
      (i32.shl (i32.sub (local.get $level) (i32.const 0x10400)) (i32.const 6))))
    (local.set $entry (i32.add (local.get $list) (i32.shl (local.get $count) (i32.const 4))))
    (block $taken
      (if (i32.lt_u (local.get $count) (i32.load offset=8 (local.get $level))) (then
        (local.set $length (i32.load offset=4 (local.get $entry)))
        (br_if $taken (i32.and
          (call $same (local.get $at) (i32.load (local.get $entry)) (local.get $length))
          (i32.eq (i32.load8_u (i32.add (local.get $at) (local.get $length))) (i32.const 0x22))))))
      ;; Another key than in the object before.
      (if (i32.eq (local.get $count) (i32.const 64)) (then (return (i32.const 0))))
      (local.set $length (call $keyEnd (local.get $at) (local.get $end)))
      (if (i32.eqz (local.get $length)) (then (return (i32.const 0))))
      (local.set $length (i32.sub (local.get $length) (local.get $at)))
      (local.set $tag (call $tag (local.get $at) (local.get $length)))
      (i32.store (local.get $entry) (local.get $at))
      (i32.store offset=4 (local.get $entry) (local.get $length))
      (i32.store offset=8 (local.get $entry) (local.get $tag))
      (i32.store offset=8 (local.get $level) (i32.add (local.get $count) (i32.const 1)))
      (loop $other
        (if (i32.lt_u (local.get $list) (local.get $entry)) (then
          (if (i32.eq (i32.load offset=8 (local.get $list)) (local.get $tag)) (then
            (if (i32.eq (i32.load offset=4 (local.get $list)) (local.get $length)) (then
              (if (call $same (local.get $at) (i32.load (local.get $list)) (local.get $length))
                (then (return (i32.const 0))))))))
          (local.set $list (i32.add (local.get $list) (i32.const 16)))
          (br $other)))))
    (i32.store offset=4 (local.get $level) (i32.add (local.get $count) (i32.const 1)))
    (local.set $at (call $blank
      (i32.add (i32.add (local.get $at) (local.get $length)) (i32.const 1)) (local.get $multiline)))
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x3a)) (then (return (i32.const 0))))
    (call $blank (i32.add (local.get $at) (i32.const 1)) (local.get $multiline)))

  ;; A number of a key's bytes, by which most keys differ: of the first four and the last four.
  (func $tag (param $at i32) (param $length i32) (result i32)
    (if (result i32) (i32.lt_u (local.get $length) (i32.const 4))
      (then (i32.and (i32.load (local.get $at))
        (i32.sub (i32.shl (i32.const 1) (i32.shl (local.get $length) (i32.const 3))) (i32.const 1))))
      (else (i32.xor
        (i32.mul (i32.load (local.get $at)) (i32.const 0x9e3779b1))
        (i32.load (i32.sub (i32.add (local.get $at) (local.get $length)) (i32.const 4)))))))

  ;; Where the key ends that begins at $at; 0 for one with an escape, and for none.
  (func $keyEnd (param $at i32) (param $end i32) (result i32)
    (local.set $at (call $plain (local.get $at)))
    (if (i32.gt_u (i32.load8_u (local.get $at)) (i32.const 0x7f)) (then
      (local.set $at (call $skip (local.get $at) (local.get $end)))
      (if (i32.and (local.get $at) (i32.const 1)) (then (return (i32.const 0))))
      (local.set $at (i32.shr_u (local.get $at) (i32.const 1)))))
    (select (local.get $at) (i32.const 0) (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x22))))

  ;; Whether the same $length bytes stand in two places.
  (func $same (param $at i32) (param $other i32) (param $length i32) (result i32)
    (local $alike i32)
    (loop $sixteen
      (local.set $alike (i8x16.bitmask (i8x16.eq
        (v128.load (local.get $at)) (v128.load (local.get $other)))))
      (if (i32.le_u (local.get $length) (i32.const 16)) (then
        ;; The first $length of sixteen bits.
        (return (i32.eqz (i32.and
          (i32.xor (local.get $alike) (i32.const -1))
          (i32.sub (i32.shl (i32.const 1) (local.get $length)) (i32.const 1)))))))
      (if (i32.ne (local.get $alike) (i32.const 0xffff)) (then (return (i32.const 0))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (local.set $other (i32.add (local.get $other) (i32.const 16)))
      (local.set $length (i32.sub (local.get $length) (i32.const 16)))
      (br $sixteen))
    (unreachable)))
