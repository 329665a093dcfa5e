//! Every error is reached, and says in whole sentences what was found, what was expected and what to do.

mod common;

use em_lab::{
    Channel, Collapse, CovarianceModel, Digits, Em, Error, GaussianMixture, GreyImage, KMeans,
    Keep, Pca, Regularization, Start, accuracy, column, confusion_matrix, m_step, match_components,
    random, synthetic,
};
use ndarray::{Array2, Array3, Axis, array, concatenate, s};
use std::fmt::Debug;
use std::path::PathBuf;

#[track_caller]
fn says<T: Debug>(result: Result<T, Error>, message: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), message);
    assert_eq!(
        format!("{error:?}"),
        message,
        "a notebook shows the Debug text"
    );
}

/// The message with the file's own folder left out.
#[track_caller]
fn says_of_file<T: Debug>(result: Result<T, Error>, folder: &std::path::Path, message: &str) {
    let error = result.unwrap_err();
    assert_eq!(
        error
            .to_string()
            .replace(&format!("{}/", folder.display()), ""),
        message
    );
}

/// A folder of this test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

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

#[test]
fn files_of_digits_that_are_not_whole() {
    let folder = folder("idx");
    let (images, labels) = (folder.join("images.gz"), folder.join("labels.gz"));
    let header = |magic: [u8; 4], sizes: &[u32]| {
        let mut bytes = magic.to_vec();
        for size in sizes {
            bytes.extend(size.to_be_bytes());
        }
        bytes
    };
    let two_images = [header([0, 0, 8, 3], &[2, 3, 4]), (0..24).collect()].concat();
    let two_labels = [header([0, 0, 8, 1], &[2]), vec![7, 1]].concat();
    let read = |image_file: &[u8], label_file: &[u8]| {
        std::fs::write(&images, image_file).unwrap();
        std::fs::write(&labels, label_file).unwrap();
        Digits::from_idx(&images, &labels)
    };
    let (good_images, good_labels) = (gzip(&two_images), gzip(&two_labels));

    // Any number and size of images is welcome.
    let digits = read(&good_images, &good_labels).unwrap();
    assert_eq!(
        (
            digits.len(),
            digits.height,
            digits.width,
            digits.labels.clone()
        ),
        (2, 3, 4, vec![7, 1])
    );
    assert_eq!(digits.image(1).unwrap().pixels[[2, 3]], 23);

    let again = "Fetch the file again; the download may have been cut off.";
    says_of_file(
        read(&good_images[..good_images.len() - 5], &good_labels),
        &folder,
        &format!("images.gz: is not a whole gzip file (unexpected end of file). {again}"),
    );
    let mut flipped = good_images.clone();
    let checksum = flipped.len() - 6;
    flipped[checksum] ^= 1;
    says_of_file(
        read(&flipped, &good_labels),
        &folder,
        &format!(
            "images.gz: is not a whole gzip file (corrupt gzip stream does not have a matching checksum). {again}"
        ),
    );
    says_of_file(
        read(b"not gzip at all", &good_labels),
        &folder,
        &format!("images.gz: is not a whole gzip file (invalid gzip header). {again}"),
    );
    says_of_file(
        read(&good_labels, &good_labels),
        &folder,
        &format!(
            "images.gz: starts with [0, 0, 8, 1], but an IDX file of images starts with [0, 0, 8, 3]. {again}"
        ),
    );
    says_of_file(
        read(&good_images, &gzip(&[0, 0])),
        &folder,
        &format!(
            "labels.gz: starts with 2 bytes, but an IDX file of labels starts with [0, 0, 8, 1]. {again}"
        ),
    );
    says_of_file(
        read(&gzip(&two_images[..12]), &good_labels),
        &folder,
        &format!("images.gz: ends inside its header, after 12 of 16 bytes. {again}"),
    );
    says_of_file(
        read(&gzip(&two_images[..30]), &good_labels),
        &folder,
        &format!("images.gz: holds 14 bytes of data, but its header announces [2, 3, 4]. {again}"),
    );
    let huge = [
        header([0, 0, 8, 3], &[u32::MAX, u32::MAX, u32::MAX]),
        vec![1],
    ]
    .concat();
    assert!(
        read(&gzip(&huge), &good_labels)
            .unwrap_err()
            .to_string()
            .contains("announces")
    );
    let one_label = [header([0, 0, 8, 1], &[1]), vec![7]].concat();
    says(
        read(&good_images, &gzip(&one_label)),
        "The file of labels has 1 label, but 2 labels were expected: one for each image in the file of images.",
    );
    says_of_file(
        Digits::from_idx(folder.join("nowhere.gz"), &labels),
        &folder,
        "nowhere.gz: cannot be read (No such file or directory (os error 2)). Check the name; for the bundled files, EM_LAB_DATA must \
         name the folder that holds them.",
    );
}

#[test]
fn pictures_that_are_not_grey() {
    let folder = folder("png");
    let path = folder.join("colour.png");
    write_png(
        &path,
        png::ColorType::Rgb,
        &[255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30],
    );
    says_of_file(
        GreyImage::open(&path),
        &folder,
        "colour.png: is a colour picture, but grey levels were expected. Use GreyImage::open_channel with Channel::Luma for its \
         brightness, or with Red, Green or Blue.",
    );
    let channel = |channel| {
        GreyImage::open_channel(&path, channel)
            .unwrap()
            .pixels
            .into_raw_vec_and_offset()
            .0
    };
    assert_eq!(channel(Channel::Red), [255, 0, 0, 10]);
    assert_eq!(channel(Channel::Green), [0, 255, 0, 20]);
    assert_eq!(channel(Channel::Blue), [0, 0, 255, 30]);
    assert_eq!(channel(Channel::Luma), [76, 150, 29, 18]);

    // Grey with transparency, and grey saved as colour, are grey.
    write_png(
        &path,
        png::ColorType::GrayscaleAlpha,
        &[1, 255, 2, 0, 3, 9, 4, 1],
    );
    assert_eq!(
        GreyImage::open(&path).unwrap().pixels,
        array![[1, 2], [3, 4]]
    );
    assert_eq!(channel(Channel::Red), [1, 2, 3, 4]);
    write_png(
        &path,
        png::ColorType::Rgb,
        &[5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8],
    );
    assert_eq!(
        GreyImage::open(&path).unwrap().pixels,
        array![[5, 6], [7, 8]]
    );

    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(
        GreyImage::open(&path)
            .unwrap_err()
            .to_string()
            .contains("is not a readable PNG file")
    );
    std::fs::write(&path, "text").unwrap();
    assert!(
        GreyImage::open(&path)
            .unwrap_err()
            .to_string()
            .contains("is not a readable PNG file")
    );
    assert!(
        GreyImage::open(folder.join("nowhere.png"))
            .unwrap_err()
            .to_string()
            .contains("cannot be read")
    );
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

/// Two by two pixels.
fn write_png(path: &std::path::Path, color: png::ColorType, samples: &[u8]) {
    let mut encoder = png::Encoder::new(std::fs::File::create(path).unwrap(), 2, 2);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    encoder
        .write_header()
        .unwrap()
        .write_image_data(samples)
        .unwrap();
}

#[cfg(feature = "polars")]
mod table {
    use super::{folder, says_of_file};
    use em_lab::{Digits, Error};

    #[test]
    fn digits_come_back_from_csv_with_and_without_header() {
        let folder = folder("csv");
        let path = folder.join("digits.csv");
        let digits = Digits::first(300).unwrap();
        digits.to_csv(&path).unwrap();
        assert_eq!(Digits::from_csv(&path).unwrap(), digits);
        let text = std::fs::read_to_string(&path).unwrap();
        let (header, rows) = text.split_once('\n').unwrap();
        assert!(header.starts_with("label,pixel0,pixel1"));
        std::fs::write(&path, rows).unwrap();
        assert_eq!(Digits::from_csv(&path).unwrap(), digits);
        std::fs::write(&path, text.replace('\n', "\r\n")).unwrap();
        assert_eq!(Digits::from_csv(&path).unwrap(), digits);
        assert!(
            digits
                .to_csv(folder.join("no/such/folder.csv"))
                .unwrap_err()
                .to_string()
                .contains("cannot be written")
        );
    }

    #[test]
    fn a_first_line_with_a_fault_is_no_header() {
        let folder = folder("csv-first-line");
        let path = folder.join("digits.csv");
        Digits::first(3).unwrap().to_csv(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let (_, rows) = text.split_once('\n').unwrap();
        std::fs::write(&path, rows.replacen('5', "x", 1)).unwrap();
        let error = Digits::from_csv(&path).unwrap_err().to_string();
        assert!(
            error.contains("line 1, column 1: the label is \"x\""),
            "{error}"
        );
        std::fs::write(&path, format!("\u{feff}{rows}")).unwrap();
        assert_eq!(Digits::from_csv(&path).unwrap().len(), 3);
    }

    #[test]
    fn faults_in_a_csv_are_named_by_line_and_column() {
        let folder = folder("csv-faults");
        let path = folder.join("digits.csv");
        Digits::first(3).unwrap().to_csv(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<Vec<String>> = text
            .lines()
            .map(|line| line.split(',').map(String::from).collect())
            .collect();
        let broken = |change: &dyn Fn(&mut Vec<Vec<String>>)| {
            let mut lines = lines.clone();
            change(&mut lines);
            let lines: Vec<String> = lines.iter().map(|fields| fields.join(",")).collect();
            std::fs::write(&path, lines.join("\n")).unwrap();
            Digits::from_csv(&path)
        };
        let remedy = "Each line must hold a label from 0 to 9 and then 784 pixels, whole numbers from 0 to 255, between commas.";
        let with = |line: usize, column: usize, value: &str| {
            let value = value.to_string();
            broken(&move |lines| lines[line][column] = value.clone())
        };
        says_of_file(
            with(2, 5, "a"),
            &folder,
            &format!(
                "digits.csv, line 3, column 6: the pixel is \"a\", but a whole number from 0 to 255 was expected. {remedy}"
            ),
        );
        says_of_file(
            with(1, 784, "256"),
            &folder,
            &format!(
                "digits.csv, line 2, column 785: the pixel is \"256\", but a whole number from 0 to 255 was expected. {remedy}"
            ),
        );
        says_of_file(
            with(3, 0, "12"),
            &folder,
            &format!(
                "digits.csv, line 4, column 1: the label is \"12\", but a whole number from 0 to 9 was expected. {remedy}"
            ),
        );
        for value in ["", "-1", "1.5", "NaN"] {
            assert!(
                with(1, 7, value)
                    .unwrap_err()
                    .to_string()
                    .contains("line 2, column 8"),
                "{value}"
            );
        }
        let missing = |line: usize| broken(&move |lines| lines[line].truncate(784));
        says_of_file(
            missing(2),
            &folder,
            &format!("digits.csv, line 3: has 784 columns, but 785 were expected. {remedy}"),
        );
        let all_shorter = broken(&|lines| lines.iter_mut().for_each(|fields| fields.truncate(700)));
        says_of_file(
            all_shorter,
            &folder,
            &format!("digits.csv, line 1: has 700 columns, but 785 were expected. {remedy}"),
        );
        says_of_file(
            broken(&|lines| lines.truncate(1)),
            &folder,
            &format!("digits.csv, after the header: there are no digits. {remedy}"),
        );
        std::fs::write(&path, "").unwrap();
        assert!(matches!(Digits::from_csv(&path), Err(Error::Empty { .. })));
        assert!(
            Digits::from_csv(folder.join("nowhere.csv"))
                .unwrap_err()
                .to_string()
                .contains("cannot be read")
        );
    }
}
