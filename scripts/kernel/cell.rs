// Added to every cell by `cargo` beside this file: what happens when it panics, when a `?` fails, when it is interrupted.
mod em_lab_cell {
    use std::panic::{Location, PanicHookInfo};

    unsafe extern "C" {
        fn signal(number: i32, action: usize) -> usize;
        fn write(file: i32, text: *const u8, length: usize) -> isize;
        fn usleep(microseconds: u32) -> i32;
        fn _exit(status: i32) -> !;
    }
    /// evcxr passes standard error on beside the rest: what is said first has to get a start on the end of the cell.
    const START: u32 = 100_000;
    const SIGINT: i32 = 2;
    const SIG_IGN: usize = 1;

    /// Before the first statement of the cell.
    pub fn begin() {
        std::panic::set_hook(Box::new(panicked));
        // Sound: the handler calls nothing but `write`, `usleep` and `_exit`, which are allowed in one.
        unsafe { signal(SIGINT, interrupted as *const () as usize) };
    }

    /// After its last one.
    pub fn end() {
        unsafe { signal(SIGINT, SIG_IGN) };
    }

    /// The process ends, and evcxr starts another: a Rust program cannot be stopped at any other place than its own.
    extern "C" fn interrupted(_: i32) {
        const TEXT: &str = "Interrupted. Kept: dependencies, imports, functions, types. Lost: variables; run the cells that make them again.\n";
        unsafe {
            write(2, TEXT.as_ptr(), TEXT.len());
            usleep(START);
            _exit(130)
        }
    }

    fn panicked(info: &PanicHookInfo) {
        let payload = info.payload();
        let text = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
        stopped(text.unwrap_or("a panic without a message"), info.location());
    }

    /// A `?` that failed, at the place that it was written.
    #[track_caller]
    pub fn failed(error: &str) {
        stopped(error, Some(Location::caller()));
    }

    /// One sentence, with the line of the cell that was running, also where the panic itself is in a library.
    #[inline(never)]
    fn stopped(what: &str, place: Option<&Location>) {
        let folder = std::env::var("EVCXR_TMPDIR").unwrap_or_default();
        let source = std::fs::read_to_string(folder.clone() + "/src/lib.rs").unwrap_or_default();
        let lines: Vec<&str> = source.lines().take_while(|line| !line.starts_with("// Added to every cell")).collect();
        let of_cell = |number: usize| lines.get(number.wrapping_sub(1)).copied();
        let line = match place {
            Some(place) if place.file() == "src/lib.rs" => of_cell(place.line() as usize),
            _ => std::backtrace::Backtrace::force_capture().to_string().lines().find_map(|frame| {
                // The path may be relative to the notebook's folder.
                let (_, at) = frame.split_once(folder.rsplit('/').next()?)?;
                of_cell(at.strip_prefix("/src/lib.rs:")?.split(':').next()?.parse().ok()?)
            }),
        };
        let text = match line {
            Some(line) => String::from("The cell stopped at `") + line.trim() + "`: " + what + "\n",
            None => String::from("The cell stopped: ") + what + "\n",
        };
        unsafe {
            write(2, text.as_ptr(), text.len());
            usleep(START);
        }
        // When notebooks run unattended, the first failure is the last.
        if std::env::var_os("EM_LAB_STRICT").is_some() {
            unsafe { _exit(101) }
        }
    }
}
