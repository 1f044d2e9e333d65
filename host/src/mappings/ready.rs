//! All of a tenant's mappings, ready to be asked at the door: tables by the spelling that names are compared in.

use std::collections::HashMap;

use super::{CampaignMapping, ConsentMapping, EventMapping, Mapping, Ours, Subject};
use crate::domain::{ChannelName, spelling};

/// A tenant's mappings. Without any, nothing is mapped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mappings(HashMap<Subject, Mapping>);

/// Two mappings speak of the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{one}` and `{other}` map the same: change or remove one of them")]
pub struct Clash {
    /// The name of the one.
    pub one: String,
    /// The name of the other.
    pub other: String,
}

impl Mappings {
    /// Makes them ready, each with its name.
    pub fn of<'a>(mappings: impl IntoIterator<Item = (&'a str, &'a Mapping)>) -> Result<Self, Clash> {
        let (mut ready, mut names) = (HashMap::new(), HashMap::new());
        for (name, mapping) in mappings {
            let subject = mapping.subject();
            if let Some(one) = names.insert(subject.clone(), name) {
                return Err(Clash { one: one.to_owned(), other: name.to_owned() });
            }
            ready.insert(subject, mapping.clone());
        }
        Ok(Self(ready))
    }

    /// Whether nothing is mapped.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a track event of that name tells.
    pub fn event(&self, name: &str) -> Option<&EventMapping> {
        match self.0.get(&Subject::Event(spelling::folded(name))) {
            Some(Mapping::Event(mapping)) => Some(mapping),
            _ => None,
        }
    }

    /// Which of ours a vendor's campaign is, by any of the words by which an event calls campaign and step. A mapping that names the
    /// step goes before one of the whole campaign, and an earlier word before a later.
    pub fn ours(&self, campaigns: &[String], steps: &[String]) -> Option<&Ours> {
        let folded = |words: &[String]| words.iter().map(|word| spelling::folded(word)).collect::<Vec<_>>();
        let (campaigns, steps) = (folded(campaigns), folded(steps));
        let of_step = campaigns.iter().flat_map(|campaign| steps.iter().map(move |step| (campaign, Some(step))));
        let of_campaign = campaigns.iter().map(|campaign| (campaign, None));
        of_step.chain(of_campaign).find_map(|(campaign, step)| {
            match self.0.get(&Subject::Campaign(campaign.clone(), step.cloned())) {
                Some(Mapping::Campaign(CampaignMapping { is, .. })) => Some(is),
                _ => None,
            }
        })
    }

    /// The channels that a category of consent is about.
    pub fn channels(&self, category: &str) -> &[ChannelName] {
        match self.0.get(&Subject::Category(spelling::folded(category))) {
            Some(Mapping::Consent(ConsentMapping { channels, .. })) => channels,
            _ => &[],
        }
    }
}
