//! What goes wrong on purpose: named points at which the process dies, disks that lose at a kill what was not flushed, disks that are
//! full, builds that break a promise. All of it exists only with the feature `faults`, for `cargo xtask crash`; without it the
//! functions here are empty and only the names are left.

#[cfg(feature = "faults")]
mod database;
#[cfg(feature = "faults")]
mod disk;
#[cfg(feature = "faults")]
mod plan;
mod point;

#[cfg(feature = "faults")]
pub(crate) use database::create_database;
#[cfg(feature = "faults")]
pub(crate) use disk::LossyDisk;
#[cfg(feature = "faults")]
pub(crate) use plan::{breaks, is_armed, linger, pass, sync_beat};
pub use point::Point;

/// A promise that a build can be told to break, so that the crash suite shows that it would notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// Nothing is acknowledged before it is flushed.
    FlushedFirst,
    /// Nothing leaves the house before it is synced.
    SyncedFirst,
}

impl Promise {
    /// Every promise.
    pub const ALL: [Self; 2] = [Self::FlushedFirst, Self::SyncedFirst];

    /// How a build is told to break it.
    pub fn broken(self) -> &'static str {
        match self {
            Self::FlushedFirst => "acknowledge-before-flush",
            Self::SyncedFirst => "release-before-sync",
        }
    }
}

/// Goes past a point; dies there where that was asked for.
#[cfg(not(feature = "faults"))]
pub(crate) const fn pass(_: Point) {}

/// Whether this run is to break the promise.
#[cfg(not(feature = "faults"))]
pub(crate) const fn breaks(_: Promise) -> bool {
    false
}

/// How long a commit may wait for its sync.
#[cfg(not(feature = "faults"))]
pub(crate) const fn sync_beat(beat: std::time::Duration) -> std::time::Duration {
    beat
}

/// Gives the world time to see a promise broken.
#[cfg(not(feature = "faults"))]
pub(crate) const fn linger() {}

/// Opens a file of the state engine, or makes one.
#[cfg(not(feature = "faults"))]
pub(crate) fn create_database(
    builder: &redb::Builder,
    path: &std::path::Path,
) -> Result<redb::Database, redb::DatabaseError> {
    builder.create(path)
}
