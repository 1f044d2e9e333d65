//! Where strangers' modules are taken apart and compiled: a thread of its own, with a stack for deep nesting, and
//! whose panics (some inputs make the engine or the snapshot tool panic) end nothing but the job.

use std::any::Any;
use std::thread;

use super::error::{CompileError, Rejection};

/// Compilers recurse as deep as their input is nested.
const STACK_BYTES: usize = 32 << 20;

/// Does a job on the workbench and waits for it.
pub(super) fn on_workbench<T: Send>(job: impl FnOnce() -> T + Send) -> Result<T, CompileError> {
    thread::scope(|scope| {
        let bench = thread::Builder::new().name("sandbox-workbench".to_owned()).stack_size(STACK_BYTES);
        let no_thread = |err| CompileError::Unavailable(format!("there is no thread for it: {err}"));
        let job = bench.spawn_scoped(scope, job).map_err(no_thread)?;
        job.join().map_err(|panic| {
            let what = format!("the engine broke on it: {}", panic_text(panic.as_ref()));
            let next = "this is a bug of the engine's, so tell us, and build the module in another way";
            Rejection::new(what, next).into()
        })
    })
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_only_the_job() {
        let error = on_workbench(|| panic!("internal error {}", 7)).unwrap_err();
        assert!(error.to_string().starts_with("the engine broke on it: internal error 7;"), "{error}");
        assert_eq!(on_workbench(|| 7).unwrap(), 7);
    }
}
