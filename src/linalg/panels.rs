//! The loop inside sums of outer products, over numbers packed into panels: some columns next to each other, row after row.

#![allow(unsafe_code)] // Vector instructions.
#![allow(clippy::inline_always)] // Only what is inlined into a function with these instructions may use them.

/// Words in a register, or the sums of their products.
pub(super) trait Lanes: Copy {
    type Word: Copy;
    type Sum;
    const WORDS: usize;
    unsafe fn zero() -> Self;
    unsafe fn load(from: *const Self::Word) -> Self;
    unsafe fn splat(word: Self::Word) -> Self;
    /// `self + values · factors`, word by word; where a word holds several rows, the sum over them.
    unsafe fn plus_products(self, values: Self, factors: Self) -> Self;
    unsafe fn add_to(self, sums: *mut Self::Sum);
}

/// Adds the products of `V` vectors and `R` factors over all steps to `R` rows of sums, each `width` long.
///
/// # Safety
///
/// A step's vectors follow those of the step before in `values`; its factors stand side by side in `factors`, `stride` after those of
/// the step before. `sums` reaches to the last of them.
#[inline(always)]
pub(super) unsafe fn block<L: Lanes, const R: usize, const V: usize>(
    values: &[L::Word],
    factors: &[L::Word],
    stride: usize,
    steps: usize,
    sums: &mut [L::Sum],
    width: usize,
) {
    debug_assert!(values.len() >= steps * V * L::WORDS);
    debug_assert!(factors.len() >= (steps - 1) * stride + R);
    debug_assert!(sums.len() >= (R - 1) * width + V * L::WORDS);
    unsafe {
        let mut products = [[L::zero(); V]; R];
        let (mut values, mut factors) = (values.as_ptr(), factors.as_ptr());
        for _ in 0..steps {
            let mut vectors = [L::zero(); V];
            for (v, vector) in vectors.iter_mut().enumerate() {
                *vector = L::load(values.add(v * L::WORDS));
            }
            for (r, products) in products.iter_mut().enumerate() {
                let factor = L::splat(*factors.add(r));
                for (product, vector) in products.iter_mut().zip(vectors) {
                    *product = product.plus_products(vector, factor);
                }
            }
            values = values.add(V * L::WORDS);
            // Beyond the last step this may point past the slice, where it is not read.
            factors = factors.wrapping_add(stride);
        }
        for (r, products) in products.into_iter().enumerate() {
            for (v, product) in products.into_iter().enumerate() {
                product.add_to(sums.as_mut_ptr().add(r * width + v * L::WORDS));
            }
        }
    }
}
