//! The two loops that EM spends its time in, register-blocked and chosen at run time by the processor's features.
//!
//! A matrix product works on whole squares; these do only the half of each that is needed, a triangle, and keep what they sum up
//! in registers. Blocks of four rows or columns by up to four vectors fill the register file without spilling.

#![allow(unsafe_code)] // Vector instructions, and pointers into slices whose lengths are asserted at the door.

/// Rows of a tile that are worked on together: a multiple of every block of vectors below.
pub(crate) const ROWS: usize = 64;

/// One number for each row of a tile.
pub(crate) type Shares = [f64; ROWS];

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

/// Makes a safe function of a loop over vectors, which takes the widest ones that this processor has.
macro_rules! on_this_processor {
    ($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),*) by $inner:ident, blocks $wide:literal $narrow:literal $pair:literal, if $fits:expr) => {
        $(#[$doc])*
        pub(crate) fn $name($($arg: $type),*) {
            assert!($fits, "a tile does not have the shape that the loop needs");
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f")]
                unsafe fn wide($($arg: $type),*) {
                    unsafe { $inner::<std::arch::x86_64::__m512d, $wide>($($arg),*) }
                }
                #[target_feature(enable = "avx2,fma")]
                unsafe fn narrow($($arg: $type),*) {
                    unsafe { $inner::<std::arch::x86_64::__m256d, $narrow>($($arg),*) }
                }
                if is_x86_feature_detected!("avx512f") {
                    // SAFETY: the processor has the instructions, and the lengths were asserted.
                    return unsafe { wide($($arg),*) };
                }
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    // SAFETY: as above.
                    return unsafe { narrow($($arg),*) };
                }
            }
            // SAFETY: the lengths were asserted.
            unsafe { $inner::<Pair, $pair>($($arg),*) }
        }
    };
}

/// An upper triangular matrix in the order in which [`squared_norms`] reads it: four columns at a time, row by row, as far down as
/// the diagonal.
pub(crate) struct Packed {
    n: usize,
    values: Vec<f64>,
}

impl Packed {
    pub(crate) fn new(upper: &ndarray::ArrayRef2<f64>) -> Self {
        let n = upper.nrows();
        let mut values = Vec::new();
        for first in (0..n).step_by(4) {
            for row in 0..(first + 4).min(n) {
                values.extend((first..first + 4).map(|column| {
                    if row <= column && column < n {
                        upper[[row, column]]
                    } else {
                        0.0
                    }
                }));
            }
        }
        Self { n, values }
    }
}

on_this_processor! {
    /// Writes `|Uᵀ c|²` for each column `c` of `centred`, whose shape is (n, [`ROWS`]): a tile of samples, feature by feature.
    fn squared_norms(upper: &Packed, centred: &[f64], norms: &mut Shares) by squared_norms_by,
    blocks 4 2 2, if centred.len() == upper.n * ROWS
}

#[inline(always)]
unsafe fn squared_norms_by<V: Lanes, const BLOCK: usize>(
    upper: &Packed,
    centred: &[f64],
    norms: &mut Shares,
) {
    unsafe {
        for first_row in (0..ROWS).step_by(BLOCK * V::N) {
            let tile = centred.as_ptr().add(first_row);
            let mut packed = upper.values.as_ptr();
            let mut norm = [V::splat(0.0); BLOCK];
            for first in (0..upper.n).step_by(4) {
                let mut products = [[V::splat(0.0); BLOCK]; 4];
                for feature in 0..(first + 4).min(upper.n) {
                    let mut values = [V::splat(0.0); BLOCK];
                    for (v, value) in values.iter_mut().enumerate() {
                        *value = V::load(tile.add(feature * ROWS + v * V::N));
                    }
                    for (column, products) in products.iter_mut().enumerate() {
                        let factor = V::splat(*packed.add(column));
                        for (product, value) in products.iter_mut().zip(values) {
                            *product = product.plus_product(factor, value);
                        }
                    }
                    packed = packed.add(4);
                }
                for products in products {
                    for (norm, product) in norm.iter_mut().zip(products) {
                        *norm = norm.plus_product(product, product);
                    }
                }
            }
            for (v, norm) in norm.into_iter().enumerate() {
                norm.store(norms.as_mut_ptr().add(first_row + v * V::N));
            }
        }
    }
}

/// The length of a row that [`add_outer_products`] works on: whole vectors.
pub(crate) fn padded(n_features: usize) -> usize {
    n_features.next_multiple_of(8)
}

on_this_processor! {
    /// Adds `∑ᵢ aᵢ aᵢᵀ` over the rows of `a`, each `width` long, to the upper triangle of `gram`, shape (`width`, `width`); what
    /// happens below the diagonal is left open.
    fn add_outer_products(rows: &[f64], width: usize, gram: &mut [f64]) by add_outer_products_by,
    blocks 4 2 2, if width % 8 == 0 && rows.len() % width.max(1) == 0 && gram.len() == width * width
}

#[inline(always)]
unsafe fn add_outer_products_by<V: Lanes, const BLOCK: usize>(
    rows: &[f64],
    width: usize,
    gram: &mut [f64],
) {
    unsafe {
        for first in (0..width).step_by(4) {
            let mut column = first / V::N * V::N;
            while column < width {
                match ((width - column) / V::N).min(BLOCK) {
                    4 => outer_block::<V, 4>(rows, width, first, column, gram),
                    3 => outer_block::<V, 3>(rows, width, first, column, gram),
                    2 => outer_block::<V, 2>(rows, width, first, column, gram),
                    _ => outer_block::<V, 1>(rows, width, first, column, gram),
                }
                column += V::N * ((width - column) / V::N).min(BLOCK);
            }
        }
    }
}

/// Four rows of the sum, over some vectors of columns.
#[inline(always)]
unsafe fn outer_block<V: Lanes, const BLOCK: usize>(
    rows: &[f64],
    width: usize,
    first: usize,
    column: usize,
    gram: &mut [f64],
) {
    unsafe {
        let mut sums = [[V::splat(0.0); BLOCK]; 4];
        let mut row = rows.as_ptr();
        for _ in 0..rows.len() / width {
            let mut values = [V::splat(0.0); BLOCK];
            for (v, value) in values.iter_mut().enumerate() {
                *value = V::load(row.add(column + v * V::N));
            }
            for (i, sums) in sums.iter_mut().enumerate() {
                let factor = V::splat(*row.add(first + i));
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum = sum.plus_product(factor, value);
                }
            }
            row = row.add(width);
        }
        for (i, sums) in sums.into_iter().enumerate() {
            for (v, sum) in sums.into_iter().enumerate() {
                let place = gram
                    .as_mut_ptr()
                    .add((first + i) * width + column + v * V::N);
                V::load(place).plus_product(V::splat(1.0), sum).store(place);
            }
        }
    }
}

on_this_processor! {
    /// Replaces each number, at most zero, by its exponential, to one unit in the last place; below -708 by zero.
    fn exponentials(values: &mut Shares) by exponentials_by,
    blocks 1 1 1, if true
}

/// exp v = 2ⁿ exp r with n the integer nearest to v / ln 2 and |r| <= ln 2 / 2, and a Taylor polynomial for exp r, whose rest is below
/// 2⁻⁵⁴ of it. Loops over all lanes, which the compiler turns into vectors.
#[inline(always)]
unsafe fn exponentials_by<V: Lanes, const BLOCK: usize>(values: &mut Shares) {
    const SHIFT: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52: adding it rounds to an integer
    const LN_2: [f64; 2] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];
    for value in values.iter_mut() {
        let v = *value;
        let shifted = v * std::f64::consts::LOG2_E + SHIFT;
        let n = shifted - SHIFT;
        let r = (v - n * LN_2[0]) - n * LN_2[1];
        let mut sum = 1.0 / 6_227_020_800.0;
        for divisor in [
            479_001_600.0,
            39_916_800.0,
            3_628_800.0,
            362_880.0,
            40_320.0,
            5_040.0,
            720.0,
            120.0,
            24.0,
            6.0,
            2.0,
            1.0,
            1.0,
        ] {
            sum = sum * r + 1.0 / divisor;
        }
        // The integer is in the low bits of the shifted number; it goes into the exponent.
        let power = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1023 << 52));
        *value = if v < -708.0 { 0.0 } else { sum * power };
    }
}
