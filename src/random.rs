//! Seeded random numbers: the same seed gives the same numbers every time.

use crate::{Error, Result};
use ndarray::ArrayRef1;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Exp1};
use rand_pcg::Pcg64;

/// What numbers are drawn for: data and a fit with the same seed must not share their numbers.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Start,
    Sample,
    Uniform,
    // Pictures are not made in WebAssembly.
    #[cfg_attr(target_family = "wasm", allow(dead_code))]
    Film,
}

/// A generator for `seed`; other purposes and other runs get independent numbers from the same seed.
pub(crate) fn generator(seed: u64, purpose: Purpose, run: u64) -> Pcg64 {
    let stream = run.wrapping_mul(8).wrapping_add(purpose as u64);
    // The odd constant of Fibonacci hashing spreads consecutive streams over all 64 bits.
    Pcg64::seed_from_u64(seed ^ stream.wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

/// Draws `n` numbers that are uniform in `low..high`.
///
/// # Examples
///
/// ```
/// let means = em_lab::random::uniform(2, -1.0, 1.0, 7)?;
/// assert!(means.iter().all(|m| (-1.0..1.0).contains(m)));
/// assert_eq!(means, em_lab::random::uniform(2, -1.0, 1.0, 7)?);
/// # Ok::<(), em_lab::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::Parameter`] if `low` is not below `high`, or either is not finite.
pub fn uniform(n: usize, low: f64, high: f64, seed: u64) -> Result<Vec<f64>> {
    if !(low < high && (high - low).is_finite()) {
        return Err(Error::Parameter {
            name: "The interval low..high".into(),
            found: format!("{low}..{high}"),
            expected: "finite, with low below high".into(),
        });
    }
    at_most_memory("The number of values", n, 1)?;
    let mut rng = generator(seed, Purpose::Uniform, 0);
    Ok((0..n).map(|_| rng.random_range(low..high)).collect())
}

/// Refuses a number of draws that no memory holds.
pub(crate) fn at_most_memory(name: &str, n: usize, n_features: usize) -> Result<()> {
    const LARGEST: usize = 1 << 31;
    if n.checked_mul(n_features)
        .is_some_and(|size| size <= LARGEST)
    {
        return Ok(());
    }
    Err(Error::Parameter {
        name: name.into(),
        found: n.to_string(),
        expected: format!(
            "at most {}, so that the result fits into memory",
            LARGEST / n_features.max(1)
        ),
    })
}

/// Fills a row with a draw from the flat Dirichlet distribution: positive, summing to 1, every such row equally likely.
pub(crate) fn fill_dirichlet<'a>(row: impl Iterator<Item = &'a mut f64>, rng: &mut Pcg64) {
    // Exponential variables divided by their sum.
    let mut entries: Vec<&mut f64> = row.collect();
    let mut sum = 0.0;
    for entry in &mut entries {
        **entry = Exp1.sample(rng);
        sum += **entry;
    }
    for entry in entries {
        *entry /= sum;
    }
}

/// The component at which the running sum of the weights passes `u`, with `u` uniform in 0..1.
pub(crate) fn choose(weights: &ArrayRef1<f64>, u: f64) -> usize {
    let mut sum = 0.0;
    let passed = |&w: &f64| {
        sum += w;
        u < sum
    };
    weights.iter().position(passed).unwrap_or(weights.len() - 1)
}
