//! The journal's disk, on which a kill is a power cut: what was not flushed is gone, all but the parts that chance lets through, as
//! disks do that write when and in which order they like.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use fastrand::Rng;

use super::plan::plan;

/// What a disk writes whole or not at all, in bytes.
pub(super) const SECTOR: usize = 512;

/// Holds back what is written until it is flushed.
pub(crate) struct LossyDisk {
    held: Vec<(Vec<u8>, u64)>,
    chance: Rng,
}

impl LossyDisk {
    /// A disk, where this run is to have one.
    pub(crate) fn wanted() -> Option<Self> {
        plan().lose.map(|seed| Self { held: Vec::new(), chance: Rng::with_seed(seed) })
    }

    /// Writes all bytes at that place of the file, later.
    pub(crate) fn hold(&mut self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        plan().check_space()?;
        for part in early(&mut self.chance, bytes.len()) {
            file.write_all_at(&bytes[part.clone()], at + part.start as u64)?;
        }
        self.held.push((bytes.to_vec(), at));
        Ok(())
    }

    /// Now is later: writes what is held.
    pub(crate) fn settle(&mut self, file: &File) -> io::Result<()> {
        plan().check_flush()?;
        self.held.drain(..).try_for_each(|(bytes, at)| file.write_all_at(&bytes, at))
    }

    /// Forgets what is held, and cuts the file.
    pub(crate) fn forget(&mut self, file: &File, end: u64) -> io::Result<()> {
        self.held.clear();
        file.set_len(end)
    }
}

/// The parts of so many bytes that reach the disk before anybody flushes: none, a beginning, or some sectors.
pub(super) fn early(chance: &mut Rng, length: usize) -> Vec<Range<usize>> {
    let sectors = length.div_ceil(SECTOR);
    let sector = |number: usize| number * SECTOR..length.min((number + 1) * SECTOR);
    match chance.u8(0..4) {
        0 => std::iter::once(0..sector(chance.usize(0..sectors.max(1))).start).collect(),
        1 => (0..sectors).filter(|_| chance.bool()).map(sector).collect(),
        _ => Vec::new(),
    }
}
