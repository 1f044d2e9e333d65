//! Which ids arrived in the last days: what the scribe asks before it writes. New ids are held in memory, in chunks; the
//! clerk files each chunk into the index. Whatever was not filed before a crash is read again from the journal.

use std::collections::{HashSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use super::clerk::{self, Clerk, Ids};
use super::digest::Digest;
use super::shelf::Shelf;
use super::tape::Tape;
use crate::domain::{Position, Timestamp, limits};
use crate::store::{StoreError, engine};

const DAY_MS: i64 = 24 * 3600 * 1_000;

/// A day by its number since the Unix epoch.
pub(super) type Day = i64;

/// Ids that arrived on one day, one after another.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// Chunks are filed in the order of their numbers.
    pub(super) number: u64,
    pub(super) day: Day,
    pub(super) ids: HashSet<Digest>,
    /// The part of the journal in which the ids stand.
    pub(super) span: Range<Position>,
}

/// How much one chunk may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChunkBounds {
    pub(super) ids: usize,
    pub(super) bytes: u64,
}

/// The ids that arrived in the last days.
pub(super) struct Seen {
    view: View,
    /// How often the index had been opened again when it was looked at.
    opened: u64,
    /// The chunk that is being filled.
    filling: Chunk,
    /// The ids in it that are not settled.
    unsettled: Vec<Digest>,
    /// Chunks that may not be in the index yet, the oldest first.
    waiting: VecDeque<Arc<Chunk>>,
    bounds: ChunkBounds,
    clerk: Clerk,
    index: Arc<engine::File>,
    shelf: Arc<Shelf>,
}

/// The index as it was when the chunks up to a number were filed: a table a day.
struct View {
    filed: u64,
    days: Vec<(Day, Ids)>,
}

impl Seen {
    /// Takes the index, which knows the ids up to `indexed`, and reads the others from the journal.
    pub(super) fn open(
        index: engine::File,
        indexed: Position,
        shelf: &Arc<Shelf>,
        bounds: ChunkBounds,
    ) -> Result<Self, StoreError> {
        let begin = shelf.begin();
        if indexed < begin {
            return Err(shelf.damage(
                begin,
                begin,
                format_args!("the journal begins here, its index ends at {indexed}"),
            ));
        }
        let index = Arc::new(index);
        shelf.set_indexed(indexed);
        let mut seen = Self {
            view: View::open(&index, 0)?,
            opened: 0,
            filling: Chunk { number: 1, span: indexed..indexed, ..Chunk::default() },
            unsettled: Vec::new(),
            waiting: VecDeque::new(),
            bounds,
            clerk: Clerk::hire(&index, shelf)?,
            index,
            shelf: Arc::clone(shelf),
        };
        seen.restore()?;
        Ok(seen)
    }

    fn restore(&mut self) -> Result<(), StoreError> {
        let mut tape = Tape::new(Arc::clone(&self.shelf));
        while let Some((position, head)) = tape.next(self.filling.span.end)? {
            self.turn_to(head.arrived)?;
            self.filling.ids.insert(head.digest);
            self.settle(Position(position.0 + head.record_bytes()))?;
        }
        Ok(())
    }

    /// Looks at the index as it is now, and begins a new chunk with a new day. To be called before ids are noted.
    pub(super) fn turn_to(&mut self, arrived: Timestamp) -> Result<(), StoreError> {
        let day = arrived.as_millis() / DAY_MS;
        if day != self.filling.day {
            self.hand_over()?;
            self.filling.day = day;
        }
        let (filed, opened) = (self.clerk.filed(), self.clerk.opened());
        if (filed, opened) != (self.view.filed, self.opened) {
            self.view = View::open(&self.index, filed)?;
            self.opened = opened;
            self.waiting.retain(|chunk| chunk.number > filed);
        }
        Ok(())
    }

    /// Notes an id, and says whether it is new within the last days.
    pub(super) fn note(&mut self, id: Digest) -> Result<bool, StoreError> {
        let oldest = self.filling.day - limits::SEEN_DAYS;
        let waits = |chunk: &Arc<Chunk>| chunk.day >= oldest && chunk.ids.contains(&id);
        if self.filling.ids.contains(&id) || self.waiting.iter().any(waits) || self.view.holds(id, oldest)? {
            return Ok(false);
        }
        self.filling.ids.insert(id);
        self.unsettled.push(id);
        Ok(true)
    }

    /// The ids noted so far stand in the journal, durably, below `end`.
    pub(super) fn settle(&mut self, end: Position) -> Result<(), StoreError> {
        self.unsettled.clear();
        self.filling.span.end = end;
        let bytes = end.0 - self.filling.span.start.0;
        let is_full = self.filling.ids.len() >= self.bounds.ids || bytes >= self.bounds.bytes;
        if is_full || self.shelf.is_retired(self.filling.span.start) { self.hand_over() } else { Ok(()) }
    }

    /// The ids noted since the last ones were settled are not in the journal after all.
    pub(super) fn forget(&mut self) {
        for id in self.unsettled.drain(..) {
            self.filling.ids.remove(&id);
        }
    }

    /// Has everything filed, and waits for it. Only what was settled may be filed.
    pub(super) fn close(mut self) -> Result<(), StoreError> {
        self.hand_over()
    }

    fn hand_over(&mut self) -> Result<(), StoreError> {
        if self.filling.ids.is_empty() {
            return Ok(());
        }
        let Chunk { number, day, ref span, .. } = self.filling;
        let next = Chunk { number: number + 1, day, span: span.end..span.end, ..Chunk::default() };
        let full = Arc::new(std::mem::replace(&mut self.filling, next));
        self.waiting.push_back(Arc::clone(&full));
        self.clerk.file(full).map_err(|clerk::Gone| self.shelf.stopped())
    }
}

impl View {
    fn open(index: &engine::File, filed: u64) -> Result<Self, StoreError> {
        Ok(Self { filed, days: index.with(clerk::days)? })
    }

    fn holds(&self, id: Digest, oldest: Day) -> Result<bool, StoreError> {
        for (_, table) in self.days.iter().filter(|(day, _)| *day >= oldest) {
            if table.get(id.0).map_err(engine::fault)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
