//! A record as bytes in a segment: a head of fixed size, then the body. The head has a checksum of its own, so that a
//! reader trusts it and skips the bodies of others' slots without looking at them.
//!
//! All numbers are little endian. Both checksums are CRC-32C. The head's covers where the record stands, too: bytes that
//! belong elsewhere, and what a disk put into the wrong place, are not taken for a record. And it covers the segment's salt,
//! so that nobody who sends an event can write one into it that looks like a record.

use super::digest::Digest;
use super::segment::Salt;
use crate::domain::{Position, Slot, Timestamp};

/// What is known of a record without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    /// How long the body is.
    pub(super) body_bytes: u32,
    /// The body's checksum.
    pub(super) body_crc: u32,
    /// Where the group begins that the record was written in. Everything below it was durable by then: a group is begun
    /// only when the one before it was flushed.
    pub(super) group: Position,
    /// When it arrived.
    pub(super) arrived: Timestamp,
    /// Whose reader wants it.
    pub(super) slot: Slot,
    /// Recognises a repeated delivery.
    pub(super) digest: Digest,
}

impl Head {
    /// Bytes of a head: checksum, the body's length and checksum, group, arrival, slot, digest.
    pub(super) const BYTES: usize = 4 + 4 + 4 + 8 + 8 + 2 + Digest::BYTES;

    /// The head as bytes, for a record that stands at `at` of a segment with that salt.
    pub(super) fn encode(&self, at: Position, salt: Salt) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[4..8].copy_from_slice(&self.body_bytes.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.body_crc.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.group.0.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.arrived.as_millis().to_le_bytes());
        bytes[28..30].copy_from_slice(&self.slot.0.to_le_bytes());
        bytes[30..].copy_from_slice(&self.digest.0);
        let crc = checksum(&bytes[4..], at, salt);
        bytes[..4].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// The head of the record at `at`, if these bytes begin with one.
    pub(super) fn decode(bytes: &[u8], at: Position, salt: Salt) -> Option<Self> {
        let bytes: &[u8; Self::BYTES] = bytes.first_chunk()?;
        let crc = u32::from_le_bytes(part(bytes, 0));
        (crc == checksum(&bytes[4..], at, salt)).then(|| Self {
            body_bytes: u32::from_le_bytes(part(bytes, 4)),
            body_crc: u32::from_le_bytes(part(bytes, 8)),
            group: Position(u64::from_le_bytes(part(bytes, 12))),
            arrived: Timestamp::from_millis(i64::from_le_bytes(part(bytes, 20))),
            slot: Slot(u16::from_le_bytes(part(bytes, 28))),
            digest: Digest(part(bytes, 30)),
        })
    }

    /// Bytes of head and body.
    pub(super) fn record_bytes(&self) -> u64 {
        Self::BYTES as u64 + u64::from(self.body_bytes)
    }

    /// Whether this is the body that was written.
    pub(super) fn is_body(&self, body: &[u8]) -> bool {
        crc32c::crc32c(body) == self.body_crc
    }
}

/// The bytes at `from` as an array of the wanted size.
pub(super) fn part<const SIZE: usize>(bytes: &[u8], from: usize) -> [u8; SIZE] {
    let mut part = [0; SIZE];
    part.copy_from_slice(&bytes[from..from + SIZE]);
    part
}

fn checksum(bytes: &[u8], at: Position, salt: Salt) -> u32 {
    let crc = crc32c::crc32c_append(crc32c::crc32c(bytes), &at.0.to_le_bytes());
    crc32c::crc32c_append(crc, &salt.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        Head {
            body_bytes: 3,
            body_crc: crc32c::crc32c(b"abc"),
            group: Position(20),
            arrived: Timestamp::from_millis(1_767_323_045_678),
            slot: Slot(255),
            digest: Digest([7; Digest::BYTES]),
        }
    }

    const SALT: Salt = Salt(*b"grain of");

    #[test]
    fn a_head_reads_back_only_where_it_was_written() {
        let bytes = head().encode(Position(99), SALT);
        assert_eq!(Head::decode(&bytes, Position(99), SALT), Some(head()));
        assert_eq!(Head::decode(&bytes, Position(100), SALT), None);
        assert_eq!(Head::decode(&bytes, Position(99), Salt(*b"grain og")), None);
        assert_eq!(Head::decode(&bytes[1..], Position(99), SALT), None);
    }

    #[test]
    fn one_flipped_bit_anywhere_is_noticed() {
        let bytes = head().encode(Position(99), SALT);
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes;
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Head::decode(&bytes, Position(99), SALT), None, "bit {bit}");
        }
        assert!(head().is_body(b"abc"));
        assert!(!head().is_body(b"abd"));
    }

    #[test]
    fn zeros_are_no_head() {
        assert_eq!(Head::decode(&[0; 64], Position(0), Salt([0; Salt::BYTES])), None);
    }
}
