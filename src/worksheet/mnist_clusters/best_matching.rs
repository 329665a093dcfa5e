//! Which component stands for which digit.

use crate::match_components;
use crate::worksheet::Check;
use crate::worksheet::answer::Numbers;
use crate::worksheet::draws::whole_numbers;
use crate::worksheet::exercise::{Exercise, Misconception, Part, TOLERANCE};
use ndarray::{Array2, ArrayView2, array};

/// Checks a function that returns the digit of each component, so that as many samples as possible are matched right, from the
/// confusion matrix: digits in rows, as many components in columns.
#[must_use]
pub fn best_matching(answer: fn(&Array2<usize>) -> Vec<usize>) -> Check {
    EXERCISE.check(|confusion| settled(confusion, answer(confusion)))
}

pub(super) const EXERCISE: Exercise<Array2<usize>, Vec<usize>> = Exercise {
    name: "best_matching",
    axes: &["component"],
    tolerance: TOLERANCE,
    parts: || {
        vec![
            Part::by_hand(
                "the rows [1, 7, 0], [0, 2, 8] and [9, 0, 1] of the confusion matrix",
                array![[1, 7, 0], [0, 2, 8], [9, 0, 1]],
                vec![2_usize, 0, 1],
            ),
            // Digit 0 may not take both.
            Part::by_hand(
                "the rows [9, 8] and [6, 1] of the confusion matrix",
                array![[9, 8], [6, 1]],
                vec![1_usize, 0],
            ),
            Part::theorem(random(), best_of_all),
            Part {
                place: "where several matchings are best".into(),
                ..Part::theorem(ties(), best_of_all)
            },
            Part {
                place: "where the crate computes the same".into(),
                ..Part::theorem(vec![table(7, 607), table(6, 609)], as_good_as_the_crate)
            },
        ]
    },
    misconceptions: &[
        Misconception {
            name: "each component's most frequent digit",
            why: "Two components may then stand for the same digit, and a digit for none: every digit is to be given once.",
            answer: |confusion| largest_of_each(confusion.t()),
        },
        Misconception {
            name: "each digit's most frequent component",
            why: "Two digits may then have the same component; and entry k of the answer is the digit of component k, not the other way round.",
            answer: |confusion| largest_of_each(confusion.view()),
        },
        Misconception {
            name: "digits and components exchanged",
            why: "Rows are digits and columns are components: entry k of the answer is the digit of component k.",
            answer: |confusion| settled(confusion, inverse(&by_trying(confusion))),
        },
        Misconception {
            name: "components not matched",
            why: "EM numbers its components as it happens: component k need not stand for digit k.",
            answer: |confusion| settled(confusion, (0..confusion.nrows()).collect()),
        },
        Misconception {
            name: "one component after the other",
            why: "A component that chooses first may take a digit that another needs more: only the total counts.",
            answer: |confusion| settled(confusion, in_turn(confusion)),
        },
        Misconception {
            name: "one digit after the other",
            why: "A digit that chooses first may take a component that another needs more: only the total counts.",
            answer: |confusion| settled(confusion, inverse(&in_turn(&confusion.t().to_owned()))),
        },
        Misconception {
            name: "largest count first",
            why: "Taking the largest count that is left may leave small ones for the rest: only the total counts.",
            answer: |confusion| settled(confusion, largest_first(confusion)),
        },
        Misconception {
            name: "smallest total instead of largest",
            why: "The counts on the matched pairs are images that are counted right: there should be many of them.",
            answer: |confusion| by_trying(&turned(confusion)),
        },
    ],
};

/// The answer itself, or the first in order of all that are as good: as the best matching, as the worst, as the best with digits
/// and components exchanged, or as the largest counts of the columns or the rows. Which of them a method finds is chance.
fn settled(confusion: &Array2<usize>, answer: Vec<usize>) -> Vec<usize> {
    let n = confusion.nrows();
    let mut sorted = answer.clone();
    sorted.sort_unstable();
    if sorted != (0..n).collect::<Vec<usize>>() {
        let firsts = [confusion.t(), confusion.view()]
            .into_iter()
            .find_map(|counts| {
                let first = largest_of_each(counts);
                let same = |k: usize| counts.get((k, answer[k])) == counts.get((k, first[k]));
                (answer.len() == n && (0..n).all(same)).then_some(first)
            });
        return firsts.unwrap_or(answer);
    }
    let (best, worst) = (by_trying(confusion), by_trying(&turned(confusion)));
    let right = total(confusion, &answer);
    if right == total(confusion, &best) {
        best
    } else if total(confusion, &inverse(&answer)) == total(confusion, &best) {
        inverse(&best)
    } else if right == total(confusion, &worst) {
        worst
    } else {
        answer
    }
}

fn inverse(matched: &[usize]) -> Vec<usize> {
    let mut components = vec![0; matched.len()];
    for (component, &class) in matched.iter().enumerate() {
        components[class] = component;
    }
    components
}

/// Large counts made small.
fn turned(confusion: &Array2<usize>) -> Array2<usize> {
    let most = confusion.iter().copied().max().unwrap_or(0);
    confusion.mapv(|count| most - count)
}

fn largest_of_each(counts: ArrayView2<usize>) -> Vec<usize> {
    let rows = counts.rows().into_iter();
    rows.map(|row| largest(row.iter().copied())).collect()
}

/// The first place of the largest.
fn largest(counts: impl Iterator<Item = usize>) -> usize {
    let mut best = (0, 0);
    for (place, count) in counts.enumerate() {
        if count > best.1 {
            best = (place, count);
        }
    }
    best.0
}

/// Each component takes the best digit that is left.
fn in_turn(confusion: &Array2<usize>) -> Vec<usize> {
    let (mut classes, mut taken) = (Vec::new(), vec![false; confusion.nrows()]);
    for column in confusion.columns() {
        let left = column.iter().zip(&taken);
        let class = largest(left.map(|(&count, &taken)| if taken { 0 } else { count + 1 }));
        classes.push(class);
        taken[class] = true;
    }
    classes
}

fn largest_first(confusion: &Array2<usize>) -> Vec<usize> {
    let n = confusion.nrows();
    let mut left = confusion.mapv(|count| count + 1);
    let mut classes = vec![0; n];
    for _ in 0..n {
        let place = largest(left.iter().copied());
        let (class, component) = (place / n, place % n);
        classes[component] = class;
        left.row_mut(class).fill(0);
        left.column_mut(component).fill(0);
    }
    classes
}

/// The best of all matchings, each tried.
fn by_trying(confusion: &Array2<usize>) -> Vec<usize> {
    fn go_on(confusion: &Array2<usize>, matched: &mut Vec<usize>, best: &mut (usize, Vec<usize>)) {
        let n = confusion.nrows();
        if matched.len() == n {
            let right = total(confusion, matched);
            if best.1.is_empty() || right > best.0 {
                *best = (right, matched.clone());
            }
            return;
        }
        for class in 0..n {
            if !matched.contains(&class) {
                matched.push(class);
                go_on(confusion, matched, best);
                matched.pop();
            }
        }
    }
    let mut best = (0, vec![]);
    go_on(confusion, &mut vec![], &mut best);
    best.1
}

fn total(confusion: &Array2<usize>, matched: &[usize]) -> usize {
    let pairs = matched.iter().enumerate();
    pairs
        .map(|(component, &class)| confusion[[class, component]])
        .sum()
}

fn table(n: usize, seed: u64) -> Array2<usize> {
    let counts = whole_numbers(n * n, 400, seed);
    Array2::from_shape_fn((n, n), |(i, j)| counts[i * n + j])
}

/// Each with one best matching, which changes when digits and components are exchanged (but the last, of one digit).
fn random() -> Vec<Array2<usize>> {
    let sizes = [3, 4, 5, 6, 4, 5, 1].into_iter();
    sizes.zip(601..).map(|(n, seed)| table(n, seed)).collect()
}

/// Equal counts: whichever of the best matchings is right.
fn ties() -> Vec<Array2<usize>> {
    vec![
        array![[2, 2, 2], [2, 2, 2], [2, 2, 2]],
        array![[0, 0, 1, 6], [5, 5, 0, 0], [5, 5, 0, 1], [1, 0, 4, 0]],
    ]
}

fn best_of_all(cases: &[Array2<usize>], answers: &[Numbers]) -> Option<String> {
    cases.iter().zip(answers).find_map(|(confusion, answer)| {
        fault(confusion, answer, total(confusion, &by_trying(confusion)))
    })
}

fn as_good_as_the_crate(cases: &[Array2<usize>], answers: &[Numbers]) -> Option<String> {
    cases.iter().zip(answers).find_map(|(confusion, answer)| {
        let matched = match_components(confusion).ok()?;
        let matched: Vec<usize> = matched.into_iter().flatten().collect();
        fault(confusion, answer, total(confusion, &matched))
    })
}

/// What is wrong with a matching of which the best has this total.
fn fault(confusion: &Array2<usize>, answer: &Numbers, best: usize) -> Option<String> {
    let n = confusion.nrows();
    let rows: Vec<String> = confusion
        .rows()
        .into_iter()
        .map(|row| format!("{:?}", row.to_vec()))
        .collect();
    let place = format!("for the confusion matrix with the rows {}", rows.join(", "));
    if answer.shape != [n] {
        return Some(format!(
            "The answer has {} entries {place}; expected {n}, the digit of each component.",
            answer.values.len()
        ));
    }
    let classes = || (0..n).map(|class| class as f64);
    let matched: Vec<usize> = answer
        .values
        .iter()
        .filter_map(|value| classes().position(|class| class.to_bits() == value.to_bits()))
        .collect();
    if let Some(class) = (0..n).find(|class| matched.iter().filter(|m| *m == class).count() != 1) {
        return Some(format!(
            "Each digit from 0 to {} must be given to one component, but {place} the answer is {:?}: look for digit {class}.",
            n - 1,
            answer.values
        ));
    }
    let right = total(confusion, &matched);
    (right != best).then(|| {
        format!("{right} images are counted right {place} by the answer {matched:?}; the best matching counts {best} right.")
    })
}
