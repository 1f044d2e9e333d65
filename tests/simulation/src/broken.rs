//! What is wrong on purpose with what the judge hears: a judge who then still has nothing to say would notice nothing else either.

use std::cell::Cell;

use anyhow::Result;
use serde_json::Value;

use crate::documents::Documents;
use crate::provider::Taken;
use crate::tape::Call;

/// What is wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// The judge misses one click.
    Click,
    /// The judge misses one message that was accepted.
    Message,
    /// The judge takes one order to be worth more.
    Value,
    /// The judge hears one call a second time.
    Twice,
    /// The judge believes that who lives in Tokyo lives in New York.
    Zone,
    /// The judge believes that half as many messages were allowed.
    Cap,
    /// The judge believes that more people are held out.
    HoldOut,
}

impl Broken {
    /// Everything that can be wrong.
    pub const ALL: [Self; 7] =
        [Self::Click, Self::Message, Self::Value, Self::Twice, Self::Zone, Self::Cap, Self::HoldOut];

    /// The provider's record, as the judge sees it.
    pub(crate) fn record(self, record: &[Taken]) -> &[Taken] {
        let missed = usize::from(self == Self::Message);
        &record[..record.len().saturating_sub(missed)]
    }

    /// The documents, as the judge reads them.
    pub(crate) fn documents(self, documents: &Documents) -> Documents {
        let mut documents = documents.clone();
        match self {
            Self::Cap => documents.tenant["caps"][0]["count"] = 1.into(),
            Self::HoldOut => documents.tenant["hold_out_percent"] = 6.into(),
            _ => {}
        }
        documents
    }

    /// The tape, as the judge hears it.
    pub(crate) fn calls(self, calls: impl Iterator<Item = Result<Call>>) -> impl Iterator<Item = Result<Call>> {
        let is_done = Cell::new(false);
        calls.flat_map(move |call| {
            let Ok(call) = call else { return vec![call] };
            let is_meant = call.is_fresh && self.is_about(&call) && !(self != Self::Zone && is_done.get());
            if !is_meant {
                return vec![Ok(call)];
            }
            is_done.set(true);
            self.heard(call).into_iter().map(Ok).collect()
        })
    }

    fn is_about(self, call: &Call) -> bool {
        let said = |words: &str| call.text.contains(words);
        match self {
            Self::Click | Self::Twice => said("Email Link Clicked"),
            Self::Value => said("Order Completed"),
            Self::Zone => said("Asia/Tokyo"),
            Self::Message | Self::Cap | Self::HoldOut => false,
        }
    }

    fn heard(self, call: Call) -> Vec<Call> {
        match self {
            Self::Click => Vec::new(),
            Self::Twice => vec![call.later(), call],
            Self::Value => vec![Call { text: call.text.replacen("\"total\":", "\"total\":1", 1), ..call }],
            Self::Zone => vec![Call { text: call.text.replace("Asia/Tokyo", "America/New_York"), ..call }],
            Self::Message | Self::Cap | Self::HoldOut => vec![call],
        }
    }
}

impl Call {
    /// The same, as if it had happened a second later.
    fn later(&self) -> Self {
        let mut said: Value = serde_json::from_str(&self.text).unwrap_or_default();
        let later = said["timestamp"].as_str().map(|moment| moment.replace(".000Z", ".999Z").replace(":00.", ":01."));
        said["timestamp"] = later.into();
        Self { text: said.to_string(), ..*self }
    }
}
