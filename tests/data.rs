//! The bundled data are what their README says.

use em_lab::{Digits, GreyImage, synthetic};
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::io::Read;

#[test]
fn the_bundled_files_are_the_originals() {
    let originals = [
        (
            "train-images-idx3",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        (
            "train-labels-idx1",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        (
            "t10k-images-idx3",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        (
            "t10k-labels-idx1",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ];
    for (name, expected) in originals {
        let path = em_lab::data::data_dir().join(format!("mnist/{name}-ubyte.gz"));
        let mut bytes = Vec::new();
        GzDecoder::new(std::fs::File::open(path).unwrap())
            .read_to_end(&mut bytes)
            .unwrap();
        let found = Sha256::digest(&bytes)
            .iter()
            .fold(String::new(), |mut text, byte| {
                write!(text, "{byte:02x}").unwrap();
                text
            });
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn all_digits_are_the_training_digits_and_then_the_test_digits() {
    let all = Digits::load().unwrap();
    assert_eq!(
        (all.len(), all.pixels.dim(), all.height, all.width),
        (70_000, (70_000, 784), 28, 28)
    );
    assert_eq!(all.labels[..10], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    assert_eq!(all.labels[60_000..60_005], [7, 2, 1, 0, 4]);
    let counts: Vec<usize> = (0..10)
        .map(|digit| all.labels.iter().filter(|&&l| l == digit).count())
        .collect();
    assert_eq!(
        counts,
        [6903, 7877, 6990, 7141, 6824, 6313, 6876, 7293, 6825, 6958]
    );
    let few = Digits::first(60_001).unwrap();
    assert_eq!((few.len(), few.labels[60_000]), (60_001, 7));
    let few = Digits::first(3).unwrap();
    assert_eq!(few.pixels, all.pixels.slice(ndarray::s![..3, ..]));
    let (unit, raw) = (few.unit(), few.raw());
    assert!(unit.iter().all(|v| (0.0..=1.0).contains(v)) && unit.iter().any(|&v| v > 0.99));
    assert!(
        raw.iter()
            .zip(&unit)
            .all(|(r, u)| (r / 255.0 - u).abs() < 1e-15)
    );
    let image = few.image(0).unwrap();
    assert_eq!((image.height(), image.width()), (28, 28));
    assert_eq!(image.values(), raw.row(0).to_vec());
    for n_scores in [2, 50] {
        let labels = Digits::start_labels(n_scores).unwrap();
        assert_eq!((labels.len(), labels.iter().max()), (70_000, Some(&9)));
    }
}

#[test]
fn photographs_and_images_from_numbers() {
    let coins = GreyImage::coins().unwrap();
    assert_eq!((coins.height(), coins.width()), (303, 384));
    assert_eq!(GreyImage::camera().unwrap().pixels.dim(), (512, 512));
    assert_eq!(
        GreyImage::from_values(&coins.values(), 384, 0.0, 255.0).unwrap(),
        coins
    );
    let cut = GreyImage::from_values(&[-1.0, 0.0, 0.5, 2.0], 2, 0.0, 1.0).unwrap();
    assert_eq!(cut.pixels, ndarray::array![[0, 0], [128, 255]]);
    let labels = GreyImage::from_labels(&[0, 1, 2, 0], 2, 3).unwrap();
    assert_eq!(labels.pixels, ndarray::array![[0, 128], [255, 0]]);
}

#[test]
fn the_mixtures_of_the_notebooks_can_be_built() {
    assert_eq!(
        synthetic::one_dimension_model()
            .standard_deviations()
            .column(0)
            .to_vec(),
        [1.0, 1.0]
    );
    assert_eq!(
        synthetic::two_dimensions_model().means().row(1).to_vec(),
        [4.0, 4.0]
    );
    assert_eq!(
        synthetic::r_lab_model()
            .standard_deviations()
            .column(0)
            .to_vec(),
        [1.0, 0.75]
    );
}
