//! How many principal components to keep.

use crate::{Error, Result};
use ndarray::Array1;

/// How many principal components to keep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Keep {
    /// This many, at least 1 and at most the number of features and of samples.
    Count(usize),
    /// As few as explain at least this share of the variance, above 0 and at most 1.
    Variance(f64),
    /// As many as there are features or, where there are fewer samples than features, directions in which the samples vary.
    All,
}

impl Keep {
    pub(super) fn check(self, limit: usize, because: &str) -> Result<()> {
        let (name, found, expected) = match self {
            Self::Count(n) if n == 0 || n > limit => (
                "The number of components to keep",
                n.to_string(),
                format!("at least 1 and at most {limit}, {because}"),
            ),
            Self::Variance(share) if !(share > 0.0 && share <= 1.0) => (
                "The share of the variance to keep",
                share.to_string(),
                "above 0 and at most 1".into(),
            ),
            _ => return Ok(()),
        };
        Err(Error::Parameter {
            name: name.into(),
            found,
            expected,
        })
    }

    /// How many to keep of those with a variance; `total` is the sum of all.
    pub(super) fn count(self, falling: &Array1<f64>, total: f64, limit: usize) -> usize {
        match self {
            Self::Count(n) => n,
            Self::All => limit,
            Self::Variance(share) => {
                let wanted = share * total;
                let mut sum = 0.0;
                let reached = |&v: &f64| {
                    sum += v;
                    sum >= wanted * (1.0 - 1e-12)
                };
                falling
                    .iter()
                    .take(limit)
                    .position(reached)
                    .map_or(limit, |last| last + 1)
            }
        }
    }
}
