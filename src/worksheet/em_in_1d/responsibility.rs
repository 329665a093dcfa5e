//! The responsibility of a component for the points: the E-step.

use super::cases::Scene;
use crate::worksheet::Check;
use crate::worksheet::answer::Numbers;
use crate::worksheet::exercise::{Exercise, Misconception, Part, TOLERANCE};
use crate::worksheet::words::number;

/// Checks a function of points, a component k, weights, means and standard deviations that returns the responsibility of
/// component k for each point, rₙₖ = πₖ N(xₙ | μₖ, σₖ²) / ∑ⱼ πⱼ N(xₙ | μⱼ, σⱼ²).
#[must_use]
pub fn responsibility(answer: fn(&[f64], usize, &[f64], &[f64], &[f64]) -> Vec<f64>) -> Check {
    EXERCISE.check(|Case { scene, k }| {
        answer(
            &scene.x,
            *k,
            &scene.weights,
            &scene.means,
            &scene.standard_deviations,
        )
    })
}

/// A component of a mixture.
pub(super) struct Case {
    scene: Scene,
    k: usize,
}

impl Case {
    /// One number for each point, from the mixture, the component and the point.
    fn each(&self, value: impl Fn(&Scene, usize, f64) -> f64) -> Vec<f64> {
        self.scene.each(|x| value(&self.scene, self.k, x))
    }

    /// All components of a mixture.
    fn all(scene: &Scene) -> Vec<Self> {
        let components = 0..scene.weights.len();
        components
            .map(|k| Self {
                scene: scene.clone(),
                k,
            })
            .collect()
    }
}

pub(super) const EXERCISE: Exercise<Case, Vec<f64>> = Exercise {
    name: "responsibility",
    axes: &["point"],
    tolerance: TOLERANCE,
    parts,
    misconceptions: MISCONCEPTIONS,
};

fn parts() -> Vec<Part<Case>> {
    let between = Scene::new(&[2.0, -1.0, 1.0], &[0.5, 0.5], &[-1.0, 1.0], &[1.0, 1.0]);
    let uneven = Scene::new(&[0.0], &[0.8, 0.2], &[-1.0, 1.0], &[1.0, 1.0]);
    let nested = Scene::new(&[3.0], &[0.5, 0.5], &[3.0, 3.0], &[1.0, 2.0]);
    let random = Scene::several(300);
    vec![
        Part::by_hand(
            "x = [2, -1, 1], k = 0, π = [0.5, 0.5], μ = [-1, 1], σ = [1, 1]",
            Case {
                scene: between,
                k: 0,
            },
            vec![
                0.017_986_209_962_091_56,
                0.880_797_077_977_882_4,
                0.119_202_922_022_117_6,
            ],
        ),
        Part::by_hand(
            "x = [0], k = 0, π = [0.8, 0.2], μ = [-1, 1], σ = [1, 1]",
            Case {
                scene: uneven,
                k: 0,
            },
            vec![0.8],
        ),
        Part::by_hand(
            "x = [3], k = 1, π = [0.5, 0.5], μ = [3, 3], σ = [1, 2]",
            Case {
                scene: nested,
                k: 1,
            },
            vec![1.0 / 3.0],
        ),
        Part::theorem(Case::all(&Scene::random(5, 3, 290)), shared_out),
        Part::random(random.iter().flat_map(Case::all).collect(), |case| {
            case.each(|scene, k, x| scene.weighted(x, k) / scene.density(x))
        }),
        Part::beside_the_crate(Case::all(&Scene::notebook()), |case| {
            let responsibilities = case.scene.expectation().responsibilities;
            responsibilities.column(case.k).to_vec()
        }),
    ]
}

fn shared_out(cases: &[Case], answers: &[Numbers]) -> Option<String> {
    let n_points = cases.first()?.scene.x.len();
    let sums = (0..n_points).map(|n| {
        let entries = answers.iter().filter_map(|answer| answer.values.get(n));
        entries.sum::<f64>()
    });
    let wrong = sums
        .enumerate()
        .find(|(_, sum)| (sum - 1.0).abs() > 1e-6 || sum.is_nan());
    wrong.map(|(n, sum)| {
        format!(
            "A point is shared out completely: its responsibilities of all components sum to 1. Yours sum to {} for point {n} (counted from 0) of a random mixture of three.",
            number(sum)
        )
    })
}

const MISCONCEPTIONS: &[Misconception<Case, Vec<f64>>] = &[
    Misconception {
        name: "weights forgotten",
        why: "Without πₖ a component counts the same however many points it has: look at the numerator and at the sum of Bayes' rule.",
        answer: |case| {
            case.each(|scene, k, x| scene.normal(x, k) / scene.sum(|j| scene.normal(x, j)))
        },
    },
    Misconception {
        name: "not normalised",
        why: "πₖ N(xₙ | …) is only the numerator of Bayes' rule: divide it by the sum of the same for all components.",
        answer: |case| case.each(|scene, k, x| scene.weighted(x, k)),
    },
    Misconception {
        name: "weights forgotten and not normalised",
        why: "This is the density of component k alone: Bayes' rule multiplies it by πₖ, and divides by the sum of the same for all components.",
        answer: |case| case.each(|scene, k, x| scene.normal(x, k)),
    },
    Misconception {
        name: "normalised over the points",
        why: "The sum below runs over the components of one point, not over the points of one component: rₙₖ sums to 1 over k.",
        answer: |case| {
            let total = case.scene.total(|x| case.scene.weighted(x, case.k));
            case.each(|scene, k, x| scene.weighted(x, k) / total)
        },
    },
    Misconception {
        name: "normalised over points and components",
        why: "The sum below belongs to one point: it runs over the components alone, and is computed anew for each xₙ.",
        answer: |case| {
            let total = case.scene.total(|x| case.scene.density(x));
            case.each(|scene, k, x| scene.weighted(x, k) / total)
        },
    },
    Misconception {
        name: "normalised by the largest",
        why: "The most responsible component then has exactly 1 and the sum over k is more than 1: divide by the sum, not by the maximum.",
        answer: |case| {
            case.each(|scene, k, x| scene.weighted(x, k) / scene.largest(|j| scene.weighted(x, j)))
        },
    },
    Misconception {
        name: "weights in the numerator only",
        why: "The sum below has to hold the same terms as the numerator, πⱼ N(xₙ | …) for every j, or the responsibilities do not sum to 1.",
        answer: |case| {
            case.each(|scene, k, x| scene.weighted(x, k) / scene.sum(|j| scene.normal(x, j)))
        },
    },
    Misconception {
        name: "weights in the sum only",
        why: "The numerator has to be one of the terms of the sum below it: πₖ is missing there.",
        answer: |case| case.each(|scene, k, x| scene.normal(x, k) / scene.density(x)),
    },
    Misconception {
        name: "variance for standard deviation",
        why: "The σₖ that you are given is squared once, inside the normal density, and here it was squared before that too: hand it over as it is.",
        answer: |case| {
            case.each(|scene, k, x| {
                let part = |j| scene.weighted_with_power(x, j, 2.0);
                part(k) / scene.sum(part)
            })
        },
    },
    Misconception {
        name: "root of the standard deviation",
        why: "σₖ is the root of the variance already: hand it to the normal density as it is.",
        answer: |case| {
            case.each(|scene, k, x| {
                let part = |j| scene.weighted_with_power(x, j, 0.5);
                part(k) / scene.sum(part)
            })
        },
    },
    Misconception {
        name: "the factor 1 / σₖ forgotten",
        why: "√(2π) cancels in the fraction, but 1/σₖ differs from component to component and does not: without it wide components take too much.",
        answer: |case| {
            case.each(|scene, k, x| {
                let part = |j: usize| scene.weighted(x, j) * scene.standard_deviations[j];
                part(k) / scene.sum(part)
            })
        },
    },
    Misconception {
        name: "a hard assignment",
        why: "The most probable component takes the whole point here, as in k-means; EM shares it out in proportion to πₖ N(xₙ | …).",
        answer: |case| {
            case.each(|scene, k, x| {
                let largest = scene.largest(|j| scene.weighted(x, j));
                f64::from(scene.weighted(x, k) >= largest)
            })
        },
    },
    Misconception {
        name: "odds in place of a probability",
        why: "The sum below leaves component k out: it runs over all components, k among them.",
        answer: |case| {
            case.each(|scene, k, x| {
                let others = scene.sum(|j| if j == k { 0.0 } else { scene.weighted(x, j) });
                scene.weighted(x, k) / others
            })
        },
    },
    Misconception {
        name: "component k in every term of the sum",
        why: "The sum below runs over j, and each term takes its own πⱼ, μⱼ and σⱼ: here they are those of k each time, and what is left is 1/K.",
        answer: |case| case.each(|scene, _, _| 1.0 / scene.weights.len() as f64),
    },
    Misconception {
        name: "the density of component k in every term of the sum",
        why: "Each term of the sum below takes its own μⱼ and σⱼ, not only its own πⱼ: here they are those of k each time, and what is left is πₖ.",
        answer: |case| case.each(|scene, k, _| scene.weights[k]),
    },
    Misconception {
        name: "component 0 whatever k is",
        why: "The numerator belongs to the component that was asked for: use k there, not 0.",
        answer: |case| case.each(|scene, _, x| scene.weighted(x, 0) / scene.density(x)),
    },
    Misconception {
        name: "the responsibility of the other components",
        why: "This is 1 - rₙₖ, what is left for all others: the numerator takes component k.",
        answer: |case| case.each(|scene, k, x| 1.0 - scene.weighted(x, k) / scene.density(x)),
    },
    Misconception {
        name: "the logarithm of the responsibility",
        why: "In log space the last step is missing: take `exp` of ln(πₖ N(xₙ | …)) minus the logarithm of the sum.",
        answer: |case| case.each(|scene, k, x| (scene.weighted(x, k) / scene.density(x)).ln()),
    },
    Misconception {
        name: "logarithms divided",
        why: "Bayes' rule divides densities; a quotient of logarithms is not the logarithm of a quotient.",
        answer: |case| {
            case.each(|scene, k, x| {
                let part = |j| scene.weighted(x, j).ln();
                part(k) / scene.sum(part)
            })
        },
    },
    Misconception {
        name: "a softmax of the densities",
        why: "The softmax takes logarithms: of ln(πₖ N(xₙ | …)) it gives Bayes' rule, of πₖ N(xₙ | …) something else.",
        answer: |case| {
            case.each(|scene, k, x| {
                let part = |j| scene.weighted(x, j).exp();
                part(k) / scene.sum(part)
            })
        },
    },
];
