//! What became of a message, as it goes over the channel: in the house's words, which `call` and `names` turn into Segment's.

use serde_json::{Map, Value, json};

use super::names;
use crate::channels::Message;
use crate::domain::{EngagementKind, InstructionId, Json, Timestamp};

/// What became of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Echo {
    /// What.
    pub kind: EngagementKind,
    /// The channel it went over.
    pub channel: String,
    /// Which message, where that is known.
    pub message: Option<InstructionId>,
    /// What was tried on the person.
    pub variation: Option<String>,
    /// The button, link or page, when one was named.
    pub detail: Option<String>,
    /// A machine did it, not the person.
    pub by_machine: bool,
    /// What Segment calls somebody for whom the tenant has no name.
    pub anonymous_id: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Echo {
    /// The content of the message that tells of it.
    pub fn content(&self) -> Json {
        Json::from(&json!({
            "echo": self.kind.as_str(),
            "channel": self.channel,
            "message": self.message.as_ref().map(InstructionId::as_str),
            "variation": self.variation,
            "detail": self.detail,
            "by_machine": self.by_machine,
            "anonymous_id": self.anonymous_id,
            "at_ms": self.at.as_millis(),
        }))
    }

    /// Reads a content; none where it is none of these.
    pub(super) fn read(content: &Value) -> Option<Self> {
        let text = |name: &str| content[name].as_str().map(str::to_owned);
        Some(Self {
            kind: EngagementKind::parse(content["echo"].as_str()?)?,
            channel: text("channel")?,
            message: text("message").and_then(|id| InstructionId::parse(&id).ok()),
            variation: text("variation"),
            detail: text("detail"),
            by_machine: content["by_machine"] == true,
            anonymous_id: text("anonymous_id"),
            at: Timestamp::from_millis(content["at_ms"].as_i64()?),
        })
    }

    /// The event's name.
    pub(super) fn name(&self) -> String {
        names::event(&self.channel, self.kind)
    }

    /// The event's properties, by the names of the specifications: campaigns of ours have no id besides their name.
    pub(super) fn properties(&self, of: &Message) -> Value {
        let campaign = of.campaign.as_str();
        let message = self.message.as_ref().map(InstructionId::as_str);
        let mut properties = json!({
            "campaign_id": campaign,
            "campaign_name": campaign,
            "step": (!of.step.is_empty()).then_some(&of.step),
            "variation": self.variation,
            "channel": self.channel,
            "message_id": message,
        });
        if self.channel == "email" {
            properties["email_id"] = message.into();
        }
        if self.channel == "push" {
            properties["campaign"] = json!({"name": campaign, "medium": "push", "content": of.step});
        }
        if let Some(detail) = &self.detail {
            let is_address = detail.starts_with("https://") || detail.starts_with("http://");
            properties[if is_address { "link_url" } else { "link_id" }] = detail.as_str().into();
        }
        if self.by_machine {
            properties["machine_open"] = true.into();
        }
        without_nulls(properties)
    }
}

fn without_nulls(properties: Value) -> Value {
    let Value::Object(members) = properties else { return properties };
    members.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>().into()
}
