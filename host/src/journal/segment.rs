//! One file of the journal. Its name says where it begins; its first bytes say so again, and until when the time had
//! come by then, so that arrivals never go back even when everything older was trimmed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::disk::flush_directory;
use super::frame::{checksum, part};
use crate::domain::{Position, Timestamp};

const MAGIC: [u8; 8] = *b"RKJRNL01";
const EXTENSION: &str = "journal";

/// Bytes before the first record: magic, last arrival, checksum.
pub(super) const HEAD_BYTES: usize = 8 + 8 + 4;

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
pub(super) fn create(dir: &Path, base: Position, arrived: Timestamp) -> io::Result<File> {
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path(dir, base))?;
    file.write_all(&head(base, arrived))?;
    file.sync_all()?;
    flush_directory(dir)?;
    Ok(file)
}

/// Opens a segment to write on.
pub(super) fn open(dir: &Path, base: Position) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path(dir, base))
}

/// The first bytes of the segment that begins at `base`.
pub(super) fn head(base: Position, arrived: Timestamp) -> [u8; HEAD_BYTES] {
    let mut bytes = [0; HEAD_BYTES];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..16].copy_from_slice(&arrived.as_millis().to_le_bytes());
    let crc = checksum(&bytes[..16], base);
    bytes[16..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// When the last record before this segment arrived, if these bytes begin a segment at `base`.
pub(super) fn read_head(bytes: &[u8], base: Position) -> Option<Timestamp> {
    let arrived = Timestamp::from_millis(i64::from_le_bytes(part(bytes.get(..HEAD_BYTES)?, 8)));
    bytes.starts_with(&head(base, arrived)).then_some(arrived)
}
