//! The calls by which the journal promises something to the world. They stand behind a trait, so that tests can
//! make the disk fail exactly there.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

#[cfg(feature = "faults")]
use crate::faults::LossyDisk;

/// Where the scribe writes.
pub(super) trait Disk: Send {
    /// Writes all bytes at that place of the file.
    fn write(&mut self, file: &File, bytes: &[u8], at: u64) -> io::Result<()>;

    /// Returns when everything written to the file survives a power cut.
    fn flush(&mut self, file: &File) -> io::Result<()>;

    /// Takes back what was written from `end` on and not flushed. Returns when that survives a power cut, too.
    fn take_back(&mut self, file: &File, end: u64) -> io::Result<()>;
}

/// What a journal writes on.
pub(super) fn machine() -> Box<dyn Disk> {
    #[cfg(feature = "faults")]
    if let Some(lossy) = LossyDisk::wanted() {
        return Box::new(lossy);
    }
    Box::new(MachineDisk)
}

/// The machine's own.
pub(super) struct MachineDisk;

impl Disk for MachineDisk {
    fn write(&mut self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        file.write_all_at(bytes, at)
    }

    fn flush(&mut self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    fn take_back(&mut self, file: &File, end: u64) -> io::Result<()> {
        file.set_len(end)?;
        file.sync_all()
    }
}

#[cfg(feature = "faults")]
impl Disk for LossyDisk {
    fn write(&mut self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        self.hold(file, bytes, at)
    }

    fn flush(&mut self, file: &File) -> io::Result<()> {
        self.settle(file)
    }

    fn take_back(&mut self, file: &File, end: u64) -> io::Result<()> {
        self.forget(file, end)
    }
}

/// Makes new and removed names of a directory survive a power cut.
pub(crate) fn flush_directory(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
