//! Chains as the host executes them: the value that is handed on stays in vector registers, for all lanes.
use crate::code::chains::{Chained, Link};
use crate::code::kernel::Op;
use crate::code::rows::{LANES, Mask, Row};
use std::arch::x86_64::*;

/// Lanes of a vector. A row has `LANES / WIDE` vectors.
const WIDE: usize = 4;
const VECTORS: usize = LANES / WIDE;

/// `$body` for every vector of a row. It is written out, so that an array of vectors becomes that many registers.
macro_rules! each {
    ($i:ident => $body:expr) => {{
        each!(@ $i $body, 0 1 2 3 4 5 6 7);
    }};
    (@ $i:ident $body:expr, $($n:literal)*) => {
        $({ let $i: usize = $n; $body; })*
    };
}

/// All ones in the lanes that four bits name.
static SPREAD: [[u64; WIDE]; 16] = {
    let mut spread = [[0; WIDE]; 16];
    let mut bits = 0;
    while bits < 16 {
        let mut lane = 0;
        while lane < WIDE {
            spread[bits][lane] = 0u64.wrapping_sub((bits as u64 >> lane) & 1);
            lane += 1;
        }
        bits += 1;
    }
    spread
};

/// The mask of the four lanes of vector `i` that are in a set.
#[inline(always)]
fn nibble(set: u32, i: usize) -> usize {
    (set >> (WIDE * i) & 0xf) as usize
}

/// The lanes that execute a chain. No mask: all.
#[derive(Clone, Copy)]
pub(crate) struct Active<'a> {
    pub(crate) bits: u32,
    pub(crate) mask: Option<&'a Mask>,
}

/// Executes a chain.
#[target_feature(enable = "avx2,fma")]
pub(crate) fn run(rows: &mut [Row], predicates: &mut [u32], chain: &[Op], active: Active) {
    match chain[0].chained.single {
        true => single::run(rows, predicates, chain, active),
        false => double::run(rows, predicates, chain, active),
    }
}

/// `$body` for every vector `$i` of a row, where `$w` is that of the row `$x`. One number for all lanes is read once,
/// which keeps the other three lines of its row out of the host's cache.
macro_rules! with {
    ($uniform:ident, $x:ident, $w:ident, $i:ident => $body:expr) => {
        if $uniform {
            let $w = uniform_in($x);
            each!($i => $body);
        } else {
            each!($i => {
                let $w = load($x, $i);
                $body
            });
        }
    };
}

/// The lanes where the comparison of `v` with `x` holds. A lane of `f32` is shifted so that its sign is that of 64
/// bits.
macro_rules! compared {
    ($v:ident, $uniform:ident, $x:ident, $compare:ident, $how:ident) => {{
        let mut bits = 0u32;
        with!($uniform, $x, w, i => {
            let lanes = to_sign($compare::<$how>($v[i], w));
            bits |= (_mm256_movemask_pd(lanes) as u32) << (WIDE * i);
        });
        Some(bits)
    }};
}

macro_rules! floats {
    ($name:ident, $vector:ident, $number:ident,
     $from_bits:ident, $to_bits:ident, $set:ident, $zero:ident, $add:ident, $sub:ident, $mul:ident, $div:ident, $fma:ident,
     $sqrt:ident, $max:ident, $min:ident, $and:ident, $or:ident, $xor:ident, $blend:ident, $compare:ident, $nan:expr, $sign:expr, $shift:expr) => {
        mod $name {
            use super::*;

            #[inline]
            #[target_feature(enable = "avx2,fma")]
            fn load(row: &Row, i: usize) -> $vector {
                let lanes = &row.0[WIDE * i..][..WIDE];
                // SAFETY: four lanes are as many bytes as a vector; the load asks for no alignment.
                $from_bits(unsafe { _mm256_loadu_si256(lanes.as_ptr().cast()) })
            }

            /// Lanes of `yes` where the mask has ones, of `no` elsewhere.
            #[inline]
            #[target_feature(enable = "avx2,fma")]
            fn blend(no: $vector, yes: $vector, mask: &[u64]) -> $vector {
                let lanes = &mask[..WIDE];
                // SAFETY: as in `load`.
                let mask = unsafe { _mm256_loadu_si256(lanes.as_ptr().cast()) };
                $from_bits(_mm256_blendv_epi8($to_bits(no), $to_bits(yes), mask))
            }

            /// Replaces every NaN by one fixed NaN, as `of_f64` and `of_f32` do.
            #[inline]
            #[target_feature(enable = "avx2,fma")]
            fn one_nan(x: $vector) -> $vector {
                let nan = $from_bits(_mm256_set1_epi64x($nan));
                let low = $from_bits(_mm256_set1_epi64x(u64::MAX.wrapping_shr(64 - 8 * size_of::<$number>() as u32) as i64));
                $and($blend(x, nan, $compare::<_CMP_UNORD_Q>(x, x)), low)
            }

            /// See [`max_f64`](crate::code::rows::max_f64). `which` is the host's instruction, which gives the second
            /// operand where one is a NaN or both are zeros. `zeros` makes the zero.
            #[inline]
            #[target_feature(enable = "avx2,fma")]
            fn extreme(which: $vector, zeros: $vector, x: $vector, y: $vector) -> $vector {
                let equal = $compare::<_CMP_EQ_OQ>(x, y);
                $blend($blend(which, zeros, equal), x, $compare::<_CMP_UNORD_Q>(y, y))
            }

            #[inline]
            #[target_feature(enable = "avx2,fma")]
            fn to_sign(x: $vector) -> __m256d {
                _mm256_castsi256_pd(_mm256_slli_epi64::<$shift>($to_bits(x)))
            }

            /// The number that all lanes of a row hold.
            #[inline]
            #[target_feature(enable = "avx2,fma")]
            fn uniform_in(row: &Row) -> $vector {
                $from_bits(_mm256_set1_epi64x(row.0[0] as i64))
            }

            #[inline]
            #[target_feature(enable = "avx2,fma")]
            pub(crate) fn run(rows: &mut [Row], predicates: &mut [u32], chain: &[Op], active: Active) {
                let first = &rows[chain[0].chained.v as usize];
                let mut v = [$zero(); VECTORS];
                each!(i => v[i] = load(first, i));
                // Whether a NaN in `v` may have any bits.
                let mut raw = false;
                for op in chain {
                    let Chained { link, x, y, uniform, .. } = op.chained;
                    // A row that does not exist is not read either.
                    let x = rows.get(x as usize).unwrap_or(first);
                    let y = rows.get(y as usize).unwrap_or(first);
                    if raw && link.reads_bits() {
                        each!(i => v[i] = one_nan(v[i]));
                    }
                    raw = !link.reads_bits();
                    let compared = match link {
                        Link::Less => compared!(v, uniform, x, $compare, _CMP_LT_OQ),
                        Link::LessEqual => compared!(v, uniform, x, $compare, _CMP_LE_OQ),
                        Link::Greater => compared!(v, uniform, x, $compare, _CMP_GT_OQ),
                        Link::GreaterEqual => compared!(v, uniform, x, $compare, _CMP_GE_OQ),
                        Link::Equal => compared!(v, uniform, x, $compare, _CMP_EQ_OQ),
                        _ => None,
                    };
                    if let Some(bits) = compared {
                        let p = &mut predicates[op.d as usize];
                        *p = (*p & !active.bits) | (bits & active.bits);
                        return;
                    }
                    match link {
                        Link::MulAdd => with!(uniform, x, w, i => v[i] = $fma(w, load(y, i), v[i])),
                        Link::TimesAdd => with!(uniform, x, w, i => v[i] = $fma(v[i], w, load(y, i))),
                        Link::Mul => with!(uniform, x, w, i => v[i] = $mul(v[i], w)),
                        Link::Add => with!(uniform, x, w, i => v[i] = $add(v[i], w)),
                        Link::Sub => with!(uniform, x, w, i => v[i] = $sub(v[i], w)),
                        Link::SubFrom => with!(uniform, x, w, i => v[i] = $sub(w, v[i])),
                        Link::Div => with!(uniform, x, w, i => v[i] = $div(v[i], w)),
                        Link::DivFrom => with!(uniform, x, w, i => v[i] = $div(w, v[i])),
                        Link::Max => with!(uniform, x, w, i => {
                            v[i] = extreme($max(v[i], w), $and(v[i], w), v[i], w);
                        }),
                        Link::Min => with!(uniform, x, w, i => {
                            v[i] = extreme($min(v[i], w), $or(v[i], w), v[i], w);
                        }),
                        Link::Sqrt => each!(i => v[i] = $sqrt(v[i])),
                        Link::Rcp => {
                            let one = $set(1.0);
                            each!(i => v[i] = $div(one, v[i]));
                        }
                        Link::Neg => {
                            let sign = $from_bits(_mm256_set1_epi64x($sign));
                            each!(i => v[i] = $xor(v[i], sign));
                        }
                        Link::Abs => {
                            let rest = $from_bits(_mm256_set1_epi64x(!$sign));
                            each!(i => v[i] = $and(v[i], rest));
                        }
                        Link::Select => {
                            let chosen = predicates[op.c as usize];
                            each!(i => v[i] = blend(load(x, i), v[i], &SPREAD[nibble(chosen, i)]));
                        }
                        Link::SelectOther => {
                            let chosen = predicates[op.c as usize];
                            each!(i => v[i] = blend(v[i], load(x, i), &SPREAD[nibble(chosen, i)]));
                        }
                        Link::And => each!(i => v[i] = $and(v[i], load(x, i))),
                        Link::Or => each!(i => v[i] = $or(v[i], load(x, i))),
                        Link::Xor => each!(i => v[i] = $xor(v[i], load(x, i))),
                        // Like PTX, the host shifts everything out by 64 bits or more.
                        Link::ShiftLeft => each!(i => v[i] = {
                            $from_bits(_mm256_sllv_epi64($to_bits(v[i]), $to_bits(load(x, i))))
                        }),
                        Link::ShiftRight => each!(i => v[i] = {
                            $from_bits(_mm256_srlv_epi64($to_bits(v[i]), $to_bits(load(x, i))))
                        }),
                        _ => {} // a copy; comparisons came before
                    }
                }
                if raw {
                    each!(i => v[i] = one_nan(v[i]));
                }
                let to = &mut rows[chain[chain.len() - 1].d as usize];
                if let Some(mask) = active.mask {
                    each!(i => v[i] = blend(load(to, i), v[i], &mask.rows[WIDE * i..]));
                }
                each!(i => {
                    let lanes = &mut to.0[WIDE * i..][..WIDE];
                    // SAFETY: as in `load`.
                    unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), $to_bits(v[i])) }
                });
            }
        }
    };
}

floats!(
    double,
    __m256d,
    f64,
    _mm256_castsi256_pd,
    _mm256_castpd_si256,
    _mm256_set1_pd,
    _mm256_setzero_pd,
    _mm256_add_pd,
    _mm256_sub_pd,
    _mm256_mul_pd,
    _mm256_div_pd,
    _mm256_fmadd_pd,
    _mm256_sqrt_pd,
    _mm256_max_pd,
    _mm256_min_pd,
    _mm256_and_pd,
    _mm256_or_pd,
    _mm256_xor_pd,
    _mm256_blendv_pd,
    _mm256_cmp_pd,
    i64::MAX,
    i64::MIN,
    0
);
// Lanes are 64 bits wide here too. Every other `f32` of a vector is a zero, and its results are cut off.
floats!(
    single,
    __m256,
    f32,
    _mm256_castsi256_ps,
    _mm256_castps_si256,
    _mm256_set1_ps,
    _mm256_setzero_ps,
    _mm256_add_ps,
    _mm256_sub_ps,
    _mm256_mul_ps,
    _mm256_div_ps,
    _mm256_fmadd_ps,
    _mm256_sqrt_ps,
    _mm256_max_ps,
    _mm256_min_ps,
    _mm256_and_ps,
    _mm256_or_ps,
    _mm256_xor_ps,
    _mm256_blendv_ps,
    _mm256_cmp_ps,
    0x7fff_ffff,
    0x8000_0000,
    32
);
