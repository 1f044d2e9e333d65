//! Channels: which provider a tenant's channel goes to, and with which settings. What settings mean, the channels room knows.

use std::fmt;
use std::sync::Arc;

use super::{Tenant, TenantsError};
use crate::domain::{ChannelName, Json, limits};

/// Where a channel goes.
#[derive(Clone, PartialEq, Eq)]
pub struct ChannelSettings {
    /// The channel.
    pub channel: ChannelName,
    /// The provider's name.
    pub provider: String,
    /// The provider's settings, checked; secrets are in them as they are.
    pub settings: Json,
}

/// Settings hold secrets, so they are not printed.
impl fmt::Debug for ChannelSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChannelSettings({} over {}, ***)", self.channel, self.provider)
    }
}

impl Tenant {
    /// Sets where a channel goes.
    pub fn set_channel(&mut self, settings: ChannelSettings) -> Result<Arc<ChannelSettings>, TenantsError> {
        if settings.settings.as_str().len() > limits::CHANNEL_SETTINGS_BYTES_MAX {
            let rule = format!("use at most {} bytes", limits::CHANNEL_SETTINGS_BYTES_MAX);
            return Err(TenantsError::Invalid { what: format!("what is set for `{}`", settings.channel), rule });
        }
        if !self.channels.contains_key(&settings.channel) && self.channels.len() >= limits::CHANNELS_MAX {
            return Err(TenantsError::LimitReached {
                what: "channels",
                max: limits::CHANNELS_MAX,
                next: "remove one that no campaign uses",
            });
        }
        let settings = Arc::new(settings);
        self.channels.insert(settings.channel.clone(), Arc::clone(&settings));
        Ok(settings)
    }

    /// Forgets where a channel goes: from now on it goes to `preview`.
    pub fn unset_channel(&mut self, channel: &ChannelName) -> Result<(), TenantsError> {
        match self.channels.remove(channel) {
            Some(_) => Ok(()),
            None => Err(TenantsError::NotFound {
                what: "channel",
                name: channel.to_string(),
                next: "it has no settings, so it goes to `preview` as it is",
            }),
        }
    }
}
