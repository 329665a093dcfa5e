//! What keeps covariances from becoming flat.

use crate::{Error, Result};

/// What is added to the diagonal of every covariance, so that no component can become flat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Regularization {
    /// Nothing.
    None,
    /// This many times the mean variance of the data's columns, so that the units of the data do not matter.
    Relative(f64),
    /// This variance, in the squared units of the data.
    Absolute(f64),
}

impl Default for Regularization {
    /// `Relative(1e-6)`: adds the variance of a thousandth of the data's standard deviation.
    fn default() -> Self {
        Self::Relative(1e-6)
    }
}

impl Regularization {
    pub(crate) fn check(self) -> Result<()> {
        match self {
            Self::Relative(value) | Self::Absolute(value)
                if !(value.is_finite() && value >= 0.0) =>
            {
                Err(Error::Parameter {
                    name: "The regularization".into(),
                    found: value.to_string(),
                    expected: "a finite number, zero or above".into(),
                })
            }
            _ => Ok(()),
        }
    }
}
