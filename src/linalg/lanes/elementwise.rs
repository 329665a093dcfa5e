//! Loops over a tile that the compiler turns into vectors by itself.

use super::{Lanes, ROWS, Shares, on_this_processor};

/// Writes samples feature by feature, shape (n, [`ROWS`]), with zeros for those that a last tile lacks.
pub(crate) fn transpose(samples: &[f64], n_features: usize, features: &mut [f64]) {
    if samples.len() < n_features * ROWS {
        features.fill(0.0);
    }
    for (i, feature) in features.chunks_exact_mut(ROWS).enumerate() {
        for (value, sample) in feature.iter_mut().zip(samples.chunks_exact(n_features)) {
            *value = sample[i];
        }
    }
}

on_this_processor! {
    /// Writes `∑ᵢ (uᵢ (xᵢ - meanᵢ))²` for each sample of a tile, whose shape is (n, [`ROWS`]), feature by feature.
    fn diagonal_distances(entries: &[f64], features: &[f64], mean: &[f64], squares: &mut Shares)
    by diagonal_distances_by,
    if features.len() == entries.len() * ROWS && mean.len() == entries.len()
}

#[inline(always)]
unsafe fn diagonal_distances_by(
    entries: &[f64],
    features: &[f64],
    mean: &[f64],
    squares: &mut Shares,
) {
    squares.fill(0.0);
    let features = features.chunks_exact(ROWS).zip(mean).zip(entries);
    for ((feature, mean), u) in features {
        for (square, value) in squares.iter_mut().zip(feature) {
            let deviation = (value - mean) * u;
            *square += deviation * deviation;
        }
    }
}

on_this_processor! {
    /// Turns `lₖ = ln πₖ + ln N(xₙ | μₖ, Σₖ)` into rₙₖ, in place, and writes m = maxₖ lₖ and s = ∑ₖ exp(lₖ - m): ln p(xₙ) = m + ln s,
    /// without overflow, and 1 <= s <= K.
    fn normalize(shares: &mut [Shares], largest: &mut Shares, sums: &mut Shares)
    by normalize_by,
    if true
}

#[inline(always)]
unsafe fn normalize_by(shares: &mut [Shares], largest: &mut Shares, sums: &mut Shares) {
    largest.fill(f64::NEG_INFINITY);
    for shares in &*shares {
        for (largest, share) in largest.iter_mut().zip(shares) {
            *largest = if *share > *largest { *share } else { *largest };
        }
    }
    sums.fill(0.0);
    for shares in &mut *shares {
        for ((share, largest), sum) in shares.iter_mut().zip(&*largest).zip(&mut *sums) {
            // So far away that the squared distance itself overflows (beyond 1e154): no component is nearer than another.
            let difference = if *largest == f64::NEG_INFINITY {
                0.0
            } else {
                *share - largest
            };
            *share = exponential(difference);
            *sum += *share;
        }
    }
    let inverses = sums.map(f64::recip);
    for shares in shares {
        for (share, inverse) in shares.iter_mut().zip(&inverses) {
            *share *= inverse;
        }
    }
}

/// exp v for v at most zero, to one unit in the last place; below -708 zero.
///
/// exp v = 2ⁿ exp r with n the integer nearest to v / ln 2 and |r| <= ln 2 / 2, and a Taylor polynomial for exp r, whose rest is below
/// 2⁻⁵⁴ of it.
#[inline(always)]
fn exponential(v: f64) -> f64 {
    const SHIFT: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52: adding it rounds to an integer
    const LN_2: [f64; 2] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];
    const DIVISORS: [f64; 13] = [
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
    ];
    let shifted = v * std::f64::consts::LOG2_E + SHIFT;
    let n = shifted - SHIFT;
    let r = (v - n * LN_2[0]) - n * LN_2[1];
    let mut sum = 1.0 / 6_227_020_800.0;
    for divisor in DIVISORS {
        sum = sum * r + 1.0 / divisor;
    }
    // The integer is in the low bits of the shifted number; it goes into the exponent.
    let power = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1023 << 52));
    if v < -708.0 { 0.0 } else { sum * power }
}

on_this_processor! {
    /// Writes how much each sample of a tile counts in a component: its share times its weight, and nothing where the share is not
    /// above `least`.
    fn count(shares: &Shares, weights: &Shares, least: f64, counted: &mut Shares)
    by count_by,
    if true
}

#[inline(always)]
unsafe fn count_by(shares: &Shares, weights: &Shares, least: f64, counted: &mut Shares) {
    for ((counted, share), weight) in counted.iter_mut().zip(shares).zip(weights) {
        *counted = if *share > least { share * weight } else { 0.0 };
    }
}

on_this_processor! {
    /// Writes the row √r (a - centre) for each row a of `samples` that counts r > 0, one after the other, and how many there are.
    fn weigh_rows(samples: &[f64], centre: &[f64], counted: &Shares, rows: &mut [f64], n_rows: &mut usize)
    by weigh_rows_by::<blocks>,
    if centre.len().is_multiple_of(8) && samples.len() <= ROWS * centre.len() && rows.len() >= samples.len()
}

#[inline(always)]
unsafe fn weigh_rows_by<V: Lanes, const BLOCK: usize>(
    samples: &[f64],
    centre: &[f64],
    counted: &Shares,
    rows: &mut [f64],
    n_rows: &mut usize,
) {
    let roots = counted.map(f64::sqrt);
    let width = centre.len();
    *n_rows = 0;
    for (sample, root) in samples.chunks_exact(width).zip(roots) {
        // One that does not count is written over by the next.
        unsafe {
            let row = rows.as_mut_ptr().add(*n_rows * width);
            for i in (0..width).step_by(V::N) {
                let (a, c) = (
                    V::load(sample.as_ptr().add(i)),
                    V::load(centre.as_ptr().add(i)),
                );
                let difference = a.plus_product(V::splat(-1.0), c);
                let weighted = V::splat(0.0).plus_product(difference, V::splat(root));
                weighted.store(row.add(i));
            }
        }
        *n_rows += usize::from(root > 0.0);
    }
}

on_this_processor! {
    /// Adds `∑ᵢ √rᵢ aᵢ` and `∑ᵢ aᵢ²` over the rows aᵢ that [`weigh_rows`] wrote to the two rows of `sums`.
    fn add_squares(rows: &[f64], n_features: usize, width: usize, sums: &mut [f64])
    by add_squares_by,
    if sums.len() == 2 * width && n_features < width
}

#[inline(always)]
unsafe fn add_squares_by(rows: &[f64], n_features: usize, width: usize, sums: &mut [f64]) {
    let (sums, squares) = sums.split_at_mut(width);
    for row in rows.chunks_exact(width) {
        let root = row[n_features];
        for ((sum, square), value) in sums.iter_mut().zip(&mut *squares).zip(row) {
            *sum += root * value;
            *square += value * value;
        }
    }
}

on_this_processor! {
    /// Adds `∑ₙ rₙ aₙ aₙᵀ` with aₙ = (xₙ - centre, 1) to the upper triangle of `gram`, whose rows are `width` long, from a tile of
    /// shape (n, [`ROWS`]), feature by feature; `centred` is room of the same size. For few features: of each product of two
    /// columns this adds up the lanes, where [`add_outer_products`](super::add_outer_products) has columns in lanes.
    fn add_moments(features: &[f64], centre: &[f64], shares: &Shares, centred: &mut [f64], width: usize, gram: &mut [f64])
    by add_moments_by,
    if features.len() == centre.len() * ROWS && centred.len() == features.len() && gram.len() == width * width && centre.len() < width
}

#[inline(always)]
unsafe fn add_moments_by(
    features: &[f64],
    centre: &[f64],
    shares: &Shares,
    centred: &mut [f64],
    width: usize,
    gram: &mut [f64],
) {
    let n = centre.len();
    let columns = centred
        .chunks_exact_mut(ROWS)
        .zip(features.chunks_exact(ROWS));
    for ((centred, feature), centre) in columns.zip(centre) {
        for (centred, value) in centred.iter_mut().zip(feature) {
            *centred = value - centre;
        }
    }
    for (i, column) in centred.chunks_exact(ROWS).enumerate() {
        let mut weighted = [0.0; ROWS];
        for ((weighted, value), share) in weighted.iter_mut().zip(column).zip(shares) {
            *weighted = value * share;
        }
        gram[i * width + n] += sum_of(&weighted);
        for (j, other) in centred.chunks_exact(ROWS).enumerate().skip(i) {
            let mut products = [0.0; ROWS];
            for ((product, a), b) in products.iter_mut().zip(&weighted).zip(other) {
                *product = a * b;
            }
            gram[i * width + j] += sum_of(&products);
        }
    }
    gram[n * width + n] += sum_of(shares);
}

/// The sum, by way of eight partial sums.
#[inline(always)]
fn sum_of(values: &Shares) -> f64 {
    let mut sums = [0.0; 8];
    for chunk in values.chunks_exact(8) {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += value;
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + e) + (b + f)) + ((c + g) + (d + h))
}
