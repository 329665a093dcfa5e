//! Components that collapse and streams that break off: what is done about it, and what is left in hand.

mod common;

use common::{LONG_SUMS, ROUNDING, assert_close, assert_near};
use em_lab::{
    Collapse, CovarianceModel, Em, Error, Fit, GaussianMixture, Regularization, Start, Stop,
    column, random, synthetic,
};
use ndarray::{Array2, Axis, array, concatenate, s};
use std::cell::Cell;

/// Forty samples around the origin and one by itself, which component 1 of the start has to itself.
fn cloud_and_outlier() -> (Array2<f64>, GaussianMixture) {
    let cloud = random::uniform(80, -2.0, 2.0, 1).unwrap();
    let cloud = Array2::from_shape_vec((40, 2), cloud).unwrap();
    let x = concatenate![Axis(0), cloud, array![[30.0, -20.0]]];
    let covariances = array![[[1.0, 0.2], [0.2, 1.5]], [[0.1, 0.0], [0.0, 0.1]]];
    let means = array![[0.0, 0.0], [30.0, -20.0]];
    let start = GaussianMixture::new(&[0.7, 0.3], means, covariances).unwrap();
    (x, start)
}

fn em(model: CovarianceModel, start: &GaussianMixture) -> Em {
    Em::new(start.n_components())
        .covariance_model(model)
        .start(Start::Model(start.clone()))
        .regularization(Regularization::None)
        .max_iterations(50)
}

/// Where each component has a volume or a shape of its own, one sample is too few for it.
fn needs_spread(model: CovarianceModel) -> bool {
    model.name()[..2].contains('V')
}

fn has_collapsed(fit: &Fit, k: usize) -> bool {
    matches!(fit.stop, Stop::Failed(Error::Collapsed { component, .. }) if component == k)
}

#[test]
fn stopping_keeps_the_last_good_model() {
    let (x, start) = cloud_and_outlier();
    // Wide enough at first to see some of the others.
    let wide = GaussianMixture::new(
        &[0.5, 0.5],
        array![[0.0, 0.0], [6.0, -4.0]],
        array![[[1.0, 0.2], [0.2, 1.5]], [[90.0, -50.0], [-50.0, 40.0]]],
    );
    for model in CovarianceModel::ALL {
        let fit = em(model, &start).fit(&x).unwrap();
        assert_eq!(has_collapsed(&fit, 1), needs_spread(model), "{model}");
        if needs_spread(model) {
            assert_eq!((&fit.model, fit.log_likelihoods.len()), (&start, 1));
        }
        let em = em(model, wide.as_ref().unwrap()).keep_steps();
        let fit = em.max_iterations(500).tolerance(0.0).fit(&x).unwrap();
        // A volume of its own shrinks without end; where all are equal the others hold it.
        if model.name().starts_with('V') {
            assert!(has_collapsed(&fit, 1), "{model}: {}", fit.stop);
        }
        assert_eq!(fit.steps.len(), fit.log_likelihoods.len());
        assert_eq!(fit.steps.last().unwrap().model, fit.model);
        let found = fit.model.log_likelihood(&x).unwrap();
        assert_near(fit.log_likelihood(), found, ROUNDING);
        assert!(fit.n_iterations() > 0 && fit.repairs.is_empty());
    }
}

#[test]
fn a_share_of_the_variance_repairs_a_collapse() {
    let (x, start) = cloud_and_outlier();
    let mean_variance = x.var_axis(Axis(0), 0.0).mean().unwrap();
    for model in CovarianceModel::ALL {
        for policy in [Collapse::Regularize(1e-3), Collapse::Floor(1e-3)] {
            let fit = em(model, &start).collapse(policy).fit(&x).unwrap();
            assert!(fit.converged(), "{model}, {policy:?}: {}", fit.stop);
            assert_eq!(!fit.repairs.is_empty(), needs_spread(model), "{model}");
            for repair in &fit.repairs {
                assert_eq!((repair.component, repair.policy), (1, policy), "{model}");
                assert_near(repair.effective_count, 1.0, ROUNDING);
            }
            if [CovarianceModel::FULL, CovarianceModel::DIAGONAL].contains(&model) {
                // One sample has no variance of its own.
                let found = fit.model.covariances().index_axis(Axis(0), 1).to_owned();
                assert_close(&found, &(Array2::eye(2) * 1e-3 * mean_variance), ROUNDING);
            }
        }
    }
}

#[test]
fn a_floor_lifts_flat_directions_and_leaves_the_others() {
    // Component 1 lies on a slanted line.
    let line = Array2::from_shape_fn((20, 2), |(n, _)| 50.0 + n as f64);
    let x = concatenate![Axis(0), cloud_and_outlier().0.slice(s![..40, ..]), line];
    let labels: Vec<usize> = (0..60).map(|n| usize::from(n >= 40)).collect();
    let em = Em::new(2)
        .start(Start::Labels(labels))
        .regularization(Regularization::None)
        .collapse(Collapse::Floor(1e-2))
        .max_iterations(0);
    let fit = em.fit(&x).unwrap();
    let floor = 1e-2 * x.var_axis(Axis(0), 0.0).mean().unwrap();
    // Along the line 2 (20² - 1) / 12, across it the floor; the cloud is wide enough as it is.
    let along = 2.0 * 399.0 / 12.0;
    let found = fit.model.covariances().index_axis(Axis(0), 1).to_owned();
    let (sum, difference) = (0.5 * (along + floor), 0.5 * (along - floor));
    let expected = array![[sum, difference], [difference, sum]];
    assert_close(&found, &expected, ROUNDING);
    let repair = fit.repairs[0];
    assert_eq!(
        (fit.repairs.len(), repair.iteration, repair.component),
        (1, 0, 1)
    );
}

#[test]
fn a_start_that_collapses_is_repaired_or_refused() {
    let x = column(&[0.0, 1.0, 2.0, 3.0, 50.0]);
    let em = Em::new(2)
        .start(Start::Labels(vec![0, 0, 0, 0, 1]))
        .regularization(Regularization::None)
        .max_iterations(0);
    for policy in [Collapse::Stop, Collapse::Restart] {
        let error = em.clone().collapse(policy).fit(&x).unwrap_err();
        assert!(matches!(error, Error::Collapsed { component: 1, .. }));
    }
    for policy in [Collapse::Regularize(1e-2), Collapse::Floor(1e-2)] {
        let fit = em.clone().collapse(policy).fit(&x).unwrap();
        let variance = x.var_axis(Axis(0), 0.0)[0];
        assert_near(
            fit.model.covariances()[[1, 0, 0]],
            1e-2 * variance,
            ROUNDING,
        );
        let repair = fit.repairs[0];
        assert_eq!((fit.repairs.len(), repair.iteration), (1, 0));
        assert_eq!((repair.component, repair.policy), (1, policy));
        assert_near(repair.effective_count, 1.0, 0.0);
        // A component without any sample has no mean either.
        let nowhere = em.clone().start(Start::Labels(vec![0; 5]));
        assert!(nowhere.collapse(policy).fit(&x).is_err());
    }
}

#[test]
fn a_restarted_component_ends_well() {
    // Three copies of one sample among the others.
    let mut x = synthetic::two_dimensions().x;
    let copy = x.row(0).to_owned();
    for n in 1..3 {
        x.row_mut(n).assign(&copy);
    }
    let means = ndarray::stack![Axis(0), array![1.0, 0.0], copy];
    let covariances = array![[[6.0, 0.0], [0.0, 6.0]], [[1e-12, 0.0], [0.0, 1e-12]]];
    let start = GaussianMixture::new(&[0.6, 0.4], means, covariances).unwrap();
    for model in CovarianceModel::ALL
        .into_iter()
        .filter(|m| needs_spread(*m))
    {
        let stopped = em(model, &start).fit(&x).unwrap();
        assert!(has_collapsed(&stopped, 1), "{model}");
        let em = em(model, &start).collapse(Collapse::Restart);
        let fit = em.max_iterations(1_000).fit(&x).unwrap();
        assert!(fit.converged() && fit.repairs.len() == 1, "{model}: {fit}");
        let repair = fit.repairs[0];
        assert_eq!((repair.iteration, repair.component), (1, 1));
        assert_near(repair.effective_count, 3.0, ROUNDING);
        assert!(fit.model.weights().iter().all(|w| *w > 0.05), "{model}");
        // It keeps to its kind: from where it was restarted nothing is lost again.
        for pair in fit.log_likelihoods[1..].windows(2) {
            assert!(pair[1] >= pair[0] - ROUNDING, "{model}: {pair:?}");
        }
    }
}

#[test]
fn restarts_come_to_an_end() {
    let x = column(&[0.0, 1.0, 2.0, 3.0, 4.0, 50.0]);
    let start = GaussianMixture::univariate(&[0.5, 0.5], &[2.0, 50.0], &[1.0, 0.1]).unwrap();
    let em = em(CovarianceModel::FULL, &start).collapse(Collapse::Restart);
    let fit = em.max_iterations(1_000).fit(&x).unwrap();
    assert!(
        matches!(fit.stop, Stop::Failed(Error::Collapsed { .. })),
        "{fit}"
    );
    assert_eq!(fit.repairs.len(), 2, "as many as there are components");
    assert!(fit.log_likelihood().is_finite());

    // One component has none beside which it could be restarted.
    let alone = GaussianMixture::univariate(&[1.0], &[0.0], &[1.0]).unwrap();
    let em = Em::new(1)
        .start(Start::Model(alone.clone()))
        .regularization(Regularization::None)
        .collapse(Collapse::Restart);
    let fit = em.fit(&column(&[3.0; 5])).unwrap();
    assert!(has_collapsed(&fit, 0) && fit.repairs.is_empty());
    assert_eq!(fit.model, alone);
}

#[test]
fn a_repair_says_what_was_done() {
    let (x, start) = cloud_and_outlier();
    let told = |policy| {
        let em = em(CovarianceModel::FULL, &start).collapse(policy);
        let fit = em.max_iterations(1).fit(&x).unwrap();
        let (told, all) = (fit.repairs[0].to_string(), fit.to_string());
        assert!(all.contains(&told), "{all}");
        told
    };
    let begin = "iteration 1: component 1 had collapsed with 1.000 samples; ";
    for (policy, end) in [
        (
            Collapse::Regularize(1e-3),
            "1e-3 of the data's variance was added",
        ),
        (
            Collapse::Floor(0.05),
            "variances were lifted to 5e-2 of the data's",
        ),
        (Collapse::Restart, "it was restarted beside the largest one"),
    ] {
        assert_eq!(told(policy), format!("{begin}{end}"));
    }
}

/// Chunks of a hundred samples, of which pass number `broken` (counted from 1) breaks off after the first.
#[allow(clippy::needless_lifetimes)] // Inside of Fn() a lifetime needs its name.
fn breaking<'a>(
    x: &'a Array2<f64>,
    broken: usize,
) -> impl Fn() -> Box<dyn Iterator<Item = Result<Array2<f64>, Error>> + 'a> {
    let passes = Cell::new(0);
    move || {
        passes.set(passes.get() + 1);
        let this = passes.get();
        let chunks = x.axis_chunks_iter(Axis(0), 100).enumerate();
        Box::new(chunks.map(move |(n, chunk)| {
            if this == broken && n > 0 {
                return Err(lost());
            }
            Ok(chunk.to_owned())
        }))
    }
}

fn lost() -> Error {
    Error::File {
        place: "samples.csv".into(),
        problem: "the connection was lost".into(),
        remedy: "Try again".into(),
    }
}

#[test]
fn a_stream_that_breaks_off_leaves_the_last_good_model() {
    let x = synthetic::two_dimensions_model()
        .sample(11_000, 1)
        .unwrap()
        .x;
    let em = Em::new(2).tolerance(0.0).max_iterations(20);
    for broken in [1, 2] {
        assert_eq!(em.fit_chunks(breaking(&x, broken)), Err(lost()));
    }
    // The first pass looks for a start and the second measures it.
    let fit = em.fit_chunks(breaking(&x, 3)).unwrap();
    assert_eq!(fit.stop, Stop::Failed(lost()));
    assert_eq!((fit.n_iterations(), fit.repairs.len()), (0, 0));
    let found = fit.model.log_likelihood(&x).unwrap();
    assert_near(fit.log_likelihood(), found, LONG_SUMS);

    let from = |em: Em| em.start(Start::Model(synthetic::two_dimensions_model()));
    let em = from(em);
    assert_eq!(em.fit_chunks(breaking(&x, 1)), Err(lost()));
    for broken in [2, 3, 7] {
        let fit = em.fit_chunks(breaking(&x, broken)).unwrap();
        assert_eq!(fit.stop, Stop::Failed(lost()));
        let whole = em.clone().max_iterations(broken - 2);
        let whole = whole.fit_chunks(breaking(&x, 0)).unwrap();
        assert_eq!(
            (fit.model, fit.log_likelihoods),
            (whole.model, whole.log_likelihoods)
        );
    }
}

#[test]
fn empty_chunks_are_no_chunks() {
    let x = synthetic::two_dimensions().x;
    let em = Em::new(2).max_iterations(5);
    let plain = em.fit_chunks(breaking(&x, 0)).unwrap();
    for width in [0, 2, 7] {
        let chunks = || {
            let chunks = x.axis_chunks_iter(Axis(0), 100);
            chunks.flat_map(|chunk| [Ok(Array2::zeros((0, width))), Ok(chunk.to_owned())])
        };
        assert_eq!(em.fit_chunks(chunks).unwrap(), plain);
    }
}

#[test]
fn a_short_stream_is_the_whole() {
    let x = synthetic::two_dimensions().x;
    let em = Em::new(2).runs(3);
    for start in [
        Start::KMeans,
        Start::RandomPoints,
        Start::RandomResponsibilities,
    ] {
        let em = em.clone().start(start);
        for size in [1, 64, 299, 1_000] {
            let chunks = || {
                x.axis_chunks_iter(Axis(0), size)
                    .map(|chunk| Ok(chunk.to_owned()))
            };
            assert_eq!(em.fit_chunks(chunks).unwrap(), em.fit(&x).unwrap());
        }
    }
}

#[test]
fn a_long_stream_starts_from_some_of_its_samples() {
    let model = synthetic::two_dimensions_model();
    let x = model.sample(25_000, 3).unwrap().x;
    let chunks = || {
        x.axis_chunks_iter(Axis(0), 1_000)
            .map(|chunk| Ok(chunk.to_owned()))
    };
    let em = Em::new(2).tolerance(1e-9).max_iterations(2_000);
    let (stream, whole) = (em.fit_chunks(chunks).unwrap(), em.fit(&x).unwrap());
    assert!(stream.converged() && whole.converged());
    assert_near(
        stream.log_likelihood(),
        whole.log_likelihood(),
        25_000.0 * 1e-6,
    );
    assert_eq!(em.fit_chunks(chunks).unwrap(), stream);
}
