//! The product of a long matrix with one of few columns, whose sums stay in registers.
//!
//! Of a handwritten digit four pixels in five are black. Only the others are multiplied, so that the work is a fifth of that of a
//! full product; where no pixel is black it is the same.

#![allow(unsafe_code)] // Loops for the instructions that a processor turns out to have.
#![allow(clippy::inline_always)] // Only what is inlined into a function with these instructions may use them.

use crate::parallel;
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, s};

/// Sums that stay in registers: seven vectors of eight numbers, or fourteen of four.
const SUMS: usize = 56;
type Row = [f64; SUMS];

/// Columns that are worked on at once: as many as a mask has bits, and their weights stay in the first-level cache.
const COLUMNS: usize = 64;

/// An entry of the long matrix.
trait Entry: Copy + Sync {
    /// A bit for each entry that may count, the lowest for the first.
    fn mask(entries: &[Self]) -> u64;
    fn less(self, near: f64) -> f64;
}

impl Entry for u8 {
    #[inline(always)]
    fn mask(entries: &[Self]) -> u64 {
        mask(entries)
    }
    /// Only zeros are left out, and only from zero.
    #[inline(always)]
    fn less(self, _: f64) -> f64 {
        f64::from(self)
    }
}

impl Entry for f64 {
    #[inline(always)]
    fn mask(entries: &[Self]) -> u64 {
        u64::MAX >> (COLUMNS - entries.len())
    }
    #[inline(always)]
    fn less(self, near: f64) -> f64 {
        self - near
    }
}

/// Returns `pixels weights + start`, `start` added to every row.
pub(crate) fn multiply_bytes(
    pixels: &ArrayRef2<u8>,
    weights: &ArrayRef2<f64>,
    start: &ArrayRef1<f64>,
) -> Array2<f64> {
    multiply(pixels, &Array1::zeros(weights.nrows()), weights, start)
}

/// Returns `(x - near) weights`, `near` subtracted from every row.
pub(crate) fn multiply_about(
    near: &ArrayRef1<f64>,
    x: &ArrayRef2<f64>,
    weights: &ArrayRef2<f64>,
) -> Array2<f64> {
    multiply(x, near, weights, &Array1::zeros(weights.ncols()))
}

/// Takes each sum over the columns in order.
fn multiply<T: Entry>(
    x: &ArrayRef2<T>,
    near: &ArrayRef1<f64>,
    weights: &ArrayRef2<f64>,
    start: &ArrayRef1<f64>,
) -> Array2<f64> {
    let (n_columns, n_sums) = weights.dim();
    let panels: Vec<Panel> = (0..n_sums)
        .step_by(SUMS)
        .map(|first| {
            let columns = s![.., first..n_sums.min(first + SUMS)];
            let mut panel = Panel {
                start: [0.0; SUMS],
                near: near.to_vec(),
                weights: vec![[0.0; SUMS]; n_columns],
            };
            for ((row, column), &weight) in weights.slice(columns).indexed_iter() {
                panel.weights[row][column] = weight;
                panel.start[column] = start[first + column];
            }
            panel
        })
        .collect();
    let mut product = Array2::zeros((x.nrows(), n_sums));
    let tiles = x.axis_chunks_iter(Axis(0), parallel::TILE);
    let jobs = tiles
        .zip(product.axis_chunks_iter_mut(Axis(0), parallel::TILE))
        .collect();
    parallel::run(jobs, |(tile, mut out)| {
        let tile = tile.as_standard_layout();
        let mut sums = vec![[0.0; SUMS]; tile.nrows()];
        let outs = out.axis_chunks_iter_mut(Axis(1), SUMS);
        for (panel, mut out) in panels.iter().zip(outs) {
            sums.fill(panel.start);
            panel.add_products(tile.as_slice().unwrap_or_default(), &mut sums);
            for (mut out, sums) in out.rows_mut().into_iter().zip(&sums) {
                for (out, sum) in out.iter_mut().zip(sums) {
                    *out = *sum;
                }
            }
        }
    });
    product
}

/// The weights of as many sums as stay in registers.
struct Panel {
    start: Row,
    near: Vec<f64>,
    weights: Vec<Row>,
}

impl Panel {
    /// Adds each row of `x` times the weights to its sums, with the widest instructions that this processor has.
    fn add_products<T: Entry>(&self, x: &[T], sums: &mut [Row]) {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") {
                // SAFETY: the processor has the instructions.
                return unsafe { self.add_by_512_bits(x, sums) };
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                // SAFETY: as above.
                return unsafe { self.add_by_256_bits(x, sums) };
            }
        }
        // Processors with a fused instruction on board have it everywhere; elsewhere it would be a slow call.
        self.add_by::<T, { cfg!(target_arch = "aarch64") }>(x, sums);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f")]
    fn add_by_512_bits<T: Entry>(&self, x: &[T], sums: &mut [Row]) {
        self.add_by::<T, true>(x, sums);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn add_by_256_bits<T: Entry>(&self, x: &[T], sums: &mut [Row]) {
        self.add_by::<T, true>(x, sums);
    }

    #[inline(always)]
    fn add_by<T: Entry, const FUSED: bool>(&self, x: &[T], sums: &mut [Row]) {
        let n_columns = self.weights.len();
        for (block, weights) in self.weights.chunks(COLUMNS).enumerate() {
            let columns = block * COLUMNS..block * COLUMNS + weights.len();
            let near = &self.near[columns.clone()];
            for (row, total) in x.chunks_exact(n_columns).zip(&mut *sums) {
                let entries = &row[columns.clone()];
                let mut left = T::mask(entries);
                let mut sums = *total;
                while left != 0 {
                    let column = left.trailing_zeros() as usize;
                    left &= left - 1;
                    let entry = entries[column].less(near[column]);
                    for (sum, &weight) in sums.iter_mut().zip(&weights[column]) {
                        *sum = if FUSED {
                            weight.mul_add(entry, *sum)
                        } else {
                            *sum + weight * entry
                        };
                    }
                }
                *total = sums;
            }
        }
    }
}

/// A bit for each byte that is not zero, the lowest for the first.
#[inline(always)]
fn mask(bytes: &[u8]) -> u64 {
    let (eights, rest) = bytes.as_chunks();
    let mut mask = 0;
    for (place, &eight) in eights.iter().enumerate() {
        mask |= mask_of_eight(eight) << (8 * place);
    }
    for (place, &byte) in rest.iter().enumerate() {
        mask |= u64::from(byte != 0) << (8 * eights.len() + place);
    }
    mask
}

#[inline(always)]
fn mask_of_eight(bytes: [u8; 8]) -> u64 {
    const LOW_BITS: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    // Its product with eight bits that are eight places apart has them side by side at the top.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let eight = u64::from_le_bytes(bytes);
    // The sum carries into the top bit of a byte where any lower bit is set.
    let top = (((eight & LOW_BITS) + LOW_BITS) | eight) & !LOW_BITS;
    (top >> 7).wrapping_mul(GATHER) >> 56
}
