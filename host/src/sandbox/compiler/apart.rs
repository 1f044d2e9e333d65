//! Outside of the process that compiles: it is started with nothing, fed, listened to, and ended when its time is up.
//! What became of it is said as a fault of the module's only where it is one.

use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Once;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use super::super::error::{CompileError, Rejection};
use super::COMMAND;
use super::child::Word;
use crate::domain::limits;

/// Bytes read of what the process says of itself: a rejection repeats names out of a module.
const WORDS_BYTES_MAX: u64 = 64 << 10;
/// What is to be done about a module that takes too much to compile.
const SMALLER: &str = "build it smaller, with smaller functions, leave out what it does not use";

/// How the process ended, and what it left.
struct Ended {
    status: ExitStatus,
    code: Vec<u8>,
    words: String,
    /// It was ended because its time was up.
    was_late: bool,
}

/// Compiles in a process of its own.
pub(super) fn compile(program: &Path, component: &[u8]) -> Result<Vec<u8>, CompileError> {
    let mut command = Command::new(program);
    command.arg(COMMAND);
    let ended = run(command, component, limits::COMPILE_TIME_MAX)
        .map_err(|err| CompileError::Unavailable(format!("its process failed: {err}")))?;
    judge(ended)
}

fn run(mut command: Command, component: &[u8], time_max: Duration) -> io::Result<Ended> {
    // Every file of ours is closed for whom we start; it has its three pipes and nothing else.
    let mut child = command
        .env_clear()
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let pid = Pid::from_child(&child);
    let watched = under_watch(pid, time_max, || {
        let talked = converse(&mut child, component);
        // It is not reaped before the watch ends: its number could be another's by then.
        waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)?;
        talked
    });
    if watched.is_err() {
        // It may have ended already.
        let _ = child.kill();
    }
    let status = child.wait()?;
    let ((code, words), was_late) = watched?;
    Ok(Ended { status, code, words, was_late })
}

/// Does something with a process, which is killed when it takes too long: everything that waits for it then goes on.
fn under_watch<T>(pid: Pid, time_max: Duration, talk: impl FnOnce() -> io::Result<T>) -> io::Result<(T, bool)> {
    thread::scope(|scope| {
        let (done, ended) = mpsc::channel::<()>();
        let watch = move || {
            let is_late = ended.recv_timeout(time_max) == Err(RecvTimeoutError::Timeout);
            if is_late {
                // It is there: who talks with it does not reap it.
                let _ = kill_process(pid, Signal::KILL);
            }
            is_late
        };
        let watch = thread::Builder::new().name("sandbox-compiler".to_owned()).spawn_scoped(scope, watch)?;
        let talked = talk();
        drop(done);
        let was_late = watch.join().expect("the watch should do nothing that can panic");
        Ok((talked?, was_late))
    })
}

/// The component goes in whole before anything comes out, so one after the other is enough.
fn converse(child: &mut Child, component: &[u8]) -> io::Result<(Vec<u8>, String)> {
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(mut stdin), Some(stdout), Some(stderr)) = pipes else {
        unreachable!("all three should be pipes: they were asked for")
    };
    // A process that stopped listening says why on its standard error.
    let _ = stdin.write_all(component);
    drop(stdin);
    let (mut code, mut words) = (Vec::new(), Vec::new());
    stdout.take(limits::COMPILED_BYTES_MAX as u64).read_to_end(&mut code)?;
    stderr.take(WORDS_BYTES_MAX).read_to_end(&mut words)?;
    Ok((code, String::from_utf8_lossy(&words).into_owned()))
}

fn judge(ended: Ended) -> Result<Vec<u8>, CompileError> {
    let mut last = None;
    for word in ended.words.lines().filter_map(|line| serde_json::from_str(line).ok()) {
        match word {
            Word::Unconfined { what } => warn_once(&what),
            word => last = Some(word),
        }
    }
    if ended.was_late {
        let seconds = limits::COMPILE_TIME_MAX.as_secs();
        return Err(CompileError::Unavailable(format!("it was not done within `{seconds}` s, the host is busy")));
    }
    match (last, ended.status.signal()) {
        (_, Some(signal)) => Err(killed(signal, &ended.words)),
        // The engine checks some allocations itself, and panics with these words.
        (Some(Word::Rejected { what, .. }), None) if what.ends_with(": out of memory") => Err(too_large().into()),
        (Some(Word::Rejected { what, next }), None) => Err(Rejection::new(what, next).into()),
        (Some(Word::Unavailable { what }), None) => Err(CompileError::Unavailable(what)),
        (_, None) if ended.status.success() => Ok(ended.code),
        (_, None) => {
            Err(CompileError::Unavailable(format!("its process said nothing and ended with {}", ended.status)))
        }
    }
}

fn too_large() -> Rejection {
    let bytes = limits::COMPILE_ADDRESS_BYTES_MAX;
    Rejection::new(format!("the module takes more than `{bytes}` bytes to compile"), SMALLER)
}

/// What it means that a signal ended the process.
fn killed(signal: i32, words: &str) -> CompileError {
    let is = |known: Signal| known.as_raw() == signal;
    if is(Signal::XCPU) {
        let seconds = limits::COMPILE_CPU_MAX.as_secs();
        return Rejection::new(format!("the module takes more than `{seconds}` s to compile"), SMALLER).into();
    }
    if is(Signal::ABORT) && words.contains("memory allocation") {
        return too_large().into();
    }
    if is(Signal::KILL) {
        return CompileError::Unavailable("its process was killed, the host may be short of memory".to_owned());
    }
    if is(Signal::SYS) {
        tracing::error!("the compiler's process was ended for a system call that it may not make; tell us");
        return CompileError::Unavailable("its process did what it may not".to_owned());
    }
    let next = "this is a bug of the engine's, so tell us, and build the module in another way";
    Rejection::new(format!("the engine broke on it: its process was ended by signal {signal}"), next).into()
}

fn warn_once(what: &str) {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| tracing::warn!(what, "modules are compiled in a process that is limited, but not walled in"));
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// What comes of a program that behaves like this.
    #[track_caller]
    fn check(script: &str, expected: Expect) {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        let ended = run(command, &[7; 1 << 20], Duration::from_secs(5));
        let judged = ended.map(judge);
        expected.assert_eq(&match judged {
            Ok(Ok(code)) => format!("code: {}", String::from_utf8_lossy(&code)),
            Ok(Err(err)) => format!("{err}"),
            Err(err) => format!("failed: {err}"),
        });
    }

    #[test]
    fn code_is_taken_from_a_process_that_ends_well() {
        check("cat >/dev/null; printf 'in %s with %s' \"$PWD\" \"$HOME\"", expect!["code: in / with "]);
    }

    #[test]
    fn a_process_that_says_why_is_believed() {
        let rejected =
            r#"cat >/dev/null; echo '{"cause":"rejected","what":"it is wrong","next":"change it"}' >&2; exit 1"#;
        check(rejected, expect!["it is wrong; change it"]);
        let unavailable = r#"echo '{"cause":"unavailable","what":"no limits"}' >&2; exit 1"#;
        check(unavailable, expect!["the module could not be compiled now: no limits; try again in a moment"]);
        check(
            "exit 3",
            expect![
                "the module could not be compiled now: its process said nothing and ended with exit status: 3; try again in a moment"
            ],
        );
    }

    #[test]
    fn a_process_past_its_limits_is_the_modules_fault() {
        check(
            "kill -XCPU $$",
            expect![
                "the module takes more than `60` s to compile; build it smaller, with smaller functions, leave out what it does not use"
            ],
        );
        check(
            "echo memory allocation of 8 bytes failed >&2; kill -ABRT $$",
            expect![
                "the module takes more than `4294967296` bytes to compile; build it smaller, with smaller functions, leave out what it does not use"
            ],
        );
        check(
            r#"echo '{"cause": "rejected", "what": "the engine broke on it: out of memory", "next": "tell us"}' >&2; exit 1"#,
            expect![
                "the module takes more than `4294967296` bytes to compile; build it smaller, with smaller functions, leave out what it does not use"
            ],
        );
        check(
            "kill -SEGV $$",
            expect![
                "the engine broke on it: its process was ended by signal 11; this is a bug of the engine's, so tell us, and build the module in another way"
            ],
        );
    }

    #[test]
    fn a_process_that_is_killed_or_hangs_is_nobodys_fault() {
        check(
            "kill -KILL $$",
            expect![
                "the module could not be compiled now: its process was killed, the host may be short of memory; try again in a moment"
            ],
        );
        check(
            "exec sleep 60",
            expect![
                "the module could not be compiled now: it was not done within `90` s, the host is busy; try again in a moment"
            ],
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_nobodys_fault() {
        let error = compile(Path::new("/nowhere/rekindle"), b"").unwrap_err();
        assert!(matches!(error, CompileError::Unavailable(_)), "{error}");
    }
}
