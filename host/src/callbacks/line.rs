//! What an address of callbacks stands for: a tenant's channel, the provider behind it, and the key that proves it.

use std::sync::Arc;

use super::{REPORTERS, Reporter};
use crate::domain::{ChannelName, Secret, TenantId};
use crate::mappings::Mappings;
use crate::tenants::Snapshot;

/// The setting of a channel that holds what its provider's callbacks are verified with.
const KEY: &str = "callback_key";

/// Where callbacks come in.
pub(super) struct Line {
    pub(super) tenant: TenantId,
    pub(super) channel: ChannelName,
    pub(super) reporter: &'static dyn Reporter,
    pub(super) key: Secret,
    /// The tenant's own words, for messages that are not ours.
    pub(super) mappings: Arc<Mappings>,
}

impl Line {
    /// The line of that address; none where there is no such channel, its provider reports nothing, or no key is set.
    pub(super) fn find(snapshot: &Snapshot, tenant: &str, channel: &str) -> Option<Self> {
        let tenant = snapshot.tenant(&TenantId::parse(tenant).ok()?)?;
        let channel = tenant.channel(&ChannelName::parse(channel).ok()?)?;
        let reporter = REPORTERS.iter().find(|reporter| reporter.name() == channel.provider).copied()?;
        let settings = channel.settings.value();
        let key = settings.get(KEY)?.as_str().filter(|key| !key.is_empty())?;
        Some(Self {
            tenant: tenant.id.clone(),
            channel: channel.channel.clone(),
            reporter,
            key: Secret::new(key.to_owned()),
            mappings: Arc::clone(tenant.ready_mappings()),
        })
    }
}
