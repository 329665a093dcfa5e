//! What a film takes from a fit, and how the page gets it.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ndarray::{Array2, Array3, ArrayRef2, Axis};
use rand::RngExt;

use super::extent::{Bars, bars, widened};
use super::geometry::to_u8;
use super::layer::Range;
use crate::random::{Purpose, generator};
use crate::{Error, Fit, GaussianMixture, Result, check};

/// The most points that are shown: more are no longer told apart.
const MOST_POINTS: usize = 2_000;
/// The most iterations that are shown.
const MOST_FRAMES: usize = 301;
/// The most points times iterations whose responsibilities are sent; each takes a little more than one byte.
const MOST_SHARES: usize = 150_000;
/// In the bytes of the responsibilities, larger numbers than these components' mean something else.
const MOST_COMPONENTS: usize = 127;
const N_BINS: usize = 40;

/// What is kept of the data and the fit: the iterations and the points that are shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reel {
    /// The number of samples of the fit.
    pub n_samples: usize,
    /// The points shown, shape (`n_shown`, `n_features`).
    pub points: Array2<f64>,
    /// From where to where each feature runs over all samples.
    pub ranges: Vec<Range>,
    /// All samples, where they have one feature only: the histogram counts them all.
    pub values: Vec<f64>,
    /// The number of iterations of the fit.
    pub n_iterations: usize,
    /// The iterations shown, the first and the last among them.
    pub iterations: Vec<usize>,
    /// The model of each iteration shown.
    pub models: Vec<GaussianMixture>,
    /// The responsibilities of the points shown, in each iteration shown.
    pub shares: Vec<Array2<f64>>,
    /// The log-likelihood of each iteration shown.
    pub log_likelihoods: Vec<f64>,
}

impl Reel {
    pub fn new(x: &ArrayRef2<f64>, fit: &Fit) -> Result<Self> {
        check_fit(x, fit)?;
        let n_steps = fit.steps.len();
        let n_frames = n_steps.min(MOST_FRAMES);
        let iterations: Vec<usize> = (0..n_frames)
            .map(|i| (i * (n_steps - 1)) / (n_frames - 1).max(1))
            .collect();
        let n_features = x.ncols();
        let most = if n_features > 2 {
            MOST_POINTS.min(MOST_SHARES / n_frames)
        } else {
            MOST_POINTS
        };
        let rows = thinned(x.nrows(), most);
        let steps = || iterations.iter().map(|&t| &fit.steps[t]);
        Ok(Self {
            n_samples: x.nrows(),
            points: x.select(Axis(0), &rows),
            ranges: (0..n_features).map(|d| reach(x, d)).collect(),
            values: if n_features == 1 {
                x.iter().copied().collect()
            } else {
                vec![]
            },
            n_iterations: n_steps - 1,
            models: steps().map(|step| step.model.clone()).collect(),
            shares: steps()
                .map(|step| step.responsibilities.select(Axis(0), &rows))
                .collect(),
            log_likelihoods: iterations.iter().map(|&t| fit.log_likelihoods[t]).collect(),
            iterations,
        })
    }

    pub fn n_features(&self) -> usize {
        self.ranges.len()
    }

    pub fn n_components(&self) -> usize {
        self.models[0].n_components()
    }

    pub fn n_bins(&self) -> usize {
        (self.values.len() / 5).clamp(5, N_BINS)
    }

    /// What is left out, in a sentence; empty where all is shown.
    pub fn left_out(&self) -> String {
        let mut text = String::new();
        let (shown, all) = (self.points.nrows(), self.n_samples);
        if shown < all {
            let _ = write!(
                text,
                "{} of {} points are shown, drawn at random; the fit used all of them.",
                grouped(shown),
                grouped(all)
            );
        }
        let (shown, all) = (self.iterations.len(), self.n_iterations + 1);
        if shown < all {
            let space = if text.is_empty() { "" } else { " " };
            let _ = write!(
                text,
                "{space}{} of {} iterations are shown, evenly spaced.",
                grouped(shown),
                grouped(all)
            );
        }
        text
    }

    /// Frame `t`'s model of these features alone: their means, and their rows and columns of the covariances.
    pub fn marginal(&self, t: usize, features: &[usize]) -> Result<GaussianMixture> {
        let model = &self.models[t];
        let means = model.means().select(Axis(1), features);
        let (k, d) = means.dim();
        let covariances = Array3::from_shape_fn((k, d, d), |(k, i, j)| {
            model.covariances()[[k, features[i], features[j]]]
        });
        GaussianMixture::new(&model.weights().to_vec(), means, covariances)
    }

    /// The data that the player needs, as the inside of a JSON object.
    ///
    /// Everything is measured in units in which the samples run from -1 to 1. Points and parameters are 32-bit floating-point
    /// numbers: whole numbers of 16 bits would be half as long, but too coarse for the responsibilities of a narrow component. Of
    /// one or two features the responsibilities are not sent: the player finds them from the points and parameters it has
    /// anyway, to about six digits, and any number of iterations costs only their parameters. Of more features it has only
    /// two coordinates, and all the parameters would be far longer than the responsibilities, which are sent in steps of 1/255;
    /// nearly all of them are 0 or 1 there and take one byte a point ([`packed`]).
    pub fn json(&self, features: &[usize]) -> String {
        let (middles, halves): (Vec<f64>, Vec<f64>) = features
            .iter()
            .map(|&d| {
                let (low, high) = widened(self.ranges[d].0, self.ranges[d].1);
                (f64::midpoint(low, high), high / 2.0 - low / 2.0)
            })
            .unzip();
        let points = self.points.select(Axis(1), features);
        let scaled = points
            .indexed_iter()
            .map(|((_, d), v)| (v - middles[d]) / halves[d]);
        let parameters = self
            .models
            .iter()
            .flat_map(|model| parameters(model, features, &middles, &halves));
        let mut json = format!(
            "\"samples\":{},\"middles\":{middles:?},\"halves\":{halves:?},\"points\":\"{}\",\"parameters\":\"{}\",\
             \"iterations\":{:?},\"logLikelihoods\":[{}]",
            self.n_samples,
            floats(scaled),
            floats(parameters),
            self.iterations,
            numbers(&self.log_likelihoods),
        );
        if self.n_features() > 2 {
            let _ = write!(json, ",\"shares\":\"{}\"", packed(&self.shares));
        }
        if let ([middle], [half]) = (&middles[..], &halves[..]) {
            let Bars {
                low,
                width,
                heights,
            } = bars(&self.values, self.n_bins());
            let heights: Vec<f64> = heights.iter().map(|h| h * half).collect();
            let _ = write!(
                json,
                ",\"bars\":{{\"low\":{},\"width\":{},\"heights\":[{}]}}",
                (low - middle) / half,
                width / half,
                numbers(&heights)
            );
        }
        json
    }
}

fn check_fit(x: &ArrayRef2<f64>, fit: &Fit) -> Result<()> {
    let Some(first) = fit.steps.first() else {
        return Err(Error::Shape {
            what: "The fit".into(),
            found: "no steps".into(),
            expected: "a film shows them: ask for them with Em::new(...).keep_steps()".into(),
        });
    };
    check::columns("x", x, first.model.n_features())?;
    let n_components = first.model.n_components();
    if n_components > MOST_COMPONENTS {
        return Err(Error::Parameter {
            name: "The number of components".into(),
            found: n_components.to_string(),
            expected: format!("at most {MOST_COMPONENTS} for a film"),
        });
    }
    check::same(
        "The list of log-likelihoods of the fit",
        "value",
        fit.log_likelihoods.len(),
        fit.steps.len(),
        "one for each step",
    )?;
    for (t, step) in fit.steps.iter().enumerate() {
        check::same(
            "x",
            "row",
            x.nrows(),
            step.responsibilities.nrows(),
            "the fit was made from that many samples",
        )?;
        check::same(
            &format!("Step {t} of the fit"),
            "component",
            step.model.n_components(),
            n_components,
            "as many as step 0 has",
        )?;
    }
    Ok(())
}

/// The least and the greatest value of a column.
fn reach(x: &ArrayRef2<f64>, column: usize) -> Range {
    let ends = (f64::INFINITY, f64::NEG_INFINITY);
    let column = x.column(column);
    column
        .iter()
        .fold(ends, |(low, high), &v| (low.min(v), high.max(v)))
}

/// `most` of the rows in ascending order, every such choice equally likely, and always the same; all of them where they are not more
/// (Knuth, *The Art of Computer Programming* 3.4.2, algorithm S).
fn thinned(n_rows: usize, most: usize) -> Vec<usize> {
    let mut rng = generator(0, Purpose::Film, 0);
    let mut missing = most.min(n_rows);
    let mut take = |row: &usize| {
        let left = (n_rows - row) as f64;
        let taken = rng.random::<f64>() * left < missing as f64;
        missing -= usize::from(taken);
        taken
    };
    (0..n_rows).filter(|row| take(row)).collect()
}

/// Weight, mean and L with Σ = L Lᵀ, row by row, of each component, for these features.
fn parameters(
    model: &GaussianMixture,
    features: &[usize],
    middles: &[f64],
    halves: &[f64],
) -> Vec<f64> {
    let mut all = Vec::new();
    for k in 0..model.n_components() {
        all.push(model.weights()[k]);
        for (i, &d) in features.iter().enumerate() {
            all.push((model.means()[[k, d]] - middles[i]) / halves[i]);
        }
        let entry = |i: usize, j: usize| {
            model.covariances()[[k, features[i], features[j]]] / halves[i] / halves[j]
        };
        let first = entry(0, 0).sqrt();
        all.push(first);
        if features.len() == 2 {
            let below = entry(1, 0) / first;
            // What rounding leaves of a flat ellipse must not be below zero.
            let last = (entry(1, 1) - below * below).max(1e-14 * entry(1, 1));
            all.extend([below, last.sqrt()]);
        }
    }
    all
}

/// Responsibilities in bytes, iteration by iteration and point by point.
///
/// A point that belongs to component k, to within 1/510, is the byte k. Otherwise a byte 126 + m says that m components follow, each
/// as its number and 255 times its responsibility; the others' are 0, to within 1/510.
fn packed(shares: &[Array2<f64>]) -> String {
    let mut bytes = Vec::new();
    for row in shares.iter().flat_map(|step| step.rows()) {
        let parts: Vec<(u8, u8)> = (0..=u8::MAX)
            .zip(row)
            .map(|(k, share)| (k, to_u8(255.0 * share)))
            .filter(|(_, amount)| *amount > 0)
            .collect();
        match parts.as_slice() {
            [(k, 255)] => bytes.push(*k),
            several => {
                bytes.push(126 + u8::try_from(several.len()).unwrap_or(0));
                bytes.extend(several.iter().flat_map(|(k, amount)| [k, amount]));
            }
        }
    }
    STANDARD.encode(bytes)
}

/// Numbers as 32-bit floats, the least byte first.
fn floats(values: impl Iterator<Item = f64>) -> String {
    #[allow(clippy::cast_possible_truncation)] // Seven digits are what is sent.
    let bytes: Vec<u8> = values.flat_map(|v| (v as f32).to_le_bytes()).collect();
    STANDARD.encode(bytes)
}

/// Numbers with all their digits; JSON has no infinities.
fn numbers(values: &[f64]) -> String {
    let text = |v: &f64| {
        if v.is_finite() {
            v.to_string()
        } else {
            "null".to_owned()
        }
    };
    values.iter().map(text).collect::<Vec<_>>().join(",")
}

/// A text as a JSON string without any sign that means something in HTML, so that it may stand in an attribute or a script.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '<' | '>' | '&' | '\'' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            _ => quoted.push(c),
        }
    }
    quoted + "\""
}

/// 70,000 for 70000.
pub(super) fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
