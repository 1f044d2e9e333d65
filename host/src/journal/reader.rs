//! Reads what came in for a range of slots.

use std::ops::Range;
use std::sync::Arc;

use super::record;
use super::shelf::Shelf;
use super::tape::Tape;
use crate::domain::Position;
use crate::store::{Entry, Pulled, StoreError};

/// A reader of the journal for the people in a range of slots.
pub(crate) struct Reader {
    shelf: Arc<Shelf>,
    tape: Tape,
    slots: Range<u16>,
}

impl Reader {
    pub(super) fn new(shelf: Arc<Shelf>, slots: Range<u16>) -> Self {
        Self { tape: Tape::new(Arc::clone(&shelf)), shelf, slots }
    }

    /// The entries from `from` on, at most `max`, and up to where there is no other.
    pub(crate) fn read(&mut self, from: Position, max: usize) -> Result<Pulled, StoreError> {
        let end = self.shelf.end();
        let mut pulled = Pulled { upto: from, ..Pulled::default() };
        while pulled.entries.len() < max {
            let Some((position, head)) = self.tape.next(pulled.upto)? else {
                // A segment's first bytes are no entry, either.
                pulled.upto = pulled.upto.max(end);
                break;
            };
            if head.slot.concerns(&self.slots) {
                let body = self.tape.body(position, &head)?;
                let inbound = record::decode(body).map_err(|err| {
                    let base = self.shelf.segment_at(position).map_or(Position::default(), |segment| segment.start);
                    self.shelf.damage(base, position, err)
                })?;
                pulled.entries.push(Entry { position, arrived: head.arrived, inbound });
            }
            pulled.upto = Position(position.0 + head.record_bytes());
        }
        Ok(pulled)
    }
}
