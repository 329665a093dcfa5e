use super::{assert_diagnosed, assert_done, density};
use em_lab::worksheet::em_in_1d::log_likelihood as check;
use em_lab::{GaussianMixture, column};
use ndarray::{Array2, aview1};

/// The densities of the mixture at the points, in plain loops.
fn densities(x: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> Vec<f64> {
    let mut values = Vec::new();
    for &value in x {
        let mut total = 0.0;
        for k in 0..weights.len() {
            total += weights[k] * density(value, means[k], deviations[k]);
        }
        values.push(total);
    }
    values
}

fn loops(x: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> f64 {
    let mut sum = 0.0;
    for total in densities(x, weights, means, deviations) {
        sum += total.ln();
    }
    sum
}

fn iterators(x: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> f64 {
    let parts = |value: f64| {
        let parameters = weights.iter().zip(means).zip(deviations);
        parameters.map(move |((w, m), s)| w * density(value, *m, *s))
    };
    x.iter().map(|&v| parts(v).sum::<f64>().ln()).sum()
}

fn in_log_space(x: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> f64 {
    let half_log_two_pi = 0.5 * (2.0 * std::f64::consts::PI).ln();
    let mut sum = 0.0;
    for &value in x {
        let logs: Vec<f64> = (0..weights.len())
            .map(|k| {
                let z = (value - means[k]) / deviations[k];
                weights[k].ln() - deviations[k].ln() - half_log_two_pi - 0.5 * z * z
            })
            .collect();
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        sum += largest + logs.iter().map(|l| (l - largest).exp()).sum::<f64>().ln();
    }
    sum
}

fn a_product_of_matrices(x: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> f64 {
    let each = Array2::from_shape_fn((x.len(), weights.len()), |(n, k)| {
        density(x[n], means[k], deviations[k])
    });
    each.dot(&aview1(weights)).ln().sum()
}

/// A change of base and back.
fn in_base_two(x: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> f64 {
    let values = densities(x, weights, means, deviations);
    values.iter().map(|p| p.log2()).sum::<f64>() * std::f64::consts::LN_2
}

fn the_crate(x: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> f64 {
    let model = GaussianMixture::univariate(weights, means, deviations).unwrap();
    model.log_likelihood(&column(x)).unwrap()
}

#[test]
fn right_answers_are_done() {
    assert_done(&[
        check(loops),
        check(iterators),
        check(in_log_space),
        check(a_product_of_matrices),
        check(in_base_two),
        check(the_crate),
    ]);
}

/// The sum over points and components of a term.
fn double_sum(x: &[f64], n_components: usize, term: impl Fn(f64, usize) -> f64) -> f64 {
    let mut sum = 0.0;
    for &value in x {
        for k in 0..n_components {
            sum += term(value, k);
        }
    }
    sum
}

fn weights_forgotten(x: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> f64 {
    let mut sum = 0.0;
    for &value in x {
        let mut total = 0.0;
        for k in 0..weights.len() {
            total += density(value, means[k], deviations[k]);
        }
        sum += total.ln();
    }
    sum
}

fn product(x: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> f64 {
    let mut likelihood = 1.0;
    for total in densities(x, weights, means, deviations) {
        likelihood *= total;
    }
    likelihood
}

fn exchanged(x: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> f64 {
    let mut sum = 0.0;
    for k in 0..weights.len() {
        let mut total = 0.0;
        for &value in x {
            total += weights[k] * density(value, means[k], deviations[k]);
        }
        sum += total.ln();
    }
    sum
}

fn squared(x: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> f64 {
    let variances: Vec<f64> = deviations.iter().map(|s| s * s).collect();
    loops(x, weights, means, &variances)
}

fn largest(x: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> f64 {
    let mut sum = 0.0;
    for &value in x {
        let mut best: f64 = 0.0;
        for k in 0..weights.len() {
            best = best.max(weights[k] * density(value, means[k], deviations[k]));
        }
        sum += best.ln();
    }
    sum
}

fn with_responsibilities(x: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> f64 {
    let totals = densities(x, weights, means, deviations);
    let mut sum = 0.0;
    for (&value, total) in x.iter().zip(totals) {
        for k in 0..weights.len() {
            let part = weights[k] * density(value, means[k], deviations[k]);
            sum += part / total * part.ln();
        }
    }
    sum
}

#[test]
fn each_misconception_is_found() {
    assert_diagnosed(&[
        (
            "the sum of the logs",
            check(|x, w, m, s| double_sum(x, w.len(), |v, k| (w[k] * density(v, m[k], s[k])).ln())),
        ),
        (
            "weights outside the logarithm",
            check(|x, w, m, s| double_sum(x, w.len(), |v, k| w[k] * density(v, m[k], s[k]).ln())),
        ),
        ("weights forgotten", check(weights_forgotten)),
        (
            "the logarithm forgotten",
            check(|x, w, m, s| double_sum(x, w.len(), |v, k| w[k] * density(v, m[k], s[k]))),
        ),
        ("the likelihood itself", check(product)),
        (
            "the logarithm of a product that is too small",
            check(|x, w, m, s| product(x, w, m, s).ln()),
        ),
        (
            "the logarithm of the sum over points",
            check(|x, w, m, s| densities(x, w, m, s).iter().sum::<f64>().ln()),
        ),
        ("the two sums exchanged", check(exchanged)),
        (
            "a mean in place of the sum",
            check(|x, w, m, s| loops(x, w, m, s) / x.len() as f64),
        ),
        ("the sign reversed", check(|x, w, m, s| -loops(x, w, m, s))),
        (
            "another base of the logarithm",
            check(|x, w, m, s| densities(x, w, m, s).iter().map(|p| p.log10()).sum()),
        ),
        ("variance for standard deviation", check(squared)),
        ("only the largest component of each point", check(largest)),
        (
            "responsibilities before the logarithm",
            check(with_responsibilities),
        ),
    ]);
}
