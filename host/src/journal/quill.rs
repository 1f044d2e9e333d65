//! Writes a group of records behind the last one and flushes it; begins a new segment when the last one is full. A group
//! never spans two segments, so that one flush makes all of it durable.

use std::fs::File;
use std::sync::Arc;

use super::disk::Disk;
use super::frame::Head;
use super::recovery::Recovered;
use super::scribe::Prepared;
use super::segment;
use super::shelf::Shelf;
use crate::domain::{Position, Timestamp, limits};
use crate::store::StoreError;

/// The end of the journal, where it grows.
pub(super) struct Quill {
    shelf: Arc<Shelf>,
    disk: Box<dyn Disk>,
    segment_bytes_max: u64,
    /// The last segment, and where it begins.
    file: File,
    base: Position,
    /// Where the group under way begins.
    end: Position,
    /// When the last record arrived.
    arrived: Timestamp,
    group: Vec<u8>,
}

impl Quill {
    /// A quill at the end of a journal.
    pub(super) fn new(shelf: Arc<Shelf>, disk: Box<dyn Disk>, segment_bytes_max: u64, found: Recovered) -> Self {
        let Recovered { bases, file, end, arrived } = found;
        let base = *bases.last().expect("a recovered journal should have a segment");
        Self { shelf, disk, segment_bytes_max, file, base, end, arrived, group: Vec::new() }
    }

    /// Begins a group, and says when it arrives: never before the one before it, whatever the clock says.
    pub(super) fn begin(&mut self, now: Timestamp) -> Result<Timestamp, StoreError> {
        if self.end.0 - self.base.0 >= self.segment_bytes_max {
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
        self.group.extend_from_slice(&head.encode(at));
        self.group.extend_from_slice(&prepared.body);
    }

    /// Makes the group durable and lets readers see it. Returns where the journal ends.
    pub(super) fn flush(&mut self) -> Result<Position, StoreError> {
        if !self.group.is_empty() {
            let written = self.disk.write(&self.file, &self.group, self.end.0 - self.base.0);
            let flushed = written.and_then(|()| self.disk.flush(&self.file));
            flushed.map_err(|err| StoreError::of_file(&segment::path(self.shelf.dir(), self.base), &err))?;
            self.end.0 += self.group.len() as u64;
            self.shelf.grow(self.end);
        }
        Ok(self.end)
    }

    fn turn_over(&mut self) -> Result<(), StoreError> {
        let base = self.end;
        let created = segment::create(self.shelf.dir(), base, self.arrived);
        self.file = created.map_err(|err| StoreError::of_file(&segment::path(self.shelf.dir(), base), &err))?;
        self.base = base;
        self.end.0 += segment::HEAD_BYTES as u64;
        self.shelf.push(base);
        Ok(())
    }
}
