//! Targets `segment` and `record`: what a crash, a disk or another version may have left in the journal's files.

use sha2::{Digest as _, Sha256};

use super::digest::Digest;
use super::frame::{Head, part};
use super::segment::{self, Salt};
use super::{record, recovery};
use crate::domain::{Inbound, MessageId, Position, Quarantined, Slot, SourceId, Substance, TenantId, Timestamp};
use crate::fuzzing::input::Input;
use crate::ingest;
use crate::store::StoreError;

const BASE: Position = Position(0);
/// Records of one segment: enough for groups before, at and behind a damage.
const RECORDS_MAX: usize = 8;

/// A segment as it was written.
struct Written {
    bytes: Vec<u8>,
    /// Where each record begins, and where the last ends.
    starts: Vec<usize>,
    /// Where the last group begins.
    group: usize,
}

/// What is damaged in a segment is never read: records up to there are, and nothing else. Damage to what was flushed is
/// told from a torn tail.
pub(crate) fn segment(input: &[u8]) {
    let _ = recovery::end_of(input, BASE);
    let salt = salt_of(input);
    let _ = recovery::end_of(&[&head_with(salt), input].concat(), BASE);
    let mut input = Input::new(input);
    let written = write(&mut input, salt);
    let damaged = damage(written.bytes.clone(), &mut input);
    let Some(first) = first_difference(&written.bytes, &damaged) else { return };
    let intact = written.starts.iter().rev().find(|start| **start <= first).copied();
    match recovery::end_of(&damaged, BASE) {
        Ok(end) => {
            assert_eq!(end.map(|end| end.0 as usize), intact, "the journal should end before the damage");
            let rest_is_whole =
                damaged.len() == written.bytes.len() && damaged[written.group..] == written.bytes[written.group..];
            assert!(first >= written.group || !rest_is_whole, "damage was taken for a torn tail");
        }
        Err(err) => {
            assert!(matches!(err, StoreError::Corrupt(_)), "{err}");
            assert!(first < written.group, "a torn tail was taken for damage: {err}");
        }
    }
}

/// Another one for every input: who writes a body does not know it.
fn salt_of(input: &[u8]) -> Salt {
    Salt(part(&Sha256::digest(input), 0))
}

fn head_with(salt: Salt) -> [u8; segment::HEAD_BYTES] {
    segment::Head { arrived: Timestamp::EPOCH, salt }.encode(BASE)
}

fn write(input: &mut Input<'_>, salt: Salt) -> Written {
    let mut bytes = head_with(salt).to_vec();
    let (mut starts, mut group) = (Vec::new(), bytes.len());
    for number in 0..1 + usize::from(input.byte()) % RECORDS_MAX {
        let flags = input.byte();
        let body = input.bytes();
        if flags & 1 == 0 {
            group = bytes.len();
        }
        starts.push(bytes.len());
        let head = Head {
            body_bytes: body.len() as u32,
            body_crc: crc32c::crc32c(body),
            group: Position(group as u64),
            arrived: Timestamp::from_millis(number as i64),
            slot: Slot(u16::from(flags)),
            digest: Digest([flags; Digest::BYTES]),
        };
        check_head(&head, Position(bytes.len() as u64), salt, usize::from(flags));
        bytes.extend(head.encode(Position(bytes.len() as u64), salt));
        bytes.extend(body);
    }
    starts.push(bytes.len());
    Written { bytes, starts, group }
}

/// A head reads back where it stands, nowhere else, and with no bit changed.
fn check_head(head: &Head, at: Position, salt: Salt, bit: usize) {
    let mut bytes = head.encode(at, salt);
    assert_eq!(Head::decode(&bytes, at, salt).as_ref(), Some(head));
    assert_eq!(Head::decode(&bytes, Position(at.0 + 1), salt), None);
    let bit = bit % (8 * Head::BYTES);
    bytes[bit / 8] ^= 1 << (bit % 8);
    assert_eq!(Head::decode(&bytes, at, salt), None);
}

/// One damage of the kinds that disks and crashes do: cut off, a bit flipped, zeros from somewhere on, a byte written over.
fn damage(mut bytes: Vec<u8>, input: &mut Input<'_>) -> Vec<u8> {
    let kind = input.byte();
    let at = input.number() as usize % bytes.len();
    match kind % 4 {
        0 => bytes.truncate(at),
        1 => bytes[at] ^= 1 << (kind / 4 % 8),
        2 => bytes[at..].fill(0),
        _ => bytes[at] = input.byte(),
    }
    bytes
}

fn first_difference(written: &[u8], damaged: &[u8]) -> Option<usize> {
    let common = written.iter().zip(damaged).take_while(|(written, damaged)| written == damaged).count();
    (common < written.len()).then_some(common)
}

/// What is read is written as the same bytes' meaning; what came through the door reads back as it was.
pub(crate) fn record(input: &[u8]) {
    if let Ok(inbound) = record::decode(input) {
        check_record(&inbound);
    }
    let tenant = TenantId::parse("shop").expect("a plain word should be a tenant");
    let source = SourceId::parse("web").expect("a plain word should be a source");
    let substance = match ingest::fuzzing::decoded(input) {
        Some((profile, event)) => Substance::Event { profile, event: Box::new(event) },
        None => Substance::Quarantined(quarantined(input)),
    };
    check_record(&Inbound { tenant, source, substance });
}

fn quarantined(input: &[u8]) -> Quarantined {
    let raw = String::from_utf8_lossy(input).into_owned();
    let id = MessageId::parse("sha256-of-it").expect("a plain word should be an id");
    Quarantined { id, reason: raw.chars().take(40).collect(), raw }
}

fn check_record(inbound: &Inbound) {
    let again = record::decode(&record::encode(inbound)).expect("what was written should be readable");
    assert_eq!(again, *inbound);
}
