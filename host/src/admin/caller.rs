//! Who asks: the bearer key, and what it allows. A handler names the least role it needs in its signature
//! (`Caller<Developer>`), so that none can forget to ask.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::Method;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::Admin;
use super::openapi::Operations;
use super::problem::{Kind, Problem};
use super::request::RequestId;
use super::workshop::aside;
use crate::tenants::{Actor, Deed, DeedOutcome, Holder, Recognised, Role, Tenant};

/// The least role that an operation needs.
pub(super) trait AtLeast {
    /// The role.
    const ROLE: Role;
}

/// Any key of the tenant will do.
pub(super) struct Viewer;
/// A developer's or owner's key.
pub(super) struct Developer;
/// An owner's key.
pub(super) struct Owner;

impl AtLeast for Viewer {
    const ROLE: Role = Role::Viewer;
}

impl AtLeast for Developer {
    const ROLE: Role = Role::Developer;
}

impl AtLeast for Owner {
    const ROLE: Role = Role::Owner;
}

/// Somebody of a tenant, whose key allows what `R` allows.
pub(super) struct Caller<R> {
    /// The tenant as it was when the request came.
    pub(super) tenant: Arc<Tenant>,
    deed: Deed,
    role: PhantomData<R>,
}

impl<R> Caller<R> {
    /// What the caller does, to that: a name or an id, never a secret.
    pub(super) fn deed(&self, object: impl ToString) -> Deed {
        self.deed.clone().about(object)
    }
}

impl<R: AtLeast> FromRequestParts<Arc<Admin>> for Caller<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, admin: &Arc<Admin>) -> Result<Self, Problem> {
        let holder = holder(parts, admin)?;
        let deed = deed(parts, &holder);
        let detail = match holder {
            Holder::Tenant { tenant, key } if key.role >= R::ROLE => {
                return Ok(Self { tenant, deed, role: PhantomData });
            }
            Holder::Tenant { key, .. } => {
                format!("it needs the role `{}`, and the key has `{}`: ask an owner for a key", R::ROLE, key.role)
            }
            Holder::Bootstrap => {
                "the bootstrap key sets the house up, nothing else: use the key that `tenant create` printed".to_owned()
            }
        };
        Err(forbidden(parts, admin, deed, detail).await)
    }
}

/// The one who holds the bootstrap key.
pub(super) struct Bootstrap(Deed);

impl Bootstrap {
    /// What is done with the bootstrap key, to that.
    pub(super) fn deed(&self, object: impl ToString) -> Deed {
        self.0.clone().about(object)
    }
}

impl FromRequestParts<Arc<Admin>> for Bootstrap {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, admin: &Arc<Admin>) -> Result<Self, Problem> {
        let holder = holder(parts, admin)?;
        let deed = deed(parts, &holder);
        match holder {
            Holder::Bootstrap => Ok(Self(deed)),
            Holder::Tenant { .. } => {
                let detail =
                    "it needs the bootstrap key: use the one that `serve` was given, or printed at its first start";
                Err(forbidden(parts, admin, deed, detail.to_owned()).await)
            }
        }
    }
}

fn holder(parts: &Parts, admin: &Admin) -> Result<Holder, Problem> {
    let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let key =
        header.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, key)) = key else {
        return Err(Problem::new(&Kind::UNAUTHORIZED, "there is no key: send `Authorization: Bearer KEY`"));
    };
    match admin.directory.recognise(key.trim()) {
        Recognised::Holder(holder) => Ok(holder),
        Recognised::Unknown => {
            Err(Problem::new(&Kind::UNAUTHORIZED, "the key is not known: it may be revoked, or another server's"))
        }
        Recognised::Mistyped => Err(Problem::new(
            &Kind::UNAUTHORIZED,
            "the key is mistyped or cut off, its checksum does not fit: copy it again, as it was printed",
        )),
    }
}

fn deed(parts: &Parts, holder: &Holder) -> Deed {
    let actor = match holder {
        Holder::Bootstrap => Actor::Bootstrap,
        Holder::Tenant { tenant, key } => Actor::Key { tenant: tenant.id.clone(), id: key.id.clone(), role: key.role },
    };
    let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let operation = parts.extensions.get::<Operations>().and_then(|known| known.name(&parts.method, path));
    let request_id = parts.extensions.get::<RequestId>().map(|id| id.0.clone());
    Deed { actor, operation: operation.unwrap_or("unknown").to_owned(), object: String::new(), request_id }
}

/// Who tries to change what its key does not allow is written down; who only looks is not.
async fn forbidden(parts: &Parts, admin: &Admin, deed: Deed, detail: String) -> Problem {
    let refusal = Problem::new(&Kind::FORBIDDEN, detail);
    if parts.method == Method::GET {
        return refusal;
    }
    let (directory, log) = (Arc::clone(&admin.directory), deed.actor.log());
    let noted = aside(move || directory.by(&deed).note(&log, DeedOutcome::Forbidden)).await;
    noted.map_or_else(|problem| problem, |()| refusal)
}
