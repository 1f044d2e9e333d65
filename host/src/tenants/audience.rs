//! Audiences: conditions by name, for the tenant's campaigns and schedules. What a condition means, the conditions room knows.

use std::fmt;
use std::sync::Arc;

use super::{CampaignState, Tenant, TenantsError};
use crate::domain::{Json, Timestamp, Trigger, limits};

/// An audience's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AudienceName(Arc<str>);

impl AudienceName {
    /// Parses a name: 1 to 64 of `A-Z`, `a-z`, `0-9`, `-`, `_` and `.`, starting with a letter or digit.
    pub fn parse(text: &str) -> Result<Self, TenantsError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if text.len() <= 64 && text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(allowed) {
            return Ok(Self(text.into()));
        }
        let rule = "use 1 to 64 of `A-Z`, `a-z`, `0-9`, `-`, `_` and `.`, starting with a letter or digit".to_owned();
        Err(TenantsError::Invalid { what: format!("audience `{}`", text.escape_default()), rule })
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AudienceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A condition with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Audience {
    /// The name.
    pub name: AudienceName,
    /// The condition, checked.
    pub condition: Json,
    /// Since when it is this one.
    pub set_at: Timestamp,
}

impl Tenant {
    /// The audiences, by name.
    pub fn audiences(&self) -> impl Iterator<Item = &Arc<Audience>> {
        self.audiences.values()
    }

    /// The audience of that name.
    pub fn audience(&self, name: &AudienceName) -> Result<&Arc<Audience>, TenantsError> {
        self.audiences.get(name).ok_or_else(|| TenantsError::NotFound {
            what: "audience",
            name: name.to_string(),
            next: "`audience list` shows those there are",
        })
    }

    /// Sets an audience, in place of what was set before.
    pub fn set_audience(&mut self, audience: Audience) -> Result<Arc<Audience>, TenantsError> {
        if audience.condition.as_str().len() > limits::AUDIENCE_BYTES_MAX {
            let rule = format!("use at most {} bytes", limits::AUDIENCE_BYTES_MAX);
            return Err(TenantsError::Invalid { what: format!("the condition of `{}`", audience.name), rule });
        }
        if !self.audiences.contains_key(&audience.name) && self.audiences.len() >= limits::AUDIENCES_MAX {
            return Err(TenantsError::LimitReached {
                what: "audiences",
                max: limits::AUDIENCES_MAX,
                next: "remove one that nothing names",
            });
        }
        let audience = Arc::new(audience);
        self.audiences.insert(audience.name.clone(), Arc::clone(&audience));
        Ok(audience)
    }

    /// Removes an audience that no schedule names.
    pub fn remove_audience(&mut self, name: &AudienceName) -> Result<(), TenantsError> {
        self.audience(name)?;
        if self.is_scheduled_for(name) {
            return Err(TenantsError::Conflict {
                what: "audience",
                name: name.to_string(),
                why: "is named by a campaign's schedule: publish another, or archive the campaign, first",
            });
        }
        self.audiences.remove(name);
        Ok(())
    }

    /// Whether a campaign that is not archived has a schedule for this audience, by its name.
    fn is_scheduled_for(&self, name: &AudienceName) -> bool {
        let names = |trigger: &Trigger| matches!(trigger, Trigger::Schedule(schedule) if schedule.value()["audience"] == name.as_str());
        let kept = self.campaigns.values().filter(|campaign| campaign.state != CampaignState::Archived);
        let mut current = kept.filter_map(|campaign| campaign.current());
        current.any(|published| published.manifest.triggers.iter().any(names))
    }
}
