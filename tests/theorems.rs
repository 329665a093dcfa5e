//! What must hold for any data: definitions and theorems, not the formulas a second time.

mod common;

use common::{LONG_SUMS, OFFSET, ROUNDING, SAMPLING, assert_close, assert_near};
use em_lab::{
    Em, Fit, GaussianMixture, KMeans, Keep, Pca, Regularization, Start, Stop, accuracy,
    adjusted_rand_index, column, confusion_matrix, e_step, m_step, match_components, synthetic,
    with_threads,
};
use ndarray::{Array1, Array2, Array3, Axis, array, concatenate, s};
use statrs::distribution::{Continuous, Normal};

/// Three well separated, correlated components in four dimensions.
fn mixture() -> GaussianMixture {
    let means = array![
        [0.0, 0.0, 0.0, 0.0],
        [8.0, 0.0, 8.0, 0.0],
        [0.0, 9.0, 0.0, 9.0]
    ];
    let covariance = |slant: f64| {
        Array2::from_shape_fn((4, 4), |(i, j)| {
            slant.powi(i.abs_diff(j).try_into().unwrap())
        })
    };
    let covariances = [0.5, -0.3, 0.7].map(covariance);
    let views: Vec<_> = covariances.iter().map(|c| c.view()).collect();
    GaussianMixture::new(
        &[0.5, 0.3, 0.2],
        means,
        ndarray::stack(Axis(0), &views).unwrap(),
    )
    .unwrap()
}

#[test]
fn log_density_of_one_dimension_is_that_of_statrs() {
    let model = synthetic::r_lab_model();
    let parts = [
        (0.7, Normal::new(0.0, 1.0).unwrap()),
        (0.3, Normal::new(4.0, 0.75).unwrap()),
    ];
    let points = [-3.0, 0.0, 1.7, 4.0, 6.5];
    for (x, found) in points
        .iter()
        .zip(model.log_density(&column(&points)).unwrap())
    {
        let expected: f64 = parts
            .iter()
            .map(|(weight, normal)| weight * normal.pdf(*x))
            .sum();
        assert_near(found, expected.ln(), ROUNDING);
    }
}

#[test]
fn density_integrates_to_one() {
    let model = synthetic::two_dimensions_model();
    let step = 0.05;
    let grid = Array2::from_shape_fn((400 * 400, 2), |(n, d)| {
        step * [n / 400, n % 400][d] as f64 - 8.0
    });
    let sum: f64 = model.log_density(&grid).unwrap().exp().sum();
    assert_near(sum * step * step, 1.0, ROUNDING);
}

#[test]
fn log_density_is_finite_in_500_dimensions() {
    let n_features = 500;
    let covariance =
        Array3::from_shape_fn(
            (1, n_features, n_features),
            |(_, i, j)| if i == j { 1e-4 } else { 0.0 },
        );
    let model = GaussianMixture::new(&[1.0], Array2::zeros((1, n_features)), covariance).unwrap();
    let found = model.log_density(&Array2::zeros((1, n_features))).unwrap()[0];
    let expected = -0.5 * n_features as f64 * (2.0 * std::f64::consts::PI * 1e-4).ln();
    assert_near(found, expected, ROUNDING * expected.abs());
}

#[test]
fn responsibilities_are_shares_even_of_samples_far_from_everything() {
    let x = array![[0.0, 0.0], [1e3, -1e3], [1e200, 0.0], [-1e8, 1e8]];
    let responsibilities = synthetic::two_dimensions_model()
        .responsibilities(&x)
        .unwrap();
    assert!(responsibilities.iter().all(|r| (0.0..=1.0).contains(r)));
    assert_close(
        &responsibilities.sum_axis(Axis(1)),
        &Array1::ones(4),
        ROUNDING,
    );
}

#[test]
fn predict_is_the_largest_responsibility() {
    let sample = mixture().sample(500, 3).unwrap();
    let responsibilities = mixture().responsibilities(&sample.x).unwrap();
    for (row, label) in responsibilities
        .rows()
        .into_iter()
        .zip(mixture().predict(&sample.x).unwrap())
    {
        assert!(row.iter().all(|&r| r <= row[label]));
    }
}

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
fn same_bits_on_any_number_of_threads_in_many_dimensions() {
    // Wide enough for matrix products in place of loops.
    let x = Array2::from_shape_vec(
        (5_000, 20),
        em_lab::random::uniform(100_000, -1.0, 1.0, 3).unwrap(),
    )
    .unwrap();
    let wide = x.slice(s![..15, ..]).to_owned();
    let work = || {
        let fit = Em::new(3)
            .start(Start::RandomPoints)
            .max_iterations(5)
            .fit(&x)
            .unwrap();
        (
            fit,
            Pca::fit(&x, Keep::All).unwrap(),
            Pca::fit(&wide, Keep::All).unwrap(),
        )
    };
    let one = with_threads(1, work);
    for threads in [2, 3, 8] {
        assert!(with_threads(threads, work) == one, "{threads} threads");
    }
}

#[test]
fn same_bits_on_any_number_of_threads() {
    let x = mixture().sample(20_000, 6).unwrap().x;
    let work = || {
        let fit = Em::new(3).runs(2).max_iterations(5).fit(&x).unwrap();
        let pca = Pca::fit(&x, Keep::Count(2)).unwrap();
        let scores = pca.transform(&x).unwrap();
        (
            fit.model.log_density(&x).unwrap(),
            fit,
            pca,
            scores,
            KMeans::fit(&x, 4, 1).unwrap(),
        )
    };
    let one = with_threads(1, work);
    for threads in [2, 3, 8] {
        assert!(with_threads(threads, work) == one, "{threads} threads");
    }
}

#[test]
fn same_seed_same_numbers_and_other_seed_other_numbers() {
    let model = mixture();
    assert_eq!(model.sample(50, 1).unwrap(), model.sample(50, 1).unwrap());
    assert_ne!(model.sample(50, 1).unwrap(), model.sample(50, 2).unwrap());
    let x = model.sample(300, 1).unwrap().x;
    for start in [
        Start::KMeans,
        Start::RandomPoints,
        Start::RandomResponsibilities,
    ] {
        let fit = |seed| {
            Em::new(3)
                .start(start.clone())
                .seed(seed)
                .max_iterations(0)
                .fit(&x)
                .unwrap()
        };
        assert_eq!(fit(1), fit(1));
    }
    let start = |seed| {
        Em::new(3)
            .start(Start::RandomPoints)
            .seed(seed)
            .max_iterations(0)
            .fit(&x)
            .unwrap()
    };
    assert_ne!(start(1), start(2));
}

#[test]
fn a_sample_has_the_moments_of_its_model() {
    let model = mixture();
    let sample = model.sample(40_000, 11).unwrap();
    for k in 0..3 {
        let rows: Vec<usize> = (0..40_000).filter(|&n| sample.labels[n] == k).collect();
        assert_near(rows.len() as f64 / 40_000.0, model.weights()[k], SAMPLING);
        let part = sample.x.select(Axis(0), &rows);
        let moments = m_step(&part, &Array2::ones((rows.len(), 1)), Regularization::None).unwrap();
        assert_close(
            &moments.means().row(0).to_owned(),
            &model.means().row(k).to_owned(),
            SAMPLING,
        );
        let covariance = model.covariances().index_axis(Axis(0), k).to_owned();
        assert_close(
            &moments.covariances().index_axis(Axis(0), 0).to_owned(),
            &covariance,
            SAMPLING,
        );
        let alone = model.sample_component(k, 10_000, 5).unwrap();
        assert_close(
            &alone.mean_axis(Axis(0)).unwrap(),
            &model.means().row(k).to_owned(),
            SAMPLING,
        );
    }
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
fn parameters_are_counted() {
    assert_eq!(synthetic::one_dimension_model().n_parameters(), 5);
    assert_eq!(synthetic::two_dimensions_model().n_parameters(), 11);
    assert_eq!(mixture().n_parameters(), 2 + 12 + 30);
    let x = mixture().sample(100, 1).unwrap().x;
    let l = mixture().log_likelihood(&x).unwrap();
    assert_near(mixture().aic(&x).unwrap(), 88.0 - 2.0 * l, ROUNDING);
    assert_near(
        mixture().bic(&x).unwrap(),
        44.0 * 100.0_f64.ln() - 2.0 * l,
        ROUNDING,
    );
}

#[test]
fn independent_features_add_their_log_densities() {
    // Up to six features take one path through the code and more take another.
    for n_features in [1, 2, 5, 6, 7, 8, 30] {
        let means = Array2::from_shape_fn((1, n_features), |(_, d)| d as f64);
        let covariances = Array3::from_shape_fn((1, n_features, n_features), |(_, i, j)| {
            if i == j { (i + 1) as f64 } else { 0.0 }
        });
        let model = GaussianMixture::new(&[1.0], means, covariances).unwrap();
        let x = Array2::from_shape_fn((5, n_features), |(n, d)| 0.3 * n as f64 - 0.1 * d as f64);
        for (row, found) in x.rows().into_iter().zip(model.log_density(&x).unwrap()) {
            let normal = |d: usize| Normal::new(d as f64, ((d + 1) as f64).sqrt()).unwrap();
            let expected: f64 = row
                .iter()
                .enumerate()
                .map(|(d, &value)| normal(d).ln_pdf(value))
                .sum();
            assert_near(found, expected, ROUNDING);
        }
    }
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

#[test]
fn precisions_are_inverse_covariances() {
    let model = mixture();
    for (covariance, upper) in model
        .covariances()
        .outer_iter()
        .zip(model.precisions_cholesky().outer_iter())
    {
        assert_close(
            &upper.dot(&upper.t()).dot(&covariance),
            &Array2::eye(4),
            ROUNDING,
        );
        assert!(upper.indexed_iter().all(|((i, j), &v)| i <= j || v == 0.0));
    }
}

#[test]
fn principal_components_are_orthonormal_eigenvectors() {
    let x = mixture().sample(500, 7).unwrap().x;
    let pca = Pca::fit(&x, Keep::All).unwrap();
    let w = pca.components();
    assert_close(&w.dot(&w.t()), &Array2::eye(4), ROUNDING);
    let centred = &x - pca.mean();
    let covariance = centred.t().dot(&centred) / 499.0;
    assert_close(
        &covariance.dot(&w.t()),
        &(&w.t() * pca.explained_variance()),
        ROUNDING,
    );
    assert_close(
        &pca.singular_values().mapv(|s| s * s / 499.0),
        pca.explained_variance(),
        ROUNDING,
    );
    assert_near(pca.explained_variance_ratio().sum(), 1.0, ROUNDING);
    assert_near(
        pca.explained_variance().sum(),
        x.var_axis(Axis(0), 1.0).sum(),
        ROUNDING,
    );
    assert_near(pca.noise_variance(), 0.0, ROUNDING);
    let scores = pca.transform(&x).unwrap();
    assert_close(
        &scores.var_axis(Axis(0), 1.0),
        pca.explained_variance(),
        ROUNDING,
    );
    assert_close(&pca.inverse_transform(&scores).unwrap(), &x, ROUNDING);
    for row in w.rows() {
        let largest = row
            .iter()
            .copied()
            .max_by(|a, b| a.abs().total_cmp(&b.abs()))
            .unwrap();
        assert!(
            largest > 0.0,
            "each component's loading of largest magnitude is positive"
        );
    }
}

#[test]
fn truncated_ratios_sum_to_less_than_one_and_the_noise_is_the_mean_of_the_rest() {
    let x = mixture().sample(500, 7).unwrap().x;
    let all = Pca::fit(&x, Keep::All).unwrap();
    let two = Pca::fit(&x, Keep::Count(2)).unwrap();
    assert!(two.explained_variance_ratio().sum() < 1.0);
    assert_near(
        two.noise_variance(),
        all.explained_variance().slice(s![2..]).mean().unwrap(),
        ROUNDING,
    );
    let truncated = all.truncate(2).unwrap();
    assert_close(truncated.components(), two.components(), ROUNDING);
    assert_near(truncated.noise_variance(), two.noise_variance(), ROUNDING);
    let share = all.explained_variance_ratio().slice(s![..2]).sum();
    assert_eq!(
        Pca::fit(&x, Keep::Variance(share - 1e-6)).unwrap().n_kept(),
        2
    );
    assert_eq!(
        Pca::fit(&x, Keep::Variance(share + 1e-6)).unwrap().n_kept(),
        3
    );
    assert_eq!(Pca::fit(&x, Keep::Variance(1.0)).unwrap().n_kept(), 4);
}

#[test]
fn whitened_scores_have_unit_covariance() {
    let x = mixture().sample(500, 7).unwrap().x;
    let white = Pca::fit(&x, Keep::Count(3)).unwrap().whiten(&x).unwrap();
    assert_close(&(white.t().dot(&white) / 499.0), &Array2::eye(3), ROUNDING);
    assert_close(
        &white.mean_axis(Axis(0)).unwrap(),
        &Array1::zeros(3),
        ROUNDING,
    );
}

#[test]
fn principal_components_do_not_mind_an_offset() {
    let x = mixture().sample(500, 7).unwrap().x;
    let (near, far) = (
        Pca::fit(&x, Keep::All).unwrap(),
        Pca::fit(&(&x + 1e8), Keep::All).unwrap(),
    );
    assert_close(near.explained_variance(), far.explained_variance(), OFFSET);
    assert_close(near.components(), far.components(), OFFSET);
}

#[test]
fn all_components_of_fewer_samples_than_features_are_orthonormal_and_keep_everything() {
    let wide = Array2::from_shape_vec(
        (10, 30),
        em_lab::random::uniform(300, -1.0, 1.0, 3).unwrap(),
    )
    .unwrap();
    let pca = Pca::fit(&wide, Keep::All).unwrap();
    assert_eq!(pca.n_kept(), 9, "ten points span nine directions");
    assert_close(
        &pca.components().dot(&pca.components().t()),
        &Array2::eye(9),
        ROUNDING,
    );
    assert_close(
        &pca.inverse_transform(&pca.transform(&wide).unwrap())
            .unwrap(),
        &wide,
        ROUNDING,
    );
}

#[test]
fn fewer_samples_than_features_give_the_same_components() {
    // Ten rows of thirty columns; repeating the rows four times leads to the other way of computing the same.
    let wide = Array2::from_shape_vec(
        (10, 30),
        em_lab::random::uniform(300, -1.0, 1.0, 3).unwrap(),
    )
    .unwrap();
    let tall = concatenate(
        Axis(0),
        &[wide.view(), wide.view(), wide.view(), wide.view()],
    )
    .unwrap();
    let (a, b) = (
        Pca::fit(&wide, Keep::Count(9)).unwrap(),
        Pca::fit(&tall, Keep::Count(9)).unwrap(),
    );
    assert_close(a.components(), b.components(), LONG_SUMS);
    assert_close(
        &a.explained_variance_ratio(),
        &b.explained_variance_ratio(),
        ROUNDING,
    );
    assert_close(
        &a.inverse_transform(&a.transform(&wide).unwrap()).unwrap(),
        &wide,
        ROUNDING,
    );
}

#[test]
fn matching_and_rand_index_do_not_mind_names() {
    let classes = [0, 0, 0, 1, 1, 2, 2, 2, 2];
    let components = [2, 2, 0, 0, 0, 1, 1, 1, 2];
    assert_near(
        accuracy(&classes, &components).unwrap(),
        7.0 / 9.0,
        ROUNDING,
    );
    let renamed = components.map(|k| (k + 1) % 3);
    assert_near(accuracy(&classes, &renamed).unwrap(), 7.0 / 9.0, ROUNDING);
    let index = adjusted_rand_index(&classes, &components).unwrap();
    assert_near(
        index,
        adjusted_rand_index(&classes, &renamed).unwrap(),
        ROUNDING,
    );
    assert_near(
        index,
        adjusted_rand_index(&components, &classes).unwrap(),
        ROUNDING,
    );
    assert_near(
        adjusted_rand_index(&classes, &classes).unwrap(),
        1.0,
        ROUNDING,
    );
    assert_near(
        adjusted_rand_index(&[0, 0, 0], &[1, 1, 1]).unwrap(),
        1.0,
        ROUNDING,
    );
    assert_eq!(confusion_matrix(&classes, &components).unwrap().sum(), 9);
}

#[test]
fn matching_is_best_over_all_permutations() {
    let counts = Array2::from_shape_fn((4, 4), |(i, j)| (7 * i + 5 * j * j + i * j * 3) % 11);
    let total = |p: &[usize]| -> usize {
        p.iter()
            .enumerate()
            .map(|(k, &class)| counts[[class, k]])
            .sum()
    };
    let found: Vec<usize> = match_components(&counts)
        .unwrap()
        .into_iter()
        .map(Option::unwrap)
        .collect();
    let all = (0..256)
        .map(|n| [n % 4, n / 4 % 4, n / 16 % 4, n / 64])
        .filter(|p| (0..4).all(|c| p.contains(&c)));
    assert_eq!(total(&found), all.map(|p| total(&p)).max().unwrap());
    // More classes than components: each component still has a class.
    assert!(
        match_components(&counts.slice(s![.., ..2]).to_owned())
            .unwrap()
            .iter()
            .all(Option::is_some)
    );
}

#[test]
fn rand_index_of_a_known_table() {
    // Hubert and Arabie's formula by hand: table [[1, 1], [0, 2]], so sum C(n, 2) = 1, A = 2, B = 3, E = 6 / 6.
    assert_near(
        adjusted_rand_index(&[0, 0, 1, 1], &[0, 1, 1, 1]).unwrap(),
        0.0,
        ROUNDING,
    );
}

#[test]
fn clusters_are_nearest_centroids_and_centroids_are_means() {
    let sample = mixture().sample(800, 13).unwrap();
    let clusters = KMeans::fit(&sample.x, 3, 2).unwrap();
    assert!(adjusted_rand_index(&sample.labels, &clusters.labels).unwrap() > 0.99);
    let mut inertia = 0.0;
    for (row, &label) in sample.x.rows().into_iter().zip(&clusters.labels) {
        let distance = |k: usize| (&row - &clusters.centroids.row(k)).mapv(|v| v * v).sum();
        assert!((0..3).all(|k| distance(label) <= distance(k)));
        inertia += distance(label);
    }
    assert_near(clusters.inertia, inertia, LONG_SUMS);
    // Fewer different points than clusters is no reason to fail.
    assert_near(
        KMeans::fit(&Array2::zeros((5, 2)), 3, 0).unwrap().inertia,
        0.0,
        ROUNDING,
    );
}
