//! The model of the digit page: its density against brute force in a few pixels, its draws, and what it refuses.

mod common;

use common::{LONG_SUMS, ROUNDING, assert_near, small_digit_model};
use em_lab::{DigitModel, Digits, Draw, Em, Error, GaussianMixture, Keep, Pca, synthetic};
use ndarray::{Array1, Array2, Array3, Axis, s};

/// The same density written out: a mixture of normal distributions of the pixels.
fn written_out(model: &DigitModel) -> GaussianMixture {
    let mixture = model.mixture().unwrap();
    let loadings = model.loadings();
    let means = mixture.means().dot(&loadings.t()) + model.mean();
    let n = model.n_pixels();
    let mut covariances = Array3::zeros((model.n_components(), n, n));
    for (mut full, of_scores) in covariances
        .outer_iter_mut()
        .zip(mixture.covariances().outer_iter())
    {
        full.assign(
            &(loadings.dot(&of_scores).dot(&loadings.t())
                + Array2::<f64>::eye(n) * model.noise_variance()),
        );
    }
    GaussianMixture::new(&model.weights().to_vec(), means, covariances).unwrap()
}

/// The parameters that belong to some of the pixels.
fn marginal(full: &GaussianMixture, pixels: &[usize]) -> GaussianMixture {
    let means = full.means().select(Axis(1), pixels);
    let covariances = full
        .covariances()
        .select(Axis(1), pixels)
        .select(Axis(2), pixels);
    GaussianMixture::new(&full.weights().to_vec(), means, covariances).unwrap()
}

#[track_caller]
fn assert_each<'a>(
    found: impl IntoIterator<Item = &'a f64>,
    expected: impl IntoIterator<Item = &'a f64>,
    tolerance: f64,
) {
    let (found, expected) = (Vec::from_iter(found), Vec::from_iter(expected));
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.into_iter().zip(expected) {
        assert_near(*found, *expected, tolerance);
    }
}

/// Gauss's elimination.
fn solve(a: &Array2<f64>, b: &Array1<f64>) -> Array1<f64> {
    let (mut a, mut b) = (a.clone(), b.clone());
    let n = b.len();
    for pivot in 0..n {
        for row in pivot + 1..n {
            let factor = a[[row, pivot]] / a[[pivot, pivot]];
            for column in pivot..n {
                a[[row, column]] -= factor * a[[pivot, column]];
            }
            b[row] -= factor * b[pivot];
        }
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n)
            .map(|column| a[[row, column]] * b[column])
            .sum();
        b[row] = (b[row] - known) / a[[row, row]];
    }
    b
}

/// Bishop (2006), eq. 2.81: μₐ + Σₐᵦ Σᵦᵦ⁻¹ (xᵦ - μᵦ).
fn conditional_mean(
    full: &GaussianMixture,
    k: usize,
    covered: &[usize],
    visible: &[usize],
    x: &[f64],
) -> Array1<f64> {
    let mean = full.means().row(k).to_owned();
    let covariance = full.covariances().index_axis(Axis(0), k).to_owned();
    let residual: Array1<f64> = visible.iter().map(|&i| x[i] - mean[i]).collect();
    let within = covariance.select(Axis(0), visible).select(Axis(1), visible);
    let between = covariance.select(Axis(0), covered).select(Axis(1), visible);
    let of_covered: Array1<f64> = covered.iter().map(|&i| mean[i]).collect();
    of_covered + between.dot(&solve(&within, &residual))
}

#[test]
fn density_and_responsibilities_are_those_of_the_mixture_of_the_pixels() {
    let (model, x) = small_digit_model();
    let full = written_out(&model);
    let nothing = model.covering(&[false; 6]).unwrap();
    let expected = full.log_density(&x).unwrap();
    let shares = full.responsibilities(&x).unwrap();
    for (n, row) in x.rows().into_iter().enumerate() {
        let image = row.to_vec();
        let completion = model.complete(&image, &nothing).unwrap();
        assert_near(completion.log_density, expected[n], LONG_SUMS);
        assert_each(&completion.responsibilities, shares.row(n), LONG_SUMS);
        assert_eq!(completion.pixels, image);
    }
    assert_near(
        model.log_density(&x.row(0).to_vec()).unwrap(),
        expected[0],
        LONG_SUMS,
    );
}

#[test]
fn covered_pixels_are_completed_by_their_conditional_mean() {
    let (model, x) = small_digit_model();
    let full = written_out(&model);
    let covers: [&[usize]; 4] = [&[0], &[0, 1, 2], &[1, 3, 4, 5], &[0, 1, 2, 3, 4]];
    for covered in covers {
        let visible: Vec<usize> = (0..6).filter(|i| !covered.contains(i)).collect();
        let mask: Vec<bool> = (0..6).map(|i| covered.contains(&i)).collect();
        let covering = model.covering(&mask).unwrap();
        let of_visible = marginal(&full, &visible);
        for row in x.slice(s![..40, ..]).rows() {
            let image = row.to_vec();
            let seen = row.select(Axis(0), &visible).insert_axis(Axis(0));
            let shares = of_visible.responsibilities(&seen).unwrap();
            let mut expected = Array1::zeros(covered.len());
            for k in 0..model.n_components() {
                expected.scaled_add(
                    shares[[0, k]],
                    &conditional_mean(&full, k, covered, &visible, &image),
                );
            }
            let completion = model.complete(&image, &covering).unwrap();
            let found: Vec<f64> = covered.iter().map(|&i| completion.pixels[i]).collect();
            assert_each(&found, &expected, LONG_SUMS);
            assert_near(
                completion.log_density,
                of_visible.log_density(&seen).unwrap()[0],
                LONG_SUMS,
            );
            assert_each(&completion.responsibilities, shares.row(0), LONG_SUMS);
            assert!(
                visible
                    .iter()
                    .all(|&i| completion.pixels[i].to_bits() == image[i].to_bits())
            );
            // What lies under the cover is not looked at.
            let other: Vec<f64> = (0..6)
                .map(|i| if mask[i] { 99.0 } else { image[i] })
                .collect();
            assert_eq!(model.complete(&other, &covering).unwrap(), completion);
        }
    }
}

#[test]
fn an_image_that_is_wholly_covered_is_the_mean_of_the_mixture() {
    let (model, x) = small_digit_model();
    let all = model.covering(&[true; 6]).unwrap();
    let completion = model.complete(&x.row(0).to_vec(), &all).unwrap();
    assert_near(completion.log_density, 0.0, ROUNDING);
    assert_each(&completion.responsibilities, model.weights(), ROUNDING);
    let expected = model.weights().dot(&model.component_means());
    assert_each(&completion.pixels, &expected, ROUNDING);
}

#[test]
fn the_digit_of_a_seed_is_the_first_sample_of_the_mixture() {
    let (model, _) = small_digit_model();
    let mixture = model.mixture().unwrap();
    for seed in 0..50 {
        let sample = mixture.sample(1, seed).unwrap();
        let drawn = model.draw(seed, Draw::default()).unwrap();
        assert_eq!(drawn.component, sample.labels[0]);
        assert_each(&drawn.scores, sample.x.row(0), LONG_SUMS);
        let pixels = model.loadings().dot(&sample.x.row(0)) + model.mean();
        assert_each(&drawn.pixels, &pixels, LONG_SUMS);
    }
}

#[test]
fn temperature_scales_the_covariance_and_scores_that_do_not_count_are_zero() {
    let (model, _) = small_digit_model();
    let mixture = model.mixture().unwrap();
    let draw = |how| model.draw(5, how).unwrap();
    let usual = draw(Draw {
        component: Some(1),
        ..Draw::default()
    });
    let mean = mixture.means().row(1).to_owned();
    let still = draw(Draw {
        component: Some(1),
        temperature: 0.0,
        n_kept: None,
    });
    assert_each(&still.scores, &mean, ROUNDING);
    assert_each(&still.pixels, model.component_means().row(1), ROUNDING);
    let hot = draw(Draw {
        component: Some(1),
        temperature: 4.0,
        n_kept: None,
    });
    for ((hot, usual), mean) in hot.scores.iter().zip(&usual.scores).zip(&mean) {
        assert_near(hot - mean, 2.0 * (usual - mean), ROUNDING);
    }
    let fewer = draw(Draw {
        component: Some(1),
        temperature: 1.0,
        n_kept: Some(1),
    });
    assert_eq!(fewer.scores, [usual.scores[0], 0.0]);
    let none = draw(Draw {
        component: Some(1),
        temperature: 1.0,
        n_kept: Some(0),
    });
    assert_eq!(none.pixels, model.mean().to_vec());
    // Any component: the one that the seed stands for.
    let any = draw(Draw::default());
    assert_eq!(
        any,
        draw(Draw {
            component: Some(any.component),
            ..Draw::default()
        })
    );
    assert!(
        (0..50).any(|seed| model.draw(seed, Draw::default()).unwrap().component != any.component)
    );
}

#[test]
fn image_is_rounded_to_grey_levels() {
    let (model, _) = small_digit_model();
    let image = model.image(&[-0.5, 0.0, 0.5, 1.0, 1.5, 0.1]).unwrap();
    assert_eq!(image.values(), [0.0, 0.0, 128.0, 255.0, 255.0, 26.0]);
    assert_eq!((image.height(), image.width()), (2, 3));
    let drawn = model.draw(9, Draw::default()).unwrap();
    assert_eq!(model.digit(9).unwrap(), model.image(&drawn.pixels).unwrap());
}

#[test]
fn a_model_of_real_digits_reads_and_completes_them() {
    let digits = Digits::first(2_000).unwrap();
    let x = digits.unit();
    let pca = Pca::fit(&x, Keep::Count(30)).unwrap();
    let fit = Em::new(10).fit(&pca.transform(&x).unwrap()).unwrap();
    let model = DigitModel::new(&pca, &fit.model, digits.width).unwrap();
    assert!(model.to_bytes().len() < 120_000);
    let upper: Vec<bool> = (0..784).map(|pixel| pixel < 392).collect();
    let covering = model.covering(&upper).unwrap();
    let error = |guess: &dyn Fn(usize) -> Vec<f64>| -> f64 {
        (0..100)
            .map(|n| {
                let guess = guess(n);
                (0..392)
                    .map(|i| (guess[i] - x[[n, i]]).powi(2))
                    .sum::<f64>()
            })
            .sum()
    };
    let of_mean = error(&|_| model.mean().to_vec());
    let of_model = error(&|n| {
        model
            .complete(&x.row(n).to_vec(), &covering)
            .unwrap()
            .pixels
    });
    // Half an image tells much about the other half.
    assert!(of_model < 0.9 * of_mean, "{of_model} {of_mean}");
}

#[test]
fn arguments_that_do_not_fit_are_named() {
    let (model, x) = small_digit_model();
    let message = |error: Error| error.to_string();
    let how = |component, temperature, n_kept| Draw {
        component,
        temperature,
        n_kept,
    };
    let refused = |how| message(model.draw(0, how).unwrap_err());
    assert_eq!(
        refused(how(Some(2), 1.0, None)),
        "The component is 2, but it must be at most 1: components are counted from 0."
    );
    assert_eq!(
        refused(how(None, -1.0, None)),
        "The temperature is -1, but it must be a finite number, zero or above."
    );
    assert_eq!(
        refused(how(None, 1.0, Some(3))),
        "The number of scores is 3, but it must be at most 2, the scores of the model."
    );
    assert!(matches!(
        model.covering(&[true]).unwrap_err(),
        Error::Shape { .. }
    ));
    let nothing = model.covering(&[false; 6]).unwrap();
    assert!(matches!(
        model.complete(&[0.0], &nothing).unwrap_err(),
        Error::Shape { .. }
    ));
    assert!(matches!(
        model.complete(&[f64::NAN; 6], &nothing).unwrap_err(),
        Error::NotFinite { .. }
    ));

    let pca = Pca::fit(&x, Keep::Count(1)).unwrap();
    let one = Em::new(1).fit(&pca.transform(&x).unwrap()).unwrap().model;
    let two = synthetic::two_dimensions_model();
    assert_eq!(
        message(DigitModel::new(&pca, &two, 3).unwrap_err()),
        "The mixture has 2 dimensions, but 1 dimension was expected: one for each principal component."
    );
    assert_eq!(
        message(DigitModel::new(&pca, &one, 4).unwrap_err()),
        "The image has 6 pixels, but whole rows of 4 pixels were expected."
    );
    let other = DigitModel::new(&pca, &one, 3).unwrap();
    let of_other = other.covering(&[false; 6]).unwrap();
    assert!(matches!(
        model.complete(&x.row(0).to_vec(), &of_other).unwrap_err(),
        Error::Shape { .. }
    ));
    let whole = Pca::fit(&x, Keep::All).unwrap();
    let full = Em::new(1).fit(&whole.transform(&x).unwrap()).unwrap().model;
    assert!(
        message(DigitModel::new(&whole, &full, 3).unwrap_err()).starts_with("The noise variance")
    );
}

#[test]
fn it_shows_itself() {
    let (model, x) = small_digit_model();
    assert!(
        model
            .to_string()
            .starts_with("A density of images of 2 x 3 pixels: 2 components of 2 scores, noise")
    );
    let covering = model
        .covering(&[true, false, false, false, false, false])
        .unwrap();
    assert_eq!(covering.to_string(), "5 of 6 pixels visible");
    let completion = model.complete(&x.row(0).to_vec(), &covering).unwrap();
    assert!(completion.to_string().starts_with("ln p = "));
    assert_eq!(
        model
            .draw(
                0,
                Draw {
                    component: Some(1),
                    ..Draw::default()
                }
            )
            .unwrap()
            .to_string(),
        "An image of 6 pixels from component 1"
    );
}
