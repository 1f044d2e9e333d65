//! Whether the house can take in more, asked before a body is read: the store's health, the disk's free space, and how far
//! behind the workers are with one tenant.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::statvfs;

use crate::domain::{Backlog, Stopwatch, limits};

/// What the door looks at besides the store.
#[derive(Clone)]
pub struct Pressure {
    /// The disk.
    pub space: Arc<Space>,
    /// How far behind the workers are, by tenant.
    pub backlog: Arc<Backlog>,
}

/// The free space of the disk that a directory is on, looked at now and then.
#[derive(Debug)]
pub struct Space {
    directory: PathBuf,
    bytes_min: u64,
    looked: Mutex<Option<(Stopwatch, Free)>>,
}

/// Bytes of a disk.
#[derive(Debug, Clone, Copy)]
struct Free {
    bytes: u64,
    of: u64,
}

impl Space {
    /// The space for what is kept in that directory.
    pub fn of(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), bytes_min: limits::DISK_FREE_BYTES_MIN, looked: Mutex::default() }
    }

    /// Whether there is enough; if not, what to do.
    pub fn health(&self) -> Result<(), String> {
        let free = self.free()?;
        if free.bytes >= self.bytes_min.min(free.of / 10) {
            return Ok(());
        }
        let (directory, mebibytes) = (self.directory.display(), free.bytes >> 20);
        Err(format!("the disk of `{directory}` has only {mebibytes} MiB free: make room on it"))
    }

    fn free(&self) -> Result<Free, String> {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, free)) = looked.filter(|(when, _)| when.elapsed() < limits::DISK_LOOK) {
            return Ok(free);
        }
        let disk = statvfs(&self.directory)
            .map_err(|err| format!("cannot see how full the disk of `{}` is: {err}", self.directory.display()))?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        let free = Free { bytes: bytes(disk.f_bavail), of: bytes(disk.f_blocks) };
        *looked = Some((Stopwatch::start(), free));
        Ok(free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_said_to_be_one() {
        let directory = std::env::temp_dir();
        let mut space = Space::of(&directory);
        space.bytes_min = 0;
        assert_eq!(space.health(), Ok(()));
        *space.looked.lock().unwrap() = Some((Stopwatch::start(), Free { bytes: 7 << 20, of: 100 << 30 }));
        space.bytes_min = limits::DISK_FREE_BYTES_MIN;
        assert!(space.health().unwrap_err().contains("has only 7 MiB free: make room on it"));
        *space.looked.lock().unwrap() = Some((Stopwatch::start(), Free { bytes: 7 << 20, of: 64 << 20 }));
        assert_eq!(space.health(), Ok(()), "a small disk is judged by its size");
    }

    #[test]
    fn a_disk_that_cannot_be_looked_at_is_said_to_be_one() {
        let why = Space::of(Path::new("/nowhere/at/all")).health().unwrap_err();
        assert!(why.contains("cannot see how full the disk of `/nowhere/at/all` is"), "{why}");
    }
}
