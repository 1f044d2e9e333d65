//! A template's record on disk, a row for each version.

use serde::{Deserialize, Serialize};

use super::records::{Damage, Kept};
use super::{Template, TemplateKey};
use crate::domain::{ChannelName, TemplateName, TenantId, Timestamp};

#[derive(Serialize, Deserialize)]
pub(super) struct TemplateRecord {
    channel: String,
    template: String,
    version: u32,
    text: String,
    set_ms: i64,
}

impl Kept for Template {
    type Record = TemplateRecord;

    /// Neither name holds a slash.
    fn name(&self) -> String {
        format!("{}/{:010}", self.key, self.version)
    }

    fn to_record(&self) -> TemplateRecord {
        TemplateRecord {
            channel: self.key.channel.to_string(),
            template: self.key.name.to_string(),
            version: self.version,
            text: self.text.to_string(),
            set_ms: self.set_at.as_millis(),
        }
    }

    fn from_record(_: &TenantId, record: TemplateRecord) -> Result<Self, Damage> {
        let key =
            TemplateKey { channel: ChannelName::parse(&record.channel)?, name: TemplateName::parse(&record.template)? };
        Ok(Self {
            key,
            version: record.version,
            text: record.text.into(),
            set_at: Timestamp::from_millis(record.set_ms),
        })
    }
}
