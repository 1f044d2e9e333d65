//! What a journal does when it is opened: it finds its end. Only the last segment can have been under way when the
//! house went down; what was never flushed there, and so never acknowledged, is cut off.
//!
//! A torn tail and damage look alike: a record that is not what was written. They are told apart by what follows. Each
//! record names the group it was written in, and a group is begun only when everything before it was flushed: so when the
//! head of any later group follows, the bad record was durable once, and that is damage. When the bad record is below
//! `floor`, up to where somebody consumed the journal, that is damage too.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::disk::flush_directory;
use super::frame::Head;
use super::segment::{self, Salt};
use super::shelf::damage;
use crate::domain::{Position, Timestamp};
use crate::store::StoreError;

/// A journal, ready to be written on.
pub(super) struct Recovered {
    /// Where each segment begins, in order.
    pub(super) bases: Vec<Position>,
    /// The last segment's file.
    pub(super) file: File,
    /// The last segment's salt.
    pub(super) salt: Salt,
    /// Where the journal ends.
    pub(super) end: Position,
    /// When the last record arrived.
    pub(super) arrived: Timestamp,
}

/// Finds the end of the journal in `dir`, or begins one.
pub(super) fn recover(dir: &Path, floor: Position) -> Result<Recovered, StoreError> {
    let mut bases = segment::list(dir).map_err(|err| StoreError::of_file(dir, &err))?;
    check_chain(dir, &bases)?;
    let found = loop {
        let Some(&base) = bases.last() else { return begin(dir, floor) };
        match scan(dir, base)? {
            Some(found) => break found,
            None => discard(dir, base, bases.len() == 1 && base > Position::default())?,
        }
        bases.pop();
    };
    if found.end < floor {
        return Err(lost(dir, found.end, floor));
    }
    let file = found.settle(dir).map_err(|err| StoreError::of_file(&segment::path(dir, found.base), &err))?;
    Ok(Recovered { bases, file, salt: found.salt, end: found.end, arrived: found.arrived })
}

fn lost(dir: &Path, end: Position, floor: Position) -> StoreError {
    StoreError::Corrupt(format!(
        "the journal `{}` ends at {end}, but was consumed up to {floor}: restore it from where it was copied",
        dir.display()
    ))
}

fn begin(dir: &Path, floor: Position) -> Result<Recovered, StoreError> {
    let base = Position::default();
    if floor > base {
        return Err(lost(dir, base, floor));
    }
    let arrived = Timestamp::EPOCH;
    let (file, salt) =
        segment::create(dir, base, arrived).map_err(|err| StoreError::of_file(&segment::path(dir, base), &err))?;
    Ok(Recovered { bases: vec![base], file, salt, end: Position(segment::HEAD_BYTES as u64), arrived })
}

/// Each segment begins where the one before it ends.
fn check_chain(dir: &Path, bases: &[Position]) -> Result<(), StoreError> {
    for pair in bases.windows(2) {
        let path = segment::path(dir, pair[0]);
        let bytes = fs::metadata(&path).map_err(|err| StoreError::of_file(&path, &err))?.len();
        let end = Position(pair[0].0 + bytes);
        if end != pair[1] {
            return Err(damage(
                dir,
                pair[0],
                end,
                format_args!("the segment ends here, the next begins at {}", pair[1]),
            ));
        }
    }
    Ok(())
}

/// The last segment, as it was found.
struct Found {
    base: Position,
    salt: Salt,
    bytes: Vec<u8>,
    /// Where the whole records end.
    end: Position,
    /// Where the last group begins.
    group: Position,
    /// When the last record arrived.
    arrived: Timestamp,
}

/// Looks through a segment. Finds nothing, when not even its head was written.
fn scan(dir: &Path, base: Position) -> Result<Option<Found>, StoreError> {
    let path = segment::path(dir, base);
    let bytes = fs::read(&path).map_err(|err| StoreError::of_file(&path, &err))?;
    examine(dir, base, bytes)
}

fn examine(dir: &Path, base: Position, bytes: Vec<u8>) -> Result<Option<Found>, StoreError> {
    let Some(segment::Head { arrived, salt }) = segment::Head::decode(&bytes, base) else {
        // It is durable before anything is written behind it.
        let damage = || damage(dir, base, base, "the segment's head is not what was written");
        return if bytes.len() > segment::HEAD_BYTES { Err(damage()) } else { Ok(None) };
    };
    let end = Position(base.0 + segment::HEAD_BYTES as u64);
    let mut found = Found { base, salt, bytes, end, group: base, arrived };
    while let Some(head) = first_record(found.rest(), found.end, salt) {
        found.end.0 += head.record_bytes();
        (found.group, found.arrived) = (head.group, head.arrived);
    }
    if is_followed(found.rest(), found.end, salt) {
        return Err(damage(dir, base, found.end, "the record is not what was written"));
    }
    if !found.rest().is_empty() {
        let cut_bytes = found.rest().len();
        tracing::warn!(path = %segment::path(dir, base).display(), end = %found.end, cut_bytes, "cut what was never acknowledged");
    }
    Ok(Some(found))
}

/// Where the whole records end in a segment of these bytes; nowhere, when not even its head was written.
#[cfg(any(test, fuzzing))]
pub(super) fn end_of(bytes: &[u8], base: Position) -> Result<Option<Position>, StoreError> {
    Ok(examine(Path::new("memory"), base, bytes.to_vec())?.map(|found| found.end))
}

impl Found {
    fn bytes_from(&self, at: Position) -> &[u8] {
        &self.bytes[(at.0 - self.base.0) as usize..]
    }

    /// What follows the whole records.
    fn rest(&self) -> &[u8] {
        self.bytes_from(self.end)
    }

    /// Cuts off what follows the whole records, and makes sure of the last group: if flushing it failed, the machine may
    /// take it for flushed although it is not, until it is written again.
    fn settle(&self, dir: &Path) -> io::Result<File> {
        let file = segment::open(dir, self.base)?;
        file.set_len(self.end.0 - self.base.0)?;
        let group = &self.bytes_from(self.group)[..(self.end.0 - self.group.0) as usize];
        file.write_all_at(group, self.group.0 - self.base.0)?;
        file.sync_all()?;
        flush_directory(dir)?;
        Ok(file)
    }
}

/// The head of the whole record with which these bytes, which stand at `at`, begin.
fn first_record(bytes: &[u8], at: Position, salt: Salt) -> Option<Head> {
    let head = Head::decode(bytes, at, salt)?;
    let body = bytes.get(Head::BYTES..usize::try_from(head.record_bytes()).ok()?)?;
    head.is_body(body).then_some(head)
}

/// Whether among these bytes, the first of which stands at `bad`, there is a record of a group begun after that.
fn is_followed(bytes: &[u8], bad: Position, salt: Salt) -> bool {
    bytes.windows(Head::BYTES).zip(bad.0..).any(|(window, at)| {
        Head::decode(window, Position(at), salt).is_some_and(|head| head.group > bad && head.group.0 <= at)
    })
}

/// Removes a segment that was begun and not used. Where there should have been something before it, it is damage.
fn discard(dir: &Path, base: Position, is_alone: bool) -> Result<(), StoreError> {
    if is_alone {
        return Err(damage(dir, base, base, "the only segment has no head"));
    }
    let path = segment::path(dir, base);
    fs::remove_file(&path).and_then(|()| flush_directory(dir)).map_err(|err| StoreError::of_file(&path, &err))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::super::digest::Digest;
    use super::*;
    use crate::domain::Slot;

    const BASE: Position = Position(0);
    const BODY: &[u8] = b"some body that is a little longer than nothing";

    /// A segment with one record a group.
    fn segment_of(count: usize) -> (Vec<u8>, Vec<usize>) {
        let dir = TempDir::new().unwrap();
        let (_, salt) = segment::create(dir.path(), BASE, Timestamp::EPOCH).unwrap();
        let mut bytes = fs::read(segment::path(dir.path(), BASE)).unwrap();
        let mut starts = Vec::new();
        for number in 0..count {
            let at = Position(bytes.len() as u64);
            let head = Head {
                body_bytes: BODY.len() as u32,
                body_crc: crc32c::crc32c(BODY),
                group: at,
                arrived: Timestamp::from_millis(number as i64),
                slot: Slot(1),
                digest: Digest([number as u8; Digest::BYTES]),
            };
            starts.push(bytes.len());
            bytes.extend(head.encode(at, salt));
            bytes.extend(BODY);
        }
        starts.push(bytes.len());
        (bytes, starts)
    }

    fn salt_of(bytes: &[u8]) -> Salt {
        segment::Head::decode(bytes, BASE).unwrap().salt
    }

    fn first_head(bytes: &[u8]) -> Head {
        let at = segment::HEAD_BYTES;
        Head::decode(&bytes[at..], Position(at as u64), salt_of(bytes)).unwrap()
    }

    fn scan_bytes(bytes: &[u8]) -> Result<Option<usize>, StoreError> {
        let dir = TempDir::new().unwrap();
        fs::write(segment::path(dir.path(), BASE), bytes).unwrap();
        Ok(scan(dir.path(), BASE)?.map(|found| found.end.0 as usize))
    }

    #[test]
    fn a_tail_torn_at_any_byte_is_cut_there_where_the_last_whole_record_ends() {
        let (bytes, starts) = segment_of(3);
        for torn in 0..=bytes.len() {
            let whole = starts.iter().rev().find(|start| **start <= torn).copied();
            assert_eq!(scan_bytes(&bytes[..torn]).unwrap(), whole, "torn at {torn}");
        }
    }

    #[test]
    fn a_tail_that_never_reached_the_disk_is_cut_whatever_stands_there() {
        let (bytes, starts) = segment_of(3);
        for torn in starts[2]..starts[3] {
            for filler in [0_u8, 0xff, 0x41] {
                let mut bytes = bytes.clone();
                bytes[torn..].fill(filler);
                bytes.extend([filler; 100]);
                let expected = if bytes[starts[2]..].starts_with(&segment_of(3).0[starts[2]..]) { 3 } else { 2 };
                assert_eq!(scan_bytes(&bytes).unwrap(), Some(starts[expected]), "{filler} from {torn}");
            }
        }
    }

    #[test]
    fn a_bit_flipped_in_what_was_flushed_is_damage_and_says_where() {
        let (bytes, starts) = segment_of(3);
        for bit in 0..starts[2] * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let error = scan_bytes(&bytes).unwrap_err().to_string();
            let at = starts.iter().rev().find(|start| **start <= bit / 8).map_or(0, |start| *start);
            assert!(error.contains(&format!("0000000000000000.journal`, byte {at}: ")), "bit {bit}: {error}");
        }
    }

    #[test]
    fn a_bit_flipped_in_the_last_group_is_never_read_and_is_damage_when_it_was_consumed() {
        let (bytes, starts) = segment_of(2);
        for bit in starts[1] * 8..starts[2] * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(scan_bytes(&bytes).unwrap(), Some(starts[1]), "bit {bit}");
        }
        let dir = TempDir::new().unwrap();
        let path = segment::path(dir.path(), BASE);
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        let error = recover(dir.path(), Position(starts[1] as u64 + 1)).err().unwrap();
        assert!(matches!(error, StoreError::Corrupt(_)), "{error}");
        assert_eq!(fs::read(&path).unwrap().len(), bytes.len() - 1, "damage is left as it is");
        let found = recover(dir.path(), Position(starts[1] as u64)).unwrap();
        assert_eq!(found.end, Position(starts[1] as u64));
        assert_eq!(fs::read(&path).unwrap(), bytes[..starts[1]]);
    }

    #[test]
    fn the_records_of_a_group_that_was_torn_in_its_middle_are_no_proof_of_damage() {
        let dir = TempDir::new().unwrap();
        let (_, salt) = segment::create(dir.path(), BASE, Timestamp::EPOCH).unwrap();
        let mut bytes = fs::read(segment::path(dir.path(), BASE)).unwrap();
        let group = Position(bytes.len() as u64);
        for number in 0..3 {
            let head = Head {
                body_bytes: BODY.len() as u32,
                body_crc: crc32c::crc32c(BODY),
                group,
                arrived: Timestamp::EPOCH,
                slot: Slot(1),
                digest: Digest([number; Digest::BYTES]),
            };
            bytes.extend(head.encode(Position(bytes.len() as u64), salt));
            bytes.extend(BODY);
        }
        // The disk wrote the last of the group's pages and not yet the first.
        bytes[group.0 as usize..][..Head::BYTES + 3].fill(0);
        assert_eq!(scan_bytes(&bytes).unwrap(), Some(group.0 as usize));
    }

    #[test]
    fn a_body_that_looks_like_records_is_no_proof_of_damage() {
        let (mut bytes, starts) = segment_of(1);
        let (_, salt) = segment::create(TempDir::new().unwrap().path(), BASE, Timestamp::EPOCH).unwrap();
        let at = starts[1] + Head::BYTES;
        let forged = Head { body_bytes: 0, body_crc: 0, group: Position(at as u64), ..first_head(&bytes) };
        bytes.resize(at, 0);
        bytes.extend(forged.encode(Position(at as u64), salt));
        assert_eq!(scan_bytes(&bytes).unwrap(), Some(starts[1]));
        bytes.truncate(at);
        bytes.extend(forged.encode(Position(at as u64), salt_of(&bytes)));
        assert!(scan_bytes(&bytes).is_err(), "who knows the salt can write a record");
    }

    #[test]
    fn an_empty_journal_that_somebody_consumed_is_damage() {
        let dir = TempDir::new().unwrap();
        let error = recover(dir.path(), Position(7)).err().unwrap().to_string();
        assert!(error.contains("ends at 0, but was consumed up to 7"), "{error}");
    }
}
