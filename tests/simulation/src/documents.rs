//! The campaigns' documents, as they are published and as the judge reads them: nobody here knows more of a campaign than what stands there.

use anyhow::{Context, Result};
use serde_json::Value;

/// A campaign's name, and what is published under it.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) name: &'static str,
    pub(crate) configuration: Value,
    pub(crate) settings: Value,
}

/// The tenant's and all its campaigns'.
#[derive(Debug, Clone)]
pub(crate) struct Documents {
    pub(crate) tenant: Value,
    pub(crate) campaigns: Vec<Document>,
}

const TENANT: &str = include_str!("../campaigns/tenant.json");
const CAMPAIGNS: [(&str, &str); 8] = [
    ("browse", include_str!("../campaigns/browse.json")),
    ("cart", include_str!("../campaigns/cart.json")),
    ("digest", include_str!("../campaigns/digest.json")),
    ("flash", include_str!("../campaigns/flash.json")),
    ("follow", include_str!("../campaigns/follow.json")),
    ("lines", include_str!("../campaigns/lines.json")),
    ("receipt", include_str!("../campaigns/receipt.json")),
    ("upgrade", include_str!("../campaigns/upgrade.json")),
];

impl Documents {
    pub(crate) fn read() -> Result<Self> {
        let campaign = |(name, text): &(&'static str, &str)| {
            let mut document: Value = serde_json::from_str(text).with_context(|| format!("`{name}.json`"))?;
            let mut member = |member: &str| document[member].take();
            Ok(Document { name, configuration: member("configuration"), settings: member("settings") })
        };
        let campaigns = CAMPAIGNS.iter().map(campaign).collect::<Result<_>>()?;
        Ok(Self { tenant: serde_json::from_str(TENANT).context("`tenant.json`")?, campaigns })
    }
}

impl Document {
    /// What is said of its experiment.
    pub(crate) fn experiment(&self) -> &Value {
        &self.settings["experiment"]
    }

    /// The event that it is for.
    pub(crate) fn conversion(&self) -> Option<&str> {
        self.experiment()["conversion"]["event"].as_str()
    }

    /// Variations with their weights.
    pub(crate) fn variations(&self) -> Vec<(&str, f64)> {
        match &self.experiment()["variations"] {
            Value::Array(list) => {
                list.iter().filter_map(|one| Some((one["name"].as_str()?, one["weight"].as_f64()?))).collect()
            }
            Value::Object(members) => {
                members.iter().filter_map(|(name, weight)| Some((name.as_str(), weight.as_f64()?))).collect()
            }
            _ => Vec::new(),
        }
    }
}
