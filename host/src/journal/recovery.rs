//! What a journal does when it is opened: it finds its end. Only the last segment can have been under way when the
//! house went down; what was never flushed there, and so never acknowledged, is cut off.
//!
//! A torn tail and damage look alike: a record that is not what was written. They are told apart by what follows. Each
//! record names the group it was written in, and a group is begun only when everything before it was flushed: so when the
//! head of any later group follows, the bad record was durable once, and that is damage. When the bad record is below
//! `floor`, up to where somebody consumed the journal, that is damage too.

use std::fs::{self, File};
use std::path::Path;

use super::disk::flush_directory;
use super::frame::Head;
use super::segment;
use super::shelf::{damage, io_fault};
use crate::domain::{Position, Timestamp};
use crate::store::StoreError;

/// A journal, ready to be written on.
pub(super) struct Recovered {
    /// Where each segment begins, in order.
    pub(super) bases: Vec<Position>,
    /// The last segment's file.
    pub(super) file: File,
    /// Where the journal ends.
    pub(super) end: Position,
    /// When the last record arrived.
    pub(super) arrived: Timestamp,
}

/// Finds the end of the journal in `dir`, or begins one.
pub(super) fn recover(dir: &Path, floor: Position) -> Result<Recovered, StoreError> {
    let mut bases = segment::list(dir).map_err(|err| io_fault(dir, &err))?;
    check_chain(dir, &bases)?;
    let (end, arrived) = loop {
        let Some(&base) = bases.last() else { return begin(dir, floor) };
        match scan(dir, base)? {
            Some(found) => break found,
            None => discard(dir, base, bases.len() == 1 && base > Position::default())?,
        }
        bases.pop();
    };
    if end < floor {
        return Err(lost(dir, end, floor));
    }
    let base = *bases.last().expect("the loop should have stopped at a segment");
    let file = cut(dir, base, end).map_err(|err| io_fault(&segment::path(dir, base), &err))?;
    Ok(Recovered { bases, file, end, arrived })
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
    let file = segment::create(dir, base, arrived).map_err(|err| io_fault(&segment::path(dir, base), &err))?;
    Ok(Recovered { bases: vec![base], file, end: Position(segment::HEAD_BYTES as u64), arrived })
}

/// Each segment begins where the one before it ends.
fn check_chain(dir: &Path, bases: &[Position]) -> Result<(), StoreError> {
    for pair in bases.windows(2) {
        let path = segment::path(dir, pair[0]);
        let bytes = fs::metadata(&path).map_err(|err| io_fault(&path, &err))?.len();
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

/// Where the whole records of a segment end, and when the last arrived; nothing, when not even its head was written.
fn scan(dir: &Path, base: Position) -> Result<Option<(Position, Timestamp)>, StoreError> {
    let path = segment::path(dir, base);
    let bytes = fs::read(&path).map_err(|err| io_fault(&path, &err))?;
    let Some(mut arrived) = segment::read_head(&bytes, base) else {
        return if is_followed(&bytes, base, base) {
            Err(damage(dir, base, base, "the segment's head is not what was written"))
        } else {
            Ok(None)
        };
    };
    let mut rest = &bytes[segment::HEAD_BYTES..];
    let mut end = Position(base.0 + segment::HEAD_BYTES as u64);
    while let Some(head) = first_record(rest, end) {
        let record_bytes = head.record_bytes();
        rest = &rest[record_bytes as usize..];
        end = Position(end.0 + record_bytes);
        arrived = head.arrived;
    }
    if is_followed(rest, end, end) {
        return Err(damage(dir, base, end, "the record is not what was written"));
    }
    if !rest.is_empty() {
        tracing::warn!(path = %path.display(), %end, cut_bytes = rest.len(), "cut what was never acknowledged");
    }
    Ok(Some((end, arrived)))
}

/// The head of the whole record with which these bytes, which stand at `at`, begin.
fn first_record(bytes: &[u8], at: Position) -> Option<Head> {
    let head = Head::decode(bytes, at)?;
    let body = bytes.get(Head::BYTES..usize::try_from(head.record_bytes()).ok()?)?;
    head.is_body(body).then_some(head)
}

/// Whether among these bytes, the first of which stands at `at`, there is a record of a group begun after `bad`.
fn is_followed(bytes: &[u8], at: Position, bad: Position) -> bool {
    bytes.windows(Head::BYTES).zip(at.0..).any(|(window, at)| {
        Head::decode(window, Position(at)).is_some_and(|head| head.group > bad && head.group.0 <= at)
    })
}

/// Removes a segment that was begun and not used. Where there should have been something before it, it is damage.
fn discard(dir: &Path, base: Position, is_alone: bool) -> Result<(), StoreError> {
    if is_alone {
        return Err(damage(dir, base, base, "the only segment has no head"));
    }
    let path = segment::path(dir, base);
    fs::remove_file(&path).and_then(|()| flush_directory(dir)).map_err(|err| io_fault(&path, &err))
}

/// Cuts off what follows `end`, and makes sure of what stands before it: it may never have been flushed.
fn cut(dir: &Path, base: Position, end: Position) -> std::io::Result<File> {
    let file = segment::open(dir, base)?;
    file.set_len(end.0 - base.0)?;
    file.sync_all()?;
    flush_directory(dir)?;
    Ok(file)
}
