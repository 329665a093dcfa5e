//! What can go wrong, said so that a student knows what to change.

use crate::check::count;
use std::fmt;

/// A `Result` whose error is this crate's, unless another is named.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What was found, what was expected, and what to do about it.
///
/// Its `Display` text is one or two whole sentences, and `Debug` prints the same, because a notebook shows the `Debug` text of
/// an error that `?` passes on.
///
/// # Examples
///
/// ```
/// use em_lab::{Error, GaussianMixture};
///
/// let error = GaussianMixture::univariate(&[0.5, 0.6], &[0.0, 1.0], &[1.0, 1.0]).unwrap_err();
/// assert!(matches!(error, Error::Parameter { .. }));
/// assert!(error.to_string().contains("sum to 1"));
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing to work on.
    Empty {
        /// The argument without content.
        what: String,
    },
    /// A value that is not a finite number.
    NotFinite {
        /// The argument that holds it.
        what: String,
        /// Its row, counted from 0.
        row: usize,
        /// Its column, counted from 0.
        column: usize,
        /// The value itself: NaN or an infinity.
        value: f64,
    },
    /// Two sizes that ought to agree do not.
    Shape {
        /// The argument with the wrong size.
        what: String,
        /// Its size.
        found: String,
        /// The size that would have fitted, and why.
        expected: String,
    },
    /// More components were asked for than the samples can carry.
    TooFewSamples {
        /// The number of samples given.
        n_samples: usize,
        /// The least number that is needed.
        needed: usize,
        /// What they are needed for.
        purpose: String,
    },
    /// A setting or a parameter outside its range.
    Parameter {
        /// Its name.
        name: String,
        /// Its value.
        found: String,
        /// What it has to be.
        expected: String,
    },
    /// A component has lost its samples, or they have become flat.
    Collapsed {
        /// The component, counted from 0.
        component: usize,
        /// How many samples it holds: its column sum of responsibilities.
        effective_count: f64,
        /// Why they do not spread over all dimensions, as far as can be told.
        cause: String,
    },
    /// A file that cannot be read or written as asked.
    File {
        /// The file, and where in it.
        place: String,
        /// What is wrong with it.
        problem: String,
        /// What to do about it.
        remedy: String,
    },
    /// What another process could not do, of those that work together on one task.
    Elsewhere {
        /// The process.
        place: String,
        /// The text of its own error.
        sentence: String,
    },
    /// The linear algebra gave up; the data are at the limits of the number format.
    LinearAlgebra {
        /// The routine and its answer.
        what: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { what } => {
                write!(f, "{what} is empty: there must be at least one value.")
            }
            Self::NotFinite {
                what,
                row,
                column,
                value,
            } => write!(
                f,
                "{what} holds {value} in row {row}, column {column} (counted from 0): every value must be a finite number. \
                 Remove or replace it first."
            ),
            Self::Shape {
                what,
                found,
                expected,
            } => {
                write!(f, "{what} has {found}, but {expected}.")
            }
            Self::TooFewSamples {
                n_samples,
                needed,
                purpose,
            } => write!(
                f,
                "The data have {}, but {purpose} needs at least {needed}: give more samples or ask for less.",
                count(*n_samples, "sample")
            ),
            Self::Parameter {
                name,
                found,
                expected,
            } => {
                write!(f, "{name} is {found}, but it must be {expected}.")
            }
            Self::Collapsed {
                component,
                effective_count,
                cause,
            } => write!(
                f,
                "Component {component} (counted from 0) has collapsed: it holds {effective_count:.3} samples, and {cause}, so its \
                 covariance has no inverse. Try another seed or start, fewer components, a simpler covariance model, a larger \
                 regularization, or a policy for collapses."
            ),
            Self::File {
                place,
                problem,
                remedy,
            } => write!(f, "{place}: {problem}. {remedy}."),
            Self::Elsewhere { place, sentence } => write!(f, "{place} says: {sentence}"),
            Self::LinearAlgebra { what } => write!(
                f,
                "The linear algebra failed ({what}): the values are too large, too small or too unequal for double precision. \
                 Rescale the columns to comparable size and try again."
            ),
        }
    }
}

impl std::error::Error for Error {}
