//! What the messages of one request have in common, and the request's body around them.

use serde_json::{Value, json};

use crate::channels::company::Company;
use crate::domain::limits;

/// One request's worth.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Call {
    pub(super) what: What,
    pub(super) company: Company,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum What {
    /// Its elements are recipients.
    Campaign { campaign_id: String, send_id: Option<String> },
    /// Its elements are recipients.
    Canvas { canvas_id: String },
    /// Its elements are events, of any name.
    Events,
    /// Its element is the body.
    Texts,
}

impl Call {
    pub(super) fn messages_max(&self) -> usize {
        self.company.request_max(limits::BRAZE_PEOPLE_MAX)
    }
}

impl What {
    pub(super) fn path(&self) -> impl Iterator<Item = &'static str> {
        let path = match self {
            Self::Campaign { .. } => "campaigns/trigger/send",
            Self::Canvas { .. } => "canvas/trigger/send",
            Self::Events => "users/track",
            Self::Texts => "messages/send",
        };
        path.split('/')
    }

    /// Whether one person may be among its elements once only.
    pub(super) fn keeps_one_of_a_person(&self) -> bool {
        matches!(self, Self::Campaign { .. } | Self::Canvas { .. })
    }

    pub(super) fn body(&self, mut elements: Vec<Value>) -> Value {
        match self {
            Self::Campaign { campaign_id, send_id: None } => {
                json!({"campaign_id": campaign_id, "broadcast": false, "recipients": elements})
            }
            Self::Campaign { campaign_id, send_id: Some(send_id) } => {
                json!({"campaign_id": campaign_id, "send_id": send_id, "broadcast": false, "recipients": elements})
            }
            Self::Canvas { canvas_id } => json!({"canvas_id": canvas_id, "broadcast": false, "recipients": elements}),
            Self::Events => json!({"events": elements}),
            Self::Texts => elements.pop().unwrap_or_default(),
        }
    }
}
