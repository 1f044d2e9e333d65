//! The one place that knows how the state engine (redb) is opened, what its errors mean to the house, and how a value
//! proves that it is what was written: the engine checks its own sums only when it repairs a file.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use redb::{Database, Durability, WriteTransaction};

use super::StoreError;
use crate::domain::{Position, limits};
use crate::faults;

const SEAL_BYTES: usize = 4;

/// Opens a file of the engine, or makes one.
fn open(path: &Path) -> Result<Database, StoreError> {
    let mut builder = Database::builder();
    builder.set_cache_size(limits::ENGINE_CACHE_BYTES).set_check_integrity_on_open(is_soon_checked(path));
    guard(path, || faults::create_database(&builder, path).map_err(fault)).map_err(|err| of_file(path, err))
}

/// A file of the engine that can be opened again. One that failed is closed: the engine takes nothing more until then,
/// and nobody knows whether it holds what it was given last.
pub(crate) struct File {
    path: PathBuf,
    /// None after it failed, until it was opened again.
    database: RwLock<Option<Database>>,
}

impl File {
    /// Opens a file, or makes one.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { path: path.to_owned(), database: RwLock::new(Some(open(path)?)) })
    }

    /// Works with the file.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let place = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let closed = || StoreError::Unavailable(format!("`{}` failed and is opened again", self.path.display()));
        let database = place.as_ref().ok_or_else(closed)?;
        let done = guard(&self.path, || work(database)).map_err(|err| of_file(&self.path, err));
        drop(place);
        if matches!(done, Err(StoreError::Unavailable(_))) {
            self.fail();
        }
        done
    }

    /// Closes the file, until it is opened again.
    pub(crate) fn fail(&self) {
        *self.database.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Opens the file again if it failed, as it is on disk. False where it is open.
    pub(crate) fn reopen(&self) -> Result<bool, StoreError> {
        let mut place = self.database.write().unwrap_or_else(PoisonError::into_inner);
        if place.is_some() {
            return Ok(false);
        }
        *place = Some(open(&self.path)?);
        tracing::info!(path = %self.path.display(), "opened again after it failed");
        Ok(true)
    }
}

/// Whether all of a file is read before it is believed. Of a larger one, each value is checked when it is asked for.
fn is_soon_checked(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.len() <= limits::INTEGRITY_CHECK_BYTES_MAX)
}

/// Does something with a file. The engine panics over bytes that it did not write: that is damage.
fn guard<T>(path: &Path, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let next = "restore it from where it was copied";
        Err(StoreError::Corrupt(format!("`{}`: the engine cannot make sense of it: {next}", path.display())))
    })
}

/// The error, with the file's name.
fn of_file(path: &Path, err: StoreError) -> StoreError {
    let name = |why: String| match why.contains(path.to_string_lossy().as_ref()) {
        true => why,
        false => format!("`{}`: {why}", path.display()),
    };
    match err {
        StoreError::Unavailable(why) => StoreError::Unavailable(name(why)),
        StoreError::Corrupt(why) => StoreError::Corrupt(name(why)),
        StoreError::Fenced => StoreError::Fenced,
    }
}

/// What an error of the engine means to the house.
pub(crate) fn fault(err: impl Into<redb::Error>) -> StoreError {
    let err = err.into();
    match err {
        redb::Error::Corrupted(_)
        | redb::Error::UpgradeRequired(_)
        | redb::Error::TableTypeMismatch { .. }
        | redb::Error::TypeDefinitionChanged { .. }
        | redb::Error::TableIsMultimap(_) => StoreError::Corrupt(err.to_string()),
        _ => StoreError::Unavailable(err.to_string()),
    }
}

/// Begins a commit that a power cut may undo, as a whole, until the next durable one.
pub(crate) fn begin_lazy(database: &Database) -> Result<WriteTransaction, StoreError> {
    let mut transaction = database.begin_write().map_err(fault)?;
    transaction.set_durability(Durability::None).map_err(fault)?;
    Ok(transaction)
}

/// Begins a commit that makes itself and all before it durable. It keeps what the engine needs to open the file at once
/// after a crash, however large it is.
pub(crate) fn begin_durable(database: &Database) -> Result<WriteTransaction, StoreError> {
    let mut transaction = database.begin_write().map_err(fault)?;
    transaction.set_quick_repair(true);
    Ok(transaction)
}

/// A value with a checksum of itself and its key.
pub(crate) fn seal(key: &[u8], mut value: Vec<u8>) -> Vec<u8> {
    let crc = crc32c::crc32c_append(crc32c::crc32c(key), &value);
    value.extend(crc.to_le_bytes());
    value
}

/// The value, if it is the one that was sealed under this key.
pub(crate) fn unseal<'a>(key: &[u8], sealed: &'a [u8]) -> Result<&'a [u8], StoreError> {
    let whole = sealed
        .split_last_chunk::<SEAL_BYTES>()
        .filter(|(value, crc)| crc32c::crc32c_append(crc32c::crc32c(key), value) == u32::from_le_bytes(**crc));
    let damage = || StoreError::Corrupt(format!("the value of `{}` is not what was written", key.escape_ascii()));
    whole.map(|(value, _)| value).ok_or_else(damage)
}

/// A position, sealed.
pub(crate) fn seal_position(key: &[u8], position: Position) -> Vec<u8> {
    seal(key, position.0.to_le_bytes().to_vec())
}

/// A sealed position, if it is the one that was sealed under this key.
pub(crate) fn unseal_position(key: &[u8], sealed: &[u8]) -> Result<Position, StoreError> {
    let bytes = unseal(key, sealed)?.try_into();
    let bytes = bytes.map_err(|_| StoreError::Corrupt(format!("`{}` is no position", key.escape_ascii())))?;
    Ok(Position(u64::from_le_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_reads_back() {
        let sealed = seal_position(b"key", Position(7));
        assert_eq!(unseal_position(b"key", &sealed).unwrap(), Position(7));
        assert!(unseal_position(b"key", &seal(b"key", vec![7])).is_err());
    }

    #[test]
    fn a_value_is_believed_only_whole_and_under_its_own_key() {
        let sealed = seal(b"key", b"value".to_vec());
        assert_eq!(unseal(b"key", &sealed).unwrap(), b"value");
        assert!(unseal(b"kez", &sealed).is_err());
        for bit in 0..sealed.len() * 8 {
            let mut sealed = sealed.clone();
            sealed[bit / 8] ^= 1 << (bit % 8);
            let error = unseal(b"key", &sealed).unwrap_err();
            assert_eq!(error.to_string(), "the store is damaged: the value of `key` is not what was written");
        }
    }
}
