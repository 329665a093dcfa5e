//! A point drawn from one component.

use crate::GaussianMixture;
use crate::worksheet::answer::Numbers;
use crate::worksheet::draws::{matrix, numbers};
use crate::worksheet::exercise::{Exercise, Misconception, Part, TOLERANCE};
use crate::worksheet::{Check, words};
use ndarray::{Array1, Array2, Axis, array, s};

/// Checks a function that returns the point μ + y with Uᵀ y = ε, from the mean μ, the upper triangular factor U of the precision,
/// Σ⁻¹ = U Uᵀ, and the standard normal numbers ε.
#[must_use]
pub fn sample_point(answer: fn(&[f64], &Array2<f64>, &[f64]) -> Vec<f64>) -> Check {
    EXERCISE.check(|case| answer(&case.mean, &case.factor, &case.noise))
}

#[derive(Clone)]
pub(super) struct Case {
    mean: Vec<f64>,
    factor: Array2<f64>,
    noise: Vec<f64>,
}

pub(super) const EXERCISE: Exercise<Case, Vec<f64>> = Exercise {
    name: "sample_point",
    axes: &["coordinate"],
    tolerance: TOLERANCE,
    parts: || {
        vec![
            Part::by_hand(
                "one dimension, mean 3, U = 0.5 (a standard deviation of 2) and ε = 1",
                Case {
                    mean: vec![3.0],
                    factor: array![[0.5]],
                    noise: vec![1.0],
                },
                vec![5.0],
            ),
            Part::by_hand(
                "the mean [10, 20], U with the rows [2, -1] and [0, 4], and ε = [4, 2]",
                Case {
                    mean: vec![10.0, 20.0],
                    factor: array![[2.0, -1.0], [0.0, 4.0]],
                    noise: vec![4.0, 2.0],
                },
                vec![12.0, 21.0],
            ),
            Part::theorem(random(), keeps_the_distance),
            Part::random(random(), |case| case.moved(&case.forward(Case::solved))),
            Part {
                place: "where the crate computes the same".into(),
                ..Part::theorem(unit_noise(), has_the_covariance)
            },
        ]
    },
    misconceptions: &[
        Misconception {
            name: "mean not added",
            why: "Uᵀ y = ε gives a point of a component around 0: the point that is asked for is μₖ + y.",
            answer: |case| case.forward(Case::solved),
        },
        Misconception {
            name: "multiplied instead of solved",
            why: "U is a factor of the inverse covariance: solve Uᵀ y = ε instead of multiplying by Uᵀ. In one dimension U is 1 / σ.",
            answer: |case| {
                case.moved(
                    &case
                        .factor
                        .t()
                        .dot(&Array1::from(case.noise.clone()))
                        .to_vec(),
                )
            },
        },
        Misconception {
            name: "multiplied instead of solved, and transpose forgotten",
            why: "U is a factor of the inverse covariance: solve Uᵀ y = ε instead of multiplying by U. In one dimension U is 1 / σ.",
            answer: |case| case.moved(&case.factor.dot(&Array1::from(case.noise.clone())).to_vec()),
        },
        Misconception {
            name: "transpose forgotten",
            why: "U y = ε gives another covariance, U⁻¹ (U⁻¹)ᵀ: row i of Uᵀ is column i of U, and the first unknown is y₀.",
            answer: |case| case.moved(&case.backward()),
        },
        Misconception {
            name: "diagonal alone",
            why: "Below its diagonal U holds only zeros: what multiplies the coordinates found before, j < i, stands in column i, U[[j, i]].",
            answer: |case| {
                case.moved(&case.forward(|case, i, _| case.noise[i] / case.factor[[i, i]]))
            },
        },
        Misconception {
            name: "known part added",
            why: "What the coordinates found before contribute goes to the other side of the equation: it is taken off εᵢ.",
            answer: |case| {
                case.moved(
                    &case.forward(|case, i, y| {
                        (case.noise[i] + case.known(i, y)) / case.factor[[i, i]]
                    }),
                )
            },
        },
        Misconception {
            name: "not divided by the diagonal",
            why: "Row i of Uᵀ y = ε ends with U[[i, i]] yᵢ: divide by U[[i, i]].",
            answer: |case| case.moved(&case.forward(|case, i, y| case.noise[i] - case.known(i, y))),
        },
        Misconception {
            name: "noise in place of the coordinates found",
            why: "Row i of Uᵀ y = ε holds y₀ … yᵢ: the sum over j < i is of U[[j, i]] yⱼ, not of U[[j, i]] εⱼ.",
            answer: |case| {
                case.moved(&case.forward(|case, i, _| {
                    (case.noise[i] - case.known(i, &case.noise)) / case.factor[[i, i]]
                }))
            },
        },
        Misconception {
            name: "covariance in place of its root",
            why: "Σₖ ε has the covariance Σₖ², not Σₖ: wanted is L ε with L Lᵀ = Σₖ, and L is (Uᵀ)⁻¹.",
            answer: |case| {
                let half = Case {
                    noise: case.backward(),
                    ..case.clone()
                };
                case.moved(&half.forward(Case::solved))
            },
        },
        Misconception {
            name: "noise added as it is",
            why: "μₖ + ε has the identity matrix for a covariance: solve Uᵀ y = ε first.",
            answer: |case| case.moved(&case.noise),
        },
    ],
};

impl Case {
    /// The mean and a step from it.
    fn moved(&self, step: &[f64]) -> Vec<f64> {
        self.mean
            .iter()
            .zip(step)
            .map(|(mean, step)| mean + step)
            .collect()
    }

    /// Coordinates one after the other, each from those before it.
    fn forward(&self, next: impl Fn(&Self, usize, &[f64]) -> f64) -> Vec<f64> {
        let mut found = Vec::new();
        for i in 0..self.mean.len() {
            found.push(next(self, i, &found));
        }
        found
    }

    /// ∑ Uⱼᵢ yⱼ over j < i.
    fn known(&self, i: usize, found: &[f64]) -> f64 {
        (0..i).map(|j| self.factor[[j, i]] * found[j]).sum()
    }

    /// Row i of Uᵀ y = ε.
    fn solved(&self, i: usize, found: &[f64]) -> f64 {
        (self.noise[i] - self.known(i, found)) / self.factor[[i, i]]
    }

    /// U y = ε, from the last coordinate up.
    fn backward(&self) -> Vec<f64> {
        let n = self.mean.len();
        let mut found = vec![0.0; n];
        for i in (0..n).rev() {
            let known: f64 = (i + 1..n).map(|j| self.factor[[i, j]] * found[j]).sum();
            found[i] = (self.noise[i] - known) / self.factor[[i, i]];
        }
        found
    }
}

/// Factors with a diagonal well away from 0.
fn random() -> Vec<Case> {
    let case = |(n, seed)| {
        let (drawn, diagonal) = (matrix(n, n, seed), numbers(n, 0.4, 2.5, seed + 1));
        Case {
            mean: numbers(n, -9.0, 9.0, seed + 2),
            factor: Array2::from_shape_fn((n, n), |(i, j)| match i.cmp(&j) {
                std::cmp::Ordering::Less => drawn[[i, j]],
                std::cmp::Ordering::Equal => diagonal[i],
                std::cmp::Ordering::Greater => 0.0,
            }),
            noise: numbers(n, -2.0, 2.0, seed + 3),
        }
    };
    [(2, 910), (3, 920), (4, 930), (3, 940), (1, 950)]
        .map(case)
        .into()
}

/// (z - μ)ᵀ Σ⁻¹ (z - μ) = εᵀ ε, since Uᵀ (z - μ) = ε.
fn keeps_the_distance(cases: &[Case], answers: &[Numbers]) -> Option<String> {
    cases.iter().zip(answers).find_map(|(case, answer)| {
        let n = case.mean.len();
        if answer.shape != [n] {
            return Some(format!(
                "The answer has {} entries for a mean of {n}; expected {n}, the coordinates of the point.",
                answer.values.len()
            ));
        }
        let step = Array1::from(answer.values.clone()) - Array1::from(case.mean.clone());
        let back = case.factor.t().dot(&step);
        let (found, expected) = (back.dot(&back), case.noise.iter().map(|e| e * e).sum::<f64>());
        let same = (found - expected).abs() <= 1e-8 * expected.max(1.0);
        (!same).then(|| {
            format!(
                "The point is as far from the mean, in the component's own measure, as ε from 0: (z - μ)ᵀ U Uᵀ (z - μ) is {} for random numbers where εᵀ ε = {} was expected.",
                words::number(found), words::number(expected)
            )
        })
    })
}

fn covariance() -> Array2<f64> {
    array![[4.0, 1.0, -0.5], [1.0, 2.0, 0.3], [-0.5, 0.3, 1.0]]
}

/// A component of the crate, and as noise 1 in each coordinate by turns.
fn unit_noise() -> Vec<Case> {
    let means = array![[1.0, -2.0, 5.0]];
    let covariances = covariance().insert_axis(Axis(0));
    let model = GaussianMixture::new(&[1.0], means, covariances);
    model.map_or(vec![], |model| {
        let case = |i: usize| Case {
            mean: model.means().row(0).to_vec(),
            factor: model.precisions_cholesky().slice(s![0, .., ..]).to_owned(),
            noise: (0..3).map(|j| f64::from(u8::from(i == j))).collect(),
        };
        (0..3).map(case).collect()
    })
}

/// The steps for unit noise are the columns of L, and L Lᵀ = Σ.
fn has_the_covariance(cases: &[Case], answers: &[Numbers]) -> Option<String> {
    let expected = covariance();
    let step = |i: usize, k: usize| {
        answers[k]
            .values
            .get(i)
            .map_or(f64::NAN, |z| z - cases[k].mean[i])
    };
    expected.indexed_iter().find_map(|((i, j), entry)| {
        let found: f64 = (0..answers.len()).map(|k| step(i, k) * step(j, k)).sum();
        let same = (found - entry).abs() <= 1e-8;
        (!same).then(|| {
            format!(
                "The points do not have the covariance of the crate's component: entry ({i}, {j}) of L Lᵀ is {} where {} was expected.",
                words::number(found), words::number(*entry)
            )
        })
    })
}
