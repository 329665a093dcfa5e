//! Principal components.

use super::mixture;
use crate::common::{LONG_SUMS, OFFSET, ROUNDING, assert_close, assert_near};
use em_lab::{Keep, Pca};
use ndarray::{Array1, Array2, Axis, concatenate, s};

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
