//! Sums of squares and products about a point. Half of what a full product takes, and the processor's widest instructions whatever
//! BLAS there is: OpenBLAS takes the oldest ones on processors that are younger than itself.

#![allow(unsafe_code)] // Vector instructions.
#![allow(clippy::inline_always)] // Only what is inlined into a function with these instructions may use them.

use super::panels::{Lanes, block};
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, s};

/// The rows that are packed at once: a panel of them stays in the first-level cache.
const ROWS: usize = 128;

/// Two numbers, on any processor.
#[derive(Clone, Copy)]
struct Pair([f64; 2]);

impl Lanes for Pair {
    type Word = f64;
    type Sum = f64;
    const WORDS: usize = 2;
    #[inline(always)]
    unsafe fn zero() -> Self {
        Self([0.0; 2])
    }
    #[inline(always)]
    unsafe fn load(from: *const f64) -> Self {
        unsafe { Self(from.cast::<[f64; 2]>().read_unaligned()) }
    }
    #[inline(always)]
    unsafe fn splat(word: f64) -> Self {
        Self([word; 2])
    }
    #[inline(always)]
    unsafe fn plus_products(self, values: Self, factors: Self) -> Self {
        let ([a, b], [c, d], [e, f]) = (values.0, factors.0, self.0);
        Self([a * c + e, b * d + f])
    }
    #[inline(always)]
    unsafe fn add_to(self, sums: *mut f64) {
        unsafe {
            *sums += self.0[0];
            *sums.add(1) += self.0[1];
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Lanes;
    use std::arch::x86_64::{
        __m256d, __m512d, _mm256_add_pd, _mm256_fmadd_pd, _mm256_loadu_pd, _mm256_set1_pd,
        _mm256_setzero_pd, _mm256_storeu_pd, _mm512_add_pd, _mm512_fmadd_pd, _mm512_loadu_pd,
        _mm512_set1_pd, _mm512_setzero_pd, _mm512_storeu_pd,
    };

    macro_rules! lanes {
        ($vector:ty, $n:literal, $zero:ident, $load:ident, $splat:ident, $fma:ident, $add:ident, $store:ident) => {
            impl Lanes for $vector {
                type Word = f64;
                type Sum = f64;
                const WORDS: usize = $n;
                #[inline(always)]
                unsafe fn zero() -> Self {
                    unsafe { $zero() }
                }
                #[inline(always)]
                unsafe fn load(from: *const f64) -> Self {
                    unsafe { $load(from) }
                }
                #[inline(always)]
                unsafe fn splat(word: f64) -> Self {
                    unsafe { $splat(word) }
                }
                #[inline(always)]
                unsafe fn plus_products(self, values: Self, factors: Self) -> Self {
                    unsafe { $fma(values, factors, self) }
                }
                #[inline(always)]
                unsafe fn add_to(self, sums: *mut f64) {
                    unsafe { $store(sums, $add($load(sums), self)) }
                }
            }
        };
    }
    lanes!(
        __m256d,
        4,
        _mm256_setzero_pd,
        _mm256_loadu_pd,
        _mm256_set1_pd,
        _mm256_fmadd_pd,
        _mm256_add_pd,
        _mm256_storeu_pd
    );
    lanes!(
        __m512d,
        8,
        _mm512_setzero_pd,
        _mm512_loadu_pd,
        _mm512_set1_pd,
        _mm512_fmadd_pd,
        _mm512_add_pd,
        _mm512_storeu_pd
    );
}

/// Returns ∑ᵢ (xᵢ - near), and ∑ᵢ (xᵢ - near)(xᵢ - near)ᵀ in the upper triangle of a matrix; what is below the diagonal is left open.
pub(crate) fn gram_about(near: &ArrayRef1<f64>, x: &ArrayRef2<f64>) -> (Array1<f64>, Array2<f64>) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has the instructions.
            return unsafe { by_512_bits(near, x) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: as above.
            return unsafe { by_256_bits(near, x) };
        }
    }
    by_128_bits(near, x)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn by_512_bits(near: &ArrayRef1<f64>, x: &ArrayRef2<f64>) -> (Array1<f64>, Array2<f64>) {
    by::<std::arch::x86_64::__m512d, 8, 3>(near, x)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn by_256_bits(near: &ArrayRef1<f64>, x: &ArrayRef2<f64>) -> (Array1<f64>, Array2<f64>) {
    by::<std::arch::x86_64::__m256d, 4, 2>(near, x)
}

fn by_128_bits(near: &ArrayRef1<f64>, x: &ArrayRef2<f64>) -> (Array1<f64>, Array2<f64>) {
    by::<Pair, 4, 2>(near, x)
}

/// Works in blocks of `R` rows and `V` vectors of the sums, which stay in registers over the rows of a tile.
#[inline(always)]
fn by<L: Lanes<Word = f64, Sum = f64>, const R: usize, const V: usize>(
    near: &ArrayRef1<f64>,
    x: &ArrayRef2<f64>,
) -> (Array1<f64>, Array2<f64>) {
    let (near, n) = (near.to_vec(), x.ncols());
    let panel = V * L::WORDS;
    let width = n.next_multiple_of(panel);
    let mut gram = Array2::zeros((width, width));
    let (mut sum, mut centred) = (vec![0.0; n], vec![0.0; n]);
    // What fills up the last panel is zero.
    let mut packed = vec![0.0; width * ROWS];
    for tile in x.axis_chunks_iter(Axis(0), ROWS) {
        let tile = tile.as_standard_layout();
        let rows = tile.as_slice().unwrap_or_default().chunks_exact(n);
        for (step, row) in rows.enumerate() {
            for (((centred, sum), x), near) in centred.iter_mut().zip(&mut sum).zip(row).zip(&near)
            {
                *centred = x - near;
                *sum += *centred;
            }
            for (p, columns) in centred.chunks(panel).enumerate() {
                packed[(p * ROWS + step) * panel..][..columns.len()].copy_from_slice(columns);
            }
        }
        let gram = gram.as_slice_mut().unwrap_or_default();
        for (p, values) in packed.chunks_exact(panel * ROWS).enumerate() {
            for row in (0..(p + 1) * panel).step_by(R) {
                let factors = &packed[row / panel * panel * ROWS + row % panel..];
                let sums = &mut gram[row * width + p * panel..];
                // SAFETY: `R` divides a panel; the slices reach to the ends of a panel and of the sums.
                unsafe { block::<L, R, V>(values, factors, panel, tile.nrows(), sums, width) };
            }
        }
    }
    (sum.into(), gram.slice_move(s![..n, ..n]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_about_a_point_are_their_definition_with_the_instructions_of_every_processor() {
        type By = fn(&ArrayRef1<f64>, &ArrayRef2<f64>) -> (Array1<f64>, Array2<f64>);
        #[allow(unused_mut)] // Other processors have one way only.
        let mut ways: Vec<By> = vec![gram_about, by_128_bits];
        #[cfg(target_arch = "x86_64")]
        {
            // SAFETY: each is called only where the processor has the instructions.
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                ways.push(|near, x| unsafe { by_256_bits(near, x) });
            }
            if is_x86_feature_detected!("avx512f") {
                ways.push(|near, x| unsafe { by_512_bits(near, x) });
            }
        }
        for (n_rows, n_columns) in [(1, 1), (2, 3), (127, 24), (129, 25), (300, 50)] {
            let values = crate::random::uniform(n_rows * n_columns, -1.0, 1.0, 1).unwrap();
            let x = Array2::from_shape_vec((n_rows, n_columns), values).unwrap();
            let turned = x.t().as_standard_layout().into_owned();
            let near = x.row(0).to_owned();
            let centred = &x - &near;
            let expected = centred.t().dot(&centred);
            for way in &ways {
                for x in [x.view(), turned.t()] {
                    let (sum, gram) = way(&near, &x);
                    assert!(
                        (sum - centred.sum_axis(Axis(0)))
                            .iter()
                            .all(|v| v.abs() < 1e-11)
                    );
                    assert_eq!(gram.dim(), expected.dim());
                    for ((i, j), &found) in gram.indexed_iter().filter(|((i, j), _)| i <= j) {
                        assert!((found - expected[[i, j]]).abs() < 1e-11);
                    }
                }
            }
        }
    }
}
