//! What keeps secrets secret on the disk: master keys, and what is sealed with them.
//!
//! What is sealed is sealed for one [`Place`]: moved to another tenant, kind or name, it does not open. A master key seals
//! nothing itself: keys of one purpose each are derived from it. There is no key per tenant in between: it would make a
//! rotation cheaper by leaving every secret under a key that whoever held the old master key knows.

mod error;
mod line;
mod origin;
mod place;
mod seal;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

pub use error::{KeyringError, OpenError};
pub use line::draw;
pub use origin::MasterKeys;
pub use place::Place;

use line::{MasterKey, MasterKeyId};

/// The master keys. The first seals; every one opens what it sealed.
type Keys = Vec<MasterKey>;

/// Seals and opens. Keys can be added and taken away while it is used.
pub struct Keyring {
    origin: MasterKeys,
    folder: PathBuf,
    keys: ArcSwap<Keys>,
    /// A key that was drawn and is not on the disk yet: the line.
    drawn: Mutex<Option<crate::domain::Secret>>,
}

impl Keyring {
    /// Reads the master keys. Where none are given and none are in `folder`, draws one; it is written by [`Self::keep`].
    pub fn open(origin: MasterKeys, folder: &Path) -> Result<Self, KeyringError> {
        let (keys, drawn) = match origin.read(folder)? {
            Some(keys) => (keys, None),
            None => {
                let line = draw();
                (line::parse("the key that was drawn", line.expose())?, Some(line))
            }
        };
        Ok(Self { origin, folder: folder.to_owned(), keys: ArcSwap::from_pointee(keys), drawn: Mutex::new(drawn) })
    }

    /// Sees that the key in use outlives the process. To be called before the first thing is sealed, and after what is there
    /// was opened: a key that is drawn where another one is missing would only hide that it is.
    pub fn keep(&self) -> Result<(), KeyringError> {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = drawn.as_ref() {
            origin::write(&self.folder, line)?;
            *drawn = None;
        }
        Ok(())
    }

    /// Reads the master keys again, for as long as they hold every key in `needed`. Says which is the current one.
    pub fn reload(&self, needed: &[String]) -> Result<String, KeyringError> {
        let Some(keys) = self.origin.read(&self.folder)? else { return Ok(self.current()) };
        if let Some(id) = needed.iter().find(|id| !keys.iter().any(|key| key.id.as_str() == id.as_str())) {
            return Err(KeyringError::StillNeeded { id: id.clone() });
        }
        self.keys.store(Arc::new(keys));
        Ok(self.current())
    }

    /// The id of the key that seals.
    pub fn current(&self) -> String {
        self.first(|key| key.id.as_str().to_owned())
    }

    /// The ids of all keys.
    pub fn ids(&self) -> Vec<String> {
        self.keys.load().iter().map(|key| key.id.as_str().to_owned()).collect()
    }

    /// Seals bytes for a place.
    pub fn seal(&self, place: &Place<'_>, bytes: &[u8]) -> String {
        self.first(|key| seal::seal(key, place, bytes))
    }

    /// Opens what was sealed for that place.
    pub fn open_sealed(&self, place: &Place<'_>, sealed: &[u8]) -> Result<zeroize::Zeroizing<Vec<u8>>, OpenError> {
        let parts = seal::Parts::of(sealed)?;
        let keys = self.keys.load();
        let key = keys.iter().find(|key| key.id.as_str() == parts.key_id);
        let key = key.ok_or_else(|| OpenError::UnknownKey { id: parts.key_id.to_owned() })?;
        seal::open(key, place, &parts)
    }

    /// A key for another purpose. It changes with the current master key: for what can be made anew.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        self.first(|key| key.derive(purpose))
    }

    fn first<T>(&self, of: impl FnOnce(&MasterKey) -> T) -> T {
        of(self.keys.load().first().expect("a keyring should hold a key"))
    }
}

/// The id of the master key that sealed it.
pub fn sealed_by(sealed: &[u8]) -> Result<&str, OpenError> {
    Ok(seal::Parts::of(sealed)?.key_id)
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({})", self.ids().join(", "))
    }
}

impl fmt::Display for MasterKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
