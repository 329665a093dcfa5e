//! The file of a digit model, and every way to break it.

mod common;

use common::small_digit_model;
use em_lab::{DigitModel, Error};
use flate2::Crc;

#[test]
fn a_saved_model_is_the_same_to_the_last_bit() {
    let (model, _) = small_digit_model();
    let bytes = model.to_bytes();
    let again = DigitModel::from_bytes(&bytes).unwrap();
    assert_eq!(again, model);
    assert_eq!(again.to_bytes(), bytes);
    let path = em_lab::data::scratch_dir().unwrap().join("small.model");
    model.save(&path).unwrap();
    assert_eq!(DigitModel::load(&path).unwrap(), model);
    std::fs::remove_file(&path).unwrap();
    let missing = DigitModel::load(&path).unwrap_err().to_string();
    assert!(missing.contains("small.model: cannot be read"), "{missing}");
    let unwritable = model.save(path.join("below")).unwrap_err().to_string();
    assert!(unwritable.contains("cannot be written"), "{unwritable}");
}

fn problem(bytes: &[u8]) -> String {
    let error = DigitModel::from_bytes(bytes).unwrap_err();
    let Error::File { problem, .. } = error else {
        panic!("{error}");
    };
    problem
}

/// The bytes with the checksum that belongs to them.
fn summed(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.len() - 4;
    let mut crc = Crc::new();
    crc.update(&bytes[..end]);
    bytes[end..].copy_from_slice(&crc.sum().to_le_bytes());
    bytes
}

#[test]
fn every_fault_of_a_file_has_its_sentence() {
    let (model, _) = small_digit_model();
    let bytes = model.to_bytes();
    let with = |at: usize, new: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[at..at + new.len()].copy_from_slice(new);
        summed(bytes)
    };
    assert_eq!(problem(&[]), "is empty");
    assert_eq!(
        problem(b"GIF89a, and so on"),
        "is another kind of file, not a model of digits"
    );
    assert_eq!(problem(&bytes[..20]), "is cut off after 20 bytes");
    assert_eq!(
        problem(&bytes[..100]),
        format!("is cut off: 100 of {} bytes are there", bytes.len())
    );
    assert_eq!(
        problem(&[bytes.clone(), vec![0; 3]].concat()),
        "has 3 bytes after its end"
    );
    assert_eq!(
        problem(&with(8, &[2])),
        "has version 2, and this program reads version 1"
    );
    let nothing = "announces 0 x 3 pixels, 2 scores and 2 components, which cannot be";
    assert_eq!(problem(&with(16, &[0])), nothing);
    let too_much = "announces 2 x 4294967295 pixels, 2 scores and 2 components, which cannot be";
    let cut_off = format!("is cut off: {} of", bytes.len());
    let found = problem(&with(12, &[255; 4]));
    // Where numbers have 32 bits, no such file can be.
    assert!(found == too_much || found.starts_with(&cut_off), "{found}");
    let mut changed = bytes.clone();
    changed[60] ^= 1;
    assert_eq!(
        problem(&changed),
        "was changed or damaged: its checksum is wrong"
    );
    let impossible = "holds numbers that no model has";
    assert_eq!(problem(&with(28, &(-1.0_f64).to_le_bytes())), impossible);
    assert_eq!(problem(&with(36, &0.9_f64.to_le_bytes())), impossible);
    assert_eq!(problem(&with(52, &f32::NAN.to_le_bytes())), impossible);
    let first_pivot = 52 + 4 * (6 + 12 + 4);
    assert_eq!(
        problem(&with(first_pivot, &0.0_f32.to_le_bytes())),
        impossible
    );
    assert_eq!(
        DigitModel::from_bytes(&[]).unwrap_err().to_string(),
        "The model file: is empty. Save the model again with DigitModel::save, as at the end of notebook 5."
    );
}

#[test]
fn no_part_of_a_file_and_no_flipped_bit_is_taken_for_a_model() {
    let bytes = small_digit_model().0.to_bytes();
    for end in 0..bytes.len() {
        assert!(
            DigitModel::from_bytes(&bytes[..end]).is_err(),
            "{end} bytes"
        );
    }
    for bit in 0..8 * bytes.len() {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(DigitModel::from_bytes(&changed).is_err(), "bit {bit}");
    }
}

/// With the right checksum a changed file may be a model, of whatever numbers: then it answers or refuses, and does not panic.
#[test]
fn a_forged_file_is_refused_or_answers() {
    let (model, x) = small_digit_model();
    let bytes = model.to_bytes();
    let image = x.row(0).to_vec();
    let mut models = 0;
    for at in 8..bytes.len() - 4 {
        for new in [0, 1, 0x7f, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] = new;
            let Ok(model) = DigitModel::from_bytes(&summed(changed)) else {
                continue;
            };
            models += 1;
            let _ = model.digit(1);
            let _ = model.mixture();
            let mask: Vec<bool> = (0..model.n_pixels()).map(|i| i % 2 == 0).collect();
            if let Ok(completion) = model
                .covering(&mask)
                .and_then(|covering| model.complete(&image, &covering))
            {
                assert!(completion.log_density.is_finite());
            }
        }
    }
    assert!(models > 100, "{models}");
}
