//! Sources as a tenant sets them up: registered, rotated, retired, removed. What the door asks of them stands in `source`.

use std::sync::Arc;

use super::{Secret, Source, Tenant, TenantsError, token};
use crate::domain::{SourceId, TenantId, Timestamp, limits};

/// A source, and when it was set up.
#[derive(Debug, Clone)]
pub struct RegisteredSource {
    /// What the door needs of it.
    pub source: Source,
    /// When it was set up.
    pub created_at: Timestamp,
}

/// What a new source shall ask of those who send.
#[derive(Debug, Clone, Default)]
pub struct SourceDemands {
    /// Segment's shared secret; drawn when it is missing.
    pub secret: Option<Secret>,
    /// What `Authorization: Bearer` must carry.
    pub bearer: Option<Secret>,
    /// The user name that `Authorization: Basic` must carry.
    pub basic_key: Option<Secret>,
    /// Signatures are not asked for.
    pub unsigned: bool,
}

impl RegisteredSource {
    /// Makes a source with an address of its own.
    pub fn draw(tenant: TenantId, id: SourceId, demands: SourceDemands, now: Timestamp) -> Result<Self, TenantsError> {
        for secret in [&demands.secret, &demands.bearer, &demands.basic_key].into_iter().flatten() {
            check_secret(secret)?;
        }
        if demands.unsigned && demands.secret.is_some() {
            let rule = "give `secret` or `unsigned`, not both".to_owned();
            return Err(TenantsError::Invalid { what: format!("source `{id}`"), rule });
        }
        let secrets = if demands.unsigned { vec![] } else { vec![demands.secret.unwrap_or_else(token::source_secret)] };
        let token = Secret::new(token::token());
        let source = Source { tenant, id, token, secrets, bearer: demands.bearer, basic_key: demands.basic_key };
        Ok(Self { source, created_at: now })
    }
}

fn check_secret(secret: &Secret) -> Result<(), TenantsError> {
    let text = secret.expose();
    let fits = (1..=limits::SECRET_BYTES_MAX).contains(&text.len());
    if fits && !text.chars().any(char::is_control) {
        return Ok(());
    }
    let rule = format!("use 1 to {} bytes without control characters", limits::SECRET_BYTES_MAX);
    Err(TenantsError::Invalid { what: "the secret".to_owned(), rule })
}

impl Tenant {
    /// Takes a new source in.
    pub fn add_source(&mut self, source: RegisteredSource) -> Result<Arc<RegisteredSource>, TenantsError> {
        let id = source.source.id.clone();
        if self.sources.contains_key(&id) {
            return Err(TenantsError::Conflict {
                what: "source",
                name: id.to_string(),
                why: "is there already: rotate its secret, or use another name",
            });
        }
        if self.sources.len() >= limits::SOURCES_MAX {
            return Err(TenantsError::LimitReached {
                what: "sources",
                max: limits::SOURCES_MAX,
                next: "delete one that nothing is sent to",
            });
        }
        let source = Arc::new(source);
        self.sources.insert(id, Arc::clone(&source));
        Ok(source)
    }

    /// Gives a source a new secret, drawn unless given. The one before stays good until the next rotation.
    pub fn rotate_source(
        &mut self,
        id: &SourceId,
        secret: Option<Secret>,
    ) -> Result<Arc<RegisteredSource>, TenantsError> {
        let known = self.sources.get_mut(id).ok_or_else(|| unknown_source(id))?;
        let secret = secret.unwrap_or_else(token::source_secret);
        check_secret(&secret)?;
        if known.source.secrets.contains(&secret) {
            return Err(TenantsError::Conflict {
                what: "source",
                name: id.to_string(),
                why: "has that secret already: give another, or none to have one drawn",
            });
        }
        let source = Arc::make_mut(known);
        source.source.secrets.insert(0, secret);
        source.source.secrets.truncate(limits::SOURCE_SECRETS_MAX);
        Ok(Arc::clone(known))
    }

    /// Ends all secrets of a source but the newest.
    pub fn retire_secrets(&mut self, id: &SourceId) -> Result<Arc<RegisteredSource>, TenantsError> {
        let known = self.sources.get_mut(id).ok_or_else(|| unknown_source(id))?;
        Arc::make_mut(known).source.secrets.truncate(1);
        Ok(Arc::clone(known))
    }

    /// Removes a source: nothing comes in through it any more.
    pub fn remove_source(&mut self, id: &SourceId) -> Result<(), TenantsError> {
        self.sources.remove(id).map(drop).ok_or_else(|| unknown_source(id))
    }
}

fn unknown_source(id: &SourceId) -> TenantsError {
    TenantsError::NotFound { what: "source", name: id.to_string(), next: "`source list` shows those there are" }
}
