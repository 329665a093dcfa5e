//! Samples from a Parquet file are the samples, and what cannot be read is said.

#![cfg(feature = "parquet")]

mod common;

use common::{ROUNDING, assert_close, assert_near};
use em_lab::{
    Em, Error, FixedSum, ParquetFile, Result, Start, column, synthetic, with_threads, write_parquet,
};
use ndarray::{Array2, Axis, array, concatenate};
use polars::prelude::{Column, DataFrame, ParquetWriter};
use std::fs;
use std::path::PathBuf;

fn path(name: &str) -> PathBuf {
    em_lab::data::scratch_dir()
        .unwrap()
        .join(format!("test_{name}.parquet"))
}

fn stacked(chunks: impl Iterator<Item = Result<Array2<f64>>>) -> Array2<f64> {
    let chunks: Vec<_> = chunks.map(Result::unwrap).collect();
    let views: Vec<_> = chunks.iter().map(|chunk| chunk.view()).collect();
    concatenate(Axis(0), &views).unwrap()
}

fn write_frame(name: &str, columns: Vec<Column>, row_group_size: usize) -> PathBuf {
    let path = path(name);
    let mut frame = DataFrame::new_infer_height(columns).unwrap();
    let writer = ParquetWriter::new(fs::File::create(&path).unwrap());
    let writer = writer.with_row_group_size(Some(row_group_size));
    writer.finish(&mut frame).unwrap();
    path
}

/// Four columns in two row groups of 125 rows, and what one reads from them.
fn mixed(name: &str) -> (PathBuf, Array2<f64>) {
    let x = Array2::from_shape_fn((250, 2), |(n, d)| {
        (n as f64).sqrt() * if d == 0 { 1.0 } else { -2.0 }
    });
    let columns = vec![
        Column::new("a".into(), x.column(0).to_vec()),
        Column::new("name".into(), vec!["text"; 250]),
        Column::new("b".into(), x.column(1).to_vec()),
        Column::new("yes".into(), vec![true; 250]),
    ];
    (write_frame(name, columns, 125), x)
}

#[test]
fn a_stream_from_a_file_is_the_array() {
    let x = synthetic::two_dimensions().x;
    let path = path("array");
    let parts = || {
        x.axis_chunks_iter(Axis(0), 110)
            .map(|part| Ok(part.to_owned()))
    };
    assert_eq!(write_parquet(&path, &["x", "y"], parts()), Ok(300));
    let file = ParquetFile::open(&path, &[]).unwrap();
    assert_eq!((file.n_rows(), file.n_row_groups()), (300, 3));
    assert_eq!(file.columns(), ["x", "y"]);
    assert_eq!(stacked(file.chunks()), x);
    let groups: Vec<_> = (0..4).map(|group| file.row_group(group).count()).collect();
    assert_eq!(groups, [1, 1, 1, 0]);
    assert_eq!(stacked((0..3).flat_map(|group| file.row_group(group))), x);

    let em = Em::new(2).start(Start::Model(synthetic::two_dimensions_model()));
    let fit = |threads| with_threads(threads, || em.fit_chunks(|| file.chunks()).unwrap());
    assert_eq!(fit(1), fit(3));
    assert_eq!(fit(1), em.fit_chunks(parts).unwrap());
    let whole = em.fit(&x).unwrap();
    assert_near(fit(1).log_likelihood(), whole.log_likelihood(), ROUNDING);
    assert_close(fit(1).model.means(), whole.model.means(), ROUNDING);
    let started = Em::new(2).fit_chunks(|| file.chunks());
    assert_eq!(started, Em::new(2).fit_chunks(parts));
    assert_eq!(
        format!("{file:?}"),
        format!("{}: 300 rows in 3 row groups; columns x, y", path.display())
    );
}

#[test]
fn columns_come_in_the_order_of_their_names_and_others_are_left_out() {
    let (path, x) = mixed("order");
    let all = ParquetFile::open(&path, &[]).unwrap();
    assert_eq!(all.columns(), ["a", "b"]);
    assert_eq!(stacked(all.chunks()), x);
    let turned = ParquetFile::open(&path, &["b", "a"]).unwrap();
    assert_eq!(turned.columns(), ["b", "a"]);
    assert_eq!(stacked(turned.chunks()), x.select(Axis(1), &[1, 0]));
    let one = ParquetFile::open(&path, &["b"]).unwrap();
    assert_eq!(stacked(one.row_group(1)), x.slice(ndarray::s![125.., 1..]));
}

#[test]
fn every_kind_of_number_becomes_f64() {
    let columns = vec![
        Column::new("i8".into(), vec![-128_i8, 127]),
        Column::new("i16".into(), vec![-32_768_i16, 32_767]),
        Column::new("i32".into(), vec![i32::MIN, i32::MAX]),
        Column::new("i64".into(), vec![-(1_i64 << 53), (1 << 53) + 1]),
        Column::new("u8".into(), vec![0_u8, 255]),
        Column::new("u16".into(), vec![0_u16, 65_535]),
        Column::new("u32".into(), vec![0_u32, u32::MAX]),
        Column::new("u64".into(), vec![0_u64, u64::MAX]),
        Column::new("f32".into(), vec![0.1_f32, f32::MAX]),
        Column::new("f64".into(), vec![0.1_f64, f64::MAX]),
    ];
    let file = ParquetFile::open(write_frame("kinds", columns, 10), &[]).unwrap();
    let power = 2.0_f64.powi(53);
    let expected = array![
        [
            -128.0,
            -32_768.0,
            f64::from(i32::MIN),
            -power,
            0.0,
            0.0,
            0.0,
            0.0,
            f64::from(0.1_f32),
            0.1
        ],
        [
            127.0,
            32_767.0,
            f64::from(i32::MAX),
            power,
            255.0,
            65_535.0,
            f64::from(u32::MAX),
            2.0_f64.powi(64),
            f64::from(f32::MAX),
            f64::MAX
        ],
    ];
    assert_eq!(stacked(file.chunks()), expected);
}

#[test]
fn chunks_are_small_however_large_the_row_group_is() {
    let n = 5_000_000;
    let values: Vec<f64> = (0..n).map(|n| f64::from(n) * 0.5).collect();
    let path = write_frame(
        "large",
        vec![Column::new("x".into(), values.clone())],
        usize::MAX,
    );
    let file = ParquetFile::open(&path, &[]).unwrap();
    assert_eq!(file.n_row_groups(), 1);
    let lengths: Vec<usize> = file.chunks().map(|chunk| chunk.unwrap().nrows()).collect();
    assert_eq!(lengths, [1 << 22, 5_000_000 - (1 << 22)]);
    assert!(stacked(file.chunks()) == column(&values));
    // Writing, too, cuts what is large.
    write_parquet(&path, &["x"], [Ok(column(&values))]).unwrap();
    let file = ParquetFile::open(&path, &[]).unwrap();
    assert_eq!(file.n_row_groups(), 2);
    assert!(stacked(file.chunks()) == column(&values));
    fs::remove_file(path).unwrap();
}

#[test]
fn a_reader_may_stop_early_and_several_may_read_at_once() {
    let (path, x) = mixed("early");
    let file = ParquetFile::open(&path, &[]).unwrap();
    for _ in 0..100 {
        assert_eq!(
            file.chunks().next().unwrap().unwrap(),
            x.slice(ndarray::s![..125, ..])
        );
    }
    let (mut one, two) = (file.chunks(), file.chunks());
    assert_eq!(one.next().unwrap().unwrap().nrows(), 125);
    drop(file);
    assert_eq!(stacked(two), x);
    assert_eq!(stacked(one), x.slice(ndarray::s![125.., ..]));
}

#[test]
fn shares_of_a_file_are_the_file() {
    let x = synthetic::two_dimensions().x;
    let model = synthetic::two_dimensions_model();
    let path = path("shares");
    let parts = x.axis_chunks_iter(Axis(0), 35);
    write_parquet(&path, &["x", "y"], parts.map(|part| Ok(part.to_owned()))).unwrap();
    let file = ParquetFile::open(&path, &[]).unwrap();
    assert_eq!(file.n_chunks(), 9);
    let total = file.statistics(&model, 0, 1).unwrap().total().unwrap();
    assert_near(
        total.log_likelihood(),
        model.log_likelihood(&x).unwrap(),
        ROUNDING,
    );
    for n_shares in [2, 5, 9, 20] {
        let mut sum = FixedSum::new(9);
        for share in (0..n_shares).rev() {
            sum.merge(file.statistics(&model, share, n_shares).unwrap())
                .unwrap();
        }
        assert_eq!(sum.total().as_ref(), Ok(&total), "{n_shares} shares");
    }
    for (at_most, expected) in [
        (1, vec![0]),
        (3, vec![0, 3, 6]),
        (4, vec![0, 3, 6]),
        (20, (0..9).collect()),
    ] {
        let some: Vec<_> = file.some_chunks(at_most).map(Result::unwrap).collect();
        let all: Vec<_> = file.chunks().map(Result::unwrap).collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|&place: &usize| all[place].clone())
            .collect();
        assert_eq!(some, expected, "at most {at_most}");
    }
    assert_eq!(file.some_chunks(0).count(), 0);
    assert_eq!(
        file.statistics(&model, 2, 2).unwrap_err().to_string(),
        "The share of the file is 2, but it must be one of 2 shares, counted from 0."
    );
    assert_eq!(file.check_same(file.to_string()), Ok(()));
    let error = file.check_same("other").unwrap_err().to_string();
    assert!(
        error.starts_with("The file here is \"")
            && error.ends_with("the same everywhere: \"other\"."),
        "{error}"
    );
}

#[test]
fn files_without_what_is_asked_for() {
    let error = |name: &str, columns: &[&str]| ParquetFile::open(path(name), columns).unwrap_err();
    let place = |name: &str| path(name).display().to_string();
    let text = error("none", &[]).to_string();
    assert!(
        text.starts_with(&format!("{}: cannot be read (", place("none"))),
        "{text}"
    );
    assert!(
        text.ends_with("Check the name, and that it is a file that this user may read."),
        "{text}"
    );

    mixed("asked");
    let start = place("asked");
    let there_are = "The columns of numbers are \"a\", \"b\".";
    for (column, problem) in [
        ("c", "there is no column \"c\""),
        (
            "name",
            "the column \"name\" holds text, but numbers were expected",
        ),
        (
            "yes",
            "the column \"yes\" holds yes and no (booleans), but numbers were expected",
        ),
    ] {
        let found = error("asked", &["a", column]).to_string();
        assert_eq!(found, format!("{start}: {problem}. {there_are}"));
    }
    assert_eq!(
        error("asked", &["a", "b", "a"]).to_string(),
        "The list of columns is one with \"a\" twice, but it must be one that names each column once: two equal columns have no \
         inverse covariance."
    );
    write_frame(
        "words",
        vec![Column::new("name".into(), vec!["text"; 3])],
        10,
    );
    assert_eq!(
        error("words", &[]).to_string(),
        format!(
            "{}: there is no column of numbers. Turn columns into integers or floating-point numbers first.",
            place("words")
        )
    );
}

#[test]
fn missing_values_are_named() {
    let mut values: Vec<Option<i32>> = (0..250).map(Some).collect();
    values[217] = None;
    let columns = vec![
        Column::new("a".into(), vec![1.0; 250]),
        Column::new("b".into(), values),
    ];
    let path = write_frame("null", columns, 125);
    let file = ParquetFile::open(&path, &["b", "a"]).unwrap();
    let expected = format!(
        "{}: the column \"b\" has no value in row 217 (counted from 0), but every value is needed. Remove the rows with missing \
         values, or fill them, and write the file again.",
        path.display()
    );
    let mut chunks = file.chunks().skip(1);
    assert_eq!(chunks.next().unwrap().unwrap_err().to_string(), expected);
    assert!(chunks.next().is_none());
    assert_eq!(
        Em::new(2)
            .fit_chunks(|| file.chunks())
            .unwrap_err()
            .to_string(),
        expected
    );
    assert_eq!(
        ParquetFile::open(&path, &["a"])
            .unwrap()
            .chunks()
            .flatten()
            .count(),
        2
    );

    let mut x = Array2::zeros((30, 2));
    x[[12, 1]] = f64::NEG_INFINITY;
    let path = self::path("infinite");
    let parts = x
        .axis_chunks_iter(Axis(0), 10)
        .map(|part| Ok(part.to_owned()));
    write_parquet(&path, &["a", "b"], parts).unwrap();
    let file = ParquetFile::open(&path, &[]).unwrap();
    let error = Error::NotFinite {
        what: path.display().to_string(),
        row: 12,
        column: 1,
        value: f64::NEG_INFINITY,
    };
    assert_eq!(Em::new(1).fit_chunks(|| file.chunks()), Err(error));
}

#[test]
fn damaged_files_are_errors() {
    let (path, _) = mixed("damaged");
    let whole = fs::read(&path).unwrap();
    let remedy = "If it is a Parquet file, it is cut off or damaged: write or download it again.";
    for bytes in [&whole[..whole.len() / 2], b"a,b\n1,2\n", b""] {
        fs::write(&path, bytes).unwrap();
        let text = ParquetFile::open(&path, &[]).unwrap_err().to_string();
        let start = format!("{}: cannot be read as Parquet (", path.display());
        assert!(text.starts_with(&start) && text.ends_with(remedy), "{text}");
    }
    // A page begins with its size.
    let mut bytes = whole.clone();
    bytes[4..60].fill(0);
    fs::write(&path, &bytes).unwrap();
    let file = ParquetFile::open(&path, &[]).unwrap();
    let mut chunks = file.chunks();
    let text = chunks.next().unwrap().unwrap_err().to_string();
    let start = format!("{}, row group 0: cannot be read as Parquet", path.display());
    assert!(text.starts_with(&start) && text.ends_with(remedy), "{text}");
    assert!(chunks.next().is_none());
    assert_eq!(file.row_group(1).flatten().count(), 1);
}

#[test]
fn writing_says_what_stops_it() {
    let path = path("writing");
    let wide = write_parquet(&path, &["a", "b"], [Ok(Array2::zeros((2, 3)))]).unwrap_err();
    assert_eq!(
        wide.to_string(),
        "A chunk has 3 columns, but 2 columns were expected: there are that many names."
    );
    assert!(matches!(
        ParquetFile::open(&path, &[]),
        Err(Error::File { .. })
    ));
    let fault = Error::Empty {
        what: "The well".into(),
    };
    assert_eq!(
        write_parquet(&path, &["a"], [Err(fault.clone())]),
        Err(fault)
    );
    let unwritable = [
        write_parquet(path.join("below"), &["a"], []),
        write_parquet(&path, &["a", "a"], [Ok(Array2::zeros((1, 2)))]),
    ];
    for error in unwritable {
        let text = error.unwrap_err().to_string();
        assert!(
            text.contains(": cannot be written (") && text.contains("Check that the folder exists"),
            "{text}"
        );
    }
    assert_eq!(write_parquet(&path, &["a"], []), Ok(0));
    let file = ParquetFile::open(&path, &[]).unwrap();
    assert_eq!((file.n_rows(), file.chunks().count()), (0, 0));
    let error = Em::new(1).fit_chunks(|| file.chunks()).unwrap_err();
    assert_eq!(
        error,
        Error::Empty {
            what: "The stream of chunks".into()
        }
    );
}
