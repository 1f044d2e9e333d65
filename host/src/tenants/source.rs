//! Sources: the inlets through which a tenant's events come, what they must show at the door, and in which words they are read.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::domain::{Secret, SourceId, TenantId};
use crate::mappings::Mappings;

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

/// A source, and the words of its tenant: what the door needs to read a request.
#[derive(Debug, Clone)]
pub struct Inlet {
    /// The source.
    pub source: Source,
    /// What the tenant mapped.
    pub mappings: Arc<Mappings>,
}

/// All sources, by token: read by the door at every request, replaced as a whole when one changes.
#[derive(Debug, Default)]
pub struct Sources(ArcSwap<HashMap<String, Arc<Inlet>>>);

impl Sources {
    /// The source with that token.
    pub fn get(&self, token: &str) -> Option<Arc<Inlet>> {
        self.0.load().get(token).cloned()
    }

    /// Replaces all of them.
    pub fn replace(&self, inlets: impl IntoIterator<Item = Inlet>) {
        let by_token = inlets.into_iter().map(|inlet| (inlet.source.token.expose().to_owned(), Arc::new(inlet)));
        self.0.store(Arc::new(by_token.collect()));
    }
}
