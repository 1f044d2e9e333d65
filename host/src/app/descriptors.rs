//! File descriptors: every connection takes one, and what a shell gives a process is often less than it may have.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::domain::limits;

/// Raises the process's bound to what it may be raised to, and says when that is too little.
pub(super) fn raise() {
    let limit = getrlimit(Resource::Nofile);
    // None means that there is no bound.
    let (Some(current), maximum) = (limit.current, limit.maximum) else { return };
    let needed = limits::CONNECTIONS_MAX as u64 + limits::DESCRIPTORS_OWN;
    let wanted = maximum.unwrap_or(needed).max(current);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    let has = if raised.is_ok() { wanted } else { current };
    if has < needed {
        let advice = "connections beyond them wait: raise `ulimit -n`, or `LimitNOFILE` of the service";
        tracing::warn!(has, needed, advice, "there are few file descriptors");
    }
}
