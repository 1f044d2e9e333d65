//! A manifest's record on disk: part of a revision's.

use serde::{Deserialize, Serialize};

use super::records::Damage;
use crate::domain::{EngagementKind, Json, Manifest, Target, Trigger};

#[derive(Serialize, Deserialize)]
pub(super) struct ManifestRecord {
    name: String,
    version: String,
    summary: String,
    triggers: Vec<TriggerRecord>,
    channels: Vec<String>,
    steps: Vec<String>,
    configuration: String,
}

impl From<&Manifest> for ManifestRecord {
    fn from(manifest: &Manifest) -> Self {
        Self {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            summary: manifest.summary.clone(),
            triggers: manifest.triggers.iter().map(TriggerRecord::from).collect(),
            channels: manifest.channels.clone(),
            steps: manifest.steps.clone(),
            configuration: manifest.configuration.as_str().to_owned(),
        }
    }
}

impl ManifestRecord {
    /// What was written.
    pub(super) fn restore(self) -> Result<Manifest, Damage> {
        Ok(Manifest {
            name: self.name,
            version: self.version,
            summary: self.summary,
            triggers: self.triggers.into_iter().map(TriggerRecord::restore).collect::<Result<_, _>>()?,
            channels: self.channels,
            steps: self.steps,
            configuration: Json::parse(&self.configuration)?,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TriggerRecord {
    Event(String),
    Call(String),
    Engagement { kind: String, target: TargetRecord },
    TraitChanged(String),
    ItemChanged(String),
    Schedule(String),
}

impl From<&Trigger> for TriggerRecord {
    fn from(trigger: &Trigger) -> Self {
        match trigger {
            Trigger::Event(name) => Self::Event(name.clone()),
            Trigger::Call(call) => Self::Call(call.clone()),
            Trigger::Engagement { kind, target } => {
                Self::Engagement { kind: kind.as_str().to_owned(), target: TargetRecord::from(target) }
            }
            Trigger::TraitChanged(name) => Self::TraitChanged(name.clone()),
            Trigger::ItemChanged(name) => Self::ItemChanged(name.clone()),
            Trigger::Schedule(moments) => Self::Schedule(moments.as_str().to_owned()),
        }
    }
}

impl TriggerRecord {
    fn restore(self) -> Result<Trigger, Damage> {
        Ok(match self {
            Self::Event(name) => Trigger::Event(name),
            Self::Call(call) => Trigger::Call(call),
            Self::Engagement { kind, target } => Trigger::Engagement {
                kind: EngagementKind::parse(&kind).ok_or_else(|| format!("engagement `{kind}` is not known"))?,
                target: target.into(),
            },
            Self::TraitChanged(name) => Trigger::TraitChanged(name),
            Self::ItemChanged(name) => Trigger::ItemChanged(name),
            Self::Schedule(moments) => Trigger::Schedule(Json::parse(&moments)?),
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TargetRecord {
    Any,
    Mine,
    Channel(String),
    Campaign(String),
    Step(String, String),
    Label(String),
}

impl From<&Target> for TargetRecord {
    fn from(target: &Target) -> Self {
        match target {
            Target::Any => Self::Any,
            Target::Mine => Self::Mine,
            Target::Channel(channel) => Self::Channel(channel.clone()),
            Target::Campaign(campaign) => Self::Campaign(campaign.clone()),
            Target::Step(campaign, step) => Self::Step(campaign.clone(), step.clone()),
            Target::Label(label) => Self::Label(label.clone()),
        }
    }
}

impl From<TargetRecord> for Target {
    fn from(record: TargetRecord) -> Self {
        match record {
            TargetRecord::Any => Self::Any,
            TargetRecord::Mine => Self::Mine,
            TargetRecord::Channel(channel) => Self::Channel(channel),
            TargetRecord::Campaign(campaign) => Self::Campaign(campaign),
            TargetRecord::Step(campaign, step) => Self::Step(campaign, step),
            TargetRecord::Label(label) => Self::Label(label),
        }
    }
}
