//! Writes a group of records behind the last one and flushes it; begins a new segment when the last one is full. A group
//! never spans two segments, so that one flush makes all of it durable.

use std::fs::File;
use std::io;
use std::sync::Arc;

use super::disk::Disk;
use super::frame::Head;
use super::recovery::Recovered;
use super::scribe::Prepared;
use super::segment::{self, Salt};
use super::shelf::Shelf;
use crate::domain::{Position, Timestamp, limits};
use crate::faults::{self, Point};
use crate::store::StoreError;

/// The end of the journal, where it grows.
pub(super) struct Quill {
    shelf: Arc<Shelf>,
    disk: Box<dyn Disk>,
    segment_bytes_max: u64,
    /// The last segment, and where it begins.
    file: File,
    salt: Salt,
    base: Position,
    /// Where the group under way begins.
    end: Position,
    /// When the last record arrived.
    arrived: Timestamp,
    group: Vec<u8>,
}

/// Why a group is not in the journal.
#[derive(Debug)]
pub(super) enum Trouble {
    /// There is no room for it, or for the index. Nothing of it is left, and there may be room later.
    Full(String),
    /// Nobody knows what is on the disk.
    Broken(StoreError),
}

/// Of the index, before anything was written: it is opened again where it failed.
impl From<StoreError> for Trouble {
    fn from(fault: StoreError) -> Self {
        match fault {
            StoreError::Unavailable(why) => Self::Full(why),
            fault => Self::Broken(fault),
        }
    }
}

impl Quill {
    /// A quill at the end of a journal.
    pub(super) fn new(shelf: Arc<Shelf>, disk: Box<dyn Disk>, segment_bytes_max: u64, found: Recovered) -> Self {
        let Recovered { bases, file, salt, end, arrived } = found;
        let base = *bases.last().expect("a recovered journal should have a segment");
        Self { shelf, disk, segment_bytes_max, file, salt, base, end, arrived, group: Vec::new() }
    }

    /// Begins a group, and says when it arrives: never before the one before it, whatever the clock says. Begins a segment, too,
    /// when the last one is full or holds what is to go.
    pub(super) fn begin(&mut self, now: Timestamp) -> Result<Timestamp, Trouble> {
        let first = Position(self.base.0 + segment::HEAD_BYTES as u64);
        if self.end.0 - self.base.0 >= self.segment_bytes_max || self.shelf.is_retired(first) {
            self.turn_over()?;
        }
        self.arrived = self.arrived.max(now);
        self.group.clear();
        self.group.shrink_to(limits::GROUP_BYTES_MAX);
        Ok(self.arrived)
    }

    /// Adds a record to the group.
    pub(super) fn add(&mut self, prepared: &Prepared) {
        let head = Head {
            body_bytes: u32::try_from(prepared.body.len()).expect("the door should bound what comes in"),
            body_crc: crc32c::crc32c(&prepared.body),
            group: self.end,
            arrived: self.arrived,
            slot: prepared.slot,
            digest: prepared.digest,
        };
        let at = Position(self.end.0 + self.group.len() as u64);
        self.group.extend_from_slice(&head.encode(at, self.salt));
        self.group.extend_from_slice(&prepared.body);
    }

    /// Writes the group. Where the disk is full, what was written of it is taken back.
    pub(super) fn write(&mut self) -> Result<(), Trouble> {
        if self.group.is_empty() {
            return Ok(());
        }
        faults::pass(Point::JournalWriting);
        let at = self.end.0 - self.base.0;
        self.disk.write(&self.file, &self.group, at).map_err(|err| match self.disk.take_back(&self.file, at) {
            Ok(()) => self.trouble(&err),
            Err(err) => Trouble::Broken(self.fault(&err)),
        })?;
        faults::pass(Point::JournalWritten);
        Ok(())
    }

    /// Makes the group durable and lets readers see it. Returns where the journal ends.
    pub(super) fn flush(&mut self) -> Result<Position, Trouble> {
        if !self.group.is_empty() {
            // Whatever the reason: what the machine could not flush it may forget, and flush nothing the next time.
            self.disk.flush(&self.file).map_err(|err| Trouble::Broken(self.fault(&err)))?;
            self.end.0 += self.group.len() as u64;
            self.shelf.grow(self.end);
            faults::pass(Point::JournalFlushed);
        }
        Ok(self.end)
    }

    /// Whether there is room again for a group, tried out.
    pub(super) fn probe(&mut self) -> Result<(), Trouble> {
        self.group.clear();
        self.group.resize(limits::PROBE_BYTES, 0);
        self.write()?;
        let taken_back = self.disk.take_back(&self.file, self.end.0 - self.base.0);
        taken_back.map_err(|err| Trouble::Broken(self.fault(&err)))
    }

    fn turn_over(&mut self) -> Result<(), Trouble> {
        let base = self.end;
        faults::pass(Point::SegmentBeginning);
        let created = segment::create(self.shelf.dir(), base, self.arrived);
        // One that was begun and never used is begun again.
        (self.file, self.salt) = created.map_err(|err| self.trouble(&err))?;
        faults::pass(Point::SegmentBegun);
        self.base = base;
        self.end.0 += segment::HEAD_BYTES as u64;
        self.shelf.push(base);
        Ok(())
    }

    fn trouble(&self, err: &io::Error) -> Trouble {
        let path = segment::path(self.shelf.dir(), self.base);
        match err.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Trouble::Full(format!("`{}`: {err}; make room", path.display()))
            }
            _ => Trouble::Broken(StoreError::of_file(&path, err)),
        }
    }

    fn fault(&self, err: &io::Error) -> StoreError {
        StoreError::of_file(&segment::path(self.shelf.dir(), self.base), err)
    }
}
