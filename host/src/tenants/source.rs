//! Sources: the inlets through which a tenant's events come, and what they must show at the door.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::domain::{Secret, SourceId, TenantId};

/// A tenant's inlet for events.
#[derive(Debug, Clone)]
pub struct Source {
    /// Whose it is.
    pub tenant: TenantId,
    /// Its name.
    pub id: SourceId,
    /// The unguessable part of its address.
    pub token: Secret,
    /// Segment's shared secrets, the newest first, at most `limits::SOURCE_SECRETS_MAX`; none means that signatures are not asked for.
    pub secrets: Vec<Secret>,
    /// What `Authorization: Bearer` must carry (extensible webhook), where it is asked for.
    pub bearer: Option<Secret>,
    /// The user name that `Authorization: Basic` must carry (direct destination), where it is asked for.
    pub basic_key: Option<Secret>,
}

/// All sources, by token: read by the door at every request, replaced as a whole when one changes.
#[derive(Debug, Default)]
pub struct Sources(ArcSwap<HashMap<String, Arc<Source>>>);

impl Sources {
    /// The source with that token.
    pub fn get(&self, token: &str) -> Option<Arc<Source>> {
        self.0.load().get(token).cloned()
    }

    /// Replaces all of them.
    pub fn replace(&self, sources: impl IntoIterator<Item = Source>) {
        let by_token = sources.into_iter().map(|source| (source.token.expose().to_owned(), Arc::new(source)));
        self.0.store(Arc::new(by_token.collect()));
    }
}
