//! Keys: who may do what with a tenant. Only their digests are kept; the text is seen once, by who made it.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use super::uses::LastUse;
use super::{Secret, Tenant, TenantsError, token};
use crate::domain::{Timestamp, limits};

/// What a key allows. Each role may do all that the one before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Looks at everything.
    Viewer,
    /// Changes everything but keys.
    Developer,
    /// Makes and revokes keys.
    Owner,
}

impl Role {
    /// Every role, the weakest first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Developer, Self::Owner];

    /// Its name in records and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Developer => "developer",
            Self::Owner => "owner",
        }
    }

    /// The role of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A key's public name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(String);

impl KeyId {
    /// Takes an id as it was shown before. Any text will do: one that names no key finds none.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The SHA-256 of a key. A key has 160 random bits, so nothing slower, and no key of ours, is needed to keep it from being
/// guessed; and a digest stays good when master keys are rotated. Two digests are compared in constant time, in tables, too.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyDigest(pub(super) [u8; 32]);

impl PartialEq for KeyDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for KeyDigest {}

impl Hash for KeyDigest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl KeyDigest {
    /// The digest of a key's text.
    pub(crate) fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }
}

/// What is kept of a key.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// Its public name.
    pub id: KeyId,
    /// What its owner calls it.
    pub name: String,
    /// What it allows.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    pub(super) digest: KeyDigest,
    pub(super) last_use: LastUse,
}

impl ApiKey {
    /// Draws a new key: the text, to be shown once, and what is kept of it.
    pub fn draw(name: String, role: Role, now: Timestamp) -> Result<(Secret, Self), TenantsError> {
        if name.is_empty() || name.len() > limits::KEY_NAME_BYTES_MAX || name.chars().any(char::is_control) {
            let rule = format!("use 1 to {} bytes without control characters", limits::KEY_NAME_BYTES_MAX);
            return Err(TenantsError::Invalid { what: "the key's name".to_owned(), rule });
        }
        let text = token::key("rk_");
        let id = KeyId(format!("key_{}", token::id()));
        let digest = KeyDigest::of(text.expose());
        Ok((text, Self { id, name, role, created_at: now, digest, last_use: LastUse::default() }))
    }

    /// When it was last used, to the minute; none when it never was.
    pub fn last_used_at(&self) -> Option<Timestamp> {
        self.last_use.get()
    }
}

impl Tenant {
    /// Takes a new key in.
    pub fn add_key(&mut self, key: ApiKey) -> Result<Arc<ApiKey>, TenantsError> {
        if self.keys.len() >= limits::KEYS_MAX {
            return Err(TenantsError::LimitReached {
                what: "keys",
                max: limits::KEYS_MAX,
                next: "revoke one that nobody uses",
            });
        }
        let key = Arc::new(key);
        self.keys.insert(key.id.clone(), Arc::clone(&key));
        Ok(key)
    }

    /// Revokes a key. The last owner's stays: without it, nobody could ever make another.
    pub fn remove_key(&mut self, id: &KeyId) -> Result<(), TenantsError> {
        let Some(key) = self.keys.get(id) else {
            return Err(TenantsError::NotFound {
                what: "key",
                name: id.0.clone(),
                next: "`GET /v1/keys` lists those there are",
            });
        };
        let owners = self.keys.values().filter(|key| key.role == Role::Owner).count();
        if key.role == Role::Owner && owners == 1 {
            return Err(TenantsError::Conflict {
                what: "key",
                name: id.0.clone(),
                why: "is the last one of an owner: create another owner's key first",
            });
        }
        self.keys.remove(id);
        Ok(())
    }
}
