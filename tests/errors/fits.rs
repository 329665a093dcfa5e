//! Fits, statistics, weights and streams that come to nothing.

use super::says;
use em_lab::{
    Collapse, CovarianceModel, Em, Error, Regularization, Start, column, m_step, random, synthetic,
};
use ndarray::{Array2, Axis, array, concatenate, s};

fn collapsed(component: usize, count: &str, cause: &str) -> String {
    format!(
        "Component {component} (counted from 0) has collapsed: it holds {count} samples, and {cause}, so its covariance has no \
         inverse. Try another seed or start, fewer components, a simpler covariance model, a larger regularization, or a policy \
         for collapses."
    )
}

#[test]
fn a_component_that_collapses() {
    // Ten samples that spread, and others that do not.
    let good = random::uniform(40, 0.0, 1.0, 1).unwrap();
    let good = Array2::from_shape_vec((10, 4), good).unwrap();
    let other = random::uniform(24, 0.0, 1.0, 2).unwrap();
    let other = Array2::from_shape_vec((6, 4), other).unwrap();
    let with = |columns: &[usize]| {
        let mut x = other.clone();
        for &column in columns {
            x.column_mut(column).fill(0.1);
        }
        x
    };
    let mut follows = other.clone();
    let sum = &other.column(0) + &other.column(2);
    follows.column_mut(3).assign(&sum);
    let few = other.slice(s![..3, ..]).to_owned();
    let one = other.slice(s![..1, ..]).to_owned();
    for (bad, cause) in [
        (few, "so few samples lie in a plane of the 4 dimensions"),
        (
            follows,
            "they lie in a plane, because some features follow from others",
        ),
        (
            with(&[1]),
            "feature 1 (counted from 0) is the same in all of them",
        ),
        (
            with(&[0, 2]),
            "features 0 and 2 (counted from 0) are the same in all of them",
        ),
        (
            with(&[0, 1, 3]),
            "features 0, 1 and 3 (counted from 0) are the same in all of them",
        ),
        (with(&[0, 1, 2, 3]), "all of them are the same point"),
        (one, "all of them are the same point"),
        (
            Array2::zeros((0, 4)),
            "no sample is nearer to it than to the others",
        ),
    ] {
        let x = concatenate![Axis(0), good, bad];
        let labels: Vec<usize> = (0..x.nrows()).map(|n| usize::from(n >= 10)).collect();
        let shares =
            Array2::from_shape_fn((x.nrows(), 2), |(n, k)| f64::from(u8::from(labels[n] == k)));
        let message = collapsed(1, &format!("{}.000", bad.nrows()), cause);
        says(m_step(&x, &shares, Regularization::None), &message);
        let em = Em::new(2)
            .start(Start::Labels(labels))
            .regularization(Regularization::None);
        says(em.fit(&x), &message);
        says(em.fit_weighted(&x, &vec![1.0; x.nrows()]), &message);
    }
    // One covariance for all is flat where all are.
    let tied = Em::new(1)
        .covariance_model(CovarianceModel::TIED)
        .regularization(Regularization::None);
    let cause = "feature 3 (counted from 0) is the same in all of them";
    says(tied.fit(&with(&[3])), &collapsed(0, "6.000", cause));
    let same = Em::new(2).start(Start::Labels(vec![0, 0, 1, 1]));
    let cause = "all of them are the same point";
    says(
        same.fit(&Array2::ones((4, 2))),
        &collapsed(0, "2.000", cause),
    );
}

#[test]
fn a_share_that_repairs_nothing() {
    let x = synthetic::two_dimensions().x;
    for (policy, found) in [
        (Collapse::Regularize(0.0), "0"),
        (Collapse::Regularize(f64::NAN), "NaN"),
        (Collapse::Floor(-1e-3), "-0.001"),
        (Collapse::Floor(f64::INFINITY), "inf"),
    ] {
        says(
            Em::new(2).collapse(policy).fit(&x),
            &format!(
                "The share of the variance that is to repair a collapse is {found}, but it must be a finite number above zero."
            ),
        );
    }
}

#[test]
fn covariance_models_are_fourteen() {
    says(
        "diag".parse::<CovarianceModel>(),
        "The covariance model is \"diag\", but it must be one of EII, VII, EEI, VEI, EVI, VVI, EEE, VEE, EVE, VVE, EEV, VEV, EVV, \
         VVV.",
    );
}

#[test]
fn statistics_that_do_not_add_up() {
    let x = synthetic::two_dimensions().x;
    let fit = |model| {
        let em = Em::new(2).covariance_model(model).max_iterations(1);
        em.fit(&x).unwrap().model
    };
    let full = fit(CovarianceModel::FULL);
    let diagonal = fit(CovarianceModel::DIAGONAL);
    let mut statistics = full.statistics(&x).unwrap();
    let other = synthetic::two_dimensions_model().statistics(&x).unwrap();
    let message = "The model of the other statistics is another one, but it must be the one that these were taken under: sums about \
                   different centres do not add up.";
    says(statistics.merge(&other), message);
    says(statistics.merge(&diagonal.statistics(&x).unwrap()), message);
    says(
        statistics.m_step(CovarianceModel::FULL, Regularization::Relative(-1.0)),
        "The regularization is -1, but it must be a finite number, zero or above.",
    );
    says(
        diagonal
            .statistics(&x)
            .unwrap()
            .m_step(CovarianceModel::TIED, Regularization::None),
        "The covariance model of the M-step is EEE, but it must be one along the features: these statistics come from such a model, \
         and hold no covariances.",
    );
    says(
        full.statistics(&column(&[1.0])),
        "x has 1 column, but 2 columns were expected: the model has that many features.",
    );
    let one = full.statistics(&x.slice(s![..1, ..])).unwrap();
    let cause = "all of them are the same point";
    let found = one.m_step(CovarianceModel::Eii, Regularization::None);
    let count = format!("{:.3}", one.effective_counts()[0]);
    says(found, &collapsed(0, &count, cause));
}

#[test]
fn weights_that_do_not_fit() {
    let x = column(&[0.0, 1.0, 2.0, f64::NAN]);
    let em = Em::new(2);
    let numbers = x.slice(s![..3, ..]).to_owned();
    says(
        em.fit_weighted(&x, &[1.0; 3]),
        "The list of sample weights has 3 values, but 4 values were expected: one for each row of x.",
    );
    for (weight, found) in [(-1.0, "-1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        says(
            em.fit_weighted(&numbers, &[1.0, weight, 1.0]),
            &format!(
                "The weight of sample 1 is {found}, but it must be a finite number, zero or above."
            ),
        );
    }
    says(
        em.fit_weighted(&numbers, &[0.0; 3]),
        "What the sample weights leave is empty: there must be at least one value.",
    );
    says(
        em.fit_weighted(&numbers, &[0.0, 3.0, 0.0]),
        "The data have 1 sample, but a mixture of 2 components needs at least 2: give more samples or ask for less.",
    );
    for weight in [0.0, 1.0] {
        says(
            em.fit_weighted(&x, &[1.0, 1.0, 1.0, weight]),
            "x holds NaN in row 3, column 0 (counted from 0): every value must be a finite number. Remove or replace it first.",
        );
    }
    let start = Start::Labels(vec![0, 1]);
    says(
        em.clone()
            .start(start)
            .fit_weighted(&numbers, &[1.0, 0.0, 1.0]),
        "The list of start labels has 2 values, but 3 values were expected: one for each sample of x.",
    );
    let start = Start::Responsibilities(Array2::ones((2, 2)) * 0.5);
    says(
        em.start(start).fit_weighted(&numbers, &[1.0, 0.0, 1.0]),
        "The matrix of responsibilities has 2 rows, but 3 rows were expected: one for each sample of x.",
    );
}

#[test]
fn streams_that_cannot_be_used() {
    let x = synthetic::two_dimensions().x;
    let chunks = || {
        x.axis_chunks_iter(Axis(0), 100)
            .map(|chunk| Ok(chunk.to_owned()))
    };
    let em = Em::new(2);
    let given = Em::new(2).start(Start::Model(synthetic::two_dimensions_model()));
    for (em, what) in [
        (
            em.clone().start(Start::Labels(vec![0; 300])),
            "start labels",
        ),
        (
            em.clone()
                .start(Start::Responsibilities(Array2::ones((300, 2)) * 0.5)),
            "start responsibilities",
        ),
        (em.clone().keep_steps(), "the steps"),
        (given.clone().keep_steps(), "the steps"),
    ] {
        says(
            em.fit_chunks(chunks),
            &format!(
                "A choice for samples in chunks is to use {what}, but it must be one that does not need all samples at once: for \
                 these, give the samples as one array to fit."
            ),
        );
    }
    for em in [&em, &given] {
        let empty = "The stream of chunks is empty: there must be at least one value.";
        says(em.fit_chunks(std::iter::empty), empty);
        says(
            em.fit_chunks(|| [Ok(Array2::zeros((0, 2)))].into_iter()),
            empty,
        );
        let lost = Error::LinearAlgebra {
            what: "lost".into(),
        };
        assert_eq!(
            em.fit_chunks(|| [Err(lost.clone())].into_iter()),
            Err(lost.clone())
        );
        let last = |last: Array2<f64>| em.fit_chunks(|| chunks().chain([Ok(last.clone())]));
        says(
            last(array![[0.0, 1.0], [0.0, f64::NAN]]),
            "A chunk holds NaN in row 1, column 1 (counted from 0): every value must be a finite number. Remove or replace it first.",
        );
        let reason = if em == &given {
            "the model has that many features"
        } else {
            "the chunks before it had that many"
        };
        says(
            last(Array2::ones((5, 3))),
            &format!("A chunk has 3 columns, but 2 columns were expected: {reason}."),
        );
    }
    says(
        Em::new(0).fit_chunks(chunks),
        "The number of components is 0, but it must be 1 or more.",
    );
    says(
        Em::new(3).fit_chunks(|| [Ok(Array2::ones((2, 2)))].into_iter()),
        "The data have 2 samples, but a mixture of 3 components needs at least 3: give more samples or ask for less.",
    );
    says(
        Em::new(3)
            .start(Start::Model(synthetic::two_dimensions_model()))
            .fit_chunks(chunks),
        "The start model has 2 components, but 3 components were expected: Em::new asked for that many.",
    );
}
