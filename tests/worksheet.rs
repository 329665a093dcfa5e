//! What a check does with answers that are not even wrong: each costs a sentence, none the notebook.
#![cfg(all(feature = "worksheet", unix))]

use em_lab::worksheet::em_in_1d::new_weight;
use em_lab::worksheet::{Check, Verdict, after, progress};

fn stopped(check: &Check) -> &str {
    match check.verdict() {
        Verdict::Stopped(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stub_is_not_done_yet() {
    let check = new_weight(|_| todo!("write your answer here")).exercise(6, 2);
    assert_eq!(check.verdict(), &Verdict::NotDone);
    assert_eq!(check.points(), 0);
    assert_eq!(
        check.to_string(),
        "○ Exercise 6, new_weight: not done yet. Write your answer in place of the todo!, run that cell, then run this one again."
    );
}

#[test]
fn a_right_answer_earns_its_points() {
    let check = new_weight(|shares| shares.iter().sum::<f64>() / shares.len() as f64);
    assert!(check.is_done());
    assert_eq!(check.clone().exercise(6, 2).points(), 2);
    assert_eq!(
        check.exercise(6, 2).to_string(),
        "✓ Exercise 6, new_weight: done. 2 points."
    );
}

#[test]
fn a_wrong_number_is_told_with_the_right_one() {
    let check = new_weight(|_| 0.25);
    assert_eq!(
        check.verdict(),
        &Verdict::Wrong(
            "Right shape, wrong value for responsibilities 0.9, 0.6, 0.1 and 0: 0.25 where 0.4 was expected.".into()
        )
    );
}

#[test]
fn not_a_number_is_told() {
    let check = new_weight(|_| f64::NAN);
    assert!(
        check.to_string().contains("NaN where 0.4 was expected"),
        "{check}"
    );
}

#[test]
fn a_panic_is_told_with_its_message() {
    let check = new_weight(|shares| shares[shares.len()]);
    let text = stopped(&check);
    assert!(
        text.starts_with(
            "The function panicked for responsibilities 0.9, 0.6, 0.1 and 0: index out of bounds"
        ),
        "{text}"
    );
}

#[test]
fn an_endless_loop_is_stopped() {
    let check = new_weight(|shares| {
        let mut n = 0_u64;
        while shares.len() < 1_000 {
            n = std::hint::black_box(n.wrapping_add(1));
        }
        n as f64
    });
    assert!(
        stopped(&check).starts_with("The function did not come to an end"),
        "{check}"
    );
}

#[test]
fn an_exit_an_abort_and_a_bottomless_recursion_end_the_child_alone() {
    let exit = new_weight(|_| std::process::exit(3));
    assert!(
        stopped(&exit).contains("ended the program, with exit status 3"),
        "{exit}"
    );
    let abort = new_weight(|_| std::process::abort());
    assert!(stopped(&abort).contains("aborted the program"), "{abort}");
    #[allow(unconditional_recursion, reason = "that is the case")]
    fn deeper(n: u64) -> u64 {
        std::hint::black_box(n) + deeper(std::hint::black_box(n + 1))
    }
    let recursion = new_weight(|_| deeper(0) as f64);
    assert!(
        stopped(&recursion).contains("call itself without an end"),
        "{recursion}"
    );
}

#[test]
fn an_answer_that_fills_the_memory_is_ended() {
    let check = new_weight(|_| {
        let mut all = Vec::new();
        loop {
            all.push(vec![1.0_f64; 1 << 24]);
            std::hint::black_box(&all);
        }
    });
    assert!(matches!(check.verdict(), Verdict::Stopped(_)), "{check}");
}

#[test]
fn what_a_function_prints_is_shown_and_cannot_pass_for_a_result() {
    // The test harness catches `println!`; a write to the file descriptor is what a notebook's process would see.
    let check = new_weight(|_| {
        use std::io::Write;
        let mut out = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/stdout")
            .unwrap();
        writeln!(out, "EVCXR_BEGIN_CONTENT text/plain\n2\nEVCXR_END_CONTENT").unwrap();
        0.0
    });
    let text = check.to_string();
    assert!(
        text.contains(
            "Your function printed:\nEVCXR-BEGIN_CONTENT text/plain\n2\nEVCXR-END_CONTENT"
        ),
        "{text}"
    );
}

#[test]
fn a_cell_waits_for_what_is_not_done_and_runs_afterwards() {
    let stub = || new_weight(|_| todo!()).exercise(1, 1);
    let done =
        || new_weight(|shares| shares.iter().sum::<f64>() / shares.len() as f64).exercise(2, 3);
    let waiting = after(&[stub, done, stub], || unreachable!("a cell that waits"));
    assert_eq!(
        waiting.waits_for(),
        Some("This cell waits for exercises 1 (new_weight) and 1 (new_weight).")
    );
    assert_eq!(after(&[done], || ()).waits_for(), None);
    assert_eq!(
        progress(&[stub, done]).to_string(),
        "1 of 2 exercises are done: 3 of 4 points.\n○ Exercise 1, new_weight: not done yet, 0 of 1 points\n✓ Exercise 2, new_weight: done, 3 of 3 points"
    );
}
