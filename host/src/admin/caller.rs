//! Who asks: the bearer key, and what it allows. A handler names the least role it needs in its signature
//! (`Caller<Developer>`), so that none can forget to ask.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::Admin;
use super::problem::{Kind, Problem};
use crate::tenants::{Holder, Role, Tenant};

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
    role: PhantomData<R>,
}

impl<R: AtLeast> FromRequestParts<Arc<Admin>> for Caller<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, admin: &Arc<Admin>) -> Result<Self, Problem> {
        match holder(parts, admin)? {
            Holder::Tenant { tenant, role } if role >= R::ROLE => Ok(Self { tenant, role: PhantomData }),
            Holder::Tenant { role, .. } => {
                let detail =
                    format!("it needs the role `{}`, and the key has `{role}`: ask an owner for a key", R::ROLE);
                Err(Problem::new(&Kind::FORBIDDEN, detail))
            }
            Holder::Bootstrap => {
                let detail = "the bootstrap key creates and lists tenants, nothing else: use the key that `tenant create` printed";
                Err(Problem::new(&Kind::FORBIDDEN, detail))
            }
        }
    }
}

/// The one who holds the bootstrap key.
pub(super) struct Bootstrap;

impl FromRequestParts<Arc<Admin>> for Bootstrap {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, admin: &Arc<Admin>) -> Result<Self, Problem> {
        match holder(parts, admin)? {
            Holder::Bootstrap => Ok(Self),
            Holder::Tenant { .. } => {
                let detail = "only the bootstrap key creates and lists tenants: use the key that `serve` printed at its first start";
                Err(Problem::new(&Kind::FORBIDDEN, detail))
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
    let unknown =
        || Problem::new(&Kind::UNAUTHORIZED, "the key is not known: it may be mistyped, revoked or another server's");
    admin.directory.snapshot().holder(key.trim()).ok_or_else(unknown)
}
