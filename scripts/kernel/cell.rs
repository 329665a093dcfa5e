// Added to every cell by `cargo` beside this file: what happens when it panics, when a `?` fails, when it is interrupted.
mod em_lab_cell {
    use std::panic::{Location, PanicHookInfo};

    unsafe extern "C" {
        fn signal(number: i32, action: usize) -> usize;
        fn write(file: i32, text: *const u8, length: usize) -> isize;
        fn _exit(status: i32) -> !;
    }
    const SIGINT: i32 = 2;
    const SIG_IGN: usize = 1;

    /// Before the first statement of the cell.
    pub fn begin() {
        std::panic::set_hook(Box::new(panicked));
        // Sound: the handler calls nothing but `write` and `_exit`, which are allowed in one.
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

    #[inline(never)]
    fn stopped(what: &str, place: Option<&Location>) {
        let mut text = String::from("The cell stopped");
        if let Some(place) = place {
            if place.file() == "src/lib.rs" {
                let source = std::env::var("EVCXR_TMPDIR").and_then(|run| Ok(std::fs::read_to_string(run + "/src/lib.rs").unwrap_or_default()));
                let source = source.unwrap_or_default();
                let line = source.lines().nth(place.line() as usize - 1).unwrap_or_default();
                text = text + " at `" + line.trim() + "`";
            } else {
                let file = place.file().rsplit("/src/").next().unwrap_or_default();
                text = text + " in a library, at " + file + ", line " + &place.line().to_string();
            }
        }
        text = text + ": " + what + "\n";
        unsafe { write(2, text.as_ptr(), text.len()) };
        // When notebooks run unattended, the first failure is the last.
        if std::env::var_os("EM_LAB_STRICT").is_some() {
            unsafe { _exit(101) }
        }
    }
}
