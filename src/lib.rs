//! Learn, teach and use the Gaussian mixture model: EM, PCA and pictures for Rust notebooks and programs.
//!
//! The algorithm is two functions, [`e_step`] and [`m_step`], and a loop over them, [`Em::fit`]:
//!
//! ```
//! use em_lab::{Em, Regularization, Start, e_step, m_step, synthetic};
//!
//! let data = synthetic::two_dimensions();
//!
//! // By hand: from random responsibilities to a model, to better responsibilities, to a better model ...
//! let mut model = m_step(&data.x, &data.responsibilities, Regularization::None)?;
//! for _ in 0..40 {
//!     let expectation = e_step(&model, &data.x)?;
//!     model = m_step(&data.x, &expectation.responsibilities, Regularization::None)?;
//! }
//!
//! // The same in one call, which also keeps the log-likelihood of every iteration.
//! let em = Em::new(2).start(Start::Responsibilities(data.responsibilities)).regularization(Regularization::None);
//! let fit = em.max_iterations(40).tolerance(0.0).fit(&data.x)?;
//! assert!((fit.model.means() - model.means()).iter().all(|difference| difference.abs() < 1e-9));
//! assert!((fit.log_likelihood() - -993.382_953_6).abs() < 1e-6);
//! # Ok::<(), em_lab::Error>(())
//! ```
//!
//! # Notation
//!
//! | symbol | name | shape |
//! |---|---|---|
//! | N, D, K | `n_samples`, `n_features`, `n_components` | `usize` |
//! | X | `x` | (`n_samples`, `n_features`); rows are observations, always |
//! | πₖ, μₖ, Σₖ | `weights`, `means`, `covariances` | (K,), (K, D), (K, D, D) |
//! | Uₖ with Σₖ⁻¹ = Uₖ Uₖᵀ | `precisions_cholesky` | (K, D, D), upper triangular |
//! | rₙₖ | `responsibilities` | (`n_samples`, K); rows sum to 1 |
//! | Nₖ | `effective_counts` | (K,) |
//! | ln p(xₙ) | `log_density` | (`n_samples`,) |
//! | principal axes; coordinates | `components`; `scores` | (`n_kept`, D); (`n_samples`, `n_kept`) |
//! | s, s²/(N-1), share of the total | `singular_values`, `explained_variance`, `explained_variance_ratio` | (`n_kept`,) |
//!
//! "Cluster" and "centroid" belong to [k-means](KMeans) and to labels; a mixture has components and means. BIC = p ln n - 2 l
//! and AIC = 2 p - 2 l: lower is better. Entry t of a trace is the log-likelihood of the model after t iterations. Every random
//! choice takes a seed, and the same seed gives the same bits on any number of threads.
//!
//! # In a notebook
//!
//! ```text
//! :dep em-lab = "0.1"
//! use em_lab::*;
//! ```
//!
//! Every result shows itself when a cell ends with it: a model as a table, a [`Chart`], [`ImageGrid`], [`Panel`] or
//! [`Animation`] as a picture, a [`Film`] as a player of EM's iterations. Functions take references (`&x`) and return values of
//! their own, so that variables live on from cell to cell. Errors are sentences that say what was found, what was expected and what to do.
//!
//! # Features
//!
//! - `blas` (default): OpenBLAS for matrix products and eigenvectors. Without it the same is done in plain Rust, which also
//!   compiles to WebAssembly.
//! - `polars`: [`Digits`] from a CSV file.
//! - `worksheet`: the checks of the notebooks' exercises.
//! - `parquet`: fits from a Parquet file that does not fit into memory, with `ParquetFile`.

mod check;
pub mod data;
mod digit_model;
mod error;
mod evaluate;
mod gaussian;
mod kmeans;
mod linalg;
mod mixture;
mod notebook;
mod parallel;
mod pca;
#[cfg(not(target_family = "wasm"))]
mod plot;
pub mod random;
#[cfg(all(feature = "worksheet", not(target_family = "wasm")))]
pub mod worksheet;

pub use check::column;
pub use data::{Channel, Digits, GreyImage, synthetic};
#[cfg(feature = "parquet")]
pub use data::{ParquetFile, write_parquet};
pub use digit_model::{Completion, Covering, DigitModel, Draw, Drawn};
pub use error::{Error, Result};
pub use evaluate::{accuracy, adjusted_rand_index, confusion_matrix, match_components};
pub use kmeans::KMeans;
pub use mixture::{
    Candidate, Collapse, CovarianceModel, Em, Expectation, Fit, GaussianMixture, Optimum,
    Regularization, Repair, Restarts, Sample, Scores, Selection, Start, Statistics, Step, Stop,
    e_step, m_step,
};
pub use parallel::with_threads;
pub use pca::{Keep, Pca};
#[cfg(not(target_family = "wasm"))]
pub use plot::{Animation, Chart, Color, Figure, Film, ImageGrid, Panel, TAB10, blend};
