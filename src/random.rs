//! Seeded random numbers: the same seed gives the same numbers on every machine.

use crate::{Error, Result};
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Exp1};
use rand_pcg::Pcg64;

/// A generator for `seed`; different streams of one seed are independent (restarts, for instance, take one each).
pub(crate) fn generator(seed: u64, stream: u64) -> Pcg64 {
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
    let mut rng = generator(seed, 0);
    Ok((0..n).map(|_| rng.random_range(low..high)).collect())
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
