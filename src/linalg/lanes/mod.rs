//! The loops that EM spends its time in, register-blocked and chosen at run time by the processor's features.
//!
//! A matrix product works on whole squares; [`triangle`] does only the half of each that is needed, and keeps what it sums up in
//! registers: blocks of four rows or columns by up to four vectors fill the register file without spilling. The other loops are
//! left to the compiler, which makes vectors of them once it may use the processor's.

#![allow(unsafe_code)]
// Vector instructions, and pointers into slices whose lengths are asserted at the door.
// Only what is inlined is compiled with the caller's instructions, and only loops over indices unroll into registers.
#![allow(clippy::inline_always, clippy::needless_range_loop)]

mod elementwise;
mod triangle;

pub(crate) use elementwise::{
    add_moments, add_squares, count, diagonal_distances, normalize, transpose, weigh_rows,
};
pub(crate) use triangle::{Packed, add_outer_products, squared_distances};

/// Rows of a tile that are worked on together: a multiple of every block of vectors below.
pub(crate) const ROWS: usize = 64;

/// One number for each row of a tile.
pub(crate) type Shares = [f64; ROWS];

/// The length of a row that the loops over features work on: whole vectors.
pub(crate) fn padded(n_features: usize) -> usize {
    n_features.next_multiple_of(8)
}

/// A vector of numbers in a register.
trait Lanes: Copy {
    const N: usize;
    unsafe fn splat(value: f64) -> Self;
    unsafe fn load(from: *const f64) -> Self;
    unsafe fn store(self, to: *mut f64);
    /// `self + a b`
    unsafe fn plus_product(self, a: Self, b: Self) -> Self;
}

/// Two numbers, on any processor.
#[derive(Clone, Copy)]
struct Pair([f64; 2]);

impl Lanes for Pair {
    const N: usize = 2;
    #[inline(always)]
    unsafe fn splat(value: f64) -> Self {
        Self([value; 2])
    }
    #[inline(always)]
    unsafe fn load(from: *const f64) -> Self {
        unsafe { Self(from.cast::<[f64; 2]>().read_unaligned()) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        unsafe { to.cast::<[f64; 2]>().write_unaligned(self.0) }
    }
    #[inline(always)]
    unsafe fn plus_product(self, a: Self, b: Self) -> Self {
        // Processors with a fused instruction on board have it everywhere; elsewhere it would be a slow call.
        let term = |sum: f64, a: f64, b: f64| {
            if cfg!(target_arch = "aarch64") {
                a.mul_add(b, sum)
            } else {
                sum + a * b
            }
        };
        Self([
            term(self.0[0], a.0[0], b.0[0]),
            term(self.0[1], a.0[1], b.0[1]),
        ])
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Lanes;
    use std::arch::x86_64::{
        __m256d, __m512d, _mm256_fmadd_pd, _mm256_loadu_pd, _mm256_set1_pd, _mm256_storeu_pd,
        _mm512_fmadd_pd, _mm512_loadu_pd, _mm512_set1_pd, _mm512_storeu_pd,
    };

    macro_rules! lanes {
        ($vector:ty, $n:literal, $splat:ident, $load:ident, $store:ident, $fma:ident) => {
            impl Lanes for $vector {
                const N: usize = $n;
                #[inline(always)]
                unsafe fn splat(value: f64) -> Self {
                    unsafe { $splat(value) }
                }
                #[inline(always)]
                unsafe fn load(from: *const f64) -> Self {
                    unsafe { $load(from) }
                }
                #[inline(always)]
                unsafe fn store(self, to: *mut f64) {
                    unsafe { $store(to, self) }
                }
                #[inline(always)]
                unsafe fn plus_product(self, a: Self, b: Self) -> Self {
                    unsafe { $fma(a, b, self) }
                }
            }
        };
    }
    lanes!(
        __m256d,
        4,
        _mm256_set1_pd,
        _mm256_loadu_pd,
        _mm256_storeu_pd,
        _mm256_fmadd_pd
    );
    lanes!(
        __m512d,
        8,
        _mm512_set1_pd,
        _mm512_loadu_pd,
        _mm512_storeu_pd,
        _mm512_fmadd_pd
    );
}

/// Makes a safe function of an `#[inline(always)]` one, compiled for each kind of processor and chosen when it is called; with
/// `blocks`, of one that is generic over the vector and the number of vectors in a block.
macro_rules! on_this_processor {
    ($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),*) by $inner:ident $(::<$blocks:ident>)?, if $fits:expr) => {
        $(#[$doc])*
        pub(crate) fn $name($($arg: $type),*) {
            assert!($fits, "a tile does not have the shape that the loop needs");
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f")]
                fn wide($($arg: $type),*) {
                    // SAFETY: the lengths were asserted.
                    unsafe { on_this_processor!(@call $inner, ($($arg),*) $(, $blocks std::arch::x86_64::__m512d, 4)?) }
                }
                #[target_feature(enable = "avx2,fma")]
                fn narrow($($arg: $type),*) {
                    // SAFETY: as above.
                    unsafe { on_this_processor!(@call $inner, ($($arg),*) $(, $blocks std::arch::x86_64::__m256d, 2)?) }
                }
                if is_x86_feature_detected!("avx512f") {
                    // SAFETY: the processor has the instructions.
                    return unsafe { wide($($arg),*) };
                }
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    // SAFETY: as above.
                    return unsafe { narrow($($arg),*) };
                }
            }
            // SAFETY: the lengths were asserted.
            unsafe { on_this_processor!(@call $inner, ($($arg),*) $(, $blocks $crate::linalg::lanes::Pair, 2)?) }
        }
    };
    (@call $inner:ident, ($($arg:ident),*), blocks $vector:ty, $block:literal) => { $inner::<$vector, $block>($($arg),*) };
    (@call $inner:ident, ($($arg:ident),*)) => { $inner($($arg),*) };
}
use on_this_processor;
