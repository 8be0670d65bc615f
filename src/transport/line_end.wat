;; Finds the end of a line, sixty-four bytes at a time.
(module
  ;; What was read.
  (memory (export "memory") 1)

  ;; The place of the first LF in [at, end); -1 when there is none.
  (func (export "find") (param $at i32) (param $end i32) (result i32)
    (local $lf v128)
    (local.set $lf (i8x16.splat (i32.const 0x0a)))
    (block $near
      (loop $far
        (br_if $near (i32.gt_s (i32.add (local.get $at) (i32.const 64)) (local.get $end)))
        (br_if $near (v128.any_true (v128.or
          (v128.or
            (i8x16.eq (local.get $lf) (v128.load (local.get $at)))
            (i8x16.eq (local.get $lf) (v128.load offset=16 (local.get $at))))
          (v128.or
            (i8x16.eq (local.get $lf) (v128.load offset=32 (local.get $at)))
            (i8x16.eq (local.get $lf) (v128.load offset=48 (local.get $at)))))))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $far)))
    (block $none
      (loop $next
        (br_if $none (i32.ge_s (local.get $at) (local.get $end)))
        (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x0a)) (then (return (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (i32.const -1)))
