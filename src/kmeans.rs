//! k-means: the warm-up, and EM's usual start.

use crate::linalg::index_of_largest;
use crate::random::Purpose;
use crate::{Error, Result, check, parallel, random};
use ndarray::{Array1, Array2, ArrayRef2, ArrayView1, Axis};
use rand::RngExt;
use rand_pcg::Pcg64;
use std::fmt;

/// Lloyd's iterations end when one lowers the inertia by less than this share.
const TOLERANCE: f64 = 1e-6;
const MAX_ITERATIONS: usize = 300;

/// Clusters around centroids, each sample with its nearest.
///
/// ```text
/// inertia = ∑ₙ |xₙ - centroid of xₙ's cluster|²
/// ```
///
/// Started by k-means++ (Arthur and Vassilvitskii 2007), improved by Lloyd's algorithm (Lloyd 1982) until that gains nothing
/// more.
///
/// # Examples
///
/// ```
/// use em_lab::{KMeans, column};
///
/// let clusters = KMeans::fit(&column(&[0.0, 0.2, 9.0, 9.2]), 2, 1)?;
/// assert_eq!(clusters.labels[0], clusters.labels[1]);
/// assert!((clusters.inertia - 0.04).abs() < 1e-12);
/// # Ok::<(), em_lab::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct KMeans {
    /// The centre of each cluster, shape (`n_clusters`, `n_features`).
    pub centroids: Array2<f64>,
    /// The cluster of each sample, counted from 0.
    pub labels: Vec<usize>,
    /// The sum of the squared distances to the centroids.
    pub inertia: f64,
    /// The number of Lloyd's iterations done.
    pub n_iterations: usize,
}

impl KMeans {
    /// Clusters the rows of `x`, shape (`n_samples`, `n_features`).
    ///
    /// # Errors
    ///
    /// [`Error::Empty`], [`Error::NotFinite`]: `x` is no data. [`Error::TooFewSamples`]: fewer samples than clusters.
    /// [`Error::Parameter`]: no cluster asked for.
    pub fn fit(x: &ArrayRef2<f64>, n_clusters: usize, seed: u64) -> Result<Self> {
        Self::fit_run(x, None, n_clusters, seed, 0)
    }

    /// Clusters samples that count as often as their weights say; each weight is positive.
    pub(crate) fn fit_run(
        x: &ArrayRef2<f64>,
        weights: Option<&[f64]>,
        n_clusters: usize,
        seed: u64,
        run: u64,
    ) -> Result<Self> {
        check::matrix("x", x)?;
        if n_clusters == 0 {
            return Err(Error::Parameter {
                name: "The number of clusters".into(),
                found: "0".into(),
                expected: "1 or more".into(),
            });
        }
        if x.nrows() < n_clusters {
            let purpose = format!("k-means with {n_clusters} clusters");
            return Err(Error::TooFewSamples {
                n_samples: x.nrows(),
                needed: n_clusters,
                purpose,
            });
        }
        let mut rng = random::generator(seed, Purpose::Start, run);
        let mut centroids = plus_plus(x, weights, n_clusters, &mut rng);
        let mut nearest = assign(x, weights, &centroids);
        let mut n_iterations = 0;
        while n_iterations < MAX_ITERATIONS {
            n_iterations += 1;
            centroids = means(x, weights, &nearest, &centroids);
            let next = assign(x, weights, &centroids);
            if !next.inertia().is_finite() {
                return Err(Error::LinearAlgebra {
                    what: "the distances between samples overflow".into(),
                });
            }
            let gain = nearest.inertia() - next.inertia();
            nearest = next;
            if gain <= TOLERANCE * nearest.inertia() {
                break;
            }
        }
        Ok(Self {
            centroids,
            inertia: nearest.inertia(),
            labels: nearest.labels,
            n_iterations,
        })
    }
}

impl fmt::Display for KMeans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.centroids.nrows();
        write!(
            f,
            "k-means: {n} clusters after {} iterations, inertia {:.6}",
            self.n_iterations, self.inertia
        )?;
        for k in 0..n {
            write!(
                f,
                "\n{k:3}   {} samples",
                self.labels.iter().filter(|&&label| label == k).count()
            )?;
        }
        Ok(())
    }
}

/// The nearest centroid of each sample, and the squared distance to it times the sample's weight.
struct Nearest {
    labels: Vec<usize>,
    squared_distances: Array1<f64>,
}

impl Nearest {
    fn inertia(&self) -> f64 {
        self.squared_distances.sum()
    }
}

/// Chooses the first centroids: each a sample, drawn with a probability proportional to its squared distance from those before.
fn plus_plus(
    x: &ArrayRef2<f64>,
    weights: Option<&[f64]>,
    n_clusters: usize,
    rng: &mut Pcg64,
) -> Array2<f64> {
    let weight = |n: usize| weights.map_or(1.0, |weights| weights[n]);
    let first = match weights {
        None => rng.random_range(0..x.nrows()),
        Some(weights) => {
            let threshold = rng.random::<f64>() * weights.iter().sum::<f64>();
            let mut sum = 0.0;
            let passed = |w: &f64| {
                sum += w;
                sum > threshold
            };
            weights.iter().position(passed).unwrap_or(0)
        }
    };
    let mut chosen = vec![first];
    let mut squared_distances = Array1::from_elem(x.nrows(), f64::INFINITY);
    while chosen.len() < n_clusters {
        let newest = x.row(chosen[chosen.len() - 1]);
        for (n, (distance, row)) in squared_distances.iter_mut().zip(x.rows()).enumerate() {
            *distance = distance.min(weight(n) * squared_distance(row, newest));
        }
        let total = squared_distances.sum();
        let threshold = rng.random::<f64>() * total;
        let mut sum = 0.0;
        let passed = |&d: &f64| {
            sum += d;
            d > 0.0 && sum > threshold
        };
        // With fewer different samples than clusters nothing is left to draw: then any sample not yet taken.
        let next = squared_distances
            .iter()
            .position(passed)
            .or_else(|| (0..x.nrows()).find(|n| !chosen.contains(n)));
        chosen.push(next.unwrap_or(0));
    }
    x.select(Axis(0), &chosen)
}

fn assign(x: &ArrayRef2<f64>, weights: Option<&[f64]>, centroids: &Array2<f64>) -> Nearest {
    let pieces = parallel::run(parallel::partition(x.nrows(), 32), |rows| {
        let find = |n: usize| {
            let row = x.row(n);
            let distances = centroids
                .rows()
                .into_iter()
                .map(|centroid| squared_distance(row, centroid));
            let (k, distance) = distances
                .enumerate()
                .fold(
                    (0, f64::INFINITY),
                    |best, (k, d)| if d < best.1 { (k, d) } else { best },
                );
            (k, distance * weights.map_or(1.0, |weights| weights[n]))
        };
        rows.map(find).collect::<Vec<_>>()
    });
    let (labels, squared_distances): (Vec<_>, Vec<_>) = pieces.into_iter().flatten().unzip();
    Nearest {
        labels,
        squared_distances: squared_distances.into(),
    }
}

/// The mean of each cluster. A cluster that lost all its samples takes the sample that is farthest from its centroid.
fn means(
    x: &ArrayRef2<f64>,
    weights: Option<&[f64]>,
    nearest: &Nearest,
    before: &Array2<f64>,
) -> Array2<f64> {
    let pieces = parallel::run(parallel::partition(x.nrows(), 32), |rows| {
        // About the centroids before, so that an offset of the data costs no digits.
        let mut shifts = Array2::<f64>::zeros(before.dim());
        let mut counts = vec![0.0; before.nrows()];
        for n in rows {
            let k = nearest.labels[n];
            let weight = weights.map_or(1.0, |weights| weights[n]);
            counts[k] += weight;
            for d in 0..x.ncols() {
                shifts[[k, d]] += weight * (x[[n, d]] - before[[k, d]]);
            }
        }
        (shifts, counts)
    });
    let mut centroids = before.clone();
    let mut far = nearest.squared_distances.clone();
    for k in 0..before.nrows() {
        let count: f64 = pieces.iter().map(|(_, counts)| counts[k]).sum();
        if count <= 0.0 {
            let farthest = index_of_largest(&far);
            far[farthest] = 0.0;
            centroids.row_mut(k).assign(&x.row(farthest));
        } else {
            for (shifts, _) in &pieces {
                centroids.row_mut(k).scaled_add(1.0 / count, &shifts.row(k));
            }
        }
    }
    centroids
}

/// Four partial sums, so that the processor can work on four features at once.
fn squared_distance(a: ArrayView1<f64>, b: ArrayView1<f64>) -> f64 {
    let (Some(a), Some(b)) = (a.as_slice(), b.as_slice()) else {
        return a.iter().zip(b).map(|(p, q)| (p - q).powi(2)).sum();
    };
    let mut sums = [0.0; 4];
    let (a_chunks, b_chunks) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = a_chunks
        .remainder()
        .iter()
        .zip(b_chunks.remainder())
        .map(|(p, q)| (p - q).powi(2))
        .sum();
    for (p, q) in a_chunks.zip(b_chunks) {
        for i in 0..4 {
            sums[i] += (p[i] - q[i]).powi(2);
        }
    }
    sums.iter().sum::<f64>() + rest
}
