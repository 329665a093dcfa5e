//! Choosing among mixtures, and what several starts found.

mod common;

use common::{LONG_SUMS, ROUNDING};
use em_lab::{
    Candidate, CovarianceModel, Em, Error, GaussianMixture, Regularization, Scores, Selection,
    Start, Stop, column, synthetic, with_threads,
};
use ndarray::{Array2, Array3, Axis, array, concatenate};

/// Three separated components in three dimensions whose covariances are those of `covariance`.
fn separated(covariance: impl Fn(usize) -> Array2<f64>) -> GaussianMixture {
    let means = array![[0.0, 0.0, 0.0], [9.0, 0.0, 9.0], [0.0, 9.0, -9.0]];
    let each = [0, 1, 2].map(covariance);
    let covariances = Array3::from_shape_fn((3, 3, 3), |(k, i, j)| each[k][[i, j]]);
    GaussianMixture::new(&[0.5, 0.3, 0.2], means, covariances).unwrap()
}

fn slanted() -> Array2<f64> {
    array![[1.0, 0.7, 0.2], [0.7, 1.5, -0.3], [0.2, -0.3, 0.6]]
}

/// Thirty copies of one point and a cloud far from it: a component of its own for the copies is flat.
fn copies_and_cloud() -> Array2<f64> {
    let cloud = GaussianMixture::new(&[1.0], array![[9.0, 9.0]], array![[[1.0, 0.3], [0.3, 2.0]]]);
    let cloud = cloud.unwrap().sample(60, 4).unwrap().x;
    concatenate![Axis(0), Array2::zeros((30, 2)), cloud]
}

fn candidate(
    selection: &Selection,
    n_components: usize,
    covariance_model: CovarianceModel,
) -> &Candidate {
    let mut all = selection.candidates.iter();
    all.find(|c| c.n_components == n_components && c.covariance_model == covariance_model)
        .unwrap()
}

#[test]
fn the_number_of_components_and_the_covariance_model_are_found() {
    let truths = [
        (CovarianceModel::Eee, separated(|_| slanted())),
        (
            CovarianceModel::Vii,
            separated(|k| Array2::eye(3) * [0.3, 1.0, 3.0][k]),
        ),
        (
            CovarianceModel::Vvv,
            separated(|k| {
                let mut turned = slanted();
                turned.swap([0, 0], [k, k]);
                turned[[0, 1]] *= [1.0, -0.8, 0.1][k];
                turned[[1, 0]] = turned[[0, 1]];
                turned * [0.5, 1.0, 2.0][k]
            }),
        ),
    ];
    for (expected, truth) in truths {
        let x = truth.sample(1500, 1).unwrap().x;
        let selection = Em::new(1)
            .select(&x, &[1, 2, 3, 4], &CovarianceModel::ALL)
            .unwrap();
        for best in [&selection.best, &selection.best_by_icl] {
            assert_eq!(best.model.n_components(), 3, "{expected}\n{selection}");
            assert_eq!(best.model.covariance_model(), expected, "{selection}");
        }
    }
}

#[test]
fn the_best_is_the_fit_of_the_same_choices() {
    let x = synthetic::two_dimensions().x;
    let ems = [
        Em::new(1),
        Em::new(7).seed(3).runs(4).whiten_start().tolerance(1e-6),
        Em::new(1).start(Start::RandomPoints).runs(3).seed(5),
        Em::new(1).start(Start::RandomResponsibilities).seed(2),
    ];
    for em in ems {
        let models = [
            CovarianceModel::Eii,
            CovarianceModel::Vve,
            CovarianceModel::Vvv,
        ];
        let selection = em.select(&x, &[2, 3], &models).unwrap();
        for candidate in &selection.candidates {
            let one = [candidate.covariance_model];
            let alone = em.select(&x, &[candidate.n_components], &one).unwrap();
            assert_eq!(alone.candidates, std::slice::from_ref(candidate));
        }
        for best in [&selection.best, &selection.best_by_icl] {
            let again = em
                .select(
                    &x,
                    &[best.model.n_components()],
                    &[best.model.covariance_model()],
                )
                .unwrap();
            assert_eq!(again.best, *best);
        }
    }
    let em = Em::new(2)
        .covariance_model(CovarianceModel::Vvv)
        .runs(3)
        .whiten_start();
    let selection = em.select(&x, &[2], &[CovarianceModel::Vvv]).unwrap();
    assert_eq!(selection.best, em.fit(&x).unwrap());
}

#[test]
fn the_best_has_the_lowest_criterion_and_the_scores_are_those_of_the_model() {
    let x = synthetic::two_dimensions().x;
    let selection = Em::new(1)
        .select(&x, &[1, 2, 3], &CovarianceModel::ALL)
        .unwrap();
    assert_eq!(selection.candidates.len(), 42);
    let (best, by_icl) = (&selection.best.model, &selection.best_by_icl.model);
    let (bic, icl) = (best.bic(&x).unwrap(), by_icl.icl(&x).unwrap());
    for candidate in &selection.candidates {
        assert!(candidate.bic().unwrap() >= bic - ROUNDING, "{candidate}");
        assert!(candidate.icl().unwrap() >= icl - ROUNDING, "{candidate}");
        let price = candidate.icl().unwrap() - candidate.bic().unwrap();
        assert!(price >= -ROUNDING, "{candidate}");
    }
    let of_best = candidate(&selection, best.n_components(), best.covariance_model());
    assert_eq!(of_best.n_parameters, best.n_parameters());
    assert!((of_best.bic().unwrap() - bic).abs() < LONG_SUMS);
    let ranking = selection.ranking();
    assert_eq!(ranking[0], of_best);
    assert!(
        ranking
            .windows(2)
            .all(|pair| pair[0].bic() <= pair[1].bic())
    );
}

#[test]
fn icl_is_bic_and_a_price_for_every_shared_sample() {
    let data = synthetic::two_dimensions();
    let model = Em::new(3).fit(&data.x).unwrap().model;
    let responsibilities = model.responsibilities(&data.x).unwrap();
    let rows = responsibilities.rows().into_iter();
    let largest = rows.map(|row| row.iter().fold(0.0_f64, |most, r| most.max(*r)).ln());
    let expected = model.bic(&data.x).unwrap() - 2.0 * largest.sum::<f64>();
    assert!((model.icl(&data.x).unwrap() - expected).abs() < ROUNDING);
}

#[test]
fn models_that_are_the_same_have_the_same_scores_and_the_simplest_is_the_best() {
    let x = separated(|_| slanted()).sample(200, 2).unwrap().x;
    let selection = Em::new(1).select(&x, &[1], &CovarianceModel::ALL).unwrap();
    let different: Vec<&str> = {
        let ranking = selection.ranking().into_iter();
        ranking.map(|c| c.covariance_model.name()).collect()
    };
    assert_eq!(different, ["EEE", "EEI", "EII"]);
    for candidate in &selection.candidates {
        let em = Em::new(1).covariance_model(candidate.covariance_model);
        let own = em.fit(&x).unwrap().model.bic(&x).unwrap();
        assert!((own - candidate.bic().unwrap()).abs() < LONG_SUMS);
    }
    // In one dimension there are equal variances, and different ones.
    let x = synthetic::r_lab_model().sample(300, 1).unwrap().x;
    let selection = Em::new(1)
        .select(&x, &[2], &[CovarianceModel::Vvv, CovarianceModel::Eee])
        .unwrap();
    let parameters: Vec<usize> = selection
        .candidates
        .iter()
        .map(|c| c.n_parameters)
        .collect();
    assert_eq!(parameters, [4, 5]);
    assert_eq!(selection.ranking().len(), 2);
}

#[test]
fn a_selection_has_the_same_bits_on_any_number_of_threads() {
    let x = separated(|_| slanted()).sample(600, 3).unwrap().x;
    let em = Em::new(1).runs(3).seed(9);
    let select = || em.select(&x, &[1, 2, 3, 4], &CovarianceModel::ALL).unwrap();
    let one = with_threads(1, select);
    for n_threads in [2, 3, 8, 200] {
        assert!(one == with_threads(n_threads, select), "{n_threads}");
    }
}

#[test]
fn the_order_of_the_lists_and_repetitions_in_them_do_not_matter() {
    let x = synthetic::two_dimensions().x;
    let (eii, vvv) = (CovarianceModel::Eii, CovarianceModel::Vvv);
    let one = Em::new(1).select(&x, &[1, 2], &[eii, vvv]).unwrap();
    let other = Em::new(1).select(&x, &[2, 1, 2], &[vvv, eii, vvv]).unwrap();
    assert_eq!(one, other);
}

#[test]
fn a_component_that_collapses_leaves_the_other_candidates() {
    let x = copies_and_cloud();
    let em = Em::new(1).regularization(Regularization::None);
    let selection = em.select(&x, &[1, 2], &CovarianceModel::ALL).unwrap();
    for model in CovarianceModel::ALL {
        assert!(candidate(&selection, 1, model).outcome.is_ok());
        let own_shape = matches!(model.name(), "VII" | "VVI" | "VVE" | "VVV" | "EVE" | "EVV");
        let outcome = &candidate(&selection, 2, model).outcome;
        if own_shape {
            assert!(matches!(outcome, Err(Error::Collapsed { .. })), "{model}");
        }
    }
    assert!(
        candidate(&selection, 2, CovarianceModel::Eee)
            .outcome
            .is_ok()
    );
    assert!(selection.best.converged());
    let text = selection.to_string();
    assert!(
        text.contains('–') && text.contains("has collapsed"),
        "{text}"
    );
    let picture = selection.chart();
    assert!(picture.svg().unwrap().contains("component"));
    // Where nothing is left, the first reason is the error.
    let error = em
        .select(&x, &[2], &[CovarianceModel::Vvi, CovarianceModel::Vvv])
        .unwrap_err();
    assert!(matches!(error, Error::Collapsed { .. }), "{error}");
}

#[test]
fn a_component_that_only_the_regularization_keeps_is_never_the_best() {
    let x = copies_and_cloud();
    let labels: Vec<usize> = (0..90).map(|n| usize::from(n >= 30)).collect();
    let fit = Em::new(2).start(Start::Labels(labels)).fit(&x).unwrap();
    assert_eq!(fit.flat, Some(0));
    assert!(
        fit.to_string()
            .contains("component 0 is flat but for the regularization")
    );
    let selection = Em::new(1).select(&x, &[1, 2], &CovarianceModel::ALL);
    let selection = selection.unwrap();
    let flat = |c: &&Candidate| c.outcome.as_ref().is_ok_and(|scores| scores.flat.is_some());
    let held_up: Vec<&Candidate> = selection.candidates.iter().filter(flat).collect();
    assert!(held_up.contains(&candidate(&selection, 2, CovarianceModel::Vvv)));
    assert_eq!(
        (selection.best.flat, selection.best_by_icl.flat),
        (None, None)
    );
    let least = held_up.iter().filter_map(|c| c.bic()).reduce(f64::min);
    assert!(least < selection.best.model.bic(&x).ok());
    let text = selection.to_string();
    assert!(
        text.contains("only the regularization keeps a component"),
        "{text}"
    );
    // Where there is nothing else, it is the best there is.
    let all = Em::new(1).select(&x, &[2], &[CovarianceModel::Vvi, CovarianceModel::Vvv]);
    assert!(all.unwrap().best.flat.is_some());
}

#[test]
fn a_direction_in_which_the_data_are_flat_is_no_component_s_fault() {
    let cloud = synthetic::two_dimensions().x;
    let constant = Array2::from_elem((cloud.nrows(), 1), 7.0);
    let sum = cloud.sum_axis(Axis(1)).insert_axis(Axis(1));
    for x in [
        concatenate![Axis(1), cloud, constant],
        concatenate![Axis(1), cloud, sum],
    ] {
        assert_eq!(Em::new(2).fit(&x).unwrap().flat, None);
    }
}

#[test]
fn errors_are_sentences() {
    let x = column(&[0.0, 1.0, 2.0, 3.0]);
    let models = &CovarianceModel::ALL;
    let message = |result: em_lab::Result<Selection>| result.unwrap_err().to_string();
    let em = Em::new(1);
    assert_eq!(
        message(em.select(&x, &[], models)),
        "The list of numbers of components is empty: there must be at least one value."
    );
    assert_eq!(
        message(em.select(&x, &[2], &[])),
        "The list of covariance models is empty: there must be at least one value."
    );
    assert_eq!(
        message(em.select(&x, &[1, 0], models)),
        "The number of components is 0, but it must be 1 or more."
    );
    assert_eq!(
        message(em.select(&x, &[2, 5], models)),
        "The data have 4 samples, but a mixture of 5 components needs at least 5: give more samples or ask for less."
    );
    assert_eq!(
        message(em.clone().runs(0).select(&x, &[2], models)),
        "The number of runs is 0, but it must be 1 or more."
    );
    assert!(message(em.select(&column(&[f64::NAN]), &[1], models)).contains("NaN"));
}

#[test]
fn a_table_and_a_chart_show_every_candidate() {
    let x = synthetic::two_dimensions().x;
    let em = Em::new(1);
    let (all, full) = (&CovarianceModel::ALL[..], &[CovarianceModel::Vvv][..]);
    for (counts, models) in [(&[1, 2, 3][..], all), (&[1, 2, 3], full), (&[2], all)] {
        let selection = em.select(&x, counts, models).unwrap();
        let text = selection.to_string();
        assert!(text.starts_with("Best of "), "{text}");
        for model in models {
            assert!(text.contains(&format!("\n  {model} ")), "{text}");
        }
        let picture = selection.chart().svg().unwrap();
        assert!(picture.contains("has the lowest BIC"));
        let shown: &[&str] = if models.len() > 1 && counts.len() > 1 {
            &["EII", "VVE", "VVV", "number of components"]
        } else {
            &["BIC", "ICL"]
        };
        assert!(shown.iter().all(|name| picture.contains(name)));
    }
    let scores = Scores {
        log_likelihood: -10.0,
        bic: 30.0,
        icl: 31.5,
        n_iterations: 1,
        converged: false,
        flat: None,
    };
    assert_eq!(
        scores.to_string(),
        "BIC 30.00, ICL 31.50, log-likelihood -10.0000 after 1 iteration (not converged)"
    );
}

#[test]
fn every_run_is_counted_and_the_first_optimum_is_the_fit() {
    let x = synthetic::two_dimensions().x;
    for start in [Start::KMeans, Start::RandomPoints] {
        let em = Em::new(4).start(start).runs(12);
        let fit = em.fit(&x).unwrap();
        assert_eq!(fit.restarts.n_runs(), 12);
        let heights: Vec<f64> = fit
            .restarts
            .optima
            .iter()
            .map(|optimum| optimum.log_likelihood)
            .collect();
        assert!(heights.windows(2).all(|pair| pair[0] >= pair[1]));
        assert!((heights[0] - fit.log_likelihood()).abs() < f64::EPSILON);
        assert!((fit.restarts.optima[0].agreement - 1.0).abs() < f64::EPSILON);
        for threads in [1, 2, 3, 8] {
            assert!(with_threads(threads, || em.fit(&x).unwrap()) == fit);
        }
    }
    let one = Em::new(2).fit(&x).unwrap();
    assert_eq!((one.restarts.n_runs(), one.restarts.optima.len()), (1, 1));
    // Separated components are found from everywhere.
    let truth = separated(|_| slanted());
    let x = truth.sample(500, 1).unwrap().x;
    let fit = Em::new(3).runs(5).tolerance(1e-8).fit(&x).unwrap();
    assert!(
        fit.to_string().contains("5 runs found 1 optimum, 5 times"),
        "{}",
        fit.restarts
    );
}

#[test]
fn more_runs_are_never_worse_and_their_starts_differ() {
    let x = separated(|_| slanted()).sample(300, 8).unwrap().x;
    for start in [
        Start::KMeans,
        Start::RandomPoints,
        Start::RandomResponsibilities,
    ] {
        let em = Em::new(5).start(start).seed(1);
        let reached = |runs| {
            let fit = em.clone().runs(runs).fit(&x).unwrap();
            // One with a flat component is worse than any other.
            (fit.flat.is_none(), fit.log_likelihood())
        };
        let heights: Vec<(bool, f64)> = (1..8).map(reached).collect();
        assert!(
            heights.windows(2).all(|pair| pair[0] <= pair[1]),
            "{heights:?}"
        );
        let starts = em.clone().runs(6).max_iterations(0).tolerance(0.0).fit(&x);
        assert!(starts.unwrap().restarts.optima.len() > 1);
    }
}

#[test]
fn starts_that_give_no_model_are_counted() {
    let x = copies_and_cloud();
    let em = Em::new(2)
        .start(Start::RandomPoints)
        .regularization(Regularization::None)
        .runs(10)
        .seed(1);
    let fit = em.fit(&x).unwrap();
    assert_eq!(fit.restarts.n_runs(), 10);
    let ended_well = |stop: &Stop| !matches!(stop, Stop::Failed(_));
    let ranks: Vec<bool> = fit
        .restarts
        .optima
        .iter()
        .map(|optimum| ended_well(&optimum.stop))
        .collect();
    assert!(
        ranks.windows(2).all(|pair| pair[0] >= pair[1]),
        "{}",
        fit.restarts
    );
    // k-means gives the copies a cluster of their own, whose covariance has no inverse.
    let error = em.start(Start::KMeans).fit(&x).unwrap_err();
    assert!(matches!(error, Error::Collapsed { .. }));
}
