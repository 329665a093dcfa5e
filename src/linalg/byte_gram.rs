//! Sums of products of bytes, in whole numbers: they are exact, so that neither their order nor the processor changes a bit.
//!
//! Pixels are multiplied by pixels less 128, because the widest instructions want one factor with a sign:
//! ∑ p q = ∑ p (q - 128) + 128 ∑ p. The sums ∑ p come along as the products with one more column, of ones.

#![allow(unsafe_code)] // Vector instructions, and pointers into slices that were cut to the lengths that the loop reads.
#![allow(clippy::inline_always)] // Only what is inlined into a function with these instructions may use them.

use super::panels::{Lanes, block};
use crate::parallel;
use ndarray::{Array1, Array2, ArrayRef2, s};
use std::sync::{Mutex, PoisonError};

/// The rows that are packed at once. Single precision holds their sums, at most 255 · 128 · 512 < 2²⁴, without rounding.
const ROWS: usize = 512;

/// The rows whose sums stay whole in 32 bits, rounded down: 2³¹ / (255 · 128) = 65,793.
const ROWS_IN_32_BITS: usize = 65_536;

/// Whole numbers in a register. A word of 32 bits holds the pixels of one column and `DEPTH` rows.
trait Pixels: Lanes<Word = u32, Sum = i32> {
    const DEPTH: usize;
    /// Packs the first `DEPTH` pixels.
    fn word(pixels: [u8; 4]) -> u32;
    /// Subtracts 128 from each.
    fn signed(word: u32) -> u32;
}

/// Four numbers in single precision, on any processor.
#[derive(Clone, Copy)]
struct Four([f32; 4]);

impl Lanes for Four {
    type Word = u32;
    type Sum = i32;
    const WORDS: usize = 4;
    #[inline(always)]
    unsafe fn zero() -> Self {
        Self([0.0; 4])
    }
    #[inline(always)]
    unsafe fn load(from: *const u32) -> Self {
        unsafe { Self(from.cast::<[f32; 4]>().read_unaligned()) }
    }
    #[inline(always)]
    unsafe fn splat(word: u32) -> Self {
        Self([f32::from_bits(word); 4])
    }
    #[inline(always)]
    unsafe fn plus_products(self, values: Self, factors: Self) -> Self {
        let (a, b, sum) = (values.0, factors.0, self.0);
        Self([
            sum[0] + a[0] * b[0],
            sum[1] + a[1] * b[1],
            sum[2] + a[2] * b[2],
            sum[3] + a[3] * b[3],
        ])
    }
    #[inline(always)]
    unsafe fn add_to(self, sums: *mut i32) {
        for (word, sum) in self.0.into_iter().enumerate() {
            #[allow(clippy::cast_possible_truncation)] // Whole numbers below 2^24.
            unsafe {
                *sums.add(word) += sum as i32;
            }
        }
    }
}

impl Pixels for Four {
    const DEPTH: usize = 1;
    #[inline(always)]
    fn word(pixels: [u8; 4]) -> u32 {
        f32::from(pixels[0]).to_bits()
    }
    #[inline(always)]
    fn signed(word: u32) -> u32 {
        (f32::from_bits(word) - 128.0).to_bits()
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Lanes, Pixels};
    use std::arch::x86_64::{
        __m256i, __m512i, _mm256_add_epi32, _mm256_loadu_si256, _mm256_madd_epi16,
        _mm256_set1_epi32, _mm256_setzero_si256, _mm256_storeu_si256, _mm512_add_epi32,
        _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_setzero_si512,
        _mm512_storeu_si512,
    };

    /// Two rows to a word, as numbers of 16 bits.
    impl Lanes for __m256i {
        type Word = u32;
        type Sum = i32;
        const WORDS: usize = 8;
        #[inline(always)]
        unsafe fn zero() -> Self {
            unsafe { _mm256_setzero_si256() }
        }
        #[inline(always)]
        unsafe fn load(from: *const u32) -> Self {
            unsafe { _mm256_loadu_si256(from.cast()) }
        }
        #[inline(always)]
        unsafe fn splat(word: u32) -> Self {
            unsafe { _mm256_set1_epi32(word.cast_signed()) }
        }
        #[inline(always)]
        unsafe fn plus_products(self, values: Self, factors: Self) -> Self {
            unsafe { _mm256_add_epi32(self, _mm256_madd_epi16(values, factors)) }
        }
        #[inline(always)]
        unsafe fn add_to(self, sums: *mut i32) {
            unsafe {
                _mm256_storeu_si256(
                    sums.cast(),
                    _mm256_add_epi32(_mm256_loadu_si256(sums.cast()), self),
                );
            }
        }
    }

    impl Pixels for __m256i {
        const DEPTH: usize = 2;
        #[inline(always)]
        fn word(pixels: [u8; 4]) -> u32 {
            u32::from(pixels[0]) | u32::from(pixels[1]) << 16
        }
        #[inline(always)]
        fn signed(word: u32) -> u32 {
            // Adds 128 and turns the two signs over, which subtracts 128 without a carry from number to number.
            (word + 0x7f80_7f80) ^ 0x8000_8000
        }
    }

    /// Four rows to a word, as bytes.
    impl Lanes for __m512i {
        type Word = u32;
        type Sum = i32;
        const WORDS: usize = 16;
        #[inline(always)]
        unsafe fn zero() -> Self {
            unsafe { _mm512_setzero_si512() }
        }
        #[inline(always)]
        unsafe fn load(from: *const u32) -> Self {
            unsafe { _mm512_loadu_si512(from.cast()) }
        }
        #[inline(always)]
        unsafe fn splat(word: u32) -> Self {
            unsafe { _mm512_set1_epi32(word.cast_signed()) }
        }
        #[inline(always)]
        unsafe fn plus_products(self, values: Self, factors: Self) -> Self {
            unsafe { _mm512_dpbusd_epi32(self, values, factors) }
        }
        #[inline(always)]
        unsafe fn add_to(self, sums: *mut i32) {
            unsafe {
                _mm512_storeu_si512(
                    sums.cast(),
                    _mm512_add_epi32(_mm512_loadu_si512(sums.cast()), self),
                );
            }
        }
    }

    impl Pixels for __m512i {
        const DEPTH: usize = 4;
        #[inline(always)]
        fn word(pixels: [u8; 4]) -> u32 {
            u32::from_le_bytes(pixels)
        }
        #[inline(always)]
        fn signed(word: u32) -> u32 {
            word ^ 0x8080_8080
        }
    }
}

/// Returns ∑ₙ pₙ, and ∑ₙ pₙ pₙᵀ in the upper triangle of a matrix, exactly; below the diagonal are zeros.
pub(crate) fn gram_of_bytes(pixels: &ArrayRef2<u8>) -> (Array1<i64>, Array2<i64>) {
    let (n_rows, n_columns) = pixels.dim();
    let pixels = pixels.view();
    let pixels = pixels.as_standard_layout();
    let zeros = (
        Array1::zeros(n_columns),
        Array2::zeros((n_columns, n_columns)),
    );
    let total = Mutex::new(zeros);
    let n_pieces = (2 * n_rows / ROWS_IN_32_BITS).max(16);
    parallel::run(parallel::partition(n_rows, n_pieces), |rows| {
        let rows = pixels.slice(s![rows, ..]);
        let piece = Piece::of(rows.as_slice().unwrap_or_default(), n_columns);
        // Whole numbers: the threads may add theirs in any order.
        let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
        let (sums, gram) = &mut *total;
        piece.add_to(sums, gram);
    });
    total.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The sums over some rows, for the columns that are not zero in all of them.
struct Piece {
    /// `n_columns` for the column of ones, then the columns in use.
    columns: Vec<usize>,
    width: usize,
    sums: Vec<i32>,
}

impl Piece {
    /// With the widest instructions that this processor has.
    fn of(bytes: &[u8], n_columns: usize) -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512vnni") && is_x86_feature_detected!("avx512bw") {
                // SAFETY: the processor has the instructions.
                return unsafe { Self::by_512_bits(bytes, n_columns) };
            }
            if is_x86_feature_detected!("avx2") {
                // SAFETY: as above.
                return unsafe { Self::by_256_bits(bytes, n_columns) };
            }
        }
        Self::by_128_bits(bytes, n_columns)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn by_512_bits(bytes: &[u8], n_columns: usize) -> Self {
        Self::by::<std::arch::x86_64::__m512i, 8, 3>(bytes, n_columns)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn by_256_bits(bytes: &[u8], n_columns: usize) -> Self {
        Self::by::<std::arch::x86_64::__m256i, 4, 2>(bytes, n_columns)
    }

    fn by_128_bits(bytes: &[u8], n_columns: usize) -> Self {
        Self::by::<Four, 4, 2>(bytes, n_columns)
    }

    /// Works in blocks of `R` rows and `V` vectors of the sums, which stay in registers over the rows of a tile.
    #[inline(always)]
    fn by<L: Pixels, const R: usize, const V: usize>(bytes: &[u8], n_columns: usize) -> Self {
        assert!(bytes.len() <= ROWS_IN_32_BITS * n_columns);
        let mut used = vec![0; n_columns];
        for row in bytes.chunks_exact(n_columns) {
            for (used, pixel) in used.iter_mut().zip(row) {
                *used |= pixel;
            }
        }
        let mut columns = vec![n_columns];
        columns.extend((0..n_columns).filter(|&column| used[column] != 0));
        let panel = V * L::WORDS;
        let width = columns.len().next_multiple_of(panel);
        let mut sums = vec![0; width * width];
        let mut packed = Packed::new::<L>(n_columns, width);
        for tile in bytes.chunks(ROWS * n_columns) {
            packed.fill::<L, R>(tile, &columns, panel);
            let steps = packed.steps;
            for (p, pixels) in packed.pixels.chunks_exact(panel * steps).enumerate() {
                let above_diagonal = (p + 1) * panel / R;
                let signed = packed.signed.chunks_exact(R * steps).take(above_diagonal);
                for (g, signed) in signed.enumerate() {
                    let sums = &mut sums[g * R * width + p * panel..][..(R - 1) * width + panel];
                    // SAFETY: the slices have the lengths that the loop reads and writes.
                    unsafe { block::<L, R, V>(pixels, signed, R, steps, sums, width) };
                }
            }
        }
        Self {
            columns,
            width,
            sums,
        }
    }

    fn add_to(&self, sums: &mut Array1<i64>, gram: &mut Array2<i64>) {
        let ones = &self.sums[..self.columns.len()];
        for (&column, &sum) in self.columns.iter().zip(ones).skip(1) {
            sums[column] += i64::from(sum);
        }
        for (i, &row) in self.columns.iter().enumerate().skip(1) {
            let found = &self.sums[i * self.width..][..self.columns.len()];
            let mut total = gram.row_mut(row);
            for ((&column, &sum), &one) in self.columns.iter().zip(found).zip(ones).skip(i) {
                total[column] += i64::from(sum) + 128 * i64::from(one);
            }
        }
    }
}

/// A tile of pixels in the order in which [`block`] reads it: panels of columns, step by step; a step is the rows in a word.
struct Packed {
    /// One step of all columns, then a word of ones less -128.
    words: Vec<u32>,
    none: Vec<u8>,
    steps: usize,
    pixels: Vec<u32>,
    signed: Vec<u32>,
}

impl Packed {
    #[inline(always)]
    fn new<L: Pixels>(n_columns: usize, width: usize) -> Self {
        Self {
            words: vec![L::word([129; 4]); n_columns + 1],
            none: vec![0; n_columns],
            steps: 0,
            pixels: Vec::with_capacity(width * ROWS / L::DEPTH),
            signed: Vec::with_capacity(width * ROWS / L::DEPTH),
        }
    }

    #[inline(always)]
    fn fill<L: Pixels, const R: usize>(&mut self, tile: &[u8], columns: &[usize], panel: usize) {
        let n_columns = self.none.len();
        self.steps = (tile.len() / n_columns).div_ceil(L::DEPTH);
        let size = columns.len().next_multiple_of(panel) * self.steps;
        // What stands in the columns that fill up the last panel ends in sums that nobody reads.
        self.pixels.resize(size, 0);
        self.signed.resize(size, 0);
        for (step, rows) in tile.chunks(L::DEPTH * n_columns).enumerate() {
            let row = |k: usize| rows.get(k * n_columns..(k + 1) * n_columns);
            let [a, b, c, d] = [0, 1, 2, 3].map(|k| row(k).unwrap_or(&self.none));
            for ((((word, &a), &b), &c), &d) in self.words.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                *word = L::word([a, b, c, d]);
            }
            for (p, columns) in columns.chunks(panel).enumerate() {
                let to = &mut self.pixels[(p * self.steps + step) * panel..][..columns.len()];
                for (to, &column) in to.iter_mut().zip(columns) {
                    *to = self.words[column];
                }
            }
            for (g, columns) in columns.chunks(R).enumerate() {
                let to = &mut self.signed[(g * self.steps + step) * R..][..columns.len()];
                for (to, &column) in to.iter_mut().zip(columns) {
                    *to = L::signed(self.words[column]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
