//! `examples/mpi_em.rs` on several ranks: the same bits on any number of them, errors in a sentence on every rank, a rank that dies.
//!
//! `scripts/test_mpi` builds the example and runs this.

use em_lab::{GaussianMixture, ParquetFile, Result, synthetic, write_parquet};
use ndarray::{Array2, Axis};
use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// mpirun ends a job within seconds of the death of a rank; this is what is promised.
const SOON: Duration = Duration::from_secs(30);

/// A folder of this test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("mpi")
        .join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The example, built beside this test's folder `deps`.
fn program() -> PathBuf {
    let tests = env::current_exe().unwrap();
    tests
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("examples/mpi_em")
}

fn mpirun() -> Command {
    let mut command = Command::new("mpirun");
    for (name, value) in [
        ("OMPI_ALLOW_RUN_AS_ROOT", "1"),
        ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"),
        ("OMPI_MCA_rmaps_base_oversubscribe", "1"),
        ("OMPI_MCA_hwloc_base_binding_policy", "none"),
        ("EM_LAB_THREADS", "1"),
    ] {
        command.env(name, value);
    }
    command
}

fn job(ranks: usize, folder: &Path, words: &str) -> Command {
    let mut command = mpirun();
    command.args(["-n", &ranks.to_string()]).arg(program());
    command.args(words.split(' ')).current_dir(folder);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The model of a job that must succeed.
fn fit(ranks: usize, folder: &Path, words: &str) -> (GaussianMixture, String) {
    let output = job(ranks, folder, words).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    GaussianMixture::load(folder.join("model.txt")).unwrap()
}

/// Every rank of a job that must fail says the same sentence.
fn fails(output: &Output, ranks: usize, sentence: &str) {
    let said = text(&output.stderr);
    assert!(!output.status.success());
    for rank in 0..ranks {
        let line = format!("rank {rank}: {sentence}");
        assert!(
            said.lines().any(|found| found.starts_with(&line)),
            "no {line:?} in\n{said}"
        );
    }
}

/// Points around as many means as there are columns, in chunks of 1,000 rows.
fn write(path: &Path, columns: &[&str], n_chunks: usize) -> Array2<f64> {
    let d = columns.len();
    let means = Array2::from_shape_fn((d, d), |(k, i)| if k == i { 4.0 } else { 0.0 });
    let covariances =
        ndarray::Array3::from_shape_fn((d, d, d), |(_, i, j)| f64::from(u8::from(i == j)));
    let mixture = GaussianMixture::new(&vec![1.0 / d as f64; d], means, covariances).unwrap();
    let x = mixture.sample(1_000 * n_chunks, 1).unwrap().x;
    let chunks = x
        .axis_chunks_iter(Axis(0), 1_000)
        .map(|chunk| Ok(chunk.to_owned()));
    write_parquet(path, columns, chunks).unwrap();
    x
}

#[test]
fn the_model_has_the_same_bits_on_any_number_of_ranks() {
    let folder = folder("bits");
    write(&folder.join("x.parquet"), &["a", "b", "c"], 13);
    let one = fit(1, &folder, "x.parquet model.txt 3 6");
    assert_eq!(one.1, "iteration 6");
    for ranks in [2, 4, 7] {
        assert_eq!(
            fit(ranks, &folder, "x.parquet model.txt 3 6"),
            one,
            "{ranks} ranks"
        );
    }
    // Nor does it matter how many threads a rank has, or where a run is broken off.
    let mut threads = job(2, &folder, "x.parquet model.txt 3 2");
    assert!(
        threads
            .env("EM_LAB_THREADS", "3")
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(fit(4, &folder, "x.parquet model.txt 3 6 --resume"), one);
    // The samples have the log-likelihood that the ranks told.
    let file = ParquetFile::open(folder.join("x.parquet"), &[]).unwrap();
    let sum = file.statistics(&one.0, 0, 1).unwrap().total().unwrap();
    let told = job(3, &folder, "x.parquet model.txt 3 6 --resume")
        .output()
        .unwrap();
    let mean = sum.log_likelihood() / 13_000.0;
    assert_eq!(
        text(&told.stdout),
        format!("iteration 6: mean log-likelihood {mean:.12}\n")
    );
}

#[test]
fn ranks_without_rows_take_part() {
    let folder = folder("few");
    write(&folder.join("x.parquet"), &["a", "b"], 2);
    let one = fit(1, &folder, "x.parquet model.txt 2 3");
    assert_eq!(fit(7, &folder, "x.parquet model.txt 2 3"), one);
}

#[test]
fn errors_are_said_by_every_rank() {
    let folder = folder("errors");
    let fail =
        |words: &str, sentence: &str| fails(&job(3, &folder, words).output().unwrap(), 3, sentence);
    fail(
        "none.parquet model.txt 2 3",
        "rank 0 says: none.parquet: cannot be read (",
    );
    write_parquet(folder.join("empty.parquet"), &["a"], []).unwrap();
    fail(
        "empty.parquet model.txt 2 3",
        "rank 0 says: The stream of chunks is empty: there must be at least one value.",
    );
    write(&folder.join("x.parquet"), &["a", "b"], 4);
    fail(
        "x.parquet none.txt 2 3 --resume",
        "rank 0 says: none.txt: cannot be read (",
    );
    fail(
        "x.parquet none/model.txt 2 3",
        "rank 0 says: none/model.txt: cannot be written (",
    );
    fail(
        "x.parquet model.txt 5000 3",
        "rank 0 says: The data have 4000 samples, but a mixture of 5000 components needs",
    );
    synthetic::one_dimension_model()
        .save(folder.join("model.txt"), "by hand")
        .unwrap();
    fail(
        "x.parquet model.txt 2 3 --resume",
        "rank 0 says: The file has 2 columns, but 1 column was expected",
    );

    // A value that is not finite, in the part of the last rank, which no other rank reads.
    let mut x = Array2::from_shape_fn((20_000, 1), |(n, _)| n as f64);
    x[[19_500, 0]] = f64::NAN;
    let chunks = x
        .axis_chunks_iter(Axis(0), 1_000)
        .map(|chunk| Ok(chunk.to_owned()));
    write_parquet(folder.join("nan.parquet"), &["a"], chunks).unwrap();
    let start = GaussianMixture::univariate(&[1.0], &[0.0], &[1.0]).unwrap();
    start.save(folder.join("model.txt"), "iteration 0").unwrap();
    fail(
        "nan.parquet model.txt 1 3 --resume",
        "rank 2 says: nan.parquet holds NaN in row 19500, column 0 (counted from 0)",
    );
}

#[test]
fn ranks_that_see_different_files_say_so() {
    let folder = folder("different");
    let run = |here: &str| {
        let mut command = mpirun();
        for (rank, place) in ["first", here].iter().enumerate() {
            command.args(if rank == 0 {
                &["-n", "2"][..]
            } else {
                &[":", "-n", "1"]
            });
            command.arg("-wdir").arg(folder.join(place)).arg(program());
            command.args(["x.parquet", "model.txt", "2", "3"]);
        }
        command.output().unwrap()
    };
    for (name, columns, n_chunks) in [
        ("first", ["a", "b"], 4),
        ("names", ["a", "c"], 4),
        ("rows", ["a", "b"], 3),
    ] {
        fs::create_dir(folder.join(name)).unwrap();
        write(&folder.join(name).join("x.parquet"), &columns, n_chunks);
    }
    fs::create_dir(folder.join("none")).unwrap();
    let but = "but it must be the same everywhere: \"x.parquet: 4000 rows in 4 row groups; columns a, b\".";
    let here = "rank 2 says: The file here is \"x.parquet:";
    fails(
        &run("names"),
        3,
        &format!("{here} 4000 rows in 4 row groups; columns a, c\", {but}"),
    );
    fails(
        &run("rows"),
        3,
        &format!("{here} 3000 rows in 3 row groups; columns a, b\", {but}"),
    );
    fails(&run("none"), 3, "rank 2 says: x.parquet: cannot be read (");
    assert!(run("first").status.success());
}

#[test]
fn words_that_are_no_task_end_the_job() {
    let folder = folder("words");
    let sentence = "The words are DATA MODEL COMPONENTS ITERATIONS [--resume].";
    for words in ["x.parquet model.txt two 3", "x.parquet model.txt 2"] {
        let output = job(2, &folder, words).output().unwrap();
        fails(&output, 2, sentence);
    }
}

/// The processes whose parent is this one, as Linux lists them.
fn children(parent: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{parent}/task")).unwrap();
    let lists =
        tasks.map(|task| fs::read_to_string(task.unwrap().path().join("children")).unwrap());
    lists
        .flat_map(|list| {
            list.split_whitespace()
                .map(|id| id.parse().unwrap())
                .collect::<Vec<u32>>()
        })
        .collect()
}

#[test]
fn a_rank_that_is_killed_ends_the_job_and_the_model_goes_on() -> Result<()> {
    let folder = folder("killed");
    write(&folder.join("x.parquet"), &["a", "b", "c", "d"], 200);
    let through = fit(2, &folder, "x.parquet model.txt 4 200");

    for victim in 0..3 {
        let mut job = job(3, &folder, "x.parquet model.txt 4 1000000");
        let mut job = job
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(job.stdout.take().unwrap()).lines();
        let told = lines.find(|line| line.as_ref().unwrap().starts_with("iteration 5:"));
        assert!(told.is_some());
        let ranks = children(job.id());
        assert_eq!(ranks.len(), 3);
        let rank = ranks[victim].to_string();
        assert!(
            Command::new("kill")
                .args(["-KILL", &rank])
                .status()
                .unwrap()
                .success()
        );
        let killed = Instant::now();
        assert!(!job.wait().unwrap().success());
        assert!(killed.elapsed() < SOON);
        for rank in ranks {
            // Whom nobody has waited for yet is listed still, as a zombie.
            let stat = fs::read_to_string(format!("/proc/{rank}/stat")).unwrap_or_default();
            let alive = stat.contains("(mpi_em)") && !stat.contains("(mpi_em) Z");
            assert!(!alive, "rank {rank} lives on: {stat}");
        }
        // What it left is whole, and the way from there is the same.
        let (_, note) = GaussianMixture::load(folder.join("model.txt"))?;
        let done: usize = note.trim_start_matches("iteration ").parse().unwrap();
        assert!((5..200).contains(&done), "{note}");
        assert_eq!(
            fit(3, &folder, "x.parquet model.txt 4 200 --resume"),
            through
        );
    }
    Ok(())
}
