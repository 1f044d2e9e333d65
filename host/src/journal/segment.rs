//! One file of the journal. Its name says where it begins; its first bytes say so again, and until when the time had
//! come by then, so that arrivals never go back even when everything older was trimmed. They hold the salt of its records'
//! checksums, too, and are durable before any record is written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::disk::flush_directory;
use super::frame::part;
use crate::domain::{Position, Timestamp};

const MAGIC: [u8; 8] = *b"RKJRNL02";
const EXTENSION: &str = "journal";

/// Bytes before the first record: magic, last arrival, salt, checksum.
pub(super) const HEAD_BYTES: usize = 8 + 8 + Salt::BYTES + 4;

/// What the checksums of a segment's records begin with: chance, which nobody outside knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Salt(pub(super) [u8; Self::BYTES]);

impl Salt {
    pub(super) const BYTES: usize = 8;

    fn by_chance() -> io::Result<Self> {
        let mut salt = [0; Self::BYTES];
        getrandom::fill(&mut salt)?;
        Ok(Self(salt))
    }
}

/// The first bytes of a segment, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// When the last record before this segment arrived.
    pub(super) arrived: Timestamp,
    pub(super) salt: Salt,
}

/// The file of the segment that begins at `base`.
pub(super) fn path(dir: &Path, base: Position) -> PathBuf {
    dir.join(format!("{:016x}.{EXTENSION}", base.0))
}

/// Where the segments in a directory begin, in order. Other files are not ours.
pub(super) fn list(dir: &Path) -> io::Result<Vec<Position>> {
    let mut bases = Vec::new();
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let digits = name.to_str().and_then(|name| name.strip_suffix(EXTENSION)?.strip_suffix('.'));
        let base = digits.filter(|digits| digits.len() == 16).map(|digits| u64::from_str_radix(digits, 16));
        bases.extend(base.and_then(Result::ok).map(Position));
    }
    bases.sort_unstable();
    Ok(bases)
}

/// Makes an empty segment, durably. One that was begun and never used is begun again.
pub(super) fn create(dir: &Path, base: Position, arrived: Timestamp) -> io::Result<(File, Salt)> {
    let head = Head { arrived, salt: Salt::by_chance()? };
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path(dir, base))?;
    file.write_all(&head.encode(base))?;
    file.sync_all()?;
    flush_directory(dir)?;
    Ok((file, head.salt))
}

/// Opens a segment to write on.
pub(super) fn open(dir: &Path, base: Position) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path(dir, base))
}

impl Head {
    /// The first bytes of the segment that begins at `base`.
    pub(super) fn encode(&self, base: Position) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..16].copy_from_slice(&self.arrived.as_millis().to_le_bytes());
        bytes[16..24].copy_from_slice(&self.salt.0);
        let crc = crc32c::crc32c_append(crc32c::crc32c(&bytes[..24]), &base.0.to_le_bytes());
        bytes[24..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// The head of the segment at `base`, if these bytes begin with one.
    pub(super) fn decode(bytes: &[u8], base: Position) -> Option<Self> {
        let bytes: &[u8; HEAD_BYTES] = bytes.first_chunk()?;
        let head =
            Self { arrived: Timestamp::from_millis(i64::from_le_bytes(part(bytes, 8))), salt: Salt(part(bytes, 16)) };
        (head.encode(base) == *bytes).then_some(head)
    }
}
