//! A fit of samples that do not fit into memory: how much memory it takes, and how long.
//!
//! ```text
//! cargo run --release --features parquet --example stream -- write samples.parquet 10000000
//! cargo run --release --features parquet --example stream -- fit samples.parquet
//! ```
//!
//! The first command draws so many samples of 20 features from a mixture of five components, the second fits such a mixture with
//! five iterations. Two processes, so that the memory of the second is that of the fit.

use em_lab::{Em, GaussianMixture, ParquetFile, Result, write_parquet};
use ndarray::{Array2, Array3};
use std::time::Instant;

const K: usize = 5;
const D: usize = 20;
/// Samples that are drawn at once.
const BATCH: usize = 200_000;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["write", path, n_rows] => write(path, n_rows.parse().unwrap_or(1_000_000), 1.0),
        ["write", path, n_rows, unit] => write(
            path,
            n_rows.parse().unwrap_or(1_000_000),
            unit.parse().unwrap_or(1.0),
        ),
        ["fit", path] => fit(path),
        _ => {
            eprintln!("stream write FILE ROWS [UNIT], then: stream fit FILE");
            Ok(())
        }
    }
}

fn write(path: &str, n_rows: usize, unit: f64) -> Result<()> {
    let means = Array2::from_shape_fn((K, D), |(k, d)| if k == d % K { 4.0 * unit } else { 0.0 });
    let covariances = Array3::from_shape_fn((K, D, D), |(k, i, j)| {
        0.4_f64.powi(i32::from(i != j)) * (1.0 + 0.2 * k as f64) * unit * unit
    });
    let mixture = GaussianMixture::new(&[1.0 / K as f64; K], means, covariances)?;
    let names: Vec<String> = (0..D).map(|d| format!("x{d}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let batches = (0..n_rows).step_by(BATCH).map(|start| {
        let batch = mixture.sample(BATCH.min(n_rows - start), start as u64)?;
        Ok(batch.x)
    });
    let start = Instant::now();
    let n_rows = write_parquet(path, &names, batches)?;
    println!(
        "{n_rows} rows written in {:.1} s",
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

fn fit(path: &str) -> Result<()> {
    let file = ParquetFile::open(path, &[])?;
    println!("{file}");
    let millions = file.n_rows() as f64 / 1e6;
    let start = Instant::now();
    let rows = file.chunks().try_fold(0, |rows, chunk| {
        Ok::<usize, em_lab::Error>(rows + chunk?.nrows())
    })?;
    println!(
        "{rows} rows read: {:.3} s for each million",
        start.elapsed().as_secs_f64() / millions
    );
    let start = Instant::now();
    let fit = Em::new(K)
        .max_iterations(5)
        .tolerance(0.0)
        .fit_chunks(|| file.chunks())?;
    let seconds = start.elapsed().as_secs_f64();
    // A pass to draw the start's samples, one for the start's log-likelihood, one for each iteration.
    let passes = fit.n_iterations() as f64 + 2.0;
    println!(
        "{} iterations in {seconds:.2} s: {:.3} s for each million rows, {:.3} s in one pass; mean log-likelihood {:.12}",
        fit.n_iterations(),
        seconds / millions,
        seconds / millions / passes,
        fit.log_likelihood() / file.n_rows() as f64,
    );
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines().filter(|line| line.starts_with("VmHWM")) {
        println!("{line}");
    }
    Ok(())
}
