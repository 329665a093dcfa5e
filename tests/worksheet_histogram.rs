//! Worksheet 3, the fit from a histogram: each misconception is called by its name, and right answers of any kind pass.
#![cfg(all(feature = "worksheet", unix))]

use em_lab::worksheet::image_segmentation::fit_histogram;
use em_lab::worksheet::{Check, Verdict};
use em_lab::{Em, GaussianMixture, Regularization, Result, Start, column};
use std::f64::consts::PI;

/// The name of the mistake that was found.
fn mistake(check: &Check) -> &str {
    match check.verdict() {
        Verdict::Misconception { name, .. } => name,
        other => panic!("{other:?}"),
    }
}

fn density(x: f64, mean: f64, standard_deviation: f64) -> f64 {
    let distance = (x - mean) / standard_deviation;
    (-0.5 * distance * distance).exp() / (standard_deviation * (2.0 * PI).sqrt())
}

#[test]
fn a_stub_is_not_done() {
    assert_eq!(
        fit_histogram(|_, _, _| todo!()).verdict(),
        &Verdict::NotDone
    );
}

fn levels(counts: &[f64]) -> Vec<f64> {
    (0..counts.len()).map(|level| level as f64).collect()
}

fn average(values: &[f64], shares: &[f64]) -> f64 {
    let sum: f64 = values
        .iter()
        .zip(shares)
        .map(|(value, share)| value * share)
        .sum();
    sum / shares.iter().sum::<f64>()
}

/// The loop of the notebook: what an answer gets wrong, it gets wrong in the M-step of one component or in the E-step.
fn em(
    counts: &[f64],
    levels: &[f64],
    start: &GaussianMixture,
    n_iterations: usize,
    e_step: impl Fn(&GaussianMixture, usize, f64) -> f64,
    m_step: impl Fn(&[f64], &[f64], &GaussianMixture, usize) -> [f64; 3],
) -> Result<GaussianMixture> {
    let mut model = start.clone();
    for _ in 0..n_iterations {
        let mut lists: [Vec<f64>; 3] = Default::default();
        for k in 0..start.n_components() {
            let r: Vec<f64> = levels
                .iter()
                .map(|&level| e_step(&model, k, level))
                .collect();
            let pixels: Vec<f64> = r.iter().zip(counts).map(|(r, c)| r * c).collect();
            let parameters = m_step(&r, &pixels, &model, k);
            for (list, parameter) in lists.iter_mut().zip(parameters) {
                list.push(parameter);
            }
        }
        model = GaussianMixture::univariate(&lists[0], &lists[1], &lists[2])?;
    }
    Ok(model)
}

fn responsibility(model: &GaussianMixture, k: usize, level: f64) -> f64 {
    model.responsibilities(&column(&[level])).unwrap()[[0, k]]
}

/// Weight, mean and standard deviation.
fn updated(levels: &[f64], pixels: &[f64], n_pixels: f64) -> [f64; 3] {
    let mean = average(levels, pixels);
    let squares: Vec<f64> = levels.iter().map(|level| (level - mean).powi(2)).collect();
    [
        pixels.iter().sum::<f64>() / n_pixels,
        mean,
        average(&squares, pixels).sqrt(),
    ]
}

#[test]
fn histograms_fitted_rightly() {
    let by_sums = fit_histogram(|counts, start, n| {
        let (levels, total) = (levels(counts), counts.iter().sum());
        em(
            counts,
            &levels,
            start,
            n,
            responsibility,
            |_, pixels, _, _| updated(&levels, pixels, total),
        )
    });
    // Matrix products, and the variance as the mean of the squares less the square of the mean.
    let by_matrices = fit_histogram(|counts, start, n| {
        let levels = levels(counts);
        let mut model = start.clone();
        for _ in 0..n {
            let mut pixels = model.responsibilities(&column(&levels))?;
            for (mut row, count) in pixels.rows_mut().into_iter().zip(counts) {
                row *= *count;
            }
            let sums = pixels.sum_axis(ndarray::Axis(0));
            let x = ndarray::Array1::from(levels.clone());
            let means = pixels.t().dot(&x) / &sums;
            let squares = pixels.t().dot(&(&x * &x)) / &sums;
            let deviations = (squares - &means * &means).mapv(f64::sqrt);
            let weights = &sums / sums.sum();
            model = GaussianMixture::univariate(
                &weights.to_vec(),
                &means.to_vec(),
                &deviations.to_vec(),
            )?;
        }
        Ok(model)
    });
    let by_weighted_fit = fit_histogram(|counts, start, n| {
        let em = Em::new(start.n_components())
            .start(Start::Model(start.clone()))
            .regularization(Regularization::None)
            .tolerance(0.0)
            .max_iterations(n);
        Ok(em.fit_weighted(&column(&levels(counts)), counts)?.model)
    });
    // Only levels that occur, densities by hand.
    let by_hand = fit_histogram(|counts, start, n| {
        let seen: Vec<(f64, f64)> = levels(counts)
            .into_iter()
            .zip(counts.to_vec())
            .filter(|level| level.1 > 0.0)
            .collect();
        let mut weights = start.weights().to_vec();
        let mut means = start.means().column(0).to_vec();
        let mut deviations = start.standard_deviations().column(0).to_vec();
        for _ in 0..n {
            let mut sums = vec![[0.0; 3]; weights.len()];
            for &(level, count) in &seen {
                let joint: Vec<f64> = (0..weights.len())
                    .map(|k| weights[k] * density(level, means[k], deviations[k]))
                    .collect();
                for (sum, share) in sums.iter_mut().zip(&joint) {
                    let pixels = count * share / joint.iter().sum::<f64>();
                    *sum = [
                        sum[0] + pixels,
                        sum[1] + pixels * level,
                        sum[2] + pixels * level * level,
                    ];
                }
            }
            let all: f64 = counts.iter().sum();
            for (k, [n_k, first, second]) in sums.into_iter().enumerate() {
                weights[k] = n_k / all;
                means[k] = first / n_k;
                deviations[k] = (second / n_k - means[k] * means[k]).sqrt();
            }
        }
        GaussianMixture::univariate(&weights, &means, &deviations)
    });
    for check in [by_sums, by_matrices, by_weighted_fit, by_hand] {
        assert!(check.is_done(), "{check}");
    }
}

#[test]
fn mistakes_with_counts() {
    let none = fit_histogram(|counts, start, n| {
        let levels = levels(counts);
        em(counts, &levels, start, n, responsibility, |r, _, _, _| {
            updated(&levels, r, counts.len() as f64)
        })
    });
    assert_eq!(mistake(&none), "counts forgotten");
    let weights = fit_histogram(|counts, start, n| {
        let (levels, total) = (levels(counts), counts.iter().sum());
        em(
            counts,
            &levels,
            start,
            n,
            responsibility,
            |r, pixels, _, _| {
                let [_, mean, deviation] = updated(&levels, pixels, total);
                [r.iter().sum::<f64>() / r.len() as f64, mean, deviation]
            },
        )
    });
    assert_eq!(mistake(&weights), "counts forgotten in the weights");
    let variance = fit_histogram(|counts, start, n| {
        let (levels, total) = (levels(counts), counts.iter().sum());
        em(
            counts,
            &levels,
            start,
            n,
            responsibility,
            |r, pixels, _, _| {
                let [weight, mean, _] = updated(&levels, pixels, total);
                let squares: Vec<f64> = levels.iter().map(|level| (level - mean).powi(2)).collect();
                [weight, mean, average(&squares, r).sqrt()]
            },
        )
    });
    assert_eq!(mistake(&variance), "counts forgotten in the variance");
    let from_one = fit_histogram(|counts, start, n| {
        let levels: Vec<f64> = (1..=counts.len()).map(|level| level as f64).collect();
        let total = counts.iter().sum();
        em(
            counts,
            &levels,
            start,
            n,
            responsibility,
            |_, pixels, _, _| updated(&levels, pixels, total),
        )
    });
    assert_eq!(mistake(&from_one), "grey levels counted from 1");
}

#[test]
fn mistakes_of_em_on_a_histogram() {
    let no_root = fit_histogram(|counts, start, n| {
        let (levels, total) = (levels(counts), counts.iter().sum());
        em(
            counts,
            &levels,
            start,
            n,
            responsibility,
            |_, pixels, _, _| {
                let [weight, mean, deviation] = updated(&levels, pixels, total);
                [weight, mean, deviation.powi(2)]
            },
        )
    });
    assert_eq!(mistake(&no_root), "variance for standard deviation");
    let old_mean = fit_histogram(|counts, start, n| {
        let (levels, total) = (levels(counts), counts.iter().sum());
        em(
            counts,
            &levels,
            start,
            n,
            responsibility,
            |_, pixels, model, k| {
                let [weight, mean, _] = updated(&levels, pixels, total);
                let old = model.means()[[k, 0]];
                let squares: Vec<f64> = levels.iter().map(|level| (level - old).powi(2)).collect();
                [weight, mean, average(&squares, pixels).sqrt()]
            },
        )
    });
    assert_eq!(mistake(&old_mean), "old mean in the new variance");
    let from_start = fit_histogram(|counts, start, n| {
        let (levels, total) = (levels(counts), counts.iter().sum());
        let e_step = |_: &GaussianMixture, k: usize, level: f64| responsibility(start, k, level);
        em(counts, &levels, start, n, e_step, |_, pixels, _, _| {
            updated(&levels, pixels, total)
        })
    });
    assert_eq!(mistake(&from_start), "every iteration from the start");
    let hard = fit_histogram(|counts, start, n| {
        let (levels, total) = (levels(counts), counts.iter().sum());
        let e_step = |model: &GaussianMixture, k: usize, level: f64| {
            f64::from(u8::from(model.predict(&column(&[level])).unwrap()[0] == k))
        };
        em(counts, &levels, start, n, e_step, |_, pixels, _, _| {
            updated(&levels, pixels, total)
        })
    });
    assert_eq!(mistake(&hard), "hard instead of soft assignments");
    let unweighted = fit_histogram(|counts, start, n| {
        let (levels, total) = (levels(counts), counts.iter().sum());
        let e_step = |model: &GaussianMixture, k: usize, level: f64| {
            let densities = model
                .component_log_density(&column(&[level]))
                .unwrap()
                .mapv(f64::exp);
            densities[[0, k]] / densities.sum()
        };
        em(counts, &levels, start, n, e_step, |_, pixels, _, _| {
            updated(&levels, pixels, total)
        })
    });
    assert_eq!(
        mistake(&unweighted),
        "weights forgotten in the responsibilities"
    );
    let old_weights = fit_histogram(|counts, start, n| {
        let (levels, total) = (levels(counts), counts.iter().sum());
        em(
            counts,
            &levels,
            start,
            n,
            responsibility,
            |_, pixels, model, k| {
                let [_, mean, deviation] = updated(&levels, pixels, total);
                [model.weights()[k], mean, deviation]
            },
        )
    });
    assert_eq!(mistake(&old_weights), "weights kept from the start");
}

#[test]
fn an_error_and_a_wrong_number_of_components_are_told() {
    let sums = fit_histogram(|counts, start, n| {
        let levels = levels(counts);
        em(
            counts,
            &levels,
            start,
            n,
            responsibility,
            |_, pixels, _, _| updated(&levels, pixels, 1.0),
        )
    });
    let text = sums.to_string();
    assert!(
        text.contains("The function returned an error for counts 4, 0, 0, 0, 0 and 1"),
        "{text}"
    );
    let as_levels = fit_histogram(|counts, start, n| {
        em(counts, counts, start, n, responsibility, |r, _, _, _| {
            updated(counts, r, counts.len() as f64)
        })
    });
    // No formula for this one: components of so few values collapse, and the crate says so.
    assert!(
        as_levels.to_string().contains("A standard deviation is 0"),
        "{as_levels}"
    );
    let one =
        fit_histogram(|_, _, _| GaussianMixture::univariate(&[0.5, 0.5], &[1.0, 2.0], &[1.0, 1.0]));
    assert!(
        one.to_string()
            .contains("The answer has the shape (2, 3) for counts 4, 0, 0, 0, 0 and 1"),
        "{one}"
    );
    let unchanged = fit_histogram(|_, start, _| Ok(start.clone()));
    assert!(
        unchanged
            .to_string()
            .contains("2 where 1 was expected at component 0, mean is the first difference"),
        "{unchanged}"
    );
}
