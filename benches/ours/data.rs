//! The data that all sides read: rows of little-endian double-precision numbers and nothing else; labels and pixels as bytes.

use em_lab::{Digits, GaussianMixture, Keep, Pca, random};
use ndarray::{Array2, Array3};
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;

pub type Fault = Box<dyn std::error::Error>;

const OVERLAPPING: usize = 70_000;
const STREAMED: usize = 10_000_000;
/// Rows that are drawn or read at once.
const CHUNK: usize = 1_000;
const STREAM_CHUNK: usize = 65_536;

/// Writes the data of that name into a file, which appears when it is whole.
pub fn write(name: &str, path: &str) -> Result<(), Fault> {
    let path = Path::new(path);
    let part = path.with_extension("part");
    let mut file = BufWriter::new(File::create(&part)?);
    match name {
        "digits50" => numbers(&mut file, &scores(&Digits::load()?.unit(), 50)?)?,
        "digits50_labels" => labels(&mut file, &Digits::start_labels(50)?)?,
        "digits2" => numbers(&mut file, &scores(&Digits::load()?.raw(), 2)?)?,
        "digits2_labels" => labels(&mut file, &Digits::start_labels(2)?)?,
        "digits30" => numbers(&mut file, &scores(&Digits::first(5_000)?.raw(), 30)?)?,
        "pixels" => {
            let digits = Digits::load()?;
            file.write_all(digits.pixels.as_slice().ok_or("the pixels have gaps")?)?;
        }
        // Means about one standard deviation apart in all, nearly equal covariances.
        "overlap50" => numbers(
            &mut file,
            &mixture(10, 50, 0.15, 0.03)?.sample(OVERLAPPING, 1)?.x,
        )?,
        "overlap50_labels" => labels(
            &mut file,
            &mixture(10, 50, 0.15, 0.03)?.sample(OVERLAPPING, 1)?.labels,
        )?,
        // Means about four standard deviations apart.
        "five10" => numbers(&mut file, &mixture(5, 10, 1.5, 0.1)?.sample(20_000, 1)?.x)?,
        "stream20" => {
            let model = mixture(5, 20, 1.0, 0.1)?;
            for seed in 0..(STREAMED / CHUNK) as u64 {
                numbers(&mut file, &model.sample(CHUNK, seed)?.x)?;
            }
        }
        other => return Err(format!("there are no data called {other}").into()),
    }
    file.flush()?;
    Ok(fs::rename(part, path)?)
}

fn scores(x: &Array2<f64>, keep: usize) -> Result<Array2<f64>, Fault> {
    Ok(Pca::fit(x, Keep::Count(keep))?.transform(x)?)
}

/// Equal weights, means with entries up to `spread`, and covariances that differ from the identity by up to `wobble` an entry.
fn mixture(k: usize, d: usize, spread: f64, wobble: f64) -> Result<GaussianMixture, Fault> {
    let means = Array2::from_shape_vec((k, d), random::uniform(k * d, -spread, spread, 1)?)?;
    let noise = random::uniform(k * d * d, -wobble, wobble, 2)?;
    let noise = Array3::from_shape_vec((k, d, d), noise)?;
    let covariances = Array3::from_shape_fn((k, d, d), |(k, i, j)| {
        f64::from(u8::from(i == j)) + noise[[k, i.min(j), i.max(j)]]
    });
    Ok(GaussianMixture::new(
        &vec![1.0 / k as f64; k],
        means,
        covariances,
    )?)
}

fn numbers(file: &mut impl Write, x: &Array2<f64>) -> Result<(), Fault> {
    for value in x {
        file.write_all(&value.to_le_bytes())?;
    }
    Ok(())
}

fn labels(file: &mut impl Write, labels: &[usize]) -> Result<(), Fault> {
    let bytes: Result<Vec<u8>, _> = labels.iter().map(|&label| u8::try_from(label)).collect();
    Ok(file.write_all(&bytes?)?)
}

/// A file's first rows, or all of them.
pub fn read(path: &str, n_columns: usize, n_rows: Option<usize>) -> Result<Array2<f64>, Fault> {
    let in_file = usize::try_from(fs::metadata(path)?.len())? / (8 * n_columns);
    let n_rows = n_rows.unwrap_or(in_file);
    let mut file = BufReader::new(File::open(path)?);
    let mut values = Vec::with_capacity(n_rows * n_columns);
    // In small pieces: a buffer for the whole would count as memory that the fit does not need to ask for.
    let mut bytes = vec![0; 8 * n_columns];
    for _ in 0..n_rows {
        file.read_exact(&mut bytes)?;
        values.extend(bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)));
    }
    Ok(Array2::from_shape_vec((n_rows, n_columns), values)?)
}

/// A file's first rows, some ten thousands at a time.
pub fn chunks(
    path: &str,
    n_columns: usize,
    n_rows: usize,
) -> impl Iterator<Item = em_lab::Result<Array2<f64>>> {
    let opened = File::open(path);
    let place = path.to_string();
    let fault = move |problem: &dyn std::fmt::Display| em_lab::Error::File {
        place: place.clone(),
        problem: problem.to_string(),
        remedy: "Remove the folder of the data and run again".into(),
    };
    let mut left = n_rows;
    let mut opened = Some(opened);
    let mut file: Option<File> = None;
    let mut bytes = Vec::new();
    std::iter::from_fn(move || {
        match opened.take() {
            Some(Ok(found)) => file = Some(found),
            Some(Err(error)) => return Some(Err(fault(&error))),
            None => {}
        }
        let now = left.min(STREAM_CHUNK);
        let file = file.as_mut().filter(|_| now > 0)?;
        left -= now;
        bytes.resize(now * n_columns * 8, 0);
        if let Err(error) = file.read_exact(&mut bytes) {
            return Some(Err(fault(&error)));
        }
        let values = bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b));
        let chunk = Array2::from_shape_vec((now, n_columns), values.collect());
        Some(chunk.map_err(|error| fault(&error)))
    })
}

/// A file's first labels.
pub fn read_labels(path: &str, n_rows: usize) -> Result<Vec<usize>, Fault> {
    let labels = fs::read(path)?;
    Ok(labels.into_iter().take(n_rows).map(usize::from).collect())
}
