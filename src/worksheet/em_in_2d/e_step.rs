//! The E-step in D dimensions.

use super::cases::{Mixture, agrees, mixtures, wrong_shape};
use crate::GaussianMixture;
use crate::worksheet::Check;
use crate::worksheet::answer::Numbers;
use crate::worksheet::exercise::{Exercise, Misconception, Part, TOLERANCE};
use crate::worksheet::words::number;
use ndarray::{Array2, Array3, Axis, array, stack};

/// Checks a function that returns the responsibilities, rₙₖ = πₖ N(xₙ | μₖ, Σₖ) / ∑ⱼ πⱼ N(xₙ | μⱼ, Σⱼ), one point in each row,
/// from the points, the weights, the means and the covariances; also for points that are far from every component.
#[must_use]
pub fn e_step(
    answer: fn(&Array2<f64>, &[f64], &Array2<f64>, &Array3<f64>) -> Array2<f64>,
) -> Check {
    let answer = |case: &Mixture| answer(&case.x, &case.weights, &case.means, &case.covariances);
    let check = EXERCISE.check(answer);
    // By themselves, so that each mistake is known by its name whether or not the sum can become 0 in it.
    if check.is_done() {
        FAR.check(answer)
    } else {
        check
    }
}

const AXES: &[&str] = &["point", "component"];

pub(super) const EXERCISE: Exercise<Mixture, Array2<f64>> = Exercise {
    name: "e_step",
    axes: AXES,
    tolerance: TOLERANCE,
    parts: || {
        vec![
            Part::by_hand(
                "the point (0, 0), which is the mean of three components with weights 0.1, 0.2, 0.7 and covariances of determinant 1, 16, 4",
                Mixture {
                    x: array![[0.0, 0.0]],
                    weights: vec![0.1, 0.2, 0.7],
                    means: Array2::zeros((3, 2)),
                    covariances: array![
                        [[1.0, 0.0], [0.0, 1.0]],
                        [[4.0, 0.0], [0.0, 4.0]],
                        [[1.0, 0.0], [0.0, 4.0]]
                    ],
                },
                array![[0.2, 0.1, 0.7]],
            ),
            Part::by_hand(
                "the point (1, 5, 0) halfway between two means, (0, 5, 0) and (2, 5, 0), with covariance I and weights 0.75 and 0.25",
                Mixture {
                    x: array![[1.0, 5.0, 0.0]],
                    weights: vec![0.75, 0.25],
                    means: array![[0.0, 5.0, 0.0], [2.0, 5.0, 0.0]],
                    covariances: identities(2, 3),
                },
                array![[0.75, 0.25]],
            ),
            Part::theorem(mixtures(111), not_a_distribution),
            Part::random(mixtures(121), |case| by_row(case, Term::log)),
            Part::beside_the_crate(mixtures(131), by_the_crate),
        ]
    },
    misconceptions: MISCONCEPTIONS,
};

/// Points at which every density is 0 in floating point, in a check of their own.
pub(super) const FAR: Exercise<Mixture, Array2<f64>> = Exercise {
    name: "e_step",
    axes: AXES,
    tolerance: TOLERANCE,
    parts: || {
        vec![Part::by_hand(
            "the points (1, 0), (1, 100) and (100, 0), means (0, 0) and (2, 0), covariance I and weights 0.75 and 0.25",
            Mixture {
                x: array![[1.0, 0.0], [1.0, 100.0], [100.0, 0.0]],
                weights: vec![0.75, 0.25],
                means: array![[0.0, 0.0], [2.0, 0.0]],
                covariances: identities(2, 2),
            },
            array![[0.75, 0.25], [0.75, 0.25], [0.0, 1.0]],
        )]
    },
    misconceptions: &[Misconception {
        name: "a sum that becomes 0",
        why: "The formula is right, but far from all components every density is 0 in floating point, and 0/0 is NaN: subtract each row's largest logarithm before taking exponentials.",
        answer: |case| shares(terms(case).mapv(|term| term.log().exp())),
    }],
};

const MISCONCEPTIONS: &[Misconception<Mixture, Array2<f64>>] = &[
    Misconception {
        name: "weights forgotten",
        why: "Without πₖ a component counts the same however many points it has: look at the numerator of rₙₖ.",
        answer: |case| by_row(case, |term| term.log() - term.log_weight),
    },
    Misconception {
        name: "weight added without its logarithm",
        why: "The logarithm of a product is the sum of the logarithms: ln πₖ + ln N, where πₖ itself was added.",
        answer: |case| {
            by_row(case, |term| {
                term.log() - term.log_weight + term.log_weight.exp()
            })
        },
    },
    Misconception {
        name: "not normalised",
        why: "πₖ N(xₙ | μₖ, Σₖ) is only the numerator: divide each row by its sum over the components.",
        answer: |case| terms(case).mapv(|term| term.log().exp()),
    },
    Misconception {
        name: "weights forgotten and not normalised",
        why: "That is the density of each component: multiply it by πₖ, then divide each row by its sum.",
        answer: |case| terms(case).mapv(|term| (term.log() - term.log_weight).exp()),
    },
    Misconception {
        name: "divided by the largest entry",
        why: "Subtracting the largest logarithm makes the largest entry 1; the row must still be divided by its sum.",
        answer: |case| {
            let mut logs = terms(case).mapv(|term| term.log());
            for mut row in logs.rows_mut() {
                let largest = row.fold(f64::NEG_INFINITY, |a: f64, &b| a.max(b));
                row.mapv_inplace(|log| (log - largest).exp());
            }
            logs
        },
    },
    Misconception {
        name: "normalised over the points",
        why: "The responsibilities of one point sum to 1 over the components: each row was to be divided by its sum, not each column.",
        answer: |case| {
            shares(terms(case).mapv(|term| term.log().exp()).reversed_axes()).reversed_axes()
        },
    },
    Misconception {
        name: "logarithms divided instead of densities",
        why: "Bayes' rule divides πₖ N by a sum of such products, and not their logarithms: take exponentials first.",
        answer: |case| shares(terms(case).mapv(|term| term.log())),
    },
    Misconception {
        name: "logarithms returned",
        why: "These are the logarithms of the responsibilities: take the exponential at the end.",
        answer: |case| by_row(case, Term::log).mapv(f64::ln),
    },
    Misconception {
        name: "exponential and sum forgotten",
        why: "These are ln πₖ + ln N(xₙ | μₖ, Σₖ): the exponentials are the numerators, and each row is divided by its sum.",
        answer: |case| terms(case).mapv(Term::log),
    },
    Misconception {
        name: "largest logarithm of the wrong axis",
        why: "What is subtracted cancels only if it is the same for all entries of a row: the largest of each row, not of each column.",
        answer: |case| {
            let mut logs = terms(case).mapv(Term::log);
            for mut column in logs.columns_mut() {
                let largest = column.fold(f64::NEG_INFINITY, |a: f64, &b| a.max(b));
                column.mapv_inplace(|log| (log - largest).exp());
            }
            shares(logs)
        },
    },
    Misconception {
        name: "log-determinant forgotten",
        why: "A wide component is lower in its middle: ln |Σₖ| differs between the components, so it does not cancel as D ln 2π does.",
        answer: |case| by_row(case, |term| term.log_weight - 0.5 * term.square),
    },
    Misconception {
        name: "sign of the log-determinant",
        why: "A wide component is lower in its middle, so ln |Σₖ| is taken away, as everything in the bracket after −½ is.",
        answer: |case| {
            by_row(case, |term| {
                term.log_weight + 0.5 * (term.log_determinant - term.square)
            })
        },
    },
    Misconception {
        name: "log-determinant without its ½",
        why: "The density is divided by the root of |Σₖ|: −½ stands before the whole bracket, ln |Σₖ| included.",
        answer: |case| {
            by_row(case, |term| {
                term.log_weight - term.log_determinant - 0.5 * term.square
            })
        },
    },
    Misconception {
        name: "log-determinant without its 2",
        why: "∑ᵢ ln Lᵢᵢ is only half of ln |Σₖ|, since |Σ| = |L|²: look at how many halves are left.",
        answer: |case| {
            by_row(case, |term| {
                term.log_weight - 0.5 * (0.5 * term.log_determinant + term.square)
            })
        },
    },
    Misconception {
        name: "the ½ before the squared distance forgotten",
        why: "−½ stands before the whole bracket, the squared distance included: without it the clouds are too narrow.",
        answer: |case| {
            by_row(case, |term| {
                term.log_weight - 0.5 * term.log_determinant - term.square
            })
        },
    },
    Misconception {
        name: "sign of the squared distance",
        why: "The density falls with the distance from the mean: the exponent has a minus sign.",
        answer: |case| {
            by_row(case, |term| {
                term.log_weight + 0.5 * (term.square - term.log_determinant)
            })
        },
    },
    Misconception {
        name: "the distance instead of its square",
        why: "The exponent has (x − μ)ᵀ Σ⁻¹ (x − μ), which is the squared distance: no root is taken.",
        answer: |case| {
            by_row(case, |term| {
                term.log_weight - 0.5 * (term.log_determinant + term.square.sqrt())
            })
        },
    },
    Misconception {
        name: "the covariance instead of its inverse",
        why: "A direction in which the cloud is wide counts less, so the inverse stands between the two vectors: (x − μ)ᵀ Σ⁻¹ (x − μ).",
        answer: |case| {
            by_row(case, |term| {
                term.log_weight - 0.5 * (term.log_determinant + term.turned)
            })
        },
    },
    Misconception {
        name: "only the diagonal of the covariance",
        why: "The entries off the diagonal make a cloud lean, and change the determinant and the distance: use the whole matrix.",
        answer: |case| {
            let mut diagonal = case.covariances.clone();
            for ((_, i, j), entry) in diagonal.indexed_iter_mut() {
                *entry *= f64::from(u8::from(i == j));
            }
            let diagonal = Mixture {
                x: case.x.clone(),
                weights: case.weights.clone(),
                means: case.means.clone(),
                covariances: diagonal,
            };
            by_row(&diagonal, Term::log)
        },
    },
    Misconception {
        name: "hard assignments",
        why: "That is k-means' answer: a responsibility is a probability, and doubt between two components is a number between 0 and 1.",
        answer: |case| {
            let mut shares = by_row(case, Term::log);
            for mut row in shares.rows_mut() {
                let largest = row.fold(0.0, |a: f64, &b| a.max(b));
                row.mapv_inplace(|share| f64::from(u8::from(share >= largest)));
            }
            shares
        },
    },
    Misconception {
        name: "transpose forgotten",
        why: "Row n belongs to point n and column k to component k: the answer has it the other way round.",
        answer: |case| by_row(case, Term::log).reversed_axes(),
    },
];

/// What ln πₖ N(xₙ | μₖ, Σₖ) is made of.
#[derive(Clone, Copy)]
struct Term {
    n_features: f64,
    log_weight: f64,
    log_determinant: f64,
    /// (x − μ)ᵀ Σ⁻¹ (x − μ).
    square: f64,
    /// (x − μ)ᵀ Σ (x − μ), which is a mistake.
    turned: f64,
}

impl Term {
    fn log(self) -> f64 {
        let two_pi = self.n_features * std::f64::consts::TAU.ln();
        self.log_weight - 0.5 * (two_pi + self.log_determinant + self.square)
    }
}

/// The terms of every point and component, by elimination: the k-th pivot p of Σ, and the entry e that it leaves of x − μ, give
/// |Σ| = ∏ p and (x − μ)ᵀ Σ⁻¹ (x − μ) = ∑ e²/p.
fn terms(case: &Mixture) -> Array2<Term> {
    let n_features = case.x.ncols();
    Array2::from_shape_fn((case.x.nrows(), case.weights.len()), |(n, k)| {
        let covariance = case.covariances.index_axis(Axis(0), k);
        let mut left = &case.x.row(n) - &case.means.row(k);
        let turned = left.dot(&covariance.dot(&left));
        let mut matrix = covariance.to_owned();
        let (mut log_determinant, mut square) = (0.0, 0.0);
        for i in 0..n_features {
            let pivot = matrix[[i, i]];
            log_determinant += pivot.ln();
            square += left[i] * left[i] / pivot;
            for j in i + 1..n_features {
                let factor = matrix[[j, i]] / pivot;
                left[j] -= factor * left[i];
                for l in i..n_features {
                    matrix[[j, l]] -= factor * matrix[[i, l]];
                }
            }
        }
        Term {
            n_features: n_features as f64,
            log_weight: case.weights[k].ln(),
            log_determinant,
            square,
            turned,
        }
    })
}

/// exp(log) over the sum of its row, without the danger of 0/0.
fn by_row(case: &Mixture, log: fn(Term) -> f64) -> Array2<f64> {
    let mut logs = terms(case).mapv(log);
    for mut row in logs.rows_mut() {
        let largest = row.fold(f64::NEG_INFINITY, |a: f64, &b| a.max(b));
        row.mapv_inplace(|log| (log - largest).exp());
    }
    shares(logs)
}

/// Each row divided by its sum.
fn shares(mut numbers: Array2<f64>) -> Array2<f64> {
    for mut row in numbers.rows_mut() {
        row /= row.sum();
    }
    numbers
}

fn identities(n_components: usize, n_features: usize) -> Array3<f64> {
    let identity = Array2::eye(n_features);
    stack(Axis(0), &vec![identity.view(); n_components]).expect("matrices of one shape")
}

/// The rows of responsibilities are not negative and sum to 1.
fn not_a_distribution(cases: &[Mixture], answers: &[Numbers]) -> Option<String> {
    cases.iter().zip(answers).find_map(|(case, answer)| {
        let n_components = case.weights.len();
        wrong_shape(answer, &[case.x.nrows(), n_components], AXES).or_else(|| {
            answer.values.chunks(n_components).enumerate().find_map(|(n, row)| {
                let total: f64 = row.iter().sum();
                if !agrees(total, 1.0) {
                    return Some(format!(
                        "For random numbers, the responsibilities of point {n} sum to {}, but they are the probabilities of all the components that it can come from, and sum to 1.",
                        number(total)
                    ));
                }
                let negative = row.iter().find(|&&share| share < 0.0)?;
                Some(format!(
                    "For random numbers, a responsibility of point {n} is {}, but no probability is negative.",
                    number(*negative)
                ))
            })
        })
    })
}

fn by_the_crate(case: &Mixture) -> Array2<f64> {
    let model = GaussianMixture::new(&case.weights, case.means.clone(), case.covariances.clone());
    model
        .and_then(|model| model.responsibilities(&case.x))
        .expect("a mixture with positive definite covariances")
}
