//! What a configured module said about itself, in the API's words.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::{Manifest, Target, Trigger};

/// What a configured module said about itself.
#[derive(Serialize, ToSchema)]
pub(super) struct ManifestAnswer {
    /// The module's name, not the campaign's.
    name: String,
    version: String,
    summary: String,
    /// What it is asked about.
    triggers: Vec<TriggerAnswer>,
    /// Channels that it may name.
    channels: Vec<String>,
    /// Steps that it may name.
    steps: Vec<String>,
    /// JSON Schema of the configuration that it takes.
    #[schema(value_type = Object)]
    configuration: Value,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum TriggerAnswer {
    /// A track event by name, or `*`.
    Event(String),
    /// Every call of a type.
    Call(String),
    /// Something became of a message.
    Engagement(EngagementAnswer),
    /// A trait changed, by name.
    TraitChanged(String),
    /// An attribute of an item changed, by name, or `*`.
    ItemChanged(String),
    /// Moments, as the module wrote them.
    #[schema(value_type = Object)]
    Schedule(Value),
}

#[derive(Serialize, ToSchema)]
struct EngagementAnswer {
    kind: &'static str,
    target: TargetAnswer,
}

/// Whose messages are meant.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum TargetAnswer {
    Any,
    Mine,
    Channel(String),
    Campaign(String),
    Step { campaign: String, step: String },
    Label(String),
}

impl From<&Manifest> for ManifestAnswer {
    fn from(manifest: &Manifest) -> Self {
        Self {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            summary: manifest.summary.clone(),
            triggers: manifest.triggers.iter().map(TriggerAnswer::from).collect(),
            channels: manifest.channels.clone(),
            steps: manifest.steps.clone(),
            configuration: manifest.configuration.value(),
        }
    }
}

impl From<&Trigger> for TriggerAnswer {
    fn from(trigger: &Trigger) -> Self {
        match trigger {
            Trigger::Event(name) => Self::Event(name.clone()),
            Trigger::Call(call) => Self::Call(call.clone()),
            Trigger::Engagement { kind, target } => {
                Self::Engagement(EngagementAnswer { kind: kind.as_str(), target: target.into() })
            }
            Trigger::TraitChanged(name) => Self::TraitChanged(name.clone()),
            Trigger::ItemChanged(name) => Self::ItemChanged(name.clone()),
            Trigger::Schedule(moments) => Self::Schedule(moments.value()),
        }
    }
}

impl From<&Target> for TargetAnswer {
    fn from(target: &Target) -> Self {
        match target {
            Target::Any => Self::Any,
            Target::Mine => Self::Mine,
            Target::Channel(channel) => Self::Channel(channel.clone()),
            Target::Campaign(campaign) => Self::Campaign(campaign.clone()),
            Target::Step(campaign, step) => Self::Step { campaign: campaign.clone(), step: step.clone() },
            Target::Label(label) => Self::Label(label.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::domain::{EngagementKind, Json};

    #[test]
    fn every_trigger_has_its_word() {
        let opened = |target| Trigger::Engagement { kind: EngagementKind::Opened, target };
        let manifest = Manifest {
            name: "sample".to_owned(),
            version: "1.0.0".to_owned(),
            summary: "a sample".to_owned(),
            triggers: vec![
                Trigger::Event("*".to_owned()),
                Trigger::Call("identify".to_owned()),
                Trigger::TraitChanged("tier".to_owned()),
                Trigger::ItemChanged("price".to_owned()),
                Trigger::Schedule(Json::parse(r#"{"at":"09:00"}"#).unwrap()),
                opened(Target::Any),
                opened(Target::Mine),
                opened(Target::Channel("push".to_owned())),
                opened(Target::Campaign("winter".to_owned())),
                opened(Target::Step("winter".to_owned(), "first".to_owned())),
                opened(Target::Label("cold".to_owned())),
            ],
            channels: vec!["push".to_owned()],
            steps: vec!["first".to_owned()],
            configuration: Json::parse(r#"{"type": "object"}"#).unwrap(),
        };
        let triggers = ManifestAnswer::from(&manifest).triggers;
        let lines: Vec<_> = triggers.iter().map(|trigger| serde_json::to_string(trigger).unwrap()).collect();
        expect![[r#"
            {"event":"*"}
            {"call":"identify"}
            {"trait_changed":"tier"}
            {"item_changed":"price"}
            {"schedule":{"at":"09:00"}}
            {"engagement":{"kind":"opened","target":"any"}}
            {"engagement":{"kind":"opened","target":"mine"}}
            {"engagement":{"kind":"opened","target":{"channel":"push"}}}
            {"engagement":{"kind":"opened","target":{"campaign":"winter"}}}
            {"engagement":{"kind":"opened","target":{"step":{"campaign":"winter","step":"first"}}}}
            {"engagement":{"kind":"opened","target":{"label":"cold"}}}"#]]
        .assert_eq(&lines.join("\n"));
    }
}
