//! The theorems of EM, for each of the fourteen covariance models; and mclust's numbers for iris, from equal starts.

mod common;

use common::{Golden, LONG_SUMS, OFFSET, ROUNDING, assert_close, assert_near, assert_same};
use em_lab::{
    Collapse, CovarianceModel, Em, Fit, GaussianMixture, Regularization, Start, Statistics, m_step,
    random, with_threads,
};
use ndarray::{Array2, Axis, array, s};

/// mclust's closed forms, printed with fifteen digits.
const CLOSED_FORM: f64 = 1e-7;
/// mclust's iterations stop earlier than ours.
const OTHER_ITERATION: f64 = 1e-6;
/// Where an M-step iterates: its objective is flat at the top, so that an end of equal height lies half as many digits apart.
const ITERATED: f64 = 1e-6;

const ITERATING: [CovarianceModel; 5] = [
    CovarianceModel::Vei,
    CovarianceModel::Vee,
    CovarianceModel::Eve,
    CovarianceModel::Vve,
    CovarianceModel::Vev,
];

/// How far apart two ways to the same model may end, in units of its standard deviations.
fn precision(model: CovarianceModel) -> f64 {
    if ITERATING.contains(&model) {
        ITERATED
    } else {
        ROUNDING
    }
}

/// Samples of three slanted components in three dimensions, `spread` of their standard deviations apart, and where each is from.
fn samples(n_samples: usize, spread: f64, seed: u64) -> (Array2<f64>, Vec<usize>) {
    let means = array![[0.0, 0.0, 0.0], [1.0, 0.5, -1.0], [-0.5, 1.0, 1.0]] * spread;
    let covariances = array![
        [[1.0, 0.5, 0.0], [0.5, 2.0, 0.3], [0.0, 0.3, 0.5]],
        [[0.3, -0.1, 0.0], [-0.1, 0.4, 0.1], [0.0, 0.1, 0.9]],
        [[2.0, 0.0, -0.6], [0.0, 0.7, 0.0], [-0.6, 0.0, 1.0]]
    ];
    let mixture = GaussianMixture::new(&[0.5, 0.3, 0.2], means, covariances).unwrap();
    let sample = mixture.sample(n_samples, seed).unwrap();
    (sample.x, sample.labels)
}

/// EM of exactly so many iterations, without regularization.
fn exactly(n_iterations: usize, model: CovarianceModel) -> Em {
    Em::new(3)
        .covariance_model(model)
        .regularization(Regularization::None)
        .max_iterations(n_iterations)
        .tolerance(0.0)
}

#[track_caller]
fn assert_same_fit(found: &Fit, expected: &Fit, tolerance: f64) {
    assert_same(&found.model, &expected.model, tolerance);
    assert_eq!(found.n_iterations(), expected.n_iterations());
    let traces = found.log_likelihoods.iter().zip(&expected.log_likelihoods);
    for (found, expected) in traces {
        assert_near(*found, *expected, tolerance * expected.abs());
    }
}

fn iris() -> (Golden, Array2<f64>, Vec<usize>) {
    let golden = Golden::read("mclust_iris_3.json");
    let x = golden.matrix("data");
    // The first fifty are of one species, the next of another.
    let species: Vec<usize> = (0..150).map(|n| n / 50).collect();
    let labels: Vec<f64> = species.iter().map(|k| (k + 1) as f64).collect();
    assert_eq!(golden.vector("start_labels").to_vec(), labels);
    (golden, x, species)
}

#[test]
fn m_steps_agree_with_mclust() {
    let (golden, x, species) = iris();
    // Q, the expected log-likelihood at the start labels, which an M-step maximises.
    let objective = |model: &GaussianMixture| {
        let logs = model.component_log_density(&x).unwrap() + &model.weights().ln();
        let each = species.iter().enumerate().map(|(n, &k)| logs[[n, k]]);
        each.sum::<f64>()
    };
    for model in CovarianceModel::ALL {
        let golden = golden.entry("models", "model", model.name());
        let em = exactly(0, model).start(Start::Labels(species.clone()));
        let found = em.fit(&x).unwrap();
        let golden_parameters = golden.number("n_parameters");
        assert_near(found.model.n_parameters() as f64, golden_parameters, 0.0);
        assert_eq!(found.model.covariance_model(), model);

        let golden = golden.within("m_step");
        let (weights, means) = (golden.vector("weights"), golden.matrix("means"));
        let covariances = golden.cube("covariances");
        assert_close(found.model.weights(), &weights, CLOSED_FORM);
        assert_close(found.model.means(), &means, CLOSED_FORM);
        if ITERATING.contains(&model) {
            let weights = (&weights / weights.sum()).to_vec();
            let golden = objective(&GaussianMixture::new(&weights, means, covariances).unwrap());
            let found = objective(&found.model);
            assert!(
                found >= golden - OTHER_ITERATION,
                "{model}: {found} < {golden}"
            );
        } else {
            assert_close(found.model.covariances(), &covariances, CLOSED_FORM);
            assert_near(
                found.log_likelihood(),
                golden.number("log_likelihood"),
                CLOSED_FORM,
            );
        }
    }
}

#[test]
fn converged_log_likelihoods_are_at_least_those_of_mclust() {
    let (golden, x, species) = iris();
    for model in CovarianceModel::ALL {
        let golden = golden.entry("models", "model", model.name());
        let golden = golden.within("converged");
        let em = exactly(20_000, model).start(Start::Labels(species.clone()));
        let fit = em.tolerance(1e-13).fit(&x).unwrap();
        assert!(fit.converged(), "{model}: {}", fit.stop);
        let (found, expected) = (fit.log_likelihood(), golden.number("log_likelihood"));
        assert!(
            found >= expected - OTHER_ITERATION,
            "{model}: {found} < {expected}"
        );
        // Its BIC is the negative of ours.
        let difference = fit.model.bic(&x).unwrap() + golden.number("bic");
        assert_near(difference, 2.0 * (expected - found), OTHER_ITERATION);
    }
}

#[test]
fn log_likelihood_never_decreases() {
    // Components that overlap, so that there is something to climb.
    let (x, _) = samples(300, 2.0, 1);
    let starts = [
        Start::KMeans,
        Start::RandomPoints,
        Start::RandomResponsibilities,
    ];
    for model in CovarianceModel::ALL {
        for (seed, start) in (0..6).zip(starts.iter().cycle()) {
            let em = exactly(100, model).start(start.clone()).seed(seed);
            let fit = em.fit(&x).unwrap();
            assert_eq!(fit.n_iterations(), 100, "{model}: {}", fit.stop);
            for pair in fit.log_likelihoods.windows(2) {
                assert!(
                    pair[1] >= pair[0] - 1e-12 * pair[0].abs(),
                    "{model}, seed {seed}: {} after {}",
                    pair[1],
                    pair[0]
                );
            }
        }
    }
}

#[test]
fn shifting_and_scaling_x_shifts_and_scales_the_model() {
    let (x, labels) = samples(500, 8.0, 2);
    for model in CovarianceModel::ALL {
        for regularization in [Regularization::None, Regularization::default()] {
            let fit = |x: &Array2<f64>| {
                let start = Start::Labels(labels.clone());
                let em = exactly(6, model).start(start);
                em.regularization(regularization).fit(x).unwrap()
            };
            let plain = fit(&x);
            for (factor, shift) in [
                (1.0, 1e8),
                (1.0, -1e8),
                (1e-6, 0.0),
                (1e6, 0.0),
                (2.5, -300.0),
            ] {
                let moved = fit(&(&x * factor + shift));
                let covariances = moved.model.covariances() / (factor * factor);
                let means = (moved.model.means() - shift) / factor;
                let deviations = plain.model.standard_deviations();
                let means = (means - plain.model.means()) / &deviations;
                assert!(means.iter().all(|d| d.abs() < OFFSET), "{model}: {means}");
                assert_close(moved.model.weights(), plain.model.weights(), OFFSET);
                for ((k, i, j), found) in covariances.indexed_iter() {
                    let unit = deviations[[k, i]] * deviations[[k, j]];
                    let expected = plain.model.covariances()[[k, i, j]];
                    assert_near(found / unit, expected / unit, OFFSET);
                }
                // The density has the inverse unit of the volume.
                let units = 1_500.0 * f64::ln(factor);
                let traces = moved.log_likelihoods.iter().zip(&plain.log_likelihoods);
                for (found, expected) in traces {
                    assert_near(found + units, *expected, OFFSET * 500.0);
                }
            }
        }
    }
}

#[test]
fn integer_weights_are_duplicates_and_zero_weight_is_absence() {
    let (x, labels) = samples(400, 4.0, 3);
    let copies: Vec<usize> = (0..400).map(|n| n * n % 4).collect();
    let rows: Vec<usize> = (0..400).flat_map(|n| vec![n; copies[n]]).collect();
    let repeated = x.select(Axis(0), &rows);
    let repeated_labels: Vec<usize> = rows.iter().map(|&n| labels[n]).collect();
    let weights: Vec<f64> = copies.iter().map(|&n| n as f64).collect();
    // What does not count may lie anywhere.
    let mut anywhere = x.clone();
    for n in (0..400).filter(|&n| copies[n] == 0) {
        anywhere
            .row_mut(n)
            .fill(if n % 3 == 0 { 1e200 } else { -7e7 });
    }
    for model in CovarianceModel::ALL {
        let em = exactly(8, model).start(Start::Labels(labels.clone()));
        let weighted = em.fit_weighted(&x, &weights).unwrap();
        assert_eq!(em.fit_weighted(&anywhere, &weights).unwrap(), weighted);
        let start = Start::Labels(repeated_labels.clone());
        let duplicated = em.clone().start(start).fit(&repeated).unwrap();
        assert_same_fit(&weighted, &duplicated, precision(model));
        // Weights of one are none, and only their proportions shape the model.
        let plain = em.fit(&x).unwrap();
        assert_eq!(em.fit_weighted(&x, &[1.0; 400]).unwrap(), plain, "{model}");
        for unit in [1e-150, 0.3, 1e150] {
            let scaled = em.fit_weighted(&x, &[unit; 400]).unwrap();
            assert_same(&scaled.model, &plain.model, precision(model));
            let found = scaled.log_likelihood() / unit;
            assert_near(found, plain.log_likelihood(), LONG_SUMS);
        }
    }
}

#[test]
fn a_stream_in_chunks_of_any_size_is_the_whole() {
    let (x, labels) = samples(300, 4.0, 4);
    for model in CovarianceModel::ALL {
        let em = exactly(5, model);
        let start = exactly(0, model).start(Start::Labels(labels.clone()));
        let em = em.start(Start::Model(start.fit(&x).unwrap().model));
        let whole = em.fit(&x).unwrap();
        for size in [1, 7, 64, 100, 299, 300, 1_000] {
            let chunks = || x.axis_chunks_iter(Axis(0), size).map(|c| Ok(c.to_owned()));
            let stream = em.fit_chunks(chunks).unwrap();
            assert_same_fit(&stream, &whole, precision(model));
        }
    }
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let (x, labels) = samples(900, 4.0, 5);
    let keys = random::uniform(900, 0.0, 1.0, 1).unwrap();
    let mut order: Vec<usize> = (0..900).collect();
    order.sort_by(|&a, &b| keys[a].total_cmp(&keys[b]));
    let reversed: Vec<usize> = (0..900).rev().collect();
    for model in CovarianceModel::ALL {
        let fit = |rows: &[usize]| {
            let labels = rows.iter().map(|&n| labels[n]).collect();
            let em = exactly(9, model).start(Start::Labels(labels));
            em.fit(&x.select(Axis(0), rows)).unwrap()
        };
        let plain = fit(&(0..900).collect::<Vec<_>>());
        for rows in [&order, &reversed] {
            assert_same_fit(&fit(rows), &plain, precision(model));
        }
    }
}

#[test]
fn same_bits_on_any_number_of_threads() {
    let (x, labels) = samples(3_000, 3.0, 6);
    let weights = random::uniform(3_000, 0.0, 2.0, 1).unwrap();
    for model in CovarianceModel::ALL {
        let work = || {
            let em = exactly(3, model).start(Start::Labels(labels.clone()));
            let fit = em.fit(&x).unwrap();
            let chunks = || x.axis_chunks_iter(Axis(0), 1_100).map(|c| Ok(c.to_owned()));
            let runs = em.clone().start(Start::KMeans).runs(3);
            let stream = em.clone().start(Start::Model(fit.model.clone()));
            (
                em.fit_weighted(&x, &weights).unwrap(),
                stream.fit_chunks(chunks).unwrap(),
                runs.fit(&x).unwrap(),
                fit.model.statistics(&x).unwrap(),
                fit,
            )
        };
        let one = with_threads(1, work);
        for threads in [2, 3, 8] {
            assert!(
                with_threads(threads, work) == one,
                "{model}, {threads} threads"
            );
        }
    }
}

#[test]
fn interrupted_and_resumed_is_uninterrupted() {
    let (x, labels) = samples(300, 3.0, 7);
    for model in CovarianceModel::ALL {
        let whole = exactly(9, model).start(Start::Labels(labels.clone()));
        let whole = whole.fit(&x).unwrap();
        let first = exactly(4, model).start(Start::Labels(labels.clone()));
        let first = first.fit(&x).unwrap();
        let second = exactly(5, model).start(Start::Model(first.model));
        let second = second.fit(&x).unwrap();
        assert_eq!(second.model, whole.model, "{model}");
        assert_eq!(
            second.log_likelihoods,
            whole.log_likelihoods[4..],
            "{model}"
        );
    }
}

#[test]
fn statistics_of_parts_merge_into_an_iteration_on_the_whole() {
    let (x, labels) = samples(500, 3.0, 8);
    for model in CovarianceModel::ALL {
        let start = exactly(0, model).start(Start::Labels(labels.clone()));
        let start = start.fit(&x).unwrap().model;
        let mut merged = start.statistics(&x.slice(s![..130, ..])).unwrap();
        for rows in [s![130..131, ..], s![131..400, ..], s![400.., ..]] {
            merged
                .merge(&start.statistics(&x.slice(rows)).unwrap())
                .unwrap();
        }
        assert_near(merged.total_weight(), 500.0, ROUNDING);
        let whole = start.statistics(&x).unwrap();
        assert_near(merged.log_likelihood(), whole.log_likelihood(), LONG_SUMS);
        let step =
            |statistics: &Statistics| statistics.m_step(model, Regularization::None).unwrap();
        assert_same(&step(&merged), &step(&whole), precision(model));
    }
}

#[test]
fn a_model_of_one_kind_is_a_start_for_any_other() {
    let (x, labels) = samples(300, 3.0, 9);
    for first in CovarianceModel::ALL {
        let start = exactly(0, first).start(Start::Labels(labels.clone()));
        let start = start.fit(&x).unwrap().model;
        // All that the next M-step is to see of the start are the responsibilities.
        let responsibilities = start.responsibilities(&x).unwrap();
        for model in CovarianceModel::ALL {
            // From axes of their own these go a few sweeps towards the best ones in each iteration, not all the way.
            if first == model && [CovarianceModel::Eve, CovarianceModel::Vve].contains(&model) {
                continue;
            }
            let on = exactly(1, model).start(Start::Model(start.clone()));
            let from = exactly(0, model).start(Start::Responsibilities(responsibilities.clone()));
            let (found, expected) = (on.fit(&x).unwrap(), from.fit(&x).unwrap());
            assert_same(&found.model, &expected.model, precision(model));
            let (found, expected) = (found.log_likelihood(), expected.log_likelihood());
            assert_near(found, expected, precision(model) * expected.abs());
        }
    }
}

#[test]
fn a_policy_for_collapses_changes_nothing_where_none_collapses() {
    let (x, labels) = samples(300, 4.0, 10);
    for model in CovarianceModel::ALL {
        for start in [Start::Labels(labels.clone()), Start::RandomPoints] {
            let em = exactly(5, model).start(start);
            let plain = em.fit(&x).unwrap();
            for policy in [
                Collapse::Regularize(0.5),
                Collapse::Floor(0.5),
                Collapse::Restart,
            ] {
                assert_eq!(em.clone().collapse(policy).fit(&x).unwrap(), plain);
            }
        }
    }
}

#[test]
fn one_component_is_the_m_step_of_everything() {
    let (x, _) = samples(257, 1.0, 11);
    let full = m_step(&x, &Array2::ones((257, 1)), Regularization::None).unwrap();
    for model in CovarianceModel::ALL {
        let em = Em::new(1)
            .covariance_model(model)
            .regularization(Regularization::None);
        let fit = em.fit(&x).unwrap();
        assert!(fit.converged() && fit.n_iterations() == 1, "{model}");
        assert_close(fit.model.means(), full.means(), ROUNDING);
        let variances = |model: &GaussianMixture| model.standard_deviations().mapv(|s| s * s);
        let (found, expected) = (variances(&fit.model), variances(&full));
        assert_near(found.sum(), expected.sum(), ROUNDING);
        assert_eq!(fit.model.n_parameters(), 3 + model.n_parameters(1, 3));
    }
}
