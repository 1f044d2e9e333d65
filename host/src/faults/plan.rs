//! What this process was told to do wrong, in `REKINDLE_FAULTS`: settings `name=value`, with `;` between them.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::{Point, Promise};

const VARIABLE: &str = "REKINDLE_FAULTS";
/// Until a build that acknowledges too early flushes: long enough for its answers to reach who waits for them.
const LINGER: Duration = Duration::from_millis(30);

static PLAN: LazyLock<Plan> = LazyLock::new(|| {
    let text = std::env::var(VARIABLE).unwrap_or_default();
    Plan::parse(&text).unwrap_or_else(|why| panic!("`{VARIABLE}`: {why}"))
});
/// How often each point was passed, in the order of the table.
static PASSED: [AtomicU64; Point::ALL.len()] = [const { AtomicU64::new(0) }; Point::ALL.len()];

#[derive(Debug, Default)]
pub(super) struct Plan {
    /// `die=POINT:N`: at the n-th pass.
    die: Option<(Point, u64)>,
    /// `lose=SEED`: a kill loses what was not flushed, but for parts that chance lets through. Journals are small then.
    pub(super) lose: Option<u64>,
    /// `break=…`: a promise to break.
    broken: Option<Promise>,
    /// `passed=FILE`: gets a line when a point is passed for the first time.
    passed: Option<File>,
    /// `full=FILE`: while it exists, disks are full.
    full: Option<PathBuf>,
    /// `unflushed=FILE`: while it exists, flushing fails.
    unflushed: Option<PathBuf>,
}

impl Plan {
    fn parse(text: &str) -> Result<Self, String> {
        let mut plan = Self::default();
        for setting in text.split(';').filter(|setting| !setting.is_empty()) {
            let (name, value) = setting.split_once('=').ok_or_else(|| format!("`{setting}` has no `=`"))?;
            plan.set(name, value).ok_or_else(|| format!("`{setting}` is not understood"))?;
        }
        Ok(plan)
    }

    fn set(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "die" => {
                let (point, pass) = value.split_once(':')?;
                let point = Point::ALL.into_iter().find(|known| known.as_str() == point)?;
                self.die = Some((point, pass.parse().ok()?));
            }
            "lose" => self.lose = Some(value.parse().ok()?),
            "break" => self.broken = Some(Promise::ALL.into_iter().find(|known| known.broken() == value)?),
            "passed" => self.passed = Some(OpenOptions::new().create(true).append(true).open(value).ok()?),
            "full" => self.full = Some(value.into()),
            "unflushed" => self.unflushed = Some(value.into()),
            _ => return None,
        }
        Some(())
    }

    /// Fails while disks are full.
    pub(super) fn check_space(&self) -> io::Result<()> {
        let is_full = self.full.as_ref().is_some_and(|mark| mark.exists());
        if is_full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    /// Fails while flushing does.
    pub(super) fn check_flush(&self) -> io::Result<()> {
        let fails = self.unflushed.as_ref().is_some_and(|mark| mark.exists());
        if fails { Err(io::Error::other("the disk did not flush (a fault on purpose)")) } else { Ok(()) }
    }
}

pub(super) fn plan() -> &'static Plan {
    &PLAN
}

/// Whether anything is to go wrong.
pub(crate) fn is_armed() -> bool {
    PLAN.lose.is_some()
}

/// Goes past a point; dies there where that was asked for.
pub(crate) fn pass(point: Point) {
    let passes = PASSED[point as usize].fetch_add(1, Ordering::Relaxed) + 1;
    if passes == 1
        && let Some(mut file) = PLAN.passed.as_ref()
    {
        writeln!(file, "{}", point.as_str()).expect("the list of points should be writable");
    }
    if PLAN.die == Some((point, passes)) {
        die();
    }
}

/// As a power cut would have it: no core is written, nothing is said.
fn die() -> ! {
    // It cannot fail for oneself; and if it did, this were the next best.
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort()
}

/// Whether this run is to break the promise.
pub(crate) fn breaks(promise: Promise) -> bool {
    PLAN.broken == Some(promise)
}

/// How long a commit may wait for its sync: longer where it is released before, or the same decision is made again in time.
pub(crate) fn sync_beat(beat: Duration) -> Duration {
    if breaks(Promise::SyncedFirst) { beat * 10 } else { beat }
}

/// Gives the world time to see a promise broken.
pub(crate) fn linger() {
    thread::sleep(LINGER);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_says_what_is_to_go_wrong() {
        let plan = Plan::parse("die=batch-synced:3;lose=7;break=release-before-sync").unwrap();
        assert_eq!((plan.die, plan.lose), (Some((Point::BatchSynced, 3)), Some(7)));
        assert_eq!(plan.broken, Some(Promise::SyncedFirst));
        assert_eq!(Plan::parse("die=nowhere:1").unwrap_err(), "`die=nowhere:1` is not understood");
        assert_eq!(Plan::parse("die").unwrap_err(), "`die` has no `=`");
    }
}
