//! One customer, and all that it set up. Edits of it are pure and stand with their nouns (`campaign`, `key`, …); the
//! directory makes them durable by comparing what was with what is.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    ApiKey, Audience, AudienceName, Campaign, CampaignState, ChannelSettings, KeyId, Module, NamedMapping, Published,
    RegisteredSource, Template, TemplateKey,
};
use crate::domain::{CampaignName, ChannelName, MappingName, ModuleDigest, SourceId, TenantId, Timestamp};
use crate::mappings::Mappings;
use crate::policy::TenantPolicy;

/// One customer. Copying it copies no more than names and pointers.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Its name.
    pub id: TenantId,
    /// When it was created.
    pub created_at: Timestamp,
    pub(super) sources: BTreeMap<SourceId, Arc<RegisteredSource>>,
    pub(super) keys: BTreeMap<KeyId, Arc<ApiKey>>,
    pub(super) modules: BTreeMap<ModuleDigest, Arc<Module>>,
    pub(super) campaigns: BTreeMap<CampaignName, Arc<Campaign>>,
    pub(super) channels: BTreeMap<ChannelName, Arc<ChannelSettings>>,
    pub(super) audiences: BTreeMap<AudienceName, Arc<Audience>>,
    pub(super) mappings: BTreeMap<MappingName, Arc<NamedMapping>>,
    pub(super) ready_mappings: Arc<Mappings>,
    /// All versions.
    pub(super) templates: BTreeMap<(TemplateKey, u32), Arc<Template>>,
    pub(super) policy: Arc<TenantPolicy>,
}

impl Tenant {
    pub(super) fn new(id: TenantId, created_at: Timestamp) -> Self {
        Self {
            id,
            created_at,
            sources: BTreeMap::new(),
            keys: BTreeMap::new(),
            modules: BTreeMap::new(),
            campaigns: BTreeMap::new(),
            channels: BTreeMap::new(),
            audiences: BTreeMap::new(),
            mappings: BTreeMap::new(),
            ready_mappings: Arc::default(),
            templates: BTreeMap::new(),
            policy: Arc::default(),
        }
    }

    /// What all its messages are judged by.
    pub fn policy(&self) -> &Arc<TenantPolicy> {
        &self.policy
    }

    /// Has its messages judged by another one from now on, also those that are held.
    pub fn set_policy(&mut self, policy: TenantPolicy) -> Arc<TenantPolicy> {
        self.policy = Arc::new(policy);
        Arc::clone(&self.policy)
    }

    /// Its sources, by name.
    pub fn sources(&self) -> impl Iterator<Item = &Arc<RegisteredSource>> {
        self.sources.values()
    }

    /// Its keys, by id.
    pub fn keys(&self) -> impl Iterator<Item = &Arc<ApiKey>> {
        self.keys.values()
    }

    /// Its modules, by digest.
    pub fn modules(&self) -> impl Iterator<Item = &Arc<Module>> {
        self.modules.values()
    }

    /// The module of that digest.
    pub fn module(&self, digest: &ModuleDigest) -> Option<&Arc<Module>> {
        self.modules.get(digest)
    }

    /// Its campaigns in any state, by name.
    pub fn campaigns(&self) -> impl Iterator<Item = &Arc<Campaign>> {
        self.campaigns.values()
    }

    /// The campaign of that name.
    pub fn campaign(&self, name: &CampaignName) -> Option<&Arc<Campaign>> {
        self.campaigns.get(name)
    }

    /// What is to be asked, one revision per active campaign, by name.
    pub fn active(&self) -> impl Iterator<Item = &Arc<Published>> {
        let active = self.campaigns.values().filter(|campaign| campaign.state == CampaignState::Active);
        active.filter_map(|campaign| campaign.current())
    }

    /// Every kept revision of every campaign.
    pub fn revisions(&self) -> impl Iterator<Item = &Arc<Published>> {
        self.campaigns.values().flat_map(|campaign| campaign.revisions())
    }

    /// The channels that do not go to `preview`, by name.
    pub fn channels(&self) -> impl Iterator<Item = &Arc<ChannelSettings>> {
        self.channels.values()
    }

    /// Where a channel goes; none means `preview`.
    pub fn channel(&self, channel: &ChannelName) -> Option<&Arc<ChannelSettings>> {
        self.channels.get(channel)
    }
}
