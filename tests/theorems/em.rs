//! EM and its two steps.

use super::mixture;
use crate::common::{LONG_SUMS, OFFSET, ROUNDING, assert_close, assert_near};
use em_lab::{
    Em, Fit, GaussianMixture, Regularization, Start, Stop, accuracy, adjusted_rand_index, column,
    e_step, m_step, synthetic,
};
use ndarray::{Array2, Axis, concatenate, s};

#[test]
fn log_likelihood_never_decreases() {
    let x = mixture().sample(400, 1).unwrap().x;
    for seed in 0..20 {
        for start in [
            Start::KMeans,
            Start::RandomPoints,
            Start::RandomResponsibilities,
        ] {
            let em = Em::new(3)
                .start(start)
                .seed(seed)
                .regularization(Regularization::None)
                .max_iterations(60)
                .tolerance(0.0);
            let trace = em.fit(&x).unwrap().log_likelihoods;
            for pair in trace.windows(2) {
                assert!(
                    pair[1] >= pair[0] - 1e-10 * pair[0].abs(),
                    "seed {seed}: {} after {}",
                    pair[1],
                    pair[0]
                );
            }
        }
    }
}

#[test]
fn entry_t_of_the_trace_is_the_log_likelihood_of_model_t() {
    let x = synthetic::two_dimensions().x;
    let fit = Em::new(2)
        .start(Start::RandomPoints)
        .seed(3)
        .keep_steps()
        .fit(&x)
        .unwrap();
    assert_eq!(fit.steps.len(), fit.log_likelihoods.len());
    for (step, expected) in fit.steps.iter().zip(&fit.log_likelihoods) {
        let expectation = e_step(&step.model, &x).unwrap();
        assert_near(expectation.log_likelihood, *expected, ROUNDING);
        assert_eq!(expectation.responsibilities, step.responsibilities);
        assert_near(step.model.log_likelihood(&x).unwrap(), *expected, ROUNDING);
    }
    assert_eq!(fit.steps.last().unwrap().model, fit.model);
}

#[test]
fn one_component_is_the_sample_mean_and_covariance() {
    let x = mixture().sample(1000, 5).unwrap().x;
    let model = m_step(&x, &Array2::ones((1000, 1)), Regularization::None).unwrap();
    let mean = x.mean_axis(Axis(0)).unwrap();
    assert_close(&model.means().row(0).to_owned(), &mean, ROUNDING);
    let centred = &x - &mean;
    let covariance = centred.t().dot(&centred) / 1000.0;
    assert_close(
        &model.covariances().index_axis(Axis(0), 0).to_owned(),
        &covariance,
        ROUNDING,
    );
    let ridge = m_step(&x, &Array2::ones((1000, 1)), Regularization::Absolute(0.5)).unwrap();
    let added = &ridge.covariances().index_axis(Axis(0), 0) - &covariance;
    assert_close(&added, &(Array2::eye(4) * 0.5), ROUNDING);
}

#[test]
fn relative_regularization_is_a_share_of_the_mean_variance() {
    let x = mixture().sample(700, 5).unwrap().x;
    let responsibilities = mixture().responsibilities(&x).unwrap();
    let mean_variance = x.var_axis(Axis(0), 0.0).mean().unwrap();
    let relative = m_step(&x, &responsibilities, Regularization::Relative(1e-2)).unwrap();
    let absolute = m_step(
        &x,
        &responsibilities,
        Regularization::Absolute(1e-2 * mean_variance),
    )
    .unwrap();
    assert_close(relative.covariances(), absolute.covariances(), ROUNDING);
}

#[test]
fn m_step_maximizes_the_expected_log_likelihood() {
    let x = synthetic::two_dimensions().x;
    let responsibilities = synthetic::two_dimensions().responsibilities;
    let expected = |model: &GaussianMixture| {
        let logs = model.component_log_density(&x).unwrap() + &model.weights().ln();
        (&logs * &responsibilities).sum()
    };
    let best = m_step(&x, &responsibilities, Regularization::None).unwrap();
    let moved = |weight: f64, mean: f64, covariance: [f64; 3]| {
        let weights: Vec<f64> = best
            .weights()
            .iter()
            .zip([weight, -weight])
            .map(|(w, d)| w + d)
            .collect();
        let mut means = best.means().clone();
        means[[0, 1]] += mean;
        let mut covariances = best.covariances().clone();
        covariances[[1, 0, 0]] += covariance[0];
        covariances[[1, 1, 1]] += covariance[1];
        covariances[[1, 0, 1]] += covariance[2];
        covariances[[1, 1, 0]] += covariance[2];
        GaussianMixture::new(&weights, means, covariances).unwrap()
    };
    for sign in [-0.01, 0.01] {
        for other in [
            moved(sign, 0.0, [0.0; 3]),
            moved(0.0, sign, [0.0; 3]),
            moved(0.0, 0.0, [sign, 0.0, 0.0]),
            moved(0.0, 0.0, [0.0, sign, 0.0]),
            moved(0.0, 0.0, [0.0, 0.0, sign]),
        ] {
            assert!(expected(&other) < expected(&best));
        }
    }
}

#[test]
fn shifting_and_scaling_x_shifts_and_scales_the_model() {
    let sample = mixture().sample(900, 8).unwrap();
    let fit = |x: &Array2<f64>| {
        let em = Em::new(3)
            .start(Start::Labels(sample.labels.clone()))
            .max_iterations(5)
            .tolerance(0.0);
        em.fit(x).unwrap().model
    };
    let plain = fit(&sample.x);
    for (factor, shift) in [(1.0, 1e8), (1e-6, 0.0), (1e6, 0.0), (2.5, -300.0)] {
        let moved = fit(&(&sample.x * factor + shift));
        assert_close(moved.weights(), plain.weights(), OFFSET);
        assert_close(&((moved.means() - shift) / factor), plain.means(), OFFSET);
        assert_close(
            &(moved.covariances() / (factor * factor)),
            plain.covariances(),
            OFFSET,
        );
    }
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let sample = mixture().sample(1200, 4).unwrap();
    let reversed = sample.x.slice(s![..;-1, ..]).to_owned();
    let labels: Vec<usize> = sample.labels.iter().rev().copied().collect();
    let fit = |x: &Array2<f64>, labels: Vec<usize>| {
        Em::new(3)
            .start(Start::Labels(labels))
            .max_iterations(9)
            .fit(x)
            .unwrap()
    };
    let (forward, backward) = (fit(&sample.x, sample.labels), fit(&reversed, labels));
    assert_close(forward.model.means(), backward.model.means(), ROUNDING);
    assert_close(
        forward.model.covariances(),
        backward.model.covariances(),
        ROUNDING,
    );
}

#[test]
fn duplicated_rows_change_nothing() {
    let sample = mixture().sample(600, 2).unwrap();
    let twice = concatenate(Axis(0), &[sample.x.view(), sample.x.view()]).unwrap();
    let labels = [sample.labels.clone(), sample.labels.clone()].concat();
    let once = Em::new(3)
        .start(Start::Labels(sample.labels))
        .max_iterations(7)
        .tolerance(0.0)
        .fit(&sample.x)
        .unwrap();
    let twice = Em::new(3)
        .start(Start::Labels(labels))
        .max_iterations(7)
        .tolerance(0.0)
        .fit(&twice)
        .unwrap();
    assert_close(
        once.model.covariances(),
        twice.model.covariances(),
        ROUNDING,
    );
    assert_near(
        2.0 * once.log_likelihood(),
        twice.log_likelihood(),
        LONG_SUMS,
    );
}

#[test]
fn em_recovers_separated_components_and_more_runs_are_never_worse() {
    let model = mixture();
    let sample = model.sample(3000, 9).unwrap();
    let one = Em::new(3)
        .start(Start::RandomResponsibilities)
        .seed(4)
        .fit(&sample.x)
        .unwrap();
    let ten = Em::new(3)
        .start(Start::RandomResponsibilities)
        .seed(4)
        .runs(10)
        .fit(&sample.x)
        .unwrap();
    assert!(ten.log_likelihood() >= one.log_likelihood());
    let fit = Em::new(3).seed(1).runs(3).fit(&sample.x).unwrap();
    assert!(fit.converged());
    let found = fit.model.predict(&sample.x).unwrap();
    assert!(adjusted_rand_index(&sample.labels, &found).unwrap() > 0.99);
    assert!(accuracy(&sample.labels, &found).unwrap() > 0.995);
}

#[test]
fn interrupted_and_resumed_is_uninterrupted() {
    let x = synthetic::two_dimensions().x;
    let em = |n| Em::new(2).tolerance(0.0).max_iterations(n);
    let whole = em(9).start(Start::RandomPoints).fit(&x).unwrap();
    let first = em(4).start(Start::RandomPoints).fit(&x).unwrap();
    let second = em(5).start(Start::Model(first.model)).fit(&x).unwrap();
    assert_eq!(second.model, whole.model);
    assert_eq!(second.log_likelihoods, whole.log_likelihoods[4..]);
}

#[test]
fn no_iteration_returns_the_start() {
    let start = synthetic::two_dimensions_model();
    let fit = Em::new(2)
        .start(Start::Model(start.clone()))
        .max_iterations(0)
        .fit(&synthetic::two_dimensions().x)
        .unwrap();
    assert_eq!(
        (fit.model, fit.stop, fit.log_likelihoods.len()),
        (start, Stop::MaxIterations, 1)
    );
}

#[test]
fn a_collapse_keeps_the_last_good_model() {
    let x = column(&[0.0, 1.0, 2.0, 3.0, 4.0, 50.0]);
    let start = GaussianMixture::univariate(&[0.5, 0.5], &[2.0, 50.0], &[1.0, 0.1]).unwrap();
    let em = Em::new(2).start(Start::Model(start.clone()));
    let fit = em
        .clone()
        .regularization(Regularization::None)
        .fit(&x)
        .unwrap();
    assert!(
        matches!(
            fit.stop,
            Stop::Failed(em_lab::Error::Collapsed { component: 1, .. })
        ),
        "{}",
        fit.stop
    );
    assert_eq!(fit.model, start);
    assert!(fit.log_likelihood().is_finite());
    assert!(em.fit(&x).unwrap().converged());
}

#[test]
fn a_failed_run_is_not_better_than_one_that_ends_well() {
    // Most random starts among these few points end in a collapse, at a log-likelihood far above that of a good fit.
    let x = column(&[0.0, 0.1, 0.2, 0.3, 5.0, 5.1, 5.2, 5.3, 9.0]);
    let em = Em::new(3)
        .start(Start::RandomPoints)
        .regularization(Regularization::None)
        .max_iterations(200);
    let alone: Vec<_> = (0..30)
        .map(|seed| em.clone().seed(seed).fit(&x).unwrap())
        .collect();
    assert!(alone.iter().any(|fit| matches!(fit.stop, Stop::Failed(_))));
    assert!(alone.iter().any(Fit::converged));
    for seed in 0..5 {
        let best = em.clone().seed(seed).runs(30).fit(&x).unwrap();
        assert!(best.converged(), "{}", best.stop);
    }
}
