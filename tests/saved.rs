//! Models as text and in files: the same bits, or an error.

use em_lab::{CovarianceModel, Em, Error, GaussianMixture, synthetic};
use ndarray::{array, s};
use std::fs;
use std::path::PathBuf;

fn says<T: std::fmt::Debug>(result: Result<T, Error>, text: &str) {
    assert_eq!(result.unwrap_err().to_string(), text);
}

#[test]
fn a_model_comes_back_from_text_bit_for_bit() {
    let x = synthetic::two_dimensions().x;
    let x = &x * &array![1e-9, 1e12] + 0.1;
    for kind in CovarianceModel::ALL {
        let em = Em::new(3).covariance_model(kind).max_iterations(4);
        let model = em.fit(&x).unwrap().model;
        let text = model.to_text("after\n4  iterations");
        let (read, note) = GaussianMixture::from_text(&text).unwrap();
        assert_eq!((&read, note.as_str()), (&model, "after 4 iterations"));
        let statistics = [&read, &model].map(|model| model.statistics(&x).unwrap());
        assert_eq!(statistics[0], statistics[1]);
    }
    let model = GaussianMixture::univariate(&[0.25, 0.75], &[-0.0, 1e-310], &[1.0, 1e3]).unwrap();
    assert_eq!(
        model.to_text(""),
        "em-lab Gaussian mixture, version 1\nnote: \ncovariance model: VVV\ncomponents: 2\nfeatures: 1\nweights: 0.25 0.75\n\
         mean: -0.0\nmean: 1e-310\ncovariance: 1.0\ncovariance: 1000000.0\ncheck: f9089f30\n"
    );
    let (read, _) = GaussianMixture::from_text(model.to_text("")).unwrap();
    assert!(read.means()[[0, 0]].is_sign_negative());
}

fn path(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder.join("model.txt")
}

/// A text with a check that fits.
fn checked(content: &str) -> String {
    let mut crc = flate2::Crc::new();
    crc.update(content.as_bytes());
    format!("{content}check: {:08x}\n", crc.sum())
}

#[test]
fn a_model_in_a_file_is_whole_or_an_error() {
    let path = path("whole");
    let model = synthetic::two_dimensions_model();
    model.save(&path, "one").unwrap();
    model.save(&path, "two").unwrap();
    assert_eq!(
        GaussianMixture::load(&path),
        Ok((model.clone(), "two".into()))
    );
    let files = fs::read_dir(path.parent().unwrap()).unwrap();
    assert_eq!(files.count(), 1, "no part of it is left over");

    let text = model.to_text("two");
    let place = path.display();
    let again = "Take a copy that is whole, or fit the model again.";
    for cut in 0..text.len() {
        fs::write(&path, &text[..cut]).unwrap();
        let error = GaussianMixture::load(&path).unwrap_err().to_string();
        let expected = if cut < 35 {
            error.clone()
        } else {
            format!("{place}: is cut off: its last line is no check. {again}")
        };
        assert!(error.starts_with(&place.to_string()), "{error}");
        assert_eq!(error, expected, "the first {cut} bytes");
    }
    for flip in 35..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[flip] ^= 2;
        fs::write(&path, &bytes).unwrap();
        assert!(GaussianMixture::load(&path).is_err(), "byte {flip}");
    }
    fs::write(&path, text.replace("two", "three")).unwrap();
    says(
        GaussianMixture::load(&path),
        &format!("{place}: was changed: its check does not fit. {again}"),
    );
    fs::write(&path, "a,b\n1,2\n").unwrap();
    says(
        GaussianMixture::load(&path),
        &format!(
            "{place}: holds no mixture of this crate. Give a file that GaussianMixture::save wrote."
        ),
    );
    fs::write(&path, text.replace("version 1", "version 2")).unwrap();
    says(
        GaussianMixture::load(&path),
        &format!(
            "{place}: is of version \"2\", but this program reads version 1. Read it with the version of em-lab that wrote it."
        ),
    );
    fs::remove_file(&path).unwrap();
    let error = GaussianMixture::load(&path).unwrap_err().to_string();
    let remedy = "Check the name, and that it is a file that this user may read.";
    assert!(
        error.starts_with(&format!("{place}: cannot be read (")) && error.ends_with(remedy),
        "{error}"
    );
    let below = path.parent().unwrap().join("none").join("model.txt");
    let error = model.save(&below, "").unwrap_err().to_string();
    assert!(
        error.contains(": cannot be written (") && error.contains("Check that the folder exists"),
        "{error}"
    );
}

#[test]
fn a_text_whose_check_fits_may_still_be_no_mixture() {
    let good = checked(
        "em-lab Gaussian mixture, version 1\nnote: by hand\ncovariance model: VVI\ncomponents: 1\nfeatures: 2\nweights: 1\n\
         mean: 0 1\ncovariance: 1 0\ncovariance: 0 2\n",
    );
    let (model, note) = GaussianMixture::from_text(&good).unwrap();
    assert_eq!(note, "by hand");
    assert_eq!(model.covariances().slice(s![0, 1, ..]), array![0.0, 2.0]);
    for (old, new, problem) in [
        ("note", "notes", "has no note where one belongs"),
        ("VVI", "VVX", "has no covariance model where one belongs"),
        (
            "ponents: 1",
            "ponents: -1",
            "has no components where one belongs",
        ),
        (
            "features: 2",
            "features: 99999999999999999999",
            "has no features where one belongs",
        ),
        (
            "weights: 1",
            "weights: 1 1",
            "has no weights where one belongs",
        ),
        ("mean: 0 1", "mean: 0 one", "has no mean where one belongs"),
        (
            "covariance: 0 2\n",
            "",
            "has no covariance where one belongs",
        ),
        (
            "1 0\ncovariance: 0",
            "2 1\ncovariance: 1",
            "has no covariance along the features where one belongs",
        ),
        (
            "weights: 1",
            "weights: 0.5",
            "holds no mixture: The list of weights is [0.5], but it must be positive numbers that sum to 1",
        ),
    ] {
        let content = good[..good.rfind("check").unwrap()].replace(old, new);
        says(
            GaussianMixture::from_text(checked(&content)),
            &format!("The text: {problem}. Take a copy that is whole, or fit the model again."),
        );
    }
}
