//! The product of a matrix of bytes, many of them zero, with a matrix of numbers.
//!
//! Of a handwritten digit four pixels in five are black. Only the others are multiplied, so that the work is a fifth of that of a
//! full product; where no pixel is black it is the same.

#![allow(unsafe_code)] // Loops for the instructions that a processor turns out to have.
#![allow(clippy::inline_always)] // Only what is inlined into a function with these instructions may use them.

use crate::parallel;
use ndarray::{Array2, ArrayRef2, Axis, s};

/// Sums that stay in registers: seven vectors of eight numbers, or fourteen of four.
const SUMS: usize = 56;
type Row = [f64; SUMS];

/// Columns that are worked on at once: as many as a mask has bits, and their weights stay in the first-level cache.
const COLUMNS: usize = 64;

/// Returns `pixels weights`; each sum is taken over the columns in order.
pub(crate) fn multiply_bytes(pixels: &ArrayRef2<u8>, weights: &ArrayRef2<f64>) -> Array2<f64> {
    let (n_columns, n_sums) = weights.dim();
    let panels: Vec<Vec<Row>> = (0..n_sums)
        .step_by(SUMS)
        .map(|first| {
            let panel = weights.slice(s![.., first..n_sums.min(first + SUMS)]);
            let mut rows = vec![[0.0; SUMS]; n_columns];
            for ((row, column), &weight) in panel.indexed_iter() {
                rows[row][column] = weight;
            }
            rows
        })
        .collect();
    let mut product = Array2::zeros((pixels.nrows(), n_sums));
    let tiles = pixels.axis_chunks_iter(Axis(0), parallel::TILE);
    let jobs = tiles
        .zip(product.axis_chunks_iter_mut(Axis(0), parallel::TILE))
        .collect();
    parallel::run(jobs, |(tile, mut out)| {
        let tile = tile.as_standard_layout();
        let mut sums = vec![[0.0; SUMS]; tile.nrows()];
        for (panel, weights) in panels.iter().enumerate() {
            sums.fill([0.0; SUMS]);
            add_products(tile.as_slice().unwrap_or_default(), weights, &mut sums);
            let mut out = out.slice_mut(s![.., panel * SUMS..n_sums.min((panel + 1) * SUMS)]);
            for (mut out, sums) in out.rows_mut().into_iter().zip(&sums) {
                for (out, sum) in out.iter_mut().zip(sums) {
                    *out = *sum;
                }
            }
        }
    });
    product
}

/// Adds each row of `bytes` times `weights` to its sums.
fn add_products(bytes: &[u8], weights: &[Row], sums: &mut [Row]) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f")]
        fn wide(bytes: &[u8], weights: &[Row], sums: &mut [Row]) {
            add_products_by::<true>(bytes, weights, sums);
        }
        #[target_feature(enable = "avx2,fma")]
        fn narrow(bytes: &[u8], weights: &[Row], sums: &mut [Row]) {
            add_products_by::<true>(bytes, weights, sums);
        }
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has the instructions.
            return unsafe { wide(bytes, weights, sums) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: as above.
            return unsafe { narrow(bytes, weights, sums) };
        }
    }
    // Processors with a fused instruction on board have it everywhere; elsewhere it would be a slow call.
    add_products_by::<{ cfg!(target_arch = "aarch64") }>(bytes, weights, sums);
}

#[inline(always)]
fn add_products_by<const FUSED: bool>(bytes: &[u8], weights: &[Row], sums: &mut [Row]) {
    let n_columns = weights.len();
    for (block, weights) in weights.chunks(COLUMNS).enumerate() {
        for (row, total) in bytes.chunks_exact(n_columns).zip(&mut *sums) {
            let pixels = &row[block * COLUMNS..][..weights.len()];
            let mut left = mask(pixels);
            let mut sums = *total;
            while left != 0 {
                let column = left.trailing_zeros() as usize;
                left &= left - 1;
                let pixel = f64::from(pixels[column]);
                for (sum, &weight) in sums.iter_mut().zip(&weights[column]) {
                    *sum = if FUSED {
                        weight.mul_add(pixel, *sum)
                    } else {
                        *sum + weight * pixel
                    };
                }
            }
            *total = sums;
        }
    }
}

/// A bit for each byte that is not zero, the lowest for the first.
#[inline(always)]
fn mask(bytes: &[u8]) -> u64 {
    const LOW_BITS: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    // Its product with eight bits that are eight places apart has them side by side at the top.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut mask = 0;
    for (place, bytes) in bytes.chunks(8).enumerate() {
        let mut eight = [0; 8];
        eight[..bytes.len()].copy_from_slice(bytes);
        let eight = u64::from_le_bytes(eight);
        // The sum carries into the top bit of a byte where any lower bit is set.
        let top = (((eight & LOW_BITS) + LOW_BITS) | eight) & !LOW_BITS;
        mask |= ((top >> 7).wrapping_mul(GATHER) >> 56) << (8 * place);
    }
    mask
}
