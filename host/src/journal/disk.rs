//! The two calls by which the journal promises something to the world. They stand behind a trait, so that tests can
//! make the disk fail exactly there.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Where the scribe writes.
pub(super) trait Disk: Send {
    /// Writes all bytes at that place of the file.
    fn write(&mut self, file: &File, bytes: &[u8], at: u64) -> io::Result<()>;

    /// Returns when everything written to the file survives a power cut.
    fn flush(&mut self, file: &File) -> io::Result<()>;
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
}

/// Makes new and removed names of a directory survive a power cut.
pub(crate) fn flush_directory(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
