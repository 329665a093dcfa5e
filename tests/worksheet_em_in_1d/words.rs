//! What is said where no misconception fits: the stub, a wrong length, NaN, a panic, and a theorem that does not hold.

use super::density;
use em_lab::worksheet::em_in_1d::{
    log_likelihood, mixture_density, new_mean, new_standard_deviation, new_weight, responsibility,
};
use em_lab::worksheet::{Check, Verdict};

#[test]
fn a_stub_is_not_done_in_any_exercise() {
    let checks = [
        mixture_density(|_, _, _, _| todo!("write your answer here")),
        log_likelihood(|_, _, _, _| todo!("write your answer here")),
        responsibility(|_, _, _, _, _| todo!("write your answer here")),
        new_mean(|_, _| todo!("write your answer here")),
        new_standard_deviation(|_, _, _, _| todo!("write your answer here")),
        new_weight(|_| todo!("write your answer here")),
    ];
    for check in checks {
        assert_eq!(check.verdict(), &Verdict::NotDone);
    }
}

fn told(check: &Check) -> &str {
    match check.verdict() {
        Verdict::Wrong(text) | Verdict::WrongShape(text) | Verdict::Stopped(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_wrong_length_is_told() {
    let check = responsibility(|_, _, weights, _, _| weights.to_vec());
    assert_eq!(
        told(&check),
        "The answer has 2 entries for x = [2, -1, 1], k = 0, π = [0.5, 0.5], μ = [-1, 1], σ = [1, 1]; expected 3 entries, one entry for each point."
    );
    let check = mixture_density(|_, _, _, _| Vec::new());
    assert!(
        told(&check).starts_with("The answer has 0 entries"),
        "{check}"
    );
}

#[test]
fn not_a_number_is_told() {
    let checks = [
        mixture_density(|grid, _, _, _| vec![f64::NAN; grid.len()]),
        log_likelihood(|_, _, _, _| f64::NAN),
        responsibility(|x, _, _, _, _| vec![f64::NAN; x.len()]),
        new_mean(|_, _| f64::NAN),
        new_standard_deviation(|_, _, _, _| f64::NAN),
        new_weight(|_| f64::NAN),
    ];
    for check in checks {
        assert!(told(&check).contains("NaN where "), "{check}");
    }
}

#[test]
fn a_difference_too_small_for_six_digits_is_shown_with_all() {
    let check = new_mean(|x, responsibility| {
        let sum: f64 = x.iter().zip(responsibility).map(|(x, r)| r * x).sum();
        sum / responsibility.iter().sum::<f64>() * (1.0 + 1e-7)
    });
    assert!(
        told(&check).contains(": 2.0000002 where 2 was expected."),
        "{check}"
    );
}

#[test]
fn a_panic_is_told_with_the_case() {
    let check = new_mean(|x, responsibility| x[x.len()] + responsibility[0]);
    assert_eq!(
        told(&check),
        "The function panicked for x = [4, 10, -1] and responsibilities 0.9, 0 and 0.6: index out of bounds: the len is 3 but the index is 3."
    );
    let from_one = responsibility(|x, k, weights, means, deviations| {
        x.iter()
            .map(|&value| weights[k - 1] * density(value, means[k - 1], deviations[k - 1]))
            .collect()
    });
    assert!(
        told(&from_one).contains("attempt to subtract with overflow"),
        "{from_one}"
    );
}

/// Answers that are right for the cases made by hand, by luck or by making, and break the theorem.
#[test]
fn a_theorem_that_does_not_hold_is_told() {
    // Two components are all that this student thought of.
    let check = mixture_density(|grid, weights, means, deviations| {
        let at = |value: f64| {
            (0..weights.len().min(2))
                .map(|k| weights[k] * density(value, means[k], deviations[k]))
                .sum()
        };
        grid.iter().map(|&value| at(value)).collect()
    });
    assert!(
        told(&check).starts_with(
            "The area under a density is 1. Under yours, for a random mixture, it is 0."
        ),
        "{check}"
    );
    let check = responsibility(|x, k, weights, means, deviations| {
        let part = |j: usize, value: f64| weights[j] * density(value, means[j], deviations[j]);
        let at = |value: f64| {
            part(k, value)
                / (0..weights.len().min(2))
                    .map(|j| part(j, value))
                    .sum::<f64>()
        };
        x.iter().map(|&value| at(value)).collect()
    });
    assert!(
        told(&check).starts_with("A point is shared out completely: its responsibilities of all components sum to 1. Yours sum to "),
        "{check}"
    );
    let check = log_likelihood(|x, weights, means, deviations| {
        let at = |value: f64| {
            (0..weights.len())
                .map(|k| weights[k] * density(value, means[k], deviations[k]))
                .sum::<f64>()
        };
        x.iter().take(4).map(|&value| at(value).ln()).sum()
    });
    assert!(
        told(&check).starts_with(
            "The log-likelihood of nine points is that of four of them plus that of the other five."
        ),
        "{check}"
    );
    // Points below -1 are moved there.
    let check = new_mean(|x, responsibility| {
        let pairs = x.iter().zip(responsibility);
        let sum: f64 = pairs.map(|(x, r)| r * x.max(-1.0)).sum();
        sum / responsibility.iter().sum::<f64>()
    });
    assert!(
        told(&check).starts_with("When every point x becomes 3 - 2x, so does the mean: from "),
        "{check}"
    );
    // Points below -2 are moved there.
    let check = new_standard_deviation(|x, responsibility, _, new_mean| {
        let pairs = x.iter().zip(responsibility);
        let sum: f64 = pairs
            .map(|(x, r)| r * (x.max(-2.0) - new_mean).powi(2))
            .sum();
        (sum / responsibility.iter().sum::<f64>()).sqrt()
    });
    assert!(
        told(&check).starts_with(
            "When every point x becomes 3 - 2x, the points are spread twice as widely: from "
        ),
        "{check}"
    );
    let check = new_weight(|responsibility| {
        let known: &[f64] = if responsibility.len() == 7 {
            &responsibility[..6]
        } else {
            responsibility
        };
        known.iter().sum::<f64>() / known.len() as f64 * 0.75_f64.powi(i32::from(known.len() == 6))
    });
    assert!(
        told(&check).starts_with("The weights of all components sum to 1. Yours, for a random mixture of three, sum to 0.75"),
        "{check}"
    );
}
