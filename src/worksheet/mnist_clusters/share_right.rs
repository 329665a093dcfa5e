//! The accuracy of matched components.

use crate::worksheet::answer::Numbers;
use crate::worksheet::draws::whole_numbers;
use crate::worksheet::exercise::{Exercise, Misconception, Part, TOLERANCE};
use crate::worksheet::{Check, words};
use crate::{accuracy, confusion_matrix, match_components};

/// Checks a function that returns the share of the samples whose component stands for their class, from the class and the component
/// of each sample and the class of each component.
#[must_use]
pub fn share_right(answer: fn(&[usize], &[usize], &[usize]) -> f64) -> Check {
    EXERCISE.check(|case| answer(&case.classes, &case.components, &case.matched))
}

#[derive(Clone)]
pub(super) struct Case {
    classes: Vec<usize>,
    components: Vec<usize>,
    matched: Vec<usize>,
}

pub(super) const EXERCISE: Exercise<Case, f64> = Exercise {
    name: "share_right",
    axes: &[],
    tolerance: TOLERANCE,
    parts: || {
        vec![
            Part::by_hand(
                "the digits 0, 1, 2, 0, the components 1, 2, 0, 2 and components 0, 1, 2 matched to 2, 0, 1",
                Case {
                    classes: vec![0, 1, 2, 0],
                    components: vec![1, 2, 0, 2],
                    matched: vec![2, 0, 1],
                },
                0.75,
            ),
            Part::by_hand(
                "the digits 1, 1, 0, the components 0, 0, 1 and components 0, 1 matched to 1, 0",
                Case {
                    classes: vec![1, 1, 0],
                    components: vec![0, 0, 1],
                    matched: vec![1, 0],
                },
                1.0,
            ),
            Part::theorem(renamed(), names_mean_nothing),
            Part::random(random(), |case| case.n_right() / case.n()),
            Part::beside_the_crate(best_matched(), |case| {
                accuracy(&case.classes, &case.components).unwrap_or(f64::NAN)
            }),
        ]
    },
    misconceptions: &[
        Misconception {
            name: "components not matched",
            why: "The number of a component is not a digit: compare each label with the digit that its component stands for, matched[k].",
            answer: |case| {
                let pairs = case.classes.iter().zip(&case.components);
                pairs
                    .filter(|(class, component)| class == component)
                    .count() as f64
                    / case.n()
            },
        },
        Misconception {
            name: "matching read the wrong way round",
            why: "Entry k of the matching is the digit of component k: it takes a component and gives a digit.",
            answer: |case| {
                let pairs = case.classes.iter().zip(&case.components);
                let right = pairs.filter(|(class, component)| case.matched[**class] == **component);
                right.count() as f64 / case.n()
            },
        },
        Misconception {
            name: "count instead of share",
            why: "A share lies between 0 and 1: divide by the number of samples.",
            answer: Case::n_right,
        },
        Misconception {
            name: "share of errors",
            why: "The accuracy counts the samples that are right: look at the direction of the comparison.",
            answer: |case| 1.0 - case.n_right() / case.n(),
        },
        Misconception {
            name: "whole-number division",
            why: "In Rust a whole number divided by a larger one is 0: turn both into f64 before dividing.",
            answer: |case| (case.n_right() / case.n()).floor(),
        },
        Misconception {
            name: "divided by the number of components",
            why: "The share is of the samples: divide by their number, the length of the list of classes.",
            answer: |case| case.n_right() / case.matched.len() as f64,
        },
        Misconception {
            name: "every class counts the same",
            why: "The average of the classes' own shares weighs a rare class like a frequent one: here every sample counts the same.",
            answer: |case| {
                let n_classes = case.matched.len();
                let share = |class: usize| {
                    let own = |case: &Case| case.only(class);
                    own(case).n_right() / own(case).n()
                };
                (0..n_classes).map(share).sum::<f64>() / n_classes as f64
            },
        },
        Misconception {
            name: "per cent",
            why: "A share lies between 0 and 1: the factor 100 belongs to the printing.",
            answer: |case| 100.0 * case.n_right() / case.n(),
        },
    ],
};

impl Case {
    fn n(&self) -> f64 {
        self.classes.len() as f64
    }

    fn n_right(&self) -> f64 {
        let pairs = self.classes.iter().zip(&self.components);
        pairs
            .filter(|(class, component)| self.matched[**component] == **class)
            .count() as f64
    }

    /// The samples of one class.
    fn only(&self, class: usize) -> Self {
        let own = |list: &[usize]| -> Vec<usize> {
            let pairs = list.iter().zip(&self.classes);
            pairs
                .filter(|pair| *pair.1 == class)
                .map(|pair| *pair.0)
                .collect()
        };
        Self {
            classes: own(&self.classes),
            components: own(&self.components),
            matched: self.matched.clone(),
        }
    }
}

/// Every class and every component occurs, not equally often, and half of the samples or more are in its component.
fn case(n: usize, matched: &[usize], seed: u64) -> Case {
    let k = matched.len();
    let (drawn, strayed) = (whole_numbers(n, 2 * k, seed), whole_numbers(n, k, seed + 1));
    let lots = whole_numbers(n, 3, seed + 2);
    let classes: Vec<usize> = (0..n)
        .map(|i| if i < k { i } else { drawn[i].min(k - 1) })
        .collect();
    let own = |class: usize| matched.iter().position(|&m| m == class).unwrap_or(0);
    let components = (0..n)
        .map(|i| {
            if i >= k && lots[i] == 0 {
                strayed[i]
            } else {
                own(classes[i])
            }
        })
        .collect();
    Case {
        classes,
        components,
        matched: matched.to_vec(),
    }
}

fn random() -> Vec<Case> {
    vec![
        case(20, &[2, 0, 1], 710),
        case(33, &[1, 2, 3, 0], 720),
        case(47, &[3, 0, 4, 2, 1], 730),
        case(15, &[1, 0], 740),
        // A matching that is mostly wrong.
        Case {
            matched: vec![1, 2, 0],
            ..case(12, &[2, 0, 1], 750)
        },
    ]
}

/// Each case twice: the second time the components have other names.
fn renamed() -> Vec<Case> {
    let pairs = random().into_iter().take(4).flat_map(|case| {
        let k = case.matched.len();
        let mut other = case.clone();
        for component in &mut other.components {
            *component = (*component + 1) % k;
        }
        other.matched.rotate_right(1);
        [case, other]
    });
    pairs.collect()
}

fn names_mean_nothing(_: &[Case], answers: &[Numbers]) -> Option<String> {
    answers.chunks(2).find_map(|pair| {
        let (before, after) = (pair[0].values[0], pair[1].values[0]);
        let same = (before - after).abs() <= 1e-8;
        (!same).then(|| {
            format!(
                "The names of components mean nothing, but with other names for the same components {} became {}.",
                words::number(before), words::number(after)
            )
        })
    })
}

/// Cases with the best of all matchings.
fn best_matched() -> Vec<Case> {
    let matched = random().into_iter().take(3).filter_map(|case| {
        let confusion = confusion_matrix(&case.classes, &case.components).ok()?;
        let matched: Option<Vec<usize>> = match_components(&confusion).ok()?.into_iter().collect();
        Some(Case {
            matched: matched?,
            ..case
        })
    });
    matched.collect()
}
