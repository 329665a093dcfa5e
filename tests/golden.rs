//! Numbers computed by NumPy, SciPy and scikit-learn (see `tests/data/README.md`), from equal starts.

mod common;

use common::{
    ACCURACY, Golden, OTHER_PATH, OTHER_PATH_PARAMETERS, ROUNDING, assert_close, assert_near,
};
use em_lab::{
    Digits, Em, Fit, GaussianMixture, Keep, Pca, Regularization, Start, accuracy, synthetic,
};
use ndarray::{Array1, Array2, Axis};

#[test]
fn the_bundled_points_are_those_of_the_originals() {
    let golden = Golden::read("em1d.json");
    let data = synthetic::one_dimension();
    assert_eq!(data.x.column(0), golden.vector("data"));
    let start = golden.within("init");
    assert_eq!(Array1::from(data.means), start.vector("mu"));
    assert_close(
        &data.standard_deviations.into(),
        &start.vector("sigma"),
        ROUNDING,
    );
    assert_eq!(Array1::from(data.weights), start.vector("pi"));

    let golden = Golden::read("em2d.json");
    let data = synthetic::two_dimensions();
    assert_eq!(data.x, golden.matrix("data"));
    assert_eq!(data.responsibilities, golden.matrix("gamma0"));
}

#[test]
fn one_dimension_agrees_with_numpy_at_every_iteration() {
    let golden = Golden::read("em1d.json");
    let data = synthetic::one_dimension();
    let start =
        GaussianMixture::univariate(&data.weights, &data.means, &data.standard_deviations).unwrap();
    let fit = exactly(20, 2)
        .start(Start::Model(start))
        .regularization(Regularization::None)
        .fit(&data.x)
        .unwrap();

    // theta_0 is the start, and the file's entry i belongs to theta_(i + 1).
    assert_eq!(fit.log_likelihoods.len(), 21);
    assert_close(
        &Array1::from(fit.log_likelihoods[1..].to_vec()),
        &golden.vector("ll"),
        ROUNDING,
    );
    assert_close(
        &fit.model.means().column(0).to_owned(),
        &golden.vector("mu"),
        ROUNDING,
    );
    assert_close(
        &fit.model.standard_deviations().column(0).to_owned(),
        &golden.vector("sigma"),
        ROUNDING,
    );
    assert_close(fit.model.weights(), &golden.vector("pi"), ROUNDING);
}

#[test]
fn two_dimensions_agree_with_scipy_at_every_iteration() {
    let golden = Golden::read("em2d.json");
    let data = synthetic::two_dimensions();
    let start = Start::Responsibilities(data.responsibilities.clone());
    let fit = exactly(40, 2)
        .start(start)
        .regularization(Regularization::None)
        .keep_steps()
        .fit(&data.x)
        .unwrap();

    assert_eq!(
        fit.start_responsibilities.as_ref(),
        Some(&data.responsibilities)
    );
    assert_close(
        &Array1::from(fit.log_likelihoods[..40].to_vec()),
        &golden.vector("ll"),
        ROUNDING,
    );
    assert_near(
        fit.log_likelihood(),
        golden.number("final_log_likelihood"),
        ROUNDING,
    );
    assert_close(fit.model.means(), &golden.matrix("mu"), ROUNDING);
    assert_close(fit.model.covariances(), &golden.cube("cov"), ROUNDING);
    assert_close(fit.model.weights(), &golden.vector("pi"), ROUNDING);
    assert_eq!(fit.steps.len(), 41);
    assert_close(
        &fit.steps[11].responsibilities,
        &golden.matrix("resp_mid"),
        ROUNDING,
    );
    assert_close(
        &fit.steps[39].responsibilities,
        &golden.matrix("resp40"),
        ROUNDING,
    );
    assert_eq!(fit.steps[40].model, fit.model);
}

#[test]
fn fifty_scores_of_mnist_agree_with_scikit_learn() {
    let golden = Golden::read("mnist_pca50_gmm10.json");
    let digits = Digits::load().unwrap();
    let x = digits.unit();
    let pca = Pca::fit(&x, Keep::Count(50)).unwrap();
    let scores = pca.transform(&x).unwrap();
    drop(x);
    assert_close(
        pca.explained_variance(),
        &golden.vector("explained_variance"),
        OTHER_PATH,
    );
    assert_close(
        &pca.explained_variance_ratio(),
        &golden.vector("explained_variance_ratio"),
        OTHER_PATH,
    );
    assert_close(
        pca.singular_values(),
        &golden.vector("singular_values"),
        OTHER_PATH,
    );

    let fit = from_labels(&scores, 50, 31);
    let means_per_sample = Array1::from(fit.log_likelihoods.clone()) / scores.nrows() as f64;
    let bounds = golden.vector("lower_bounds");
    assert_eq!((fit.n_iterations(), bounds.len()), (31, 31));
    assert_close(
        &means_per_sample.slice(ndarray::s![..31]).to_owned(),
        &bounds,
        OTHER_PATH,
    );
    assert_near(means_per_sample[31], -30.287_961, OTHER_PATH);
    let found = assert_end(&fit, &golden, &digits, &scores);
    assert_near(found, 0.6080, ACCURACY);
}

#[test]
fn two_scores_of_mnist_agree_with_scikit_learn() {
    let golden = Golden::read("mnist_pca2_gmm10.json");
    let digits = Digits::load().unwrap();
    let x = digits.raw();
    let pca = Pca::fit(&x, Keep::Count(2)).unwrap();
    let scores = pca.transform(&x).unwrap();
    drop(x);
    let relative = pca.explained_variance() / &golden.vector("explained_variance");
    assert_close(&relative, &Array1::ones(2), ROUNDING);

    let fit = from_labels(&scores, 2, 9);
    let means_per_sample = Array1::from(fit.log_likelihoods.clone()) / scores.nrows() as f64;
    assert_close(
        &means_per_sample.slice(ndarray::s![..9]).to_owned(),
        &golden.vector("lower_bounds"),
        OTHER_PATH,
    );
    assert_end(&fit, &golden, &digits, &scores);
}

/// Compares the model at the end of a fit of MNIST; returns how well its components stand for the digits.
fn assert_end(fit: &Fit, golden: &Golden, digits: &Digits, scores: &Array2<f64>) -> f64 {
    let mean = fit.log_likelihood() / scores.nrows() as f64;
    assert_near(mean, golden.number("mean_log_likelihood"), OTHER_PATH);
    let model = &fit.model;
    assert_close(
        model.weights(),
        &golden.vector("weights"),
        OTHER_PATH_PARAMETERS,
    );
    assert_close(
        model.means(),
        &golden.matrix("means"),
        OTHER_PATH_PARAMETERS,
    );
    assert_close(
        &model.standard_deviations(),
        &golden.matrix("std"),
        OTHER_PATH_PARAMETERS,
    );
    let found = accuracy(&digits.labels, &model.predict(scores).unwrap()).unwrap();
    assert_near(found, golden.number("hungarian_accuracy"), ACCURACY);
    found
}

/// EM that does not stop before so many iterations.
fn exactly(n_iterations: usize, n_components: usize) -> Em {
    Em::new(n_components)
        .max_iterations(n_iterations)
        .tolerance(0.0)
}

fn from_labels(scores: &Array2<f64>, n_scores: usize, n_iterations: usize) -> Fit {
    assert_eq!(scores.len_of(Axis(1)), n_scores);
    let labels = Digits::start_labels(n_scores).unwrap();
    let em = exactly(n_iterations, 10)
        .start(Start::Labels(labels))
        .regularization(Regularization::Absolute(1e-6));
    em.fit(scores).unwrap()
}
