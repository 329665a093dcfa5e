//! The crate's side of the side-by-side runs: reads a task a line from standard input, does it, and answers in a line how many
//! seconds it took and what came out, both in JSON. `benches/engine.py` asks.

mod data;

use data::Fault;
use em_lab::{CovarianceModel, Digits, Em, Fit, Keep, Regularization, Start};
use ndarray::Array2;
use serde_json::{Value, json};
use std::io::{self, IsTerminal};
use std::time::Instant;

fn main() {
    if io::stdin().is_terminal() {
        eprintln!("em-lab: this answers to scripts/bench; run that.");
        return;
    }
    let mut side = Side::default();
    for line in io::stdin().lines().map_while(Result::ok) {
        let task = serde_json::from_str(&line).map_err(Fault::from);
        let reply = task.and_then(|task| side.answer(&task));
        println!(
            "{}",
            reply.unwrap_or_else(|fault| json!({ "error": fault.to_string() }))
        );
    }
}

/// What stays in memory from task to task, so that only the work is timed.
#[derive(Default)]
struct Side {
    matrix: Option<(Value, Array2<f64>)>,
    digits: Option<Digits>,
}

impl Side {
    fn answer(&mut self, task: &Value) -> Result<Value, Fault> {
        match text(task, "task")? {
            "versions" => Ok(json!({
                "em-lab": env!("CARGO_PKG_VERSION"),
                "build": if cfg!(debug_assertions) { "dev" } else { "release" },
            })),
            "write" => data::write(text(task, "name")?, text(task, "file")?).map(|()| json!({})),
            "load" => self.matrix(task).map(|x| json!({ "rows": x.nrows() })),
            "fit" => self.fit(task),
            "pca" => self.pca(task),
            "select" => self.select(task),
            "stream" => stream(task),
            other => Err(format!("there is no task {other}").into()),
        }
    }

    /// The matrix that a task names, read the first time.
    fn matrix(&mut self, task: &Value) -> Result<&Array2<f64>, Fault> {
        let key = json!([task["file"], task["rows"]]);
        if self.matrix.as_ref().is_none_or(|(held, _)| *held != key) {
            self.matrix = None;
            let rows = task["rows"].as_u64().map(usize::try_from).transpose()?;
            let x = data::read(text(task, "file")?, count(task, "columns")?, rows)?;
            self.matrix = Some((key, x));
        }
        Ok(&self.matrix.as_ref().ok_or("no matrix")?.1)
    }

    /// EM with the choices that the task makes, everything else at the crate's defaults.
    fn fit(&mut self, task: &Value) -> Result<Value, Fault> {
        let x = self.matrix(task)?;
        let mut em = Em::new(count(task, "components")?);
        if let Some(path) = task["labels"].as_str() {
            em = em.start(Start::Labels(data::read_labels(path, x.nrows())?));
        }
        if task["iterations"].is_u64() {
            em = em.max_iterations(count(task, "iterations")?);
        }
        if let Some(tolerance) = task["tolerance"].as_f64() {
            em = em.tolerance(tolerance);
        }
        if let Some(added) = task["regularization"].as_f64() {
            em = em.regularization(Regularization::Absolute(added));
        }
        if let Some(seed) = task["seed"].as_u64() {
            em = em.seed(seed);
        }
        let start = Instant::now();
        let fit = em.fit(x)?;
        if task["predict"] == true {
            std::hint::black_box(fit.model.predict(x)?);
        }
        let seconds = start.elapsed().as_secs_f64();
        let mut answer = json!({
            "mean_log_likelihood": fit.log_likelihood() / x.nrows() as f64,
            "iterations": fit.n_iterations(),
            "converged": fit.converged(),
        });
        if task["responsibilities"] == true {
            let all = fit.model.responsibilities(x)?;
            answer["least_responsibility"] = all.iter().copied().fold(1.0, f64::min).into();
        }
        let mut reply = json!({ "seconds": seconds, "answer": answer });
        if task["parameters"] == true {
            reply["parameters"] = parameters(&fit);
        }
        Ok(reply)
    }

    /// All fourteen covariance models at the crate's defaults.
    fn select(&mut self, task: &Value) -> Result<Value, Fault> {
        let components = count(task, "components")?;
        let x = self.matrix(task)?;
        let start = Instant::now();
        let selection = Em::new(1).select(x, &[components], &CovarianceModel::ALL)?;
        let seconds = start.elapsed().as_secs_f64();
        let fitted = selection.candidates.iter().filter(|c| c.outcome.is_ok());
        let best = &selection.best;
        Ok(json!({ "seconds": seconds, "answer": {
            "bic": best.model.bic(x)?,
            "model": best.model.covariance_model().name(),
            "mean_log_likelihood": best.log_likelihood() / x.nrows() as f64,
            "models_fitted": fitted.count(),
        }}))
    }

    /// From the bytes of all digits in memory, as numbers from 0 to 1, to so many components and scores.
    fn pca(&mut self, task: &Value) -> Result<Value, Fault> {
        let keep = Keep::Count(count(task, "keep")?);
        let digits = match &mut self.digits {
            Some(digits) => digits,
            empty => empty.insert(Digits::load()?),
        };
        let start = Instant::now();
        let pca = digits.pca(keep)?;
        let scores = digits.scores(&pca)?;
        let seconds = start.elapsed().as_secs_f64();
        let last = scores.column(scores.ncols() - 1);
        Ok(json!({ "seconds": seconds, "answer": {
            "variance_kept": pca.explained_variance_ratio().sum(),
            "first_variance": pca.explained_variance()[0],
            "variance_of_last_score": last.var(1.0),
        }}))
    }
}

/// A fit to a file's first rows, which are never in memory together.
fn stream(task: &Value) -> Result<Value, Fault> {
    let (path, columns) = (text(task, "file")?, count(task, "columns")?);
    let rows = count(task, "rows")?;
    let em = Em::new(count(task, "components")?)
        .max_iterations(count(task, "iterations")?)
        .tolerance(0.0);
    let start = Instant::now();
    let fit = em.fit_chunks(|| data::chunks(path, columns, rows))?;
    let seconds = start.elapsed().as_secs_f64();
    Ok(json!({ "seconds": seconds, "answer": {
        "mean_log_likelihood": fit.log_likelihood() / rows as f64,
        "iterations": fit.n_iterations(),
    }}))
}

fn parameters(fit: &Fit) -> Value {
    let model = &fit.model;
    json!({
        "weights": model.weights().to_vec(),
        "means": model.means().iter().collect::<Vec<_>>(),
        "covariances": model.covariances().iter().collect::<Vec<_>>(),
    })
}

fn text<'a>(task: &'a Value, key: &str) -> Result<&'a str, Fault> {
    task[key]
        .as_str()
        .ok_or_else(|| format!("the task has no text {key}: {task}").into())
}

fn count(task: &Value, key: &str) -> Result<usize, Fault> {
    let number = task[key].as_u64().map(usize::try_from).transpose()?;
    number.ok_or_else(|| format!("the task has no count {key}: {task}").into())
}
