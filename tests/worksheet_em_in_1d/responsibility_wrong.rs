use super::{assert_diagnosed, density};
use em_lab::worksheet::em_in_1d::responsibility as check;

/// What a component gives to a point, and what all of them do.
fn part(v: f64, j: usize, w: &[f64], m: &[f64], s: &[f64]) -> f64 {
    w[j] * density(v, m[j], s[j])
}

fn total(v: f64, w: &[f64], m: &[f64], s: &[f64]) -> f64 {
    (0..w.len()).map(|j| part(v, j, w, m, s)).sum()
}

fn right(x: &[f64], k: usize, w: &[f64], m: &[f64], s: &[f64]) -> Vec<f64> {
    x.iter()
        .map(|&v| part(v, k, w, m, s) / total(v, w, m, s))
        .collect()
}

fn weights_forgotten(x: &[f64], k: usize, w: &[f64], m: &[f64], s: &[f64]) -> Vec<f64> {
    let mut answer = Vec::new();
    for &v in x {
        let mut sum = 0.0;
        for j in 0..w.len() {
            sum += density(v, m[j], s[j]);
        }
        answer.push(density(v, m[k], s[k]) / sum);
    }
    answer
}

fn over_the_points(x: &[f64], k: usize, w: &[f64], m: &[f64], s: &[f64]) -> Vec<f64> {
    let parts: Vec<f64> = x.iter().map(|&v| part(v, k, w, m, s)).collect();
    let sum: f64 = parts.iter().sum();
    parts.iter().map(|p| p / sum).collect()
}

fn over_everything(x: &[f64], k: usize, w: &[f64], m: &[f64], s: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    for &v in x {
        for j in 0..w.len() {
            sum += part(v, j, w, m, s);
        }
    }
    x.iter().map(|&v| part(v, k, w, m, s) / sum).collect()
}

fn by_the_largest(x: &[f64], k: usize, w: &[f64], m: &[f64], s: &[f64]) -> Vec<f64> {
    let largest = |v: f64| {
        (0..w.len())
            .map(|j| part(v, j, w, m, s))
            .fold(0.0, f64::max)
    };
    x.iter()
        .map(|&v| part(v, k, w, m, s) / largest(v))
        .collect()
}

fn numerator_only(x: &[f64], k: usize, w: &[f64], m: &[f64], s: &[f64]) -> Vec<f64> {
    let sum = |v: f64| (0..w.len()).map(|j| density(v, m[j], s[j])).sum::<f64>();
    x.iter().map(|&v| part(v, k, w, m, s) / sum(v)).collect()
}

fn variances(x: &[f64], k: usize, w: &[f64], m: &[f64], s: &[f64]) -> Vec<f64> {
    let squares: Vec<f64> = s.iter().map(|s| s.powi(2)).collect();
    right(x, k, w, m, &squares)
}

fn roots(x: &[f64], k: usize, w: &[f64], m: &[f64], s: &[f64]) -> Vec<f64> {
    let roots: Vec<f64> = s.iter().map(|s| s.sqrt()).collect();
    right(x, k, w, m, &roots)
}

fn without_the_factor(x: &[f64], k: usize, w: &[f64], m: &[f64], s: &[f64]) -> Vec<f64> {
    let bell = |v: f64, j: usize| w[j] * (-(v - m[j]).powi(2) / (2.0 * s[j] * s[j])).exp();
    x.iter()
        .map(|&v| bell(v, k) / (0..w.len()).map(|j| bell(v, j)).sum::<f64>())
        .collect()
}

fn hard(x: &[f64], k: usize, w: &[f64], m: &[f64], s: &[f64]) -> Vec<f64> {
    let mut answer = Vec::new();
    for &v in x {
        let mut best = true;
        for j in 0..w.len() {
            if part(v, j, w, m, s) > part(v, k, w, m, s) {
                best = false;
            }
        }
        answer.push(if best { 1.0 } else { 0.0 });
    }
    answer
}

fn odds(x: &[f64], k: usize, w: &[f64], m: &[f64], s: &[f64]) -> Vec<f64> {
    let mut answer = Vec::new();
    for &v in x {
        let mut others = 0.0;
        for j in 0..w.len() {
            if j != k {
                others += part(v, j, w, m, s);
            }
        }
        answer.push(part(v, k, w, m, s) / others);
    }
    answer
}

fn k_in_the_sum(x: &[f64], k: usize, w: &[f64], m: &[f64], s: &[f64]) -> Vec<f64> {
    let mut answer = Vec::new();
    for &v in x {
        let mut sum = 0.0;
        for _ in 0..w.len() {
            sum += w[k] * density(v, m[k], s[k]);
        }
        answer.push(w[k] * density(v, m[k], s[k]) / sum);
    }
    answer
}

fn density_of_k_in_the_sum(x: &[f64], k: usize, w: &[f64], m: &[f64], s: &[f64]) -> Vec<f64> {
    let mut answer = Vec::new();
    for &v in x {
        let mut sum = 0.0;
        for weight in w {
            sum += weight * density(v, m[k], s[k]);
        }
        answer.push(w[k] * density(v, m[k], s[k]) / sum);
    }
    answer
}

fn without_exp(x: &[f64], k: usize, w: &[f64], m: &[f64], s: &[f64]) -> Vec<f64> {
    x.iter()
        .map(|&v| part(v, k, w, m, s).ln() - total(v, w, m, s).ln())
        .collect()
}

fn logarithms_divided(x: &[f64], k: usize, w: &[f64], m: &[f64], s: &[f64]) -> Vec<f64> {
    let sum = |v: f64| (0..w.len()).map(|j| part(v, j, w, m, s).ln()).sum::<f64>();
    x.iter()
        .map(|&v| part(v, k, w, m, s).ln() / sum(v))
        .collect()
}

fn softmax(x: &[f64], k: usize, w: &[f64], m: &[f64], s: &[f64]) -> Vec<f64> {
    let sum = |v: f64| (0..w.len()).map(|j| part(v, j, w, m, s).exp()).sum::<f64>();
    x.iter()
        .map(|&v| part(v, k, w, m, s).exp() / sum(v))
        .collect()
}

#[test]
fn each_misconception_is_found() {
    assert_diagnosed(&[
        ("weights forgotten", check(weights_forgotten)),
        (
            "not normalised",
            check(|x, k, w, m, s| x.iter().map(|&v| part(v, k, w, m, s)).collect()),
        ),
        (
            "weights forgotten and not normalised",
            check(|x, k, _, m, s| x.iter().map(|&v| density(v, m[k], s[k])).collect()),
        ),
        ("normalised over the points", check(over_the_points)),
        (
            "normalised over points and components",
            check(over_everything),
        ),
        ("normalised by the largest", check(by_the_largest)),
        ("weights in the numerator only", check(numerator_only)),
        (
            "weights in the sum only",
            check(|x, k, w, m, s| {
                let share = |v| density(v, m[k], s[k]) / total(v, w, m, s);
                x.iter().map(|&v| share(v)).collect()
            }),
        ),
        ("variance for standard deviation", check(variances)),
        ("root of the standard deviation", check(roots)),
        ("the factor 1 / σₖ forgotten", check(without_the_factor)),
        ("a hard assignment", check(hard)),
        ("odds in place of a probability", check(odds)),
        ("component k in every term of the sum", check(k_in_the_sum)),
        (
            "the density of component k in every term of the sum",
            check(density_of_k_in_the_sum),
        ),
        (
            "component 0 whatever k is",
            check(|x, _, w, m, s| right(x, 0, w, m, s)),
        ),
        (
            "the responsibility of the other components",
            check(|x, k, w, m, s| right(x, k, w, m, s).iter().map(|r| 1.0 - r).collect()),
        ),
        ("the logarithm of the responsibility", check(without_exp)),
        ("logarithms divided", check(logarithms_divided)),
        ("a softmax of the densities", check(softmax)),
    ]);
}
