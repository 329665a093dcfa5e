//! Data and numbers that no function can use.

use super::says;
use em_lab::{
    Digits, Em, GaussianMixture, GreyImage, KMeans, Keep, Pca, Regularization, Start, accuracy,
    column, confusion_matrix, m_step, match_components, random, synthetic,
};
use ndarray::{Array2, Array3, array};

#[test]
fn not_a_number() {
    let mut x = synthetic::two_dimensions().x;
    let model = synthetic::two_dimensions_model();
    let message = |value: &str| {
        format!(
            "x holds {value} in row 17, column 1 (counted from 0): every value must be a finite number. Remove or replace it first."
        )
    };
    for (value, name) in [
        (f64::NAN, "NaN"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        x[[17, 1]] = value;
        says(Em::new(2).fit(&x), &message(name));
        says(
            m_step(&x, &Array2::ones((300, 1)), Regularization::None),
            &message(name),
        );
        says(model.responsibilities(&x), &message(name));
        says(model.component_log_density(&x), &message(name));
        says(model.log_density(&x), &message(name));
        says(model.log_likelihood(&x), &message(name));
        says(model.predict(&x), &message(name));
        says(model.bic(&x), &message(name));
        says(model.aic(&x), &message(name));
        says(Pca::fit(&x, Keep::All), &message(name));
        says(KMeans::fit(&x, 2, 0), &message(name));
    }
}

#[test]
fn nothing_at_all() {
    let nothing = Array2::<f64>::zeros((0, 3));
    let message = "x is empty: there must be at least one value.";
    says(Em::new(2).fit(&nothing), message);
    says(Em::new(2).fit(&Array2::zeros((3, 0))), message);
    says(Pca::fit(&nothing, Keep::All), message);
    says(KMeans::fit(&nothing, 1, 0), message);
    says(
        accuracy(&[], &[]),
        "The list of labels is empty: there must be at least one value.",
    );
    says(
        match_components(&Array2::zeros((0, 0))),
        "The confusion matrix is empty: there must be at least one value.",
    );
    says(
        GreyImage::from_values(&[], 3, 0.0, 1.0),
        "The list of grey values is empty: there must be at least one value.",
    );
}

#[test]
fn too_few_samples() {
    let x = column(&[1.0, 2.0]);
    says(
        Em::new(3).fit(&x),
        "The data have 2 samples, but a mixture of 3 components needs at least 3: give more samples or ask for less.",
    );
    says(
        KMeans::fit(&x, 3, 0),
        "The data have 2 samples, but k-means with 3 clusters needs at least 3: give more samples or ask for less.",
    );
    says(
        Pca::fit(&column(&[1.0]), Keep::All),
        "The data have 1 sample, but a variance needs at least 2: give more samples or ask for less.",
    );
}

#[test]
fn sizes_that_do_not_agree() {
    let x = synthetic::two_dimensions().x;
    let one_dimension = synthetic::one_dimension_model();
    says(
        one_dimension.responsibilities(&x),
        "x has 2 columns, but 1 column was expected: the model has that many features.",
    );
    says(
        Em::new(2).start(Start::Model(one_dimension)).fit(&x),
        "x has 2 columns, but 1 column was expected: the model has that many features.",
    );
    says(
        Em::new(3)
            .start(Start::Model(synthetic::two_dimensions_model()))
            .fit(&x),
        "The start model has 2 components, but 3 components were expected: Em::new asked for that many.",
    );
    says(
        Em::new(2).start(Start::Labels(vec![0, 1])).fit(&x),
        "The list of start labels has 2 values, but 300 values were expected: one for each sample of x.",
    );
    says(
        Em::new(3)
            .start(Start::Responsibilities(
                synthetic::two_dimensions().responsibilities,
            ))
            .fit(&x),
        "The matrix of responsibilities has 2 columns, but 3 columns were expected: one for each component.",
    );
    says(
        m_step(&x, &Array2::ones((299, 1)), Regularization::None),
        "The matrix of responsibilities has 299 rows, but 300 rows were expected: one for each sample of x.",
    );
    let cube = Array3::ones((1, 1, 1));
    says(
        GaussianMixture::new(&[0.5, 0.5], array![[0.0]], cube.clone()),
        "The list of weights has 2 values, but 1 value was expected: one for each row of the means.",
    );
    says(
        GaussianMixture::new(&[1.0], array![[0.0, 0.0]], cube.clone()),
        "Each covariance matrix has 1 row, but 2 rows were expected: one for each column of the means.",
    );
    says(
        GaussianMixture::new(&[0.5, 0.5], array![[0.0], [1.0]], cube),
        "The array of covariances has 1 matrix, but 2 matrices were expected: one for each row of the means.",
    );
    says(
        GaussianMixture::univariate(&[1.0], &[0.0], &[1.0, 2.0]),
        "The list of standard deviations has 2 values, but 1 value was expected: one for each mean.",
    );
    says(
        confusion_matrix(&[0, 1], &[0]),
        "The list of components has 1 label, but 2 labels were expected: one for each class label.",
    );
    says(
        GreyImage::from_values(&[0.0; 7], 3, 0.0, 1.0),
        "The image has 7 pixels, but whole rows of 3 pixels were expected.",
    );
    let pca = Pca::fit(&x, Keep::Count(1)).unwrap();
    says(
        pca.inverse_transform(&x),
        "The matrix of scores has 2 columns, but 1 column was expected: one for each component kept.",
    );
}

#[test]
fn parameters_out_of_range() {
    let x = synthetic::two_dimensions().x;
    says(
        Em::new(0).fit(&x),
        "The number of components is 0, but it must be 1 or more.",
    );
    says(
        Em::new(2).runs(0).fit(&x),
        "The number of runs is 0, but it must be 1 or more.",
    );
    says(
        Em::new(2).tolerance(-1.0).fit(&x),
        "The tolerance is -1, but it must be a finite number, zero or above.",
    );
    says(
        Em::new(2)
            .regularization(Regularization::Absolute(f64::NAN))
            .fit(&x),
        "The regularization is NaN, but it must be a finite number, zero or above.",
    );
    says(
        Em::new(2).start(Start::Labels(vec![2; 300])).fit(&x),
        "The start label of sample 0 is 2, but it must be at most 1: components are counted from 0.",
    );
    says(
        Em::new(2)
            .start(Start::Responsibilities(Array2::ones((300, 2))))
            .fit(&x),
        "Row 0 of the responsibilities is [1, 1], but it must be a row of shares: none negative, with sum 1.",
    );
    says(
        GaussianMixture::univariate(&[0.5, 0.6], &[0.0, 1.0], &[1.0, 1.0]),
        "The list of weights is [0.5, 0.6], but it must be positive numbers that sum to 1.",
    );
    says(
        GaussianMixture::univariate(&[1.0], &[0.0], &[-1.0]),
        "A standard deviation is -1, but it must be a positive number.",
    );
    let flat = array![[[1.0, 1.0], [1.0, 1.0]]];
    says(
        GaussianMixture::new(&[1.0], array![[0.0, 0.0]], flat),
        "Covariance 0 (counted from 0) is [1, 1] [1, 1], but it must be symmetric and positive definite: every direction needs a \
         variance above zero.",
    );
    let lopsided = array![[[1.0, 0.5], [0.0, 1.0]]];
    assert!(GaussianMixture::new(&[1.0], array![[0.0, 0.0]], lopsided).is_err());
    says(
        synthetic::two_dimensions_model().sample_component(2, 1, 0),
        "The component is 2, but it must be at most 1: components are counted from 0.",
    );
}

#[test]
fn numbers_of_components_digits_and_pixels_out_of_range() {
    let x = synthetic::two_dimensions().x;
    says(
        Pca::fit(&x, Keep::Count(3)),
        "The number of components to keep is 3, but it must be at least 1 and at most 2, the smaller of samples and features.",
    );
    says(
        Pca::fit(&x, Keep::Variance(1.5)),
        "The share of the variance to keep is 1.5, but it must be above 0 and at most 1.",
    );
    says(
        Pca::fit(&array![[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]], Keep::All),
        "x is the same in every row, but it must be different from row to row: where nothing varies there are no components.",
    );
    says(
        Pca::fit(&array![[0.0, 0.0, 0.0], [2.0, 2.0, 4.0]], Keep::Count(2)),
        "The number of components to keep is 2, but it must be at least 1 and at most 1, the number of directions in which the \
         samples vary.",
    );
    let line = Pca::fit(&array![[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]], Keep::All).unwrap();
    says(
        line.whiten(&array![[1.0, 1.0]]),
        "The number of components to keep is 2, but it must be at most 1 for whitening: the data do not vary along the other \
         directions.",
    );
    says(
        KMeans::fit(&x, 0, 0),
        "The number of clusters is 0, but it must be 1 or more.",
    );
    says(
        random::uniform(3, 1.0, 1.0, 0),
        "The interval low..high is 1..1, but it must be finite, with low below high.",
    );
    says(
        Digits::first(0),
        "The number of digits is 0, but it must be at least 1.",
    );
    says(
        Digits::first(70_001),
        "The number of digits is 70001, but it must be at least 1 and at most 70000.",
    );
    says(
        Digits::start_labels(3),
        "The number of scores is 3, but it must be 2 or 50: start labels are bundled for these.",
    );
    says(
        Digits::first(2).unwrap().image(2),
        "The image is 2, but it must be less than 2: images are counted from 0.",
    );
    says(
        GreyImage::from_labels(&[0, 5], 2, 3),
        "Label 1 is 5, but it must be less than 3, the number of labels.",
    );
    says(
        GreyImage::from_values(&[0.0], 1, 1.0, 0.0),
        "The range from low to high is 1 to 0, but it must be finite, with low below high.",
    );
}

#[test]
fn numbers_at_the_limits_of_their_format() {
    let x = array![[1e300, 0.0], [-1e300, 1.0], [0.5e300, 2.0]];
    let message = |what: &str| {
        format!(
            "The linear algebra failed ({what}): the values are too large, too small or too unequal for double precision. Rescale \
             the columns to comparable size and try again."
        )
    };
    says(
        Pca::fit(&x, Keep::All),
        &message("the variances of x overflow"),
    );
    says(
        Pca::fit(&x.t().to_owned(), Keep::All),
        &message("the variances of x overflow"),
    );
    says(
        Em::new(1).start(Start::Labels(vec![0; 3])).fit(&x),
        &message("the variances of x overflow"),
    );
    says(
        KMeans::fit(&x, 1, 0),
        &message("the distances between samples overflow"),
    );
}

#[test]
fn more_than_memory_holds() {
    let model = synthetic::two_dimensions_model();
    let message = "The number of points is 18446744073709551615, but it must be at most 1073741824, so that the result fits into memory.";
    says(model.sample(usize::MAX, 1), message);
    says(model.sample_component(0, usize::MAX, 1), message);
    says(
        random::uniform(usize::MAX, 0.0, 1.0, 1),
        "The number of values is 18446744073709551615, but it must be at most 2147483648, so that the result fits into memory.",
    );
    says(
        accuracy(&[0, usize::MAX], &[0, 1]),
        "The class label of sample 1 is 18446744073709551615, but it must be at most 4095: labels are counted from 0, without gaps.",
    );
    let mut digits = Digits::first(2).unwrap();
    digits.height = 100;
    says(
        digits.image(0),
        "Each image has 784 pixels, but 100 x 28 were expected: its height and width.",
    );
}
