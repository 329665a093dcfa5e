//! em-lab.

mod check;
pub mod data;
mod error;
mod evaluate;
mod gaussian;
mod kmeans;
mod linalg;
mod mixture;
mod notebook;
mod parallel;
mod pca;
pub mod random;

pub use check::column;
pub use data::{Channel, Digits, GreyImage, synthetic};
pub use error::{Error, Result};
pub use evaluate::{accuracy, adjusted_rand_index, confusion_matrix, match_components};
pub use kmeans::KMeans;
pub use mixture::{
    Em, Expectation, Fit, GaussianMixture, Regularization, Sample, Start, Step, Stop, e_step,
    m_step,
};
pub use parallel::with_threads;
pub use pca::{Keep, Pca};
