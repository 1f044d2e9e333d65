//! What the process that compiles may do. Three fences, each enough by itself for most of what could go wrong: limits of
//! the process, which every Unix has; landlock, which leaves it no file and no port; a list of the system calls that a
//! compiler needs, which leaves it no socket, no program, no other process. A kernel that lacks one of the latter two is
//! told of, and worked on.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, nice, setrlimit};

use crate::domain::limits;

/// Sets the limits of this process. None can be raised again. It leaves the processors to who has people waiting.
pub(super) fn limit() -> io::Result<()> {
    end_with_parent()?;
    nice(limits::NICENESS)?;
    // Past the first limit the process is told, and dies of it; a second later the kernel ends it.
    let cpu_seconds = limits::COMPILE_CPU_MAX.as_secs();
    lower(Resource::Cpu, cpu_seconds, cpu_seconds + 1)?;
    let bounds = [
        (Resource::As, limits::COMPILE_ADDRESS_BYTES_MAX),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        // Standard input, output, error; one for landlock while that is set up, one to spare.
        (Resource::Nofile, 5),
    ];
    bounds.into_iter().try_for_each(|(resource, max)| lower(resource, max, max))
}

fn lower(resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    let before = getrlimit(resource);
    let least = |one: u64, other: Option<u64>| Some(other.map_or(one, |other| one.min(other)));
    let limit = Rlimit { current: least(soft, before.current), maximum: least(hard, before.maximum) };
    Ok(setrlimit(resource, limit)?)
}

#[cfg(not(target_os = "linux"))]
mod fences {
    use std::io;

    pub(in super::super) fn end_with_parent() -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn forbid_files(unconfined: &mut dyn FnMut(String)) {
        unconfined("files are not forbidden: landlock is Linux's".to_owned());
    }

    pub(in super::super) fn forbid_calls(unconfined: &mut dyn FnMut(String)) {
        unconfined("system calls are not forbidden: seccomp is Linux's".to_owned());
    }
}

#[cfg(target_os = "linux")]
mod fences {
    use std::collections::BTreeMap;
    use std::io;

    use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetError, RulesetStatus, Scope};
    use rustix::process::{Signal, getpid, set_parent_process_death_signal};
    use seccompiler::SeccompAction::{Allow, Errno, KillProcess};
    use seccompiler::{
        BpfProgram, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
        apply_filter_all_threads,
    };

    /// The newest rules that are known here; an older kernel is held to those of them that it has.
    const LANDLOCK: ABI = ABI::V6;

    /// What computing needs besides memory that holds no code: the ends of three pipes, locks, the seeds of tables, an end.
    const CALLS: &[i64] = &[
        libc::SYS_brk,
        libc::SYS_clock_gettime,
        libc::SYS_close,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_futex,
        libc::SYS_getpid,
        libc::SYS_getrandom,
        libc::SYS_gettid,
        libc::SYS_madvise,
        libc::SYS_mremap,
        libc::SYS_munmap,
        libc::SYS_read,
        libc::SYS_restart_syscall,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sched_yield,
        libc::SYS_sigaltstack,
        libc::SYS_write,
        libc::SYS_writev,
    ];

    /// Refused and survived: the allocator looks into `/proc` before it gives memory back, and does without.
    const REFUSED: &[i64] = &[libc::SYS_openat];

    /// A process that was killed leaves no compiler behind.
    pub(in super::super) fn end_with_parent() -> io::Result<()> {
        Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
    }

    /// No file, no port, no process outside: for this thread and those that it starts.
    pub(in super::super) fn forbid_files(unconfined: &mut dyn FnMut(String)) {
        match landlock() {
            Ok(RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced) => {}
            Ok(RulesetStatus::NotEnforced) => unconfined("the kernel has no landlock".to_owned()),
            Err(err) => unconfined(format!("landlock failed: {err}")),
        }
    }

    fn landlock() -> Result<RulesetStatus, RulesetError> {
        let ruleset = Ruleset::default()
            .handle_access(AccessFs::from_all(LANDLOCK))?
            .handle_access(AccessNet::from_all(LANDLOCK))?
            .scope(Scope::from_all(LANDLOCK))?;
        Ok(ruleset.create()?.restrict_self()?.ruleset)
    }

    /// From now on, for all threads, nothing but `CALLS`; whatever else is tried ends the process.
    pub(in super::super) fn forbid_calls(unconfined: &mut dyn FnMut(String)) {
        if let Err(err) = seccomp() {
            unconfined(format!("seccomp failed: {err}"));
        }
    }

    fn seccomp() -> Result<(), Box<dyn std::error::Error>> {
        let target = std::env::consts::ARCH.try_into()?;
        let refused = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
        let refusing = SeccompFilter::new(refused, Allow, Errno(libc::EACCES.cast_unsigned()), target)?;
        let allowing = SeccompFilter::new(allowed()?, KillProcess, Allow, target)?;
        // The first still allows to set the second. Of two, the kernel takes the stricter answer.
        for filter in [refusing, allowing] {
            apply_filter_all_threads(&BpfProgram::try_from(filter)?)?;
        }
        Ok(())
    }

    fn allowed() -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::BackendError> {
        let mut rules: BTreeMap<_, _> = CALLS.iter().chain(REFUSED).map(|call| (*call, Vec::new())).collect();
        let without_code = SeccompCmpOp::MaskedEq(u64::from(libc::PROT_EXEC.cast_unsigned()));
        rules.insert(libc::SYS_mmap, vec![rule(2, without_code.clone(), 0)?]);
        rules.insert(libc::SYS_mprotect, vec![rule(2, without_code, 0)?]);
        // How a process ends itself: an allocation that fails does.
        let itself = u64::from(getpid().as_raw_nonzero().get().cast_unsigned());
        rules.insert(libc::SYS_tgkill, vec![rule(0, SeccompCmpOp::Eq, itself)?]);
        Ok(rules)
    }

    fn rule(argument: u8, compare: SeccompCmpOp, value: u64) -> Result<SeccompRule, seccompiler::BackendError> {
        SeccompRule::new(vec![SeccompCondition::new(argument, SeccompCmpArgLen::Dword, compare, value)?])
    }
}

pub(super) use fences::{end_with_parent, forbid_calls, forbid_files};

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::net::{TcpListener, UdpSocket};
    use std::os::unix::process::ExitStatusExt;
    use std::process::{self, Command, ExitStatus};

    use super::*;

    /// Says which deed a process of its own is to do once it is confined.
    const DEED: &str = "REKINDLE_TEST_DEED";
    /// How such a process ends when its deed was refused or harmless, when it succeeded, when the kernel lacks a fence.
    const HARMLESS: i32 = 40;
    const HARMFUL: i32 = 41;
    const UNCONFINED: i32 = 42;

    /// No test of its own: what `deed` runs in another process.
    #[test]
    fn confined() {
        let Ok(deed) = std::env::var(DEED) else { return };
        limit().unwrap();
        let mut unconfined = |what: String| {
            eprintln!("{what}");
            process::exit(UNCONFINED);
        };
        forbid_files(&mut unconfined);
        if deed != "open behind landlock" {
            forbid_calls(&mut unconfined);
        }
        let harmful = match deed.as_str() {
            "compute" => vec![7_u8; 64 << 20].iter().any(|byte| *byte != 7),
            "open" | "open behind landlock" => File::open("/etc/passwd").is_ok(),
            "write" => File::create("/tmp/rekindle-confined").is_ok(),
            "listen" => TcpListener::bind("127.0.0.1:0").is_ok(),
            "send" => UdpSocket::bind("127.0.0.1:0").is_ok(),
            "start" => Command::new("/bin/true").status().is_ok(),
            "thread" => std::thread::Builder::new().spawn(|| {}).is_ok(),
            "abort" => process::abort(),
            _ => unreachable!("no such deed"),
        };
        process::exit(if harmful { HARMFUL } else { HARMLESS });
    }

    fn deed(name: &str) -> ExitStatus {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "sandbox::compiler::confine::tests::confined", "--nocapture"])
            .env(DEED, name)
            .output()
            .unwrap()
            .status
    }

    #[test]
    fn a_confined_process_can_compute_and_end() {
        assert_eq!(deed("compute").code(), Some(HARMLESS));
        assert_eq!(deed("abort").signal(), Some(libc::SIGABRT));
    }

    #[test]
    fn a_confined_process_opens_no_file() {
        for name in ["open", "write", "open behind landlock"] {
            assert_eq!(deed(name).code(), Some(HARMLESS), "{name}");
        }
    }

    #[test]
    fn a_confined_process_that_tries_for_the_network_or_another_process_is_ended() {
        for name in ["listen", "send", "start", "thread"] {
            assert_eq!(deed(name).signal(), Some(libc::SIGSYS), "{name}");
        }
    }
}
