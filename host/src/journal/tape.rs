//! Goes forward through the records, across segments, in chunks, up to where they are durable. What it has in its buffer
//! never changes: nothing durable is ever written again.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::frame::Head;
use super::segment::{self, Salt};
use super::shelf::Shelf;
use crate::domain::{Position, limits};
use crate::store::StoreError;

/// One reader's place in the files.
pub(super) struct Tape {
    shelf: Arc<Shelf>,
    open: Option<Open>,
    buffer: Vec<u8>,
    /// Where the buffer's first byte stands.
    buffer_at: Position,
}

struct Open {
    range: Range<Position>,
    file: File,
    salt: Salt,
}

impl Tape {
    pub(super) fn new(shelf: Arc<Shelf>) -> Self {
        Self { shelf, open: None, buffer: Vec::new(), buffer_at: Position::default() }
    }

    /// The head of the first record at or after `from`, which is where a record begins, or a segment; and where it
    /// stands. Nothing, where the durable part ends.
    pub(super) fn next(&mut self, from: Position) -> Result<Option<(Position, Head)>, StoreError> {
        let end = self.shelf.end();
        if from >= end {
            return Ok(None);
        }
        let open = self.segment_at(from)?;
        let (base, salt) = (open.range.start, open.salt);
        let at = if from == base { Position(from.0 + segment::HEAD_BYTES as u64) } else { from };
        if at >= end {
            return Ok(None);
        }
        let head = Head::decode(self.bytes(at, Head::BYTES)?, at, salt);
        let head = head.ok_or_else(|| self.shelf.damage(base, at, "the record's head is not what was written"))?;
        Ok(Some((at, head)))
    }

    /// The body of the record that stands at `at`.
    pub(super) fn body(&mut self, at: Position, head: &Head) -> Result<&[u8], StoreError> {
        let base = self.segment_at(at)?.range.start;
        let shelf = Arc::clone(&self.shelf);
        let body = self.bytes(Position(at.0 + Head::BYTES as u64), head.body_bytes as usize)?;
        if head.is_body(body) {
            Ok(body)
        } else {
            Err(shelf.damage(base, at, "the record's body is not what was written"))
        }
    }

    /// So many bytes at `at`, all of one segment.
    fn bytes(&mut self, at: Position, count: usize) -> Result<&[u8], StoreError> {
        let is_there = self.buffer_at <= at && at.0 + count as u64 <= self.buffer_at.0 + self.buffer.len() as u64;
        if !is_there {
            self.fill(at, count)?;
        }
        let from = (at.0 - self.buffer_at.0) as usize;
        Ok(&self.buffer[from..from + count])
    }

    fn fill(&mut self, at: Position, count: usize) -> Result<(), StoreError> {
        self.buffer.clear();
        let shelf = Arc::clone(&self.shelf);
        let Open { range, file, .. } = self.segment_at(at)?;
        let there = range.end.0 - at.0;
        if there < count as u64 {
            return Err(shelf.damage(range.start, at, "the segment ends in the middle of a record"));
        }
        let base = range.start;
        let mut buffer = vec![0; limits::READ_CHUNK_BYTES.max(count).min(there as usize)];
        let read = file.read_exact_at(&mut buffer, at.0 - base.0);
        read.map_err(|err| StoreError::of_file(&segment::path(shelf.dir(), base), &err))?;
        (self.buffer, self.buffer_at) = (buffer, at);
        Ok(())
    }

    /// The segment in which `at` lies, opened. The last one's range is as it was when it was looked up: it ends between two
    /// records, and who asks for what follows looks it up again.
    fn segment_at(&mut self, at: Position) -> Result<&mut Open, StoreError> {
        let is_open = self.open.as_ref().is_some_and(|open| open.range.contains(&at));
        if !is_open {
            let range = self.shelf.segment_at(at)?;
            self.open = Some(match self.open.take() {
                Some(open) if open.range.start == range.start => Open { range, ..open },
                _ => self.open(range)?,
            });
        }
        Ok(self.open.as_mut().expect("a segment should have been opened just now"))
    }

    fn open(&self, range: Range<Position>) -> Result<Open, StoreError> {
        let path = segment::path(self.shelf.dir(), range.start);
        let read = || {
            let (file, mut head) = (File::open(&path)?, [0; segment::HEAD_BYTES]);
            file.read_exact_at(&mut head, 0)?;
            Ok((file, segment::Head::decode(&head, range.start)))
        };
        let (file, head) = read().map_err(|err| StoreError::of_file(&path, &err))?;
        let damage = || self.shelf.damage(range.start, range.start, "the segment's head is not what was written");
        let salt = head.ok_or_else(damage)?.salt;
        Ok(Open { range, file, salt })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::super::digest::Digest;
    use super::*;
    use crate::domain::{Slot, Timestamp};

    const BODY: &[u8] = b"some body";

    /// Two segments with two records each; where they begin, and where the last one ends.
    fn write_segments(dir: &TempDir) -> (Vec<Position>, Position) {
        let (mut bases, mut end) = (Vec::new(), 0);
        for _ in 0..2 {
            let base = Position(end);
            let (_, salt) = segment::create(dir.path(), base, Timestamp::EPOCH).unwrap();
            let mut bytes = fs::read(segment::path(dir.path(), base)).unwrap();
            for _ in 0..2 {
                let at = Position(end + bytes.len() as u64);
                let head = Head {
                    body_bytes: BODY.len() as u32,
                    body_crc: crc32c::crc32c(BODY),
                    group: at,
                    arrived: Timestamp::EPOCH,
                    slot: Slot(1),
                    digest: Digest([1; Digest::BYTES]),
                };
                bytes.extend(head.encode(at, salt));
                bytes.extend(BODY);
            }
            fs::write(segment::path(dir.path(), base), &bytes).unwrap();
            bases.push(base);
            end += bytes.len() as u64;
        }
        (bases, Position(end))
    }

    fn count(dir: &TempDir, bases: &[Position], end: Position) -> Result<usize, StoreError> {
        let mut tape = Tape::new(Arc::new(Shelf::new(dir.path(), bases, end)));
        let (mut at, mut count) = (Position::default(), 0);
        while let Some((position, head)) = tape.next(at)? {
            assert_eq!(tape.body(position, &head)?, BODY);
            at = Position(position.0 + head.record_bytes());
            count += 1;
        }
        assert_eq!(at, end);
        Ok(count)
    }

    #[test]
    fn it_goes_on_from_one_segment_to_the_next() {
        let dir = TempDir::new().unwrap();
        let (bases, end) = write_segments(&dir);
        assert_eq!(count(&dir, &bases, end).unwrap(), 4);
    }

    #[test]
    fn a_bit_flipped_anywhere_is_damage() {
        let dir = TempDir::new().unwrap();
        let (bases, end) = write_segments(&dir);
        for base in &bases {
            let path = segment::path(dir.path(), *base);
            let whole = fs::read(&path).unwrap();
            for bit in 0..whole.len() * 8 {
                let mut bytes = whole.clone();
                bytes[bit / 8] ^= 1 << (bit % 8);
                fs::write(&path, bytes).unwrap();
                let error = count(&dir, &bases, end).unwrap_err();
                assert!(matches!(error, StoreError::Corrupt(_)), "bit {bit}: {error}");
            }
            fs::write(&path, whole).unwrap();
        }
    }
}
