//! linfa's side of the side-by-side runs: a task a line in JSON from standard input, an answer a line back.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_clustering::GaussianMixtureModel;
use ndarray::Array2;
use serde_json::{Value, json};
use std::time::Instant;

type Fault = Box<dyn std::error::Error>;

fn main() {
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let task = serde_json::from_str(&line).map_err(Fault::from);
        let reply = task.and_then(|task: Value| fit(&task));
        println!(
            "{}",
            reply.unwrap_or_else(|fault| json!({ "error": fault.to_string() }))
        );
    }
}

/// EM as linfa does it when only the number of components is said.
fn fit(task: &Value) -> Result<Value, Fault> {
    let path = task["file"].as_str().ok_or("the task has no file")?;
    let n_columns = task["columns"].as_u64().ok_or("the task has no columns")? as usize;
    let n_components = task["components"]
        .as_u64()
        .ok_or("the task has no components")? as usize;
    let bytes = std::fs::read(path)?;
    let values: Vec<f64> = bytes
        .as_chunks()
        .0
        .iter()
        .map(|b| f64::from_le_bytes(*b))
        .collect();
    let x = Array2::from_shape_vec((values.len() / n_columns, n_columns), values)?;
    let data = DatasetBase::from(x);
    let start = Instant::now();
    let model = GaussianMixtureModel::params(n_components).fit(&data)?;
    let seconds = start.elapsed().as_secs_f64();
    Ok(json!({ "seconds": seconds, "answer": {}, "parameters": {
        "weights": model.weights().to_vec(),
        "means": model.means().iter().collect::<Vec<_>>(),
        "covariances": model.covariances().iter().collect::<Vec<_>>(),
    }}))
}
