//! Runs a student's function on every case, in a child process where the platform has `fork`.

use super::answer::{Answer, Numbers, RETURNED_AN_ERROR};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What came of it.
pub(super) struct Trial {
    /// The answers up to the case in which the function ended, all of them if it did not.
    pub(super) answers: Vec<Numbers>,
    pub(super) end: End,
    /// What the function printed, its beginning.
    pub(super) printed: String,
}

/// How the run ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    Whole,
    /// `todo!()`.
    NotDone,
    /// With the message, and the line of the cell where that is known.
    Panic(String),
    /// It returned an error, with this text.
    Error(String),
    TooLong,
    StackOverflow,
    /// The function ended the process, or the system did.
    Gone(String),
}

/// Runs the function on the cases one after the other.
pub(super) fn run<I, O: Answer>(cases: &[I], answer: impl Fn(&I) -> O) -> Trial {
    #[cfg(unix)]
    if let Some(trial) = child::run(cases, &answer) {
        return trial;
    }
    let (mut answers, mut end) = (Vec::new(), End::Whole);
    for case in cases {
        match one(case, &answer) {
            Ok(numbers) => answers.push(numbers),
            Err(message) => {
                end = panic(message);
                break;
            }
        }
    }
    Trial {
        answers,
        end,
        printed: String::new(),
    }
}

/// The answer to one case, or the panic's message.
fn one<I, O: Answer>(case: &I, answer: &impl Fn(&I) -> O) -> Result<Numbers, String> {
    let outcome = catch_unwind(AssertUnwindSafe(|| answer(case).numbers()));
    outcome.map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(ToString::to_string);
        text.or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a panic without a message".to_owned())
    })
}

fn panic(message: String) -> End {
    if message.starts_with("not yet implemented") {
        End::NotDone
    } else if let Some(error) = message.strip_prefix(RETURNED_AN_ERROR) {
        End::Error(error.to_owned())
    } else {
        End::Panic(message)
    }
}

#[cfg(unix)]
#[allow(unsafe_code, reason = "fork, pipes and limits are calls of the system")]
mod child {
    use super::{Answer, End, Numbers, Trial, one, panic};
    use std::fs::File;
    use std::io::{Read, Write, pipe};
    use std::os::fd::{AsRawFd, OwnedFd, RawFd};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Mutex, Once};
    use std::time::{Duration, Instant};

    /// Processor time for all cases together; a right answer takes thousandths of it.
    const SECONDS: libc::time_t = 1;
    /// For an answer that waits without working.
    const WAITING: Duration = Duration::from_secs(10);
    /// Address space beyond what the notebook has.
    const MEMORY: libc::rlim_t = 2 << 30;
    const MOST_PRINTED: usize = 2_000;

    const ANSWER: u8 = b'a';
    const PANIC: u8 = b'p';
    const WHOLE: u8 = b'w';

    /// The line of the cell that panicked, for the message.
    static LINE: Mutex<Option<String>> = Mutex::new(None);

    /// Whether this process is a child.
    static IS_CHILD: AtomicBool = AtomicBool::new(false);
    static HOOK: Once = Once::new();

    /// Has a child's panic noted and not printed. Set in the parent: in the child another thread's panic at the time of the fork may
    /// have left the hook locked for those who would set it.
    fn note_panics() {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !IS_CHILD.load(Ordering::Relaxed) {
                return before(info);
            }
            if let (Some(place), Ok(mut line)) = (info.location(), LINE.lock()) {
                *line = line_of_cell(place.file(), place.line());
            }
        }));
    }

    /// Nothing where there can be no child process now.
    pub(super) fn run<I, O: Answer>(cases: &[I], answer: &impl Fn(&I) -> O) -> Option<Trial> {
        HOOK.call_once(note_panics);
        let (results, results_end) = pipe().ok()?;
        let (prints, prints_end) = pipe().ok()?;
        // What is waiting to be printed would be printed by both.
        std::io::stdout().flush().ok()?;
        // Sound: the child runs on one thread, the only one that goes on in it, and leaves by `_exit`. A lock that another
        // thread held in the parent stays locked in it; the time limit then ends it.
        match unsafe { libc::fork() } {
            -1 => None,
            0 => {
                drop((results, prints));
                become_child(&prints_end);
                work(cases, answer, File::from(OwnedFd::from(results_end)));
                let _ = std::io::stdout().flush();
                unsafe { libc::_exit(0) }
            }
            child => {
                drop((results_end, prints_end));
                Some(watch(child, results.into(), prints.into()))
            }
        }
    }

    /// In the child: limits of time and memory, and output into the pipe.
    fn become_child(prints: &impl AsRawFd) {
        IS_CHILD.store(true, Ordering::Relaxed);
        let limit = libc::itimerval {
            it_interval: libc::timeval {
                tv_sec: 0,
                tv_usec: 0,
            },
            it_value: libc::timeval {
                tv_sec: SECONDS,
                tv_usec: 0,
            },
        };
        // Sound: plain calls with values that live until they return.
        unsafe {
            libc::dup2(prints.as_raw_fd(), 1);
            libc::dup2(prints.as_raw_fd(), 2);
            libc::signal(libc::SIGPROF, libc::SIG_DFL);
            libc::setitimer(libc::ITIMER_PROF, &raw const limit, std::ptr::null_mut());
            let mut space: libc::rlimit = std::mem::zeroed();
            if libc::getrlimit(libc::RLIMIT_AS, &raw mut space) == 0 {
                space.rlim_cur = space.rlim_max.min(in_use().saturating_add(MEMORY));
                libc::setrlimit(libc::RLIMIT_AS, &raw const space);
            }
            let core = libc::rlimit {
                rlim_cur: 0,
                rlim_max: 0,
            };
            libc::setrlimit(libc::RLIMIT_CORE, &raw const core);
            #[cfg(target_os = "linux")]
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        }
    }

    /// The address space in use; where it is not known, as much as to set no limit.
    fn in_use() -> libc::rlim_t {
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let pages: Option<libc::rlim_t> = pages.split(' ').next().and_then(|n| n.parse().ok());
        pages.map_or(libc::RLIM_INFINITY, |n| n * 4096)
    }

    /// evcxr compiles a cell, with the functions of the cells before it, from a file of this name.
    fn line_of_cell(file: &str, line: u32) -> Option<String> {
        let source = std::path::Path::new(&std::env::var_os("EVCXR_TMPDIR")?).join(file);
        let source = std::fs::read_to_string(source).ok()?;
        let line = source
            .lines()
            .nth(usize::try_from(line).ok()?.checked_sub(1)?)?;
        Some(line.trim().to_owned())
    }

    fn work<I, O: Answer>(cases: &[I], answer: &impl Fn(&I) -> O, mut results: File) {
        for case in cases {
            let message = match one(case, answer) {
                Ok(numbers) => [vec![ANSWER], numbers.to_bytes()].concat(),
                Err(text) => {
                    let line = LINE.lock().ok().and_then(|mut line| line.take());
                    let place =
                        line.map_or(String::new(), |line| format!(" (in the line `{line}`)"));
                    [vec![PANIC], (text + &place).into_bytes()].concat()
                }
            };
            let panicked = message[0] == PANIC;
            if results.write_all(&message).is_err() || panicked {
                return;
            }
        }
        let _ = results.write_all(&[WHOLE]);
    }

    /// In the parent: takes what comes until the child is gone, and ends it where it waits for ever.
    fn watch(child: libc::pid_t, results: OwnedFd, prints: OwnedFd) -> Trial {
        let (mut results, mut prints) = (File::from(results), File::from(prints));
        let (mut result, mut printed) = (Vec::new(), Vec::new());
        let start = Instant::now();
        let mut waited_too_long = false;
        let (mut results_open, mut prints_open) = (true, true);
        while results_open || prints_open {
            let ready = poll([
                if results_open {
                    results.as_raw_fd()
                } else {
                    -1
                },
                if prints_open { prints.as_raw_fd() } else { -1 },
            ]);
            if ready[0] {
                results_open = take(&mut results, &mut result, usize::MAX);
            }
            if ready[1] {
                prints_open = take(&mut prints, &mut printed, MOST_PRINTED);
            }
            if start.elapsed() > WAITING {
                waited_too_long = true;
                unsafe { libc::kill(child, libc::SIGKILL) };
                break;
            }
        }
        let mut status = 0;
        while unsafe { libc::waitpid(child, &raw mut status, 0) } == -1
            && std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted
        {}
        let printed = String::from_utf8_lossy(&printed).into_owned();
        let (answers, end) = read(&result);
        let end = end.unwrap_or_else(|| {
            if waited_too_long {
                End::TooLong
            } else {
                reason(status, &printed)
            }
        });
        Trial {
            answers,
            end,
            printed,
        }
    }

    /// Which of the two have something to read, or are closed; waits for a tenth of a second.
    fn poll(files: [RawFd; 2]) -> [bool; 2] {
        let mut asked = files.map(|fd| libc::pollfd {
            fd,
            events: libc::POLLIN,
            revents: 0,
        });
        unsafe { libc::poll(asked.as_mut_ptr(), 2, 100) };
        asked.map(|file| file.revents != 0)
    }

    /// Reads what is there, keeps no more than `most`, and says whether more may come.
    fn take(file: &mut File, into: &mut Vec<u8>, most: usize) -> bool {
        let mut buffer = [0; 4_096];
        match file.read(&mut buffer) {
            Ok(0) => false,
            Ok(n) => {
                into.extend_from_slice(&buffer[..n.min(most.saturating_sub(into.len()))]);
                true
            }
            Err(error) => error.kind() == std::io::ErrorKind::Interrupted,
        }
    }

    /// The answers that came, and the end if the child told it.
    fn read(mut bytes: &[u8]) -> (Vec<Numbers>, Option<End>) {
        let mut answers = Vec::new();
        while let Some((&kind, rest)) = bytes.split_first() {
            match kind {
                WHOLE => return (answers, Some(End::Whole)),
                PANIC => {
                    return (
                        answers,
                        Some(panic(String::from_utf8_lossy(rest).into_owned())),
                    );
                }
                _ => match Numbers::from_bytes(rest) {
                    Some((numbers, rest)) => {
                        answers.push(numbers);
                        bytes = rest;
                    }
                    None => break,
                },
            }
        }
        (answers, None)
    }

    /// Why a child went that did not say so.
    fn reason(status: libc::c_int, printed: &str) -> End {
        if libc::WIFSIGNALED(status) {
            match libc::WTERMSIG(status) {
                libc::SIGPROF => End::TooLong,
                libc::SIGABRT if printed.contains("overflowed its stack") => End::StackOverflow,
                libc::SIGSEGV | libc::SIGBUS => End::StackOverflow,
                libc::SIGABRT => {
                    End::Gone("aborted the program; perhaps it asked for too much memory".into())
                }
                signal => End::Gone(format!("was ended by the system (signal {signal})")),
            }
        } else {
            End::Gone(format!(
                "ended the program, with exit status {}",
                libc::WEXITSTATUS(status)
            ))
        }
    }
}
