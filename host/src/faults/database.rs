//! The state engine's files, on which a kill is a power cut: writes are held in memory until the engine syncs.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fastrand::Rng;
use redb::{Builder, Database, DatabaseError, StorageBackend};

use super::disk::{SECTOR, early};
use super::plan::plan;

/// Opens a file of the state engine, or makes one.
pub(crate) fn create_database(builder: &Builder, path: &Path) -> Result<Database, DatabaseError> {
    match plan().lose {
        Some(seed) => builder.create_with_backend(LossyFile::open(path, seed)?),
        None => builder.create(path),
    }
}

/// A file as who writes it sees it; the real one is behind until it is synced.
#[derive(Debug)]
struct LossyFile {
    file: File,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    /// Sectors that were written and not synced, by number.
    sectors: BTreeMap<u64, [u8; SECTOR]>,
    len: u64,
    /// The real file counts only up to here: it was cut, and what grew since is zeros.
    cut: u64,
    chance: Rng,
}

impl LossyFile {
    fn open(path: &Path, seed: u64) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let len = file.metadata()?.len();
        let held = Held { sectors: BTreeMap::new(), len, cut: len, chance: Rng::with_seed(seed) };
        Ok(Self { file, held: Mutex::new(held) })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// A sector as it is seen.
    fn sector(&self, file: &File, number: u64) -> io::Result<[u8; SECTOR]> {
        if let Some(sector) = self.sectors.get(&number) {
            return Ok(*sector);
        }
        let mut sector = [0; SECTOR];
        let at = number * SECTOR as u64;
        let there = usize::try_from(self.cut.saturating_sub(at)).unwrap_or(SECTOR).min(SECTOR);
        file.read_exact_at(&mut sector[..there], at)?;
        Ok(sector)
    }

    /// Does `work` on each part of a range: the sector's number, the range within the sector, the range within the whole.
    fn parts(at: u64, length: usize) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
        let mut done = 0;
        std::iter::from_fn(move || {
            let place = at + done as u64;
            let (number, within) = (place / SECTOR as u64, (place % SECTOR as u64) as usize);
            let count = (SECTOR - within).min(length - done);
            let part = (count > 0).then(|| (number, within, done..done + count));
            done += count;
            part
        })
    }

    fn settle(&mut self, file: &File) -> io::Result<()> {
        file.set_len(self.cut)?;
        file.set_len(self.len)?;
        for (number, sector) in std::mem::take(&mut self.sectors) {
            let at = number * SECTOR as u64;
            let there = usize::try_from(self.len.saturating_sub(at)).unwrap_or(SECTOR).min(SECTOR);
            file.write_all_at(&sector[..there], at)?;
        }
        self.cut = self.len;
        Ok(())
    }
}

impl StorageBackend for LossyFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.held().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let held = self.held();
        if offset + out.len() as u64 > held.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        for (number, within, part) in Held::parts(offset, out.len()) {
            let count = part.len();
            out[part].copy_from_slice(&held.sector(&self.file, number)?[within..within + count]);
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        plan().check_space()?;
        let mut held = self.held();
        held.cut = held.cut.min(len);
        held.sectors.retain(|number, _| number * (SECTOR as u64) < len);
        held.len = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        plan().check_flush()?;
        self.held().settle(&self.file)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        plan().check_space()?;
        let mut held = self.held();
        for (number, within, part) in Held::parts(offset, data.len()) {
            let mut sector = held.sector(&self.file, number)?;
            sector[within..within + part.len()].copy_from_slice(&data[part]);
            held.sectors.insert(number, sector);
        }
        let first = offset / SECTOR as u64;
        for part in early(&mut held.chance, data.len()) {
            for (number, ..) in Held::parts(first * SECTOR as u64 + part.start as u64, part.len()) {
                let sector = held.sector(&self.file, number)?;
                let is_inside = (number + 1) * SECTOR as u64 <= held.cut;
                if is_inside {
                    self.file.write_all_at(&sector, number * SECTOR as u64)?;
                }
            }
        }
        Ok(())
    }
}
