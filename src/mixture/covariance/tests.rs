mod problems;

use super::{CovarianceModel, Equal, Variable, maximize};
use crate::linalg;
use ndarray::{Array2, Array3, Axis, array};
use problems::{Iris, assert_close, cube, is_diagonal, objective, problem, volume_and_shape};

/// Two ways of the same double-precision sums.
const ROUNDING: f64 = 1e-9;
/// Where an iteration ends: a change of Q in its last digits is one of the parameters in half as many.
const ITERATED: f64 = 1e-6;
/// mclust's closed forms, printed with fifteen digits.
const CLOSED_FORM: f64 = 1e-7;
/// mclust's own iterations stop earlier than ours.
const OTHER_ITERATION: f64 = 1e-6;

const ITERATING: [CovarianceModel; 5] = [
    CovarianceModel::Vei,
    CovarianceModel::Vee,
    CovarianceModel::Eve,
    CovarianceModel::Vve,
    CovarianceModel::Vev,
];

#[test]
fn names_are_read_in_any_case_and_others_refused() {
    for model in CovarianceModel::ALL {
        assert_eq!(model.to_string().parse(), Ok(model));
        assert_eq!(model.name().to_lowercase().parse(), Ok(model));
        assert_eq!(format!("{model:?}").to_uppercase(), model.name());
    }
    assert!(CovarianceModel::ALL.is_sorted());
    assert_eq!(CovarianceModel::default(), CovarianceModel::FULL);
    let error = "full".parse::<CovarianceModel>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "The covariance model is \"full\", but it must be one of EII, VII, EEI, VEI, EVI, VVI, EEE, VEE, EVE, VVE, EEV, VEV, \
         EVV, VVV."
    );
}

#[test]
fn parameters_are_as_many_as_in_mclust() {
    let iris = Iris::read();
    for model in CovarianceModel::ALL {
        let golden = iris.golden(model);
        assert_eq!(
            3 - 1 + 3 * 4 + model.n_parameters(3, 4),
            usize::try_from(golden["n_parameters"].as_u64().unwrap()).unwrap(),
            "{model}"
        );
    }
    assert_eq!(
        CovarianceModel::FULL.n_parameters(10, 784),
        10 * 784 * 785 / 2
    );
    assert_eq!(CovarianceModel::Vvv.n_parameters(2, 0), 2);
}

#[test]
fn closed_forms_agree_with_mclust() {
    let iris = Iris::read();
    let models = CovarianceModel::ALL.into_iter();
    for model in models.filter(|model| !ITERATING.contains(model)) {
        let found = maximize(model, &iris.scatters, &iris.counts, None).unwrap();
        let expected = cube(&iris.golden(model)["m_step"]["covariances"]);
        assert_close(&found, &expected, CLOSED_FORM, model);
    }
}

#[test]
fn iterated_models_reach_the_objective_of_mclust() {
    let iris = Iris::read();
    for model in ITERATING {
        let found = maximize(model, &iris.scatters, &iris.counts, None).unwrap();
        let expected = cube(&iris.golden(model)["m_step"]["covariances"]);
        let (found, expected) = (iris.objective(found), iris.objective(expected));
        assert!(
            found >= expected - OTHER_ITERATION,
            "{model}: {found} < {expected}"
        );
    }
}

#[test]
fn each_result_has_the_structure_that_its_name_says() {
    let (scatters, counts) = problem(3, 4, 1);
    // A start of another model leaves no trace.
    let free = maximize(CovarianceModel::Vvv, &scatters, &counts, None).unwrap();
    for (model, previous) in CovarianceModel::ALL
        .into_iter()
        .flat_map(|model| [(model, None), (model, Some(&free))])
    {
        let found = maximize(model, &scatters, &counts, previous).unwrap();
        let (first, others) = found.view().split_at(Axis(0), 1);
        let first = first.index_axis_move(Axis(0), 0);
        let (first_volume, first_shape) = volume_and_shape(&first);
        for other in others.outer_iter() {
            let (volume, shape) = volume_and_shape(&other);
            let same_volume = (volume - first_volume).abs() < ITERATED;
            let same_shape = (&shape - &first_shape).iter().all(|d| d.abs() < ITERATED);
            let both = first.dot(&other);
            // Symmetric matrices commute when they have axes in common.
            let same_axes = (&both - &both.t()).iter().all(|d| d.abs() < ITERATED);
            let sphere = shape.iter().all(|a| a.abs() < ROUNDING);
            assert_eq!(same_volume, model.volume() == Equal, "{model}");
            assert_eq!(same_shape, model.shape() != Some(Variable), "{model}");
            assert_eq!(same_axes, model.orientation() != Some(Variable), "{model}");
            assert_eq!(sphere, model.shape().is_none(), "{model}");
            assert_eq!(is_diagonal(&other), model.is_diagonal(), "{model}");
        }
    }
}

#[test]
fn no_other_covariances_of_the_model_are_better() {
    let (scatters, counts) = problem(4, 3, 2);
    let random = problem(4, 3, 3).0;
    for model in CovarianceModel::ALL {
        let best = maximize(model, &scatters, &counts, None).unwrap();
        let best = objective(&scatters, &counts, &best);
        for step in [1e-3, 1e-2, 0.1, 1.0, 10.0] {
            let others = &scatters + &(&random * step);
            let other = maximize(model, &others, &counts, None).unwrap();
            let other = objective(&scatters, &counts, &other);
            assert!(other < best, "{model}, step {step}: {other} > {best}");
        }
    }
}

#[test]
fn looser_ties_never_lower_the_objective() {
    let freedom = |tie| match tie {
        None => 0,
        Some(Equal) => 1,
        Some(Variable) => 2,
    };
    let within = |a: CovarianceModel, b: CovarianceModel| {
        freedom(Some(a.volume())) <= freedom(Some(b.volume()))
            && freedom(a.shape()) <= freedom(b.shape())
            && freedom(a.orientation()) <= freedom(b.orientation())
    };
    let (scatters, counts) = problem(3, 5, 4);
    let best = CovarianceModel::ALL.map(|model| {
        let found = maximize(model, &scatters, &counts, None).unwrap();
        (model, objective(&scatters, &counts, &found))
    });
    for (a, low) in best {
        for (b, high) in best {
            assert!(
                !within(a, b) || low <= high + ROUNDING,
                "{a}: {low}, {b}: {high}"
            );
        }
    }
}

#[test]
fn scaled_scatters_give_scaled_covariances() {
    let (scatters, counts) = problem(3, 4, 5);
    for model in CovarianceModel::ALL {
        let plain = maximize(model, &scatters, &counts, None).unwrap();
        for factor in [1e-150, 0.1, 7.0, 1e150] {
            let scaled = maximize(model, &(&scatters * factor), &counts, None).unwrap();
            assert_close(&(scaled / factor), &plain, ITERATED, model);
        }
    }
}

#[test]
fn features_in_other_units_where_the_axes_do_not_mix_them() {
    let (scatters, counts) = problem(3, 4, 6);
    let units = array![1.0, 1e-9, 1e6, 30.0];
    let scale = |matrices: &Array3<f64>| matrices * &units * units.view().insert_axis(Axis(1));
    let models = CovarianceModel::ALL.into_iter();
    for model in models.filter(|m| match m.orientation() {
        None => m.shape().is_some(),
        tie => m.shape() == tie,
    }) {
        let found = maximize(model, &scale(&scatters), &counts, None).unwrap();
        let expected = scale(&maximize(model, &scatters, &counts, None).unwrap());
        let ratio = Array3::from_shape_fn(found.dim(), |index| match expected[index] {
            0.0 => found[index],
            expected => found[index] / expected - 1.0,
        });
        assert_close(&ratio, &Array3::zeros(ratio.dim()), ITERATED, model);
    }
}

#[test]
fn permuted_components_give_permuted_covariances() {
    let (scatters, counts) = problem(4, 3, 7);
    let order = [2, 0, 3, 1];
    let permuted = (
        scatters.select(Axis(0), &order),
        counts.select(Axis(0), &order),
    );
    for model in CovarianceModel::ALL {
        let found = maximize(model, &permuted.0, &permuted.1, None).unwrap();
        let expected = maximize(model, &scatters, &counts, None).unwrap();
        assert_close(&found, &expected.select(Axis(0), &order), ITERATED, model);
    }
}

#[test]
fn one_component_has_nothing_to_tie() {
    let (scatters, counts) = problem(1, 5, 8);
    let whole = &scatters / counts[0];
    let variances = whole.index_axis(Axis(0), 0).diag().to_owned();
    for model in CovarianceModel::ALL {
        let expected = match (model.shape(), model.orientation()) {
            (None, _) => Array2::eye(5) * variances.mean().unwrap(),
            (_, None) => Array2::from_diag(&variances),
            (Some(_), Some(_)) => whole.index_axis(Axis(0), 0).to_owned(),
        };
        let found = maximize(model, &scatters, &counts, None).unwrap();
        assert_close(&found, &expected.insert_axis(Axis(0)), ROUNDING, model);
    }
}

#[test]
fn one_dimension_has_volumes_only() {
    let (scatters, counts) = problem(3, 1, 9);
    let equal = Array3::from_elem((3, 1, 1), scatters.sum() / counts.sum());
    let variable = Array3::from_shape_fn((3, 1, 1), |(k, _, _)| scatters[[k, 0, 0]] / counts[k]);
    for model in CovarianceModel::ALL {
        let expected = match model.volume() {
            Equal => &equal,
            Variable => &variable,
        };
        let found = maximize(model, &scatters, &counts, None).unwrap();
        assert_close(&found, expected, ROUNDING, model);
    }
}

#[test]
fn a_covariance_before_is_never_better() {
    for seed in 20..40 {
        // Scatters of few samples have little in common, and Q many maxima in the common axes.
        let (scatters, counts) = problem(3, 3, seed);
        let others = problem(3, 3, seed + 100).0;
        for model in CovarianceModel::ALL {
            let fresh = maximize(model, &scatters, &counts, None).unwrap();
            let turned = maximize(model, &others, &counts, None).unwrap();
            for previous in [&fresh, &turned] {
                let found = maximize(model, &scatters, &counts, Some(previous)).unwrap();
                let found = objective(&scatters, &counts, &found);
                // With axes before, those of all components turn a few times only, and need not end on the highest summit.
                let searches = matches!(model, CovarianceModel::Eve | CovarianceModel::Vve);
                for other in [previous, if searches { previous } else { &fresh }] {
                    let other = objective(&scatters, &counts, other);
                    assert!(
                        found >= other - ROUNDING,
                        "{model}, seed {seed}: {found} < {other}"
                    );
                }
            }
        }
    }
}

#[test]
fn common_axes_are_found_where_the_pooled_scatter_has_none() {
    // Two crossing ellipses whose sum is a circle.
    let scatters = array![[[15.0, 5.0], [5.0, 15.0]], [[15.0, -5.0], [-5.0, 15.0]]];
    let counts = array![10.0, 10.0];
    for model in [CovarianceModel::Eve, CovarianceModel::Vve] {
        for previous in [None, Some(&scatters / 20.0)] {
            let found = maximize(model, &scatters, &counts, previous.as_ref()).unwrap();
            assert_close(&found, &(&scatters / 10.0), ITERATED, model);
        }
    }
}

#[test]
fn a_component_without_the_spread_that_the_model_needs_is_named() {
    let (scatters, counts) = problem(3, 3, 10);
    let with_second = |scatter: &Array2<f64>| {
        let mut scatters = scatters.clone();
        scatters.index_axis_mut(Axis(0), 1).assign(scatter);
        scatters
    };
    let line = array![[1.0, 2.0, -1.0]];
    let flat_and_slanted = with_second(&line.t().dot(&line));
    let flat_along_feature = with_second(&Array2::from_diag(&array![1.0, 0.0, 2.0]));
    let zero = with_second(&Array2::zeros((3, 3)));
    for model in CovarianceModel::ALL {
        let own_shape = model.shape() == Some(Variable);
        let own_volume = model.volume() == Variable;
        let cases = [
            (&flat_and_slanted, own_shape && !model.is_diagonal()),
            (&flat_along_feature, own_shape),
            (&zero, own_shape || own_volume),
        ];
        for (scatters, collapses) in cases {
            for previous in [None, Some(Array3::zeros((3, 3, 3)))] {
                let found = maximize(model, scatters, &counts, previous.as_ref());
                if collapses {
                    assert_eq!(found, Err(1), "{model}");
                } else {
                    let found = found.unwrap();
                    let mut each = found.outer_iter();
                    assert!(each.all(|c| linalg::cholesky(&c).is_some()), "{model}");
                }
            }
        }
        for nothing in [0.0, f64::NAN, f64::INFINITY] {
            let scatters = Array3::from_elem((3, 3, 3), nothing);
            assert!(
                maximize(model, &scatters, &counts, None).is_err(),
                "{model}"
            );
        }
        let no_samples = maximize(model, &zero, &array![5.0, 0.0, 5.0], None);
        assert_eq!(no_samples.is_err(), own_shape || own_volume, "{model}");
    }
}

#[test]
fn volumes_that_run_away_from_each_other_end_in_an_answer() {
    // Each of two components is flat in the direction in which the other is not: one volume falls, and Q rises, for ever.
    let mut scatters = Array3::zeros((2, 2, 2));
    scatters[[0, 0, 0]] = 1.0;
    scatters[[1, 1, 1]] = 1.0;
    for model in [CovarianceModel::Vei, CovarianceModel::Vee] {
        for counts in [array![25.0, 20.0], array![500.0, 1.0]] {
            match maximize(model, &scatters, &counts, None) {
                Ok(found) => assert!(found.iter().all(|v| v.is_finite()), "{model}"),
                Err(k) => assert_eq!(k, 0, "{model}"),
            }
        }
    }
}
