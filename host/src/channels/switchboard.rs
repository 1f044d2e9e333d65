//! Which provider a tenant's channel leads to: worked out when settings change, read at every dispatch.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::{Channel, Delivering, Message, Receipt, preview, segment};
use crate::domain::{KnownBy, TenantId};

/// A tenant's name for a channel.
pub type Line = (TenantId, String);

/// All channels that tenants connected. Every other leads to `preview`.
pub struct Switchboard {
    lines: ArcSwap<HashMap<Line, Arc<dyn Channel>>>,
    preview: Arc<dyn Channel>,
}

impl Default for Switchboard {
    fn default() -> Self {
        Self { lines: ArcSwap::default(), preview: unset() }
    }
}

impl Switchboard {
    /// Where the tenant's messages over `channel` go.
    pub fn line(&self, tenant: &TenantId, channel: &str) -> Arc<dyn Channel> {
        let lines = self.lines.load();
        lines.get(&(tenant.clone(), channel.to_owned())).unwrap_or(&self.preview).clone()
    }

    /// How the provider of the tenant's `channel` knows people.
    pub fn known_by(&self, tenant: &TenantId, channel: &str) -> KnownBy {
        let lines = self.lines.load();
        lines.get(&(tenant.clone(), channel.to_owned())).map_or(KnownBy::Id, |line| line.knows_people_by())
    }

    /// Whether the tenant connected `channel` to something.
    pub fn is_connected(&self, tenant: &TenantId, channel: &str) -> bool {
        self.lines.load().contains_key(&(tenant.clone(), channel.to_owned()))
    }

    /// Whether Segment is to be told what becomes of the tenant's messages.
    pub fn tells_segment(&self, tenant: &TenantId) -> bool {
        self.line(tenant, segment::NAME).provider() == segment::NAME
    }

    /// Replaces one tenant's lines.
    pub fn replace_of(&self, tenant: &TenantId, lines: &HashMap<Line, Arc<dyn Channel>>) {
        self.lines.rcu(|all| {
            let others = all.iter().filter(|((owner, _), _)| owner != tenant);
            others.chain(lines).map(|(line, channel)| (line.clone(), Arc::clone(channel))).collect::<HashMap<_, _>>()
        });
    }

    /// Replaces all lines.
    pub fn replace(&self, lines: HashMap<Line, Arc<dyn Channel>>) {
        self.lines.store(Arc::new(lines));
    }
}

/// Where the messages of a channel go that its tenant did not connect.
pub fn unset() -> Arc<dyn Channel> {
    Arc::new(preview::Preview)
}

/// A channel that refuses every message with a reason: its settings cannot be used any more.
pub fn closed(reason: String) -> Arc<dyn Channel> {
    Arc::new(Closed(reason))
}

struct Closed(String);

impl Channel for Closed {
    fn provider(&self) -> &'static str {
        "closed"
    }

    fn deliver<'a>(&'a self, _: &'a Message) -> Delivering<'a> {
        Box::pin(std::future::ready(Receipt::Refused { reason: self.0.clone() }))
    }
}
