//! Who did what, on which request: what the audit log says of a change. The directory makes no change without one.

use super::{KeyId, Role};
use crate::domain::{TenantId, limits};

/// Something that somebody did, or tried to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Who.
    pub actor: Actor,
    /// What, by the name that the API's description gives it: `rotate_source`.
    pub operation: String,
    /// To what: a name or an id, never a secret.
    pub object: String,
    /// The request by which it came; none when the house did it by itself.
    pub request_id: Option<String>,
}

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The house by itself.
    House,
    /// Who holds the bootstrap key.
    Bootstrap,
    /// Who holds a tenant's key.
    Key {
        /// Whose key it is.
        tenant: TenantId,
        /// The key's public name.
        id: KeyId,
        /// What it allows.
        role: Role,
    },
}

/// Whose audit log.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AuditLog {
    /// The operator's: tenants, the bootstrap key, master keys.
    Operator,
    /// A tenant's.
    Tenant(TenantId),
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeedOutcome {
    /// It was done.
    Done,
    /// The key did not allow it.
    Forbidden,
    /// Something stood against it.
    Conflict,
}

impl Deed {
    /// Something that the house does by itself.
    pub fn of_house(operation: &str, object: impl ToString) -> Self {
        let deed =
            Self { actor: Actor::House, operation: operation.to_owned(), object: String::new(), request_id: None };
        deed.about(object)
    }

    /// The same, done to that.
    pub fn about(self, object: impl ToString) -> Self {
        let object = object.to_string().chars().take(limits::AUDIT_OBJECT_CHARS_MAX).collect();
        Self { object, ..self }
    }
}

impl Actor {
    /// The log in which it stands when the actor is refused: its own.
    pub fn log(&self) -> AuditLog {
        match self {
            Self::House | Self::Bootstrap => AuditLog::Operator,
            Self::Key { tenant, .. } => AuditLog::Tenant(tenant.clone()),
        }
    }
}

impl AuditLog {
    /// Its name in the file: a tenant's is never empty.
    pub(super) fn key(&self) -> &str {
        match self {
            Self::Operator => "",
            Self::Tenant(id) => id.as_str(),
        }
    }
}

impl DeedOutcome {
    /// Its name in records and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Forbidden => "forbidden",
            Self::Conflict => "conflict",
        }
    }
}
