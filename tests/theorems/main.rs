//! What must hold for any data: definitions and theorems, not the formulas a second time.

#[path = "../common/mod.rs"]
mod common;
mod densities;
mod determinism;
mod em;
mod labels;
mod principal_components;

use em_lab::GaussianMixture;
use ndarray::{Array2, Axis, array};

/// Three well separated, correlated components in four dimensions.
fn mixture() -> GaussianMixture {
    let means = array![
        [0.0, 0.0, 0.0, 0.0],
        [8.0, 0.0, 8.0, 0.0],
        [0.0, 9.0, 0.0, 9.0]
    ];
    let covariance = |slant: f64| {
        Array2::from_shape_fn((4, 4), |(i, j)| {
            slant.powi(i.abs_diff(j).try_into().unwrap())
        })
    };
    let covariances = [0.5, -0.3, 0.7].map(covariance);
    let views: Vec<_> = covariances.iter().map(|c| c.view()).collect();
    GaussianMixture::new(
        &[0.5, 0.3, 0.2],
        means,
        ndarray::stack(Axis(0), &views).unwrap(),
    )
    .unwrap()
}
