//! EM on several machines: each process ("rank") reads its share of one Parquet file, and all hold the same model (docs/mpi.md).
#![allow(clippy::cast_sign_loss, clippy::wildcard_imports)] // A rank is an `i32`, but never negative.
use em_lab::{Em, Error, FixedSum, GaussianMixture, ParquetFile, Result, Start, Statistics, Stop};
use mpi::topology::SimpleCommunicator as World;
use mpi::{Threading, collective::SystemOperation, traits::*};
use std::{env, panic, panic::AssertUnwindSafe, process::ExitCode};

fn main() -> ExitCode {
    // A rank may have threads, but only this one talks to other ranks.
    let (universe, _) = mpi::initialize_with_threading(Threading::Funneled).expect("the first");
    let world = universe.world();
    let Ok(end) = panic::catch_unwind(AssertUnwindSafe(|| run(&world))) else {
        world.abort(1) // The others would wait for ever.
    };
    if let Err(error) = &end {
        let words = format!("rank {}: {error}\n", world.rank());
        eprint!("{words}"); // In one piece, for all ranks speak at once.
        world.barrier(); // The first to leave in failure takes the others with it: wait for them.
    }
    ExitCode::from(u8::from(end.is_err()))
}

fn run(world: &World) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = env::args().collect();
    let numbers: Vec<usize> = words.iter().skip(3).flat_map(|word| word.parse()).collect();
    let ([_, data, saved, ..], &[components, iterations]) = (&words[..], &numbers[..]) else {
        return Err("The words are DATA MODEL COMPONENTS ITERATIONS [--resume].".into());
    };
    let file = agree(world, ParquetFile::open(data, &[]))?;
    let first = share(world, || Ok(file.to_string()))?;
    agree(world, file.check_same(first))?;
    let start = share(world, || {
        if words[words.len() - 1] == "--resume" {
            return GaussianMixture::load(saved).map(|(model, note)| model.to_text(&note));
        }
        let em = Em::new(components).max_iterations(0); // k-means, on samples of ten chunks.
        let fit = em.fit_chunks(|| file.some_chunks(10))?;
        Ok(fit.model.to_text("iteration 0"))
    })?;
    let (model, note) = GaussianMixture::from_text(start)?;
    let mut done: usize = note.trim_start_matches("iteration ").parse().unwrap_or(0);
    let em = Em::new(model.n_components()).covariance_model(model.covariance_model());
    let left = usize::saturating_sub(iterations, done);
    let em = em.max_iterations(left).tolerance(0.0);
    let (rank, size) = (world.rank(), world.size());
    let fit = em.start(Start::Model(model)).fit_statistics(|model| {
        let note = format!("iteration {done}");
        share(world, || model.save(saved, &note).map(|()| "saved"))?; // MPI takes no empty text.
        let mut sum = agree(world, file.statistics(model, rank as usize, size as usize))?;
        // In each step every second rank sends what it has to the one before it, in the end to rank 0.
        let mut step = 1;
        while step < size && rank % step == 0 {
            if rank / step % 2 == 1 {
                world.process_at_rank(rank - step).send(&sum.to_bytes()[..]);
            } else if rank + step < size {
                let (bytes, _) = world.process_at_rank(rank + step).receive_vec();
                // What does not fit is missing in the total, which then is an error on all ranks.
                let _ = FixedSum::from_bytes(&bytes).and_then(|other| sum.merge(other));
            }
            step *= 2;
        }
        let total = Statistics::from_bytes(&share(world, || Ok(sum.total()?.to_bytes()))?)?;
        let mean = total.log_likelihood() / total.total_weight();
        (rank == 0).then(|| println!("iteration {done}: mean log-likelihood {mean:.12}"));
        done += 1;
        Ok(total)
    })?;
    match fit.stop {
        Stop::Failed(error) => Err(error.into()),
        _ => Ok(()),
    }
}

/// What this rank has, or, on all ranks, the error of the first that has one.
fn agree<T>(world: &World, mine: Result<T>) -> Result<T> {
    let failed = mine.as_ref().map_or(world.rank(), |_| world.size());
    let mut first = failed;
    world.all_reduce_into(&failed, &mut first, SystemOperation::min());
    if first == world.size() {
        return mine;
    }
    let own = mine.err().map_or(String::new(), |error| error.to_string());
    let sentence = String::from_utf8_lossy(&broadcast(world, first, own.into())).into();
    let place = format!("rank {first}");
    Err(Error::Elsewhere { place, sentence })
}

/// What rank 0 makes, on all ranks.
fn share<T: Into<Vec<u8>>>(world: &World, make: impl FnOnce() -> Result<T>) -> Result<Vec<u8>> {
    let made = agree(world, (world.rank() == 0).then(make).transpose())?;
    Ok(broadcast(world, 0, made.map_or(vec![], Into::into)))
}

fn broadcast(world: &World, rank: i32, mut bytes: Vec<u8>) -> Vec<u8> {
    let (root, mut length) = (world.process_at_rank(rank), bytes.len());
    root.broadcast_into(&mut length);
    bytes.resize(length, 0);
    root.broadcast_into(&mut bytes[..]);
    bytes
}
