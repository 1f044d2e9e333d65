//! The embedded store's directory: a lock, what it was made for, the journal, a file per partition. Nothing of it may be
//! moved apart: each part says how far it goes, and opening checks that they fit.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::state::State;
use crate::domain::{Clock, Position, ProfileKey, limits};
use crate::journal::{Journal, flush_directory};
use crate::store::StoreError;

const LOCK_FILE: &str = "lock";
const PLAN_FILE: &str = "house.json";
const JOURNAL_DIR: &str = "journal";

/// What a directory was made for: people's places depend on it, so it never changes.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    format: u32,
    slots: u16,
    partitions: u16,
}

/// Every share of the slots is alike.
const _: () = assert!(limits::SLOTS.is_multiple_of(limits::EMBEDDED_PARTITIONS));

const PLAN: Plan = Plan { format: 6, slots: limits::SLOTS, partitions: limits::EMBEDDED_PARTITIONS };

/// All of one embedded store. What is open closes in this order; the lock goes last.
pub(super) struct House {
    pub(super) journal: Journal,
    pub(super) states: Vec<State>,
    /// Up to where each partition is durable.
    synced: Vec<AtomicU64>,
    _lock: File,
}

impl House {
    /// Opens the house in `dir`, or builds one.
    pub(super) fn open(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        fs::create_dir_all(dir).map_err(|err| StoreError::of_file(dir, &err))?;
        let lock = lock(dir)?;
        check_plan(dir)?;
        let states: Vec<State> = (0..PLAN.partitions)
            .map(|number| State::open(&state_file(dir, number), slots_of(number)))
            .collect::<Result<_, _>>()?;
        let floor = states.iter().map(State::position).max().unwrap_or_default();
        let journal = Journal::open(&dir.join(JOURNAL_DIR), floor, clock)?;
        check_positions(dir, &states, journal.begin())?;
        flush_directory(dir).map_err(|err| StoreError::of_file(dir, &err))?;
        let synced = states.iter().map(|state| AtomicU64::new(state.position().0)).collect();
        let house = Self { journal, states, synced, _lock: lock };
        house.trim();
        Ok(house)
    }

    /// The state of the partition in which somebody lives.
    pub(super) fn state_of(&self, key: &ProfileKey) -> &State {
        let slot = key.slot().0;
        let state = self.states.iter().find(|state| state.slots().contains(&slot));
        state.expect("each slot should be in a partition")
    }

    /// A partition is durable up to there: what no partition will ask for again may go.
    pub(super) fn synced(&self, number: usize, position: Position) {
        self.synced[number].store(position.0, Ordering::Release);
        self.trim();
    }

    fn trim(&self) {
        let positions = self.synced.iter().map(|position| position.load(Ordering::Acquire));
        self.journal.trim(Position(positions.min().unwrap_or_default()));
    }
}

/// The slots of a partition: an even share of all.
fn slots_of(number: u16) -> Range<u16> {
    let share = limits::SLOTS / PLAN.partitions;
    number * share..(number + 1) * share
}

fn state_file(dir: &Path, number: u16) -> PathBuf {
    dir.join(format!("state-{number}.redb"))
}

/// No partition may still need what was trimmed: that file was removed, or is an old copy.
fn check_positions(dir: &Path, states: &[State], begin: Position) -> Result<(), StoreError> {
    for (state, number) in states.iter().zip(0..) {
        let position = state.position();
        if position < begin {
            return Err(StoreError::Corrupt(format!(
                "`{}` came to {position}, but the journal begins at {begin}: restore both from the same copy",
                state_file(dir, number).display()
            )));
        }
    }
    Ok(())
}

fn lock(dir: &Path) -> Result<File, StoreError> {
    let path = dir.join(LOCK_FILE);
    let file = File::create(&path).map_err(|err| StoreError::of_file(&path, &err))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Unavailable(format!(
            "`{}` is in use by another process: stop it, or use another directory",
            dir.display()
        ))),
        Err(TryLockError::Error(err)) => Err(StoreError::of_file(&path, &err)),
    }
}

fn check_plan(dir: &Path) -> Result<(), StoreError> {
    let path = dir.join(PLAN_FILE);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(err) if err.kind() == io::ErrorKind::NotFound => {
            return write_plan(dir).map_err(|err| StoreError::of_file(&path, &err));
        }
        Err(err) => return Err(StoreError::of_file(&path, &err)),
    };
    let damage = |why: String| StoreError::Corrupt(format!("`{}`: {why}", path.display()));
    let plan: Plan = serde_json::from_slice(&text).map_err(|err| damage(err.to_string()))?;
    if plan == PLAN {
        Ok(())
    } else {
        Err(damage(format!(
            "the directory was made for `{plan:?}`, this version is for `{PLAN:?}`: use the version that made it, or \
             another directory"
        )))
    }
}

/// Writes the plan whole or not at all.
fn write_plan(dir: &Path) -> io::Result<()> {
    let draft = dir.join(format!("{PLAN_FILE}.new"));
    let mut file = File::create(&draft)?;
    serde_json::to_writer(&mut file, &PLAN)?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(&draft, dir.join(PLAN_FILE))?;
    flush_directory(dir)
}
