//! k-means: the warm-up, and EM's usual start.

use crate::linalg::index_of_largest;
use crate::linalg::lanes::{ROWS, diagonal_distances, transpose};
use crate::random::Purpose;
use crate::{Error, Result, check, parallel, random};
use ndarray::{Array1, Array2, ArrayRef2, ArrayView1};
use rand::RngExt;
use rand_pcg::Pcg64;
use std::fmt;
use std::ops::Range;

/// Lloyd's iterations end when one lowers the inertia by less than this share.
const TOLERANCE: f64 = 1e-6;
const MAX_ITERATIONS: usize = 300;

/// Clusters around centroids, each sample with its nearest.
///
/// ```text
/// inertia = ∑ₙ |xₙ - centroid of xₙ's cluster|²
/// ```
///
/// Started by greedy k-means++ (Arthur and Vassilvitskii 2007), improved by Lloyd's algorithm (Lloyd 1982) until that gains nothing
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
        let x = x.as_standard_layout();
        let samples = Samples {
            rows: x.as_slice().unwrap_or_default(),
            n_features: x.ncols(),
            weights,
        };
        let mut rng = random::generator(seed, Purpose::Start, run);
        let mut centroids = samples.plus_plus(n_clusters, &mut rng);
        let mut now = samples.assign(&centroids);
        let mut n_iterations = 0;
        while n_iterations < MAX_ITERATIONS {
            n_iterations += 1;
            centroids = samples.means(&now, &centroids);
            let next = samples.assign(&centroids);
            if !next.inertia.is_finite() {
                return Err(Error::LinearAlgebra {
                    what: "the distances between samples overflow".into(),
                });
            }
            let gain = now.inertia - next.inertia;
            now = next;
            if gain <= TOLERANCE * now.inertia {
                break;
            }
        }
        Ok(Self {
            labels: samples.nearest(&centroids).0,
            inertia: now.inertia,
            centroids,
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

/// Rows, one after the other in memory, each of which counts once or as often as its weight says.
struct Samples<'a> {
    rows: &'a [f64],
    n_features: usize,
    weights: Option<&'a [f64]>,
}

/// What one pass over the samples finds out.
struct Assigned {
    inertia: f64,
    /// The weight of each cluster, and the weighted sum of its samples about the centroid: an offset of the data costs no digits.
    counts: Array1<f64>,
    shifts: Array2<f64>,
}

impl Samples<'_> {
    fn len(&self) -> usize {
        self.rows.len() / self.n_features
    }

    fn row(&self, n: usize) -> &[f64] {
        &self.rows[n * self.n_features..][..self.n_features]
    }

    fn weight(&self, n: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[n])
    }

    /// Calls `visit` with each sample of a range, the nearest centroid and the weighted squared distance to it.
    fn for_each(
        &self,
        range: Range<usize>,
        centroids: &Array2<f64>,
        mut visit: impl FnMut(usize, usize, f64),
    ) {
        let ones = vec![1.0; self.n_features];
        let mut features = vec![0.0; self.n_features * ROWS];
        for first in range.clone().step_by(ROWS) {
            let rows = first..(first + ROWS).min(range.end);
            let samples = &self.rows[rows.start * self.n_features..rows.end * self.n_features];
            transpose(samples, self.n_features, &mut features);
            let (mut best, mut nearest) = ([f64::INFINITY; ROWS], [0; ROWS]);
            for (k, centroid) in centroids.rows().into_iter().enumerate() {
                let mut distances = [0.0; ROWS];
                let centroid = centroid.as_slice().unwrap_or_default();
                diagonal_distances(&ones, &features, centroid, &mut distances);
                for n in 0..ROWS {
                    // Without a branch, so that the compiler makes vectors of it.
                    let nearer = distances[n] < best[n];
                    best[n] = if nearer { distances[n] } else { best[n] };
                    nearest[n] = if nearer { k } else { nearest[n] };
                }
            }
            for (n, (k, distance)) in rows.zip(nearest.into_iter().zip(best)) {
                visit(n, k, distance * self.weight(n));
            }
        }
    }

    fn assign(&self, centroids: &Array2<f64>) -> Assigned {
        let nothing = || Assigned {
            inertia: 0.0,
            counts: Array1::zeros(centroids.nrows()),
            shifts: Array2::zeros(centroids.dim()),
        };
        parallel::fold(
            parallel::partition(self.len(), 32),
            |range| {
                let d = self.n_features;
                let mut sum = nothing();
                let shifts = sum.shifts.as_slice_mut().unwrap_or_default();
                let centres = centroids.as_slice().unwrap_or_default();
                self.for_each(range, centroids, |n, k, distance| {
                    let weight = self.weight(n);
                    sum.inertia += distance;
                    sum.counts[k] += weight;
                    let (shift, centre) = (&mut shifts[k * d..][..d], &centres[k * d..][..d]);
                    for ((shift, value), c) in shift.iter_mut().zip(self.row(n)).zip(centre) {
                        *shift += weight * (value - c);
                    }
                });
                sum
            },
            nothing(),
            |sum, piece| {
                sum.inertia += piece.inertia;
                sum.counts += &piece.counts;
                sum.shifts += &piece.shifts;
            },
        )
    }

    /// The nearest centroid of each sample, and the weighted squared distance to it.
    fn nearest(&self, centroids: &Array2<f64>) -> (Vec<usize>, Vec<f64>) {
        let pieces = parallel::run(parallel::partition(self.len(), 32), |range| {
            let mut found = Vec::with_capacity(range.len());
            self.for_each(range, centroids, |_, k, distance| found.push((k, distance)));
            found
        });
        pieces.into_iter().flatten().unzip()
    }

    /// The mean of each cluster. A cluster that lost all its samples takes the sample that is farthest from its centroid.
    fn means(&self, assigned: &Assigned, before: &Array2<f64>) -> Array2<f64> {
        let mut centroids = before.clone();
        let mut far: Option<Array1<f64>> = None;
        for (k, mut centroid) in centroids.rows_mut().into_iter().enumerate() {
            let count = assigned.counts[k];
            if count > 0.0 {
                centroid.scaled_add(1.0 / count, &assigned.shifts.row(k));
                continue;
            }
            let far = far.get_or_insert_with(|| self.nearest(before).1.into());
            let farthest = index_of_largest(far);
            far[farthest] = 0.0;
            centroid.assign(&ArrayView1::from(self.row(farthest)));
        }
        centroids
    }

    /// Chooses the first centroids: each a sample, the best of a few that are drawn with a probability proportional to their squared
    /// distance from the centroids before.
    fn plus_plus(&self, n_clusters: usize, rng: &mut Pcg64) -> Array2<f64> {
        let n_candidates = 2 + n_clusters.ilog2() as usize;
        let weights: Array1<f64> = (0..self.len()).map(|n| self.weight(n)).collect();
        let mut chosen = vec![draw(&weights, rng).unwrap_or(0)];
        let mut distances = self.distances_from(chosen[0], None);
        while chosen.len() < n_clusters {
            let candidates = (0..n_candidates).filter_map(|_| draw(&distances, rng));
            let nearer = candidates.map(|n| (n, self.distances_from(n, Some(&distances))));
            let best = nearer.min_by(|(_, a), (_, b)| a.sum().total_cmp(&b.sum()));
            // With fewer different samples than clusters nothing is left to draw: then any sample not yet taken.
            let any = || (0..self.len()).find(|n| !chosen.contains(n)).unwrap_or(0);
            let next = match best {
                Some((n, nearer)) => {
                    distances = nearer;
                    n
                }
                None => any(),
            };
            chosen.push(next);
        }
        Array2::from_shape_fn((n_clusters, self.n_features), |(k, d)| {
            self.row(chosen[k])[d]
        })
    }

    /// The weighted squared distance of each sample from sample `n`, or from the nearest of those before where that is smaller.
    fn distances_from(&self, n: usize, before: Option<&Array1<f64>>) -> Array1<f64> {
        let centre = Array2::from_shape_fn((1, self.n_features), |(_, d)| self.row(n)[d]);
        let mut distances: Array1<f64> = self.nearest(&centre).1.into();
        if let Some(before) = before {
            distances.zip_mut_with(before, |distance, before| *distance = distance.min(*before));
        }
        distances
    }
}

/// Draws an index with a probability proportional to its weight; `None` if all are zero.
fn draw(weights: &Array1<f64>, rng: &mut Pcg64) -> Option<usize> {
    let threshold = rng.random::<f64>() * weights.sum();
    let mut sum = 0.0;
    weights.iter().position(|&weight| {
        sum += weight;
        weight > 0.0 && sum > threshold
    })
}
