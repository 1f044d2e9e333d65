//! Compiled code on disk. Machine code is the one thing here that is run without being checked, so a file counts only
//! when a MAC says that this house wrote it, for this component and this engine, and that nothing has changed since. All
//! others are as if they were not there: what was lost is compiled again.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::{ModuleDigest, limits};

/// What a file begins with; the last byte is the format's version.
const MAGIC: &[u8; 8] = b"RKCODE\0\x01";
const FINGERPRINT_BYTES: usize = 32;
const DIGEST_BYTES: usize = 64;
const LENGTH_BYTES: usize = 8;
const HEADER_BYTES: usize = MAGIC.len() + FINGERPRINT_BYTES + DIGEST_BYTES + LENGTH_BYTES;
const TAG_BYTES: usize = 32;
/// What a file is called until it is whole.
const PARTIAL: &str = ".partial";

/// A folder of compiled code, and the key of its MACs.
pub struct CompiledCode {
    folder: PathBuf,
    key: [u8; 32],
}

impl CompiledCode {
    /// Opens the folder; makes it where it is missing. Nobody but its owner may look in.
    pub fn open(folder: PathBuf, key: [u8; 32]) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
        Ok(Self { folder, key })
    }

    /// The code of a component for one engine, where it is there and ours.
    pub(super) fn find(&self, fingerprint: &[u8; 32], component: &ModuleDigest) -> Option<Vec<u8>> {
        let path = self.path(fingerprint, component);
        let found = match read(&path) {
            Ok(file) => self.verify(file, &header_start(fingerprint, component)).ok_or("damaged"),
            Err(err) if err.kind() == io::ErrorKind::NotFound => Err("absent"),
            Err(err) => {
                tracing::warn!(path = %path.display(), %err, "compiled code cannot be read; it is compiled again");
                Err("unreadable")
            }
        };
        if found == Err("damaged") {
            tracing::warn!(path = %path.display(), "compiled code is damaged or not ours; it is compiled again");
        }
        metrics::counter!("rekindle_compiled_code_total", "outcome" => found.as_ref().map_or_else(|why| *why, |_| "found"))
            .increment(1);
        found.ok()
    }

    /// The code in a file that begins as it should.
    fn verify(&self, mut file: Vec<u8>, start: &[u8]) -> Option<Vec<u8>> {
        let tagged = file.len().checked_sub(TAG_BYTES).filter(|at| *at >= HEADER_BYTES)?;
        let tag = file.split_off(tagged);
        self.mac(&file).verify_slice(&tag).ok()?;
        let length = ((file.len() - HEADER_BYTES) as u64).to_le_bytes();
        let is_meant = file.starts_with(start) && file[start.len()..HEADER_BYTES] == length;
        is_meant.then(|| file.split_off(HEADER_BYTES))
    }

    /// Keeps code that this process got from its compiler.
    pub(super) fn keep(&self, fingerprint: &[u8; 32], component: &ModuleDigest, code: &[u8]) -> io::Result<()> {
        let mut file = header_start(fingerprint, component);
        file.extend_from_slice(&(code.len() as u64).to_le_bytes());
        file.extend_from_slice(code);
        let tag = self.mac(&file).finalize().into_bytes();
        file.extend_from_slice(&tag);
        self.make_room(file.len() as u64, limits::COMPILED_BYTES_KEPT_MAX)?;
        let mut partial = tempfile::Builder::new().suffix(PARTIAL).tempfile_in(&self.folder)?;
        partial.write_all(&file)?;
        partial.as_file().sync_all()?;
        partial.persist(self.path(fingerprint, component))?;
        Ok(())
    }

    fn mac(&self, bytes: &[u8]) -> Hmac<Sha256> {
        Hmac::new_from_slice(&self.key).expect("hmac should take a key of any length").chain_update(bytes)
    }

    /// Removes the oldest, until so many bytes more are no more than `bytes_max`.
    fn make_room(&self, more: u64, bytes_max: u64) -> io::Result<()> {
        let mut files = self.files()?;
        let mut bytes = more + files.iter().map(|(.., bytes)| bytes).sum::<u64>();
        files.sort_unstable();
        for (_, path, freed) in files {
            if bytes <= bytes_max {
                break;
            }
            fs::remove_file(path)?;
            bytes -= freed;
        }
        Ok(())
    }

    /// Removes what none of these components will ask for again, and what a crash left.
    pub(super) fn sweep(&self, fingerprint: &[u8; 32], wanted: &HashSet<ModuleDigest>) -> io::Result<()> {
        let wanted: HashSet<PathBuf> = wanted.iter().map(|component| self.path(fingerprint, component)).collect();
        let unwanted = self.files()?.into_iter().filter(|(_, path, _)| !wanted.contains(path));
        unwanted.map(|(_, path, _)| path).try_for_each(fs::remove_file)
    }

    /// Our files, with their age and bytes. The key lies among them, and whatever else somebody put there.
    fn files(&self) -> io::Result<Vec<(SystemTime, PathBuf, u64)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if is_ours(&entry.path()) {
                let metadata = entry.metadata()?;
                files.push((metadata.modified()?, entry.path(), metadata.len()));
            }
        }
        Ok(files)
    }

    fn path(&self, fingerprint: &[u8; 32], component: &ModuleDigest) -> PathBuf {
        let engine: String = fingerprint.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(format!("{}.{engine}.code", component.hex()))
    }
}

fn is_ours(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "code" || extension == PARTIAL.trim_start_matches('.'))
}

fn header_start(fingerprint: &[u8; 32], component: &ModuleDigest) -> Vec<u8> {
    [MAGIC.as_slice(), fingerprint, component.hex().as_bytes()].concat()
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let max = limits::COMPILED_BYTES_MAX + HEADER_BYTES + TAG_BYTES;
    let mut bytes = Vec::new();
    File::open(path)?.take(max as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const ENGINE: [u8; 32] = [1; 32];

    fn component(number: u8) -> ModuleDigest {
        ModuleDigest::new([number; 32])
    }

    fn shelf() -> (CompiledCode, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        (CompiledCode::open(folder.path().join("compiled"), [7; 32]).unwrap(), folder)
    }

    #[test]
    fn code_comes_back_for_its_component_and_its_engine_only() {
        let (shelf, _folder) = shelf();
        shelf.keep(&ENGINE, &component(1), b"code").unwrap();
        assert_eq!(shelf.find(&ENGINE, &component(1)).as_deref(), Some(&b"code"[..]));
        assert_eq!(shelf.find(&ENGINE, &component(2)), None);
        assert_eq!(shelf.find(&[2; 32], &component(1)), None);
        assert_eq!(fs::metadata(&shelf.folder).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_file_under_another_name_is_not_taken() {
        let (shelf, _folder) = shelf();
        shelf.keep(&ENGINE, &component(1), b"code").unwrap();
        for (engine, other) in [(ENGINE, component(2)), ([2; 32], component(1))] {
            fs::copy(shelf.path(&ENGINE, &component(1)), shelf.path(&engine, &other)).unwrap();
            assert_eq!(shelf.find(&engine, &other), None);
        }
    }

    #[test]
    fn a_file_with_any_bit_changed_or_any_byte_missing_is_not_taken() {
        let (shelf, _folder) = shelf();
        shelf.keep(&ENGINE, &component(1), b"code").unwrap();
        let path = shelf.path(&ENGINE, &component(1));
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(&path, changed).unwrap();
            assert_eq!(shelf.find(&ENGINE, &component(1)), None, "byte {at}");
            fs::write(&path, &whole[..at]).unwrap();
            assert_eq!(shelf.find(&ENGINE, &component(1)), None, "{at} bytes");
        }
        shelf.keep(&ENGINE, &component(1), b"code").unwrap();
        assert!(shelf.find(&ENGINE, &component(1)).is_some());
    }

    #[test]
    fn a_file_of_another_house_is_not_taken() {
        let (shelf, folder) = shelf();
        shelf.keep(&ENGINE, &component(1), b"code").unwrap();
        let other = CompiledCode::open(folder.path().join("compiled"), [8; 32]).unwrap();
        assert_eq!(other.find(&ENGINE, &component(1)), None);
    }

    #[test]
    fn what_nobody_wants_is_swept_and_what_is_not_ours_stays() {
        let (shelf, _folder) = shelf();
        [1, 2].iter().for_each(|number| shelf.keep(&ENGINE, &component(*number), b"code").unwrap());
        shelf.keep(&[2; 32], &component(1), b"code of an older engine").unwrap();
        fs::write(shelf.folder.join("left.partial"), "half").unwrap();
        fs::write(shelf.folder.join("mac.key"), "key").unwrap();
        shelf.sweep(&ENGINE, &HashSet::from([component(1)])).unwrap();
        assert!(shelf.find(&ENGINE, &component(1)).is_some());
        assert_eq!(fs::read_dir(&shelf.folder).unwrap().count(), 2);
    }

    #[test]
    fn the_oldest_makes_room() {
        let (shelf, _folder) = shelf();
        [1, 2, 3].iter().for_each(|number| shelf.keep(&ENGINE, &component(*number), &[0; 1_000]).unwrap());
        let oldest = File::options().write(true).open(shelf.path(&ENGINE, &component(2))).unwrap();
        oldest.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        shelf.make_room(500, 3_000).unwrap();
        assert_eq!([1, 2, 3].map(|number| shelf.find(&ENGINE, &component(number)).is_some()), [true, false, true]);
    }
}
