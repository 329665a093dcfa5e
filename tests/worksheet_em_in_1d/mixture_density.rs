use super::{assert_diagnosed, assert_done, density};
use em_lab::worksheet::em_in_1d::mixture_density as check;
use em_lab::{GaussianMixture, column};
use ndarray::{Array1, Array2, aview1};

fn loops(grid: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> Vec<f64> {
    let mut values = vec![0.0; grid.len()];
    for i in 0..grid.len() {
        for k in 0..weights.len() {
            values[i] += weights[k] * density(grid[i], means[k], deviations[k]);
        }
    }
    values
}

fn component_by_component(
    grid: &[f64],
    weights: &[f64],
    means: &[f64],
    deviations: &[f64],
) -> Vec<f64> {
    let mut values = Array1::<f64>::zeros(grid.len());
    for ((weight, mean), deviation) in weights.iter().zip(means).zip(deviations) {
        let z = (&aview1(grid) - *mean) / *deviation;
        let normal = (-0.5 * &z * &z).exp() / (deviation * (2.0 * std::f64::consts::PI).sqrt());
        values = values + *weight * normal;
    }
    values.to_vec()
}

fn iterators(grid: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> Vec<f64> {
    let at = |value: f64| {
        let parameters = weights.iter().zip(means).zip(deviations);
        parameters.fold(0.0, |sum, ((weight, &mean), &deviation)| {
            sum + weight * density(value, mean, deviation)
        })
    };
    grid.iter().map(|&value| at(value)).collect()
}

fn a_product_of_matrices(
    grid: &[f64],
    weights: &[f64],
    means: &[f64],
    deviations: &[f64],
) -> Vec<f64> {
    let densities = Array2::from_shape_fn((grid.len(), weights.len()), |(i, k)| {
        density(grid[i], means[k], deviations[k])
    });
    densities.dot(&aview1(weights)).to_vec()
}

fn in_log_space(grid: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> Vec<f64> {
    let model = GaussianMixture::univariate(weights, means, deviations).unwrap();
    let log_density = model.log_density(&column(grid)).unwrap();
    log_density.iter().map(|value| value.exp()).collect()
}

#[test]
fn right_answers_are_done() {
    assert_done(&[
        check(loops),
        check(component_by_component),
        check(iterators),
        check(a_product_of_matrices),
        check(in_log_space),
    ]);
}

/// The sum over the components of a term, at each value.
fn sums(grid: &[f64], n_components: usize, term: impl Fn(f64, usize) -> f64) -> Vec<f64> {
    let mut values = Vec::new();
    for &value in grid {
        let mut total = 0.0;
        for k in 0..n_components {
            total += term(value, k);
        }
        values.push(total);
    }
    values
}

fn averaged(grid: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> Vec<f64> {
    let (mut mean, mut deviation) = (0.0, 0.0);
    for k in 0..weights.len() {
        mean += weights[k] * means[k];
        deviation += weights[k] * deviations[k];
    }
    grid.iter().map(|&v| density(v, mean, deviation)).collect()
}

fn averaged_variances(
    grid: &[f64],
    weights: &[f64],
    means: &[f64],
    deviations: &[f64],
) -> Vec<f64> {
    let (mut mean, mut variance) = (0.0, 0.0);
    for k in 0..weights.len() {
        mean += weights[k] * means[k];
        variance += weights[k] * deviations[k] * deviations[k];
    }
    grid.iter()
        .map(|&v| density(v, mean, variance.sqrt()))
        .collect()
}

fn replaced(grid: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> Vec<f64> {
    let mut values = vec![0.0; grid.len()];
    for i in 0..grid.len() {
        for k in 0..weights.len() {
            values[i] = weights[k] * density(grid[i], means[k], deviations[k]);
        }
    }
    values
}

fn multiplied(grid: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> Vec<f64> {
    let mut values = vec![1.0; grid.len()];
    for (i, &v) in grid.iter().enumerate() {
        for k in 0..weights.len() {
            values[i] *= weights[k] * density(v, means[k], deviations[k]);
        }
    }
    values
}

fn largest(grid: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> Vec<f64> {
    let mut values = vec![0.0_f64; grid.len()];
    for (i, &v) in grid.iter().enumerate() {
        for k in 0..weights.len() {
            values[i] = values[i].max(weights[k] * density(v, means[k], deviations[k]));
        }
    }
    values
}

fn by_component(grid: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> Vec<f64> {
    let mut values = vec![0.0; weights.len()];
    for k in 0..weights.len() {
        for &v in grid {
            values[k] += weights[k] * density(v, means[k], deviations[k]);
        }
    }
    values
}

fn sum_to_1(grid: &[f64], weights: &[f64], means: &[f64], deviations: &[f64]) -> Vec<f64> {
    let values = loops(grid, weights, means, deviations);
    let total: f64 = values.iter().sum();
    values.iter().map(|value| value / total).collect()
}

#[test]
fn each_misconception_is_found() {
    assert_diagnosed(&[
        (
            "weights forgotten",
            check(|x, w, m, s| sums(x, w.len(), |v, k| density(v, m[k], s[k]))),
        ),
        (
            "a plain average of the components",
            check(|x, w, m, s| sums(x, w.len(), |v, k| density(v, m[k], s[k]) / w.len() as f64)),
        ),
        (
            "variance for standard deviation",
            check(|x, w, m, s| sums(x, w.len(), |v, k| w[k] * density(v, m[k], s[k].powi(2)))),
        ),
        (
            "root of the standard deviation",
            check(|x, w, m, s| sums(x, w.len(), |v, k| w[k] * density(v, m[k], s[k].sqrt()))),
        ),
        ("a product of the components", check(multiplied)),
        ("only the largest component", check(largest)),
        (
            "only the first component",
            check(|x, w, m, s| x.iter().map(|&v| w[0] * density(v, m[0], s[0])).collect()),
        ),
        ("only the last component", check(replaced)),
        ("the parameters averaged", check(averaged)),
        (
            "the means and the variances averaged",
            check(averaged_variances),
        ),
        (
            "the factor 1 / (σₖ √(2π)) forgotten",
            check(|x, w, m, s| {
                sums(x, w.len(), |v, k| {
                    w[k] * (-(v - m[k]).powi(2) / (2.0 * s[k].powi(2))).exp()
                })
            }),
        ),
        (
            "the logarithm of the density",
            check(|x, w, m, s| loops(x, w, m, s).iter().map(|p| p.ln()).collect()),
        ),
        ("values that sum to 1", check(sum_to_1)),
        ("the sum over the wrong index", check(by_component)),
    ]);
}
