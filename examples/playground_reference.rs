//! The log-likelihoods that the playground must show: reads its points and settings as JSON, and runs the crate's own loop on them.
//!
//! ```text
//! echo '[{"points": [[0, 0], …], "settings": [2, 13, 0, 0, 0], "trace": […]}, …]' | cargo run --example playground_reference
//! ```
//!
//! The settings are those that the page sends: components, place in `CovarianceModel::ALL`, start, seed, regularization. The answer
//! is a list of log-likelihoods for each, as long as the page's.

use em_lab::{CovarianceModel, Em, Regularization, Start};
use ndarray::Array2;
use serde_json::Value;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cases: Vec<Value> = serde_json::from_reader(std::io::stdin())?;
    let traces: Result<Vec<Vec<f64>>, _> = cases.iter().map(trace).collect();
    println!("{}", serde_json::to_string(&traces?)?);
    Ok(())
}

fn trace(case: &Value) -> Result<Vec<f64>, Box<dyn std::error::Error>> {
    let points: Vec<[f64; 2]> = serde_json::from_value(case["points"].clone())?;
    let (k, model, start, seed, added): (usize, usize, usize, u64, f64) =
        serde_json::from_value(case["settings"].clone())?;
    let n_iterations = case["trace"]
        .as_array()
        .map_or(0, Vec::len)
        .saturating_sub(1);
    let starts = [
        Start::KMeans,
        Start::RandomPoints,
        Start::RandomResponsibilities,
        Start::Hierarchical,
    ];
    let regularization = if added > 0.0 {
        Regularization::Relative(added)
    } else {
        Regularization::None
    };
    let em = Em::new(k)
        .start(starts[start].clone())
        .seed(seed)
        .regularization(regularization);
    let em = em
        .covariance_model(CovarianceModel::ALL[model])
        .max_iterations(n_iterations)
        .tolerance(0.0);
    Ok(em.fit(&Array2::from(points))?.log_likelihoods)
}
