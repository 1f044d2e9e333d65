//! The vault: bytes under the digest of themselves, one folder for modules as they came and one for configured components.
//! A file is whole or not there, and what is read is what was written.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::StorageError;
use crate::domain::ModuleDigest;
use crate::faults::{self, Point};

/// What a file is called until it is whole.
const PARTIAL: &str = ".partial";

/// One folder of files that are named by their digest.
#[derive(Debug)]
pub(super) struct Vault {
    folder: PathBuf,
}

impl Vault {
    /// Opens the folder; makes it where it is missing.
    pub(super) fn open(folder: PathBuf) -> Result<Self, StorageError> {
        fs::create_dir_all(&folder).map_err(|source| StorageError::Io { path: folder.clone(), source })?;
        Ok(Self { folder })
    }

    /// Keeps the bytes, durably. Bytes that are there already are not written again; damaged ones are.
    pub(super) fn keep(&self, bytes: &[u8]) -> Result<ModuleDigest, StorageError> {
        let digest = digest_of(bytes);
        let path = self.path(&digest);
        let is_there = fs::read(&path).is_ok_and(|known| known == bytes);
        if !is_there {
            self.write(&path, bytes).map_err(|source| StorageError::Io { path, source })?;
        }
        Ok(digest)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = tempfile::Builder::new().suffix(PARTIAL).tempfile_in(&self.folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        faults::pass(Point::VaultNaming);
        file.persist(path)?;
        faults::pass(Point::VaultNamed);
        fs::File::open(&self.folder)?.sync_all()
    }

    /// The bytes of that digest.
    pub(super) fn read(&self, digest: &ModuleDigest) -> Result<Vec<u8>, StorageError> {
        let path = self.path(digest);
        let bytes = fs::read(&path).map_err(|source| StorageError::Io { path: path.clone(), source })?;
        if digest_of(&bytes) == *digest {
            return Ok(bytes);
        }
        let why = "its content does not have the digest that it is named by: restore it from a backup".to_owned();
        Err(StorageError::Damaged { path, why })
    }

    /// Removes what nothing refers to: dropped revisions, and files that were written before a crash.
    pub(super) fn sweep(&self, wanted: &HashSet<ModuleDigest>) -> Result<(), StorageError> {
        let wanted: HashSet<PathBuf> = wanted.iter().map(|digest| self.path(digest)).collect();
        let sweep = || {
            for entry in fs::read_dir(&self.folder)? {
                let path = entry?.path();
                if is_ours(&path) && !wanted.contains(&path) {
                    fs::remove_file(path)?;
                }
            }
            Ok(())
        };
        sweep().map_err(|source| StorageError::Io { path: self.folder.clone(), source })
    }

    fn path(&self, digest: &ModuleDigest) -> PathBuf {
        self.folder.join(format!("{}.wasm", digest.hex()))
    }
}

fn is_ours(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "wasm" || extension == PARTIAL.trim_start_matches('.'))
}

/// The digest by which these bytes are known.
pub(super) fn digest_of(bytes: &[u8]) -> ModuleDigest {
    ModuleDigest::new(Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_kept_once_under_their_digest_and_swept_when_nothing_refers_to_them() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::open(folder.path().join("modules")).unwrap();
        let (first, second) = (vault.keep(b"first").unwrap(), vault.keep(b"second").unwrap());
        assert_eq!(vault.keep(b"first").unwrap(), first);
        assert_eq!(vault.read(&first).unwrap(), b"first");
        fs::write(vault.folder.join("left.partial"), "half").unwrap();
        fs::write(vault.folder.join("README"), "not ours").unwrap();

        vault.sweep(&HashSet::from([second])).unwrap();

        assert!(matches!(vault.read(&first), Err(StorageError::Io { .. })));
        assert_eq!(vault.read(&second).unwrap(), b"second");
        assert_eq!(fs::read_dir(&vault.folder).unwrap().count(), 2);
    }

    #[test]
    fn changed_bytes_are_not_given_out() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::open(folder.path().to_owned()).unwrap();
        let digest = vault.keep(b"as they came").unwrap();
        fs::write(vault.path(&digest), b"changed here").unwrap();
        assert!(matches!(vault.read(&digest), Err(StorageError::Damaged { .. })));
        vault.keep(b"as they came").unwrap();
        assert_eq!(vault.read(&digest).unwrap(), b"as they came");
    }
}
