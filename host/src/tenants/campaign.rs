//! Campaigns: a name, a state, and the revisions that were published under it. Every publication is a revision; a rollback
//! is one too, so that the numbers tell what happened in which order.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{CampaignAction, CampaignState, Tenant, TenantsError};
use crate::domain::{CampaignName, Json, Manifest, ModuleDigest, Revision, Timestamp, VariationName, limits};
use crate::settings::Settings;

/// A module under a name.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// Its name.
    pub name: CampaignName,
    /// Where it stands.
    pub state: CampaignState,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its first revision was published; none before.
    pub first_published_at: Option<Timestamp>,
    /// Since when and why it is suspended, while it is.
    pub suspended: Option<Suspended>,
    pub(super) revisions: BTreeMap<Revision, Arc<Published>>,
}

/// Why a campaign is suspended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspended {
    /// Since when.
    pub at: Timestamp,
    /// Why, in a sentence.
    pub reason: String,
}

/// What is about to become a revision.
#[derive(Debug, Clone)]
pub struct Publication {
    /// The module that was configured.
    pub module: ModuleDigest,
    /// The configuration that it was given.
    pub configuration: Json,
    /// What its tenant wants of the house.
    pub settings: Settings,
    /// What it said about itself.
    pub manifest: Manifest,
}

/// One published state of a campaign.
#[derive(Debug, Clone)]
pub struct Published {
    /// Of which campaign.
    pub campaign: CampaignName,
    /// Its number.
    pub revision: Revision,
    /// When it was published.
    pub published_at: Timestamp,
    /// The module that it came from.
    pub module: ModuleDigest,
    /// The configuration that the module was given.
    pub configuration: Json,
    /// What its tenant wants of the house.
    pub settings: Arc<Settings>,
    /// What the configured module said about itself.
    pub manifest: Arc<Manifest>,
    /// The digest of the configured component: what is run.
    pub component: ModuleDigest,
}

impl Campaign {
    /// A campaign that was not published yet.
    fn draft(name: CampaignName, now: Timestamp) -> Self {
        Self {
            name,
            state: CampaignState::Draft,
            created_at: now,
            first_published_at: None,
            suspended: None,
            revisions: BTreeMap::new(),
        }
    }

    /// What is asked while it is active; none before the first publication.
    pub fn current(&self) -> Option<&Arc<Published>> {
        self.revisions.values().next_back()
    }

    /// The revisions that are kept, the oldest first.
    pub fn revisions(&self) -> impl DoubleEndedIterator<Item = &Arc<Published>> {
        self.revisions.values()
    }

    /// Since when it takes up what was before its first publication: since the first of its revisions that wants to, while the current one
    /// does.
    pub fn catches_up_since(&self) -> Option<Timestamp> {
        let catches_up = |published: &&Arc<Published>| published.settings.catch_up;
        self.current().filter(catches_up)?;
        self.revisions().find(catches_up).map(|published| published.published_at)
    }

    /// When its experiment began: with the first kept revision of those in a row that try the same.
    pub fn experiment_since(&self) -> Option<Timestamp> {
        let salt = |published: &Published| published.settings.experiment.salt(&self.name).to_owned();
        let current = salt(self.current()?);
        let same = self.revisions().rev().take_while(|published| salt(published) == current);
        same.filter(|published| !published.settings.experiment.variations.is_empty())
            .last()
            .map(|published| published.published_at)
    }

    fn act(&mut self, action: CampaignAction) -> Result<(), TenantsError> {
        let lifecycle = |why| TenantsError::Lifecycle { campaign: self.name.to_string(), why };
        self.state = self.state.after(action).map_err(lifecycle)?;
        if self.state != CampaignState::Suspended {
            self.suspended = None;
        }
        Ok(())
    }

    /// Numbers the revision and keeps it; the oldest makes room.
    fn push(&mut self, mut published: Published) {
        let last = self.revisions.last_key_value().map_or(0, |(revision, _)| revision.0);
        published.revision = Revision(last + 1);
        self.revisions.insert(published.revision, Arc::new(published));
        if self.revisions.len() > limits::REVISIONS_MAX {
            self.revisions.pop_first();
        }
    }

    /// The revision of that number, or the one before the current.
    pub fn earlier(&self, wanted: Option<Revision>) -> Result<&Arc<Published>, TenantsError> {
        let found = match wanted {
            Some(revision) => self.revisions.get(&revision),
            None => self.revisions.values().nth_back(1),
        };
        found.ok_or_else(|| match wanted {
            Some(revision) => TenantsError::NotFound {
                what: "revision",
                name: revision.0.to_string(),
                next: "`campaign show` lists those that are kept",
            },
            None => TenantsError::Conflict {
                what: "campaign",
                name: self.name.to_string(),
                why: "has no earlier revision: publish another configuration instead",
            },
        })
    }
}

impl Tenant {
    /// Makes a draft.
    pub fn create_campaign(&mut self, name: CampaignName, now: Timestamp) -> Result<Arc<Campaign>, TenantsError> {
        if self.campaigns.contains_key(&name) {
            return Err(TenantsError::Conflict {
                what: "campaign",
                name: name.to_string(),
                why: "is there already: publish to it, or use another name",
            });
        }
        self.check_campaign_count()?;
        Ok(self.keep_campaign(Campaign::draft(name, now)))
    }

    /// Publishes: a new revision, active from now on. Creates the campaign when it is new.
    pub(super) fn publish(
        &mut self,
        name: &CampaignName,
        publication: Publication,
        component: ModuleDigest,
        now: Timestamp,
    ) -> Result<Arc<Campaign>, TenantsError> {
        self.check_publishable(name)?;
        let mut campaign = self
            .campaigns
            .get(name)
            .map_or_else(|| Campaign::draft(name.clone(), now), |campaign| Campaign::clone(campaign));
        campaign.act(CampaignAction::Publish)?;
        campaign.first_published_at.get_or_insert(now);
        campaign.push(Published {
            campaign: name.clone(),
            // `push` gives it its number.
            revision: Revision(0),
            published_at: now,
            module: publication.module,
            configuration: publication.configuration,
            settings: Arc::new(publication.settings),
            manifest: Arc::new(publication.manifest),
            component,
        });
        Ok(self.keep_campaign(campaign))
    }

    /// Whether a publication under that name would be taken, before a module is configured for it.
    pub fn check_publishable(&self, name: &CampaignName) -> Result<(), TenantsError> {
        let Some(known) = self.campaigns.get(name) else {
            self.check_campaign_count()?;
            return self.check_active_count();
        };
        Campaign::clone(known).act(CampaignAction::Publish)?;
        if known.state == CampaignState::Active { Ok(()) } else { self.check_active_count() }
    }

    /// Pauses, resumes or archives.
    pub fn act_on_campaign(
        &mut self,
        name: &CampaignName,
        action: CampaignAction,
    ) -> Result<Arc<Campaign>, TenantsError> {
        let mut campaign = self.known_campaign(name)?;
        campaign.act(action)?;
        if action == CampaignAction::Resume {
            self.check_active_count()?;
        }
        Ok(self.keep_campaign(campaign))
    }

    /// Suspends a campaign because that revision failed. Where another took its place meanwhile, or it is not asked any more,
    /// nothing changes.
    pub fn suspend_campaign(
        &mut self,
        name: &CampaignName,
        revision: Revision,
        why: Suspended,
    ) -> Result<(), TenantsError> {
        let mut campaign = self.known_campaign(name)?;
        let is_current = campaign.current().is_some_and(|current| current.revision == revision);
        if is_current && campaign.state == CampaignState::Active {
            campaign.act(CampaignAction::Suspend)?;
            campaign.suspended = Some(why);
            self.keep_campaign(campaign);
        }
        Ok(())
    }

    /// Makes an earlier revision the newest; without a number, the one before the current.
    pub fn roll_back_campaign(
        &mut self,
        name: &CampaignName,
        wanted: Option<Revision>,
        now: Timestamp,
    ) -> Result<Arc<Campaign>, TenantsError> {
        let mut campaign = self.known_campaign(name)?;
        campaign.act(CampaignAction::Rollback)?;
        let earlier = Published::clone(campaign.earlier(wanted)?);
        campaign.push(Published { published_at: now, ..earlier });
        Ok(self.keep_campaign(campaign))
    }

    /// Gives everybody who is yet to take part the variation that won, by a revision like any other. Where another revision took the place
    /// of that one meanwhile, or the campaign is not asked any more, nothing changes.
    pub fn apply_winner(
        &mut self,
        name: &CampaignName,
        (revision, winner): (Revision, &VariationName),
        now: Timestamp,
    ) -> Result<(), TenantsError> {
        let mut campaign = self.known_campaign(name)?;
        let current =
            campaign.current().filter(|current| current.revision == revision).map(|current| (**current).clone());
        let Some(current) = current.filter(|_| campaign.state == CampaignState::Active) else { return Ok(()) };
        let experiment = current.settings.experiment.with_all_on(winner);
        let settings = Arc::new(Settings { experiment, ..Settings::clone(&current.settings) });
        campaign.push(Published { published_at: now, settings, ..current });
        self.keep_campaign(campaign);
        Ok(())
    }

    fn known_campaign(&self, name: &CampaignName) -> Result<Campaign, TenantsError> {
        let known = self.campaigns.get(name).map(|campaign| Campaign::clone(campaign));
        known.ok_or_else(|| Self::unknown_campaign(name))
    }

    /// What to say about a campaign that there is not.
    pub fn unknown_campaign(name: &CampaignName) -> TenantsError {
        TenantsError::NotFound {
            what: "campaign",
            name: name.to_string(),
            next: "`campaign list` shows those there are",
        }
    }

    fn keep_campaign(&mut self, campaign: Campaign) -> Arc<Campaign> {
        let campaign = Arc::new(campaign);
        self.campaigns.insert(campaign.name.clone(), Arc::clone(&campaign));
        campaign
    }

    fn check_campaign_count(&self) -> Result<(), TenantsError> {
        if self.campaigns.len() < limits::CAMPAIGNS_MAX {
            return Ok(());
        }
        Err(TenantsError::LimitReached {
            what: "campaigns, archived ones included,",
            max: limits::CAMPAIGNS_MAX,
            next: "publish to one of those",
        })
    }

    fn check_active_count(&self) -> Result<(), TenantsError> {
        let active = self.campaigns.values().filter(|campaign| campaign.state == CampaignState::Active).count();
        if active < limits::ACTIVE_CAMPAIGNS_MAX {
            return Ok(());
        }
        Err(TenantsError::LimitReached {
            what: "active campaigns",
            max: limits::ACTIVE_CAMPAIGNS_MAX,
            next: "pause or archive one first",
        })
    }
}
