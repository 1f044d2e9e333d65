//! The last room before the providers: one trait, one table, one folder or file for each provider.
//!
//! A channel delivers one message in one attempt and says what came of it. It keeps nothing, never tries twice and
//! knows neither campaigns nor the store: what is promised, when it is tried again and when it is given up is the
//! outbox's. What a provider calls things, and how its answers are to be read, is known in its own folder only.
//!
//! What every channel owes its callers is run by `conformance`.

mod adroll;
mod ads;
mod asked;
mod batch;
mod braze;
mod bulk;
mod common;
mod company;
mod content;
mod customer_io;
mod dialer;
mod dynamic_yield;
mod email;
mod facebook;
mod http;
mod layout;
mod mailchimp;
mod mandrill;
mod message;
mod press;
mod preview;
mod properties;
mod reach;
mod retry_after;
mod segment;
mod sendgrid;
mod settings;
mod smtp;
mod switchboard;
mod templated;
mod webhook;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod judged;
#[cfg(test)]
mod scripted;

use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;

use crate::domain::{Json, KnownBy, limits};

pub use http::{Http, HttpError};
pub use layout::{Layout, Occasion, layout};
pub use message::{Addresses, Message, Receipt};
pub use press::Press;
pub use reach::{OutOfReach, Reach};
pub use segment::Echo;
pub use settings::SettingsError;
pub use switchboard::{Line, Switchboard, closed, unset};
pub use templated::Templated;

/// Every provider. To add one: a file or a folder, and its line here.
pub const PROVIDERS: &[&dyn Provider] = &[
    &preview::Preview,
    &adroll::AdRoll,
    &batch::Batch,
    &braze::Braze,
    &customer_io::CustomerIo,
    &dynamic_yield::DynamicYield,
    &facebook::Facebook,
    &mailchimp::Mailchimp,
    &mandrill::Mandrill,
    &segment::Segment,
    &sendgrid::SendGrid,
    &smtp::Smtp,
    &webhook::Webhook,
];

/// The provider of a channel that its tenant has not set up.
pub const DEFAULT_PROVIDER: &str = preview::NAME;

/// The provider that takes calls to Segment, and the tenant's own name for the channel over which it is told what becomes of messages.
pub const SEGMENT: &str = segment::NAME;

/// A delivery under way. Dropped, it is broken off, and nobody knows whether the provider took the message.
pub type Delivering<'a> = Pin<Box<dyn Future<Output = Receipt> + Send + 'a>>;

/// A way to one provider, with one tenant's settings.
pub trait Channel: Send + Sync {
    /// The provider's name in the table.
    fn provider(&self) -> &'static str;

    /// How the provider knows people: one that is told addresses is sent nothing for somebody who has none.
    fn knows_people_by(&self) -> KnownBy {
        KnownBy::Id
    }

    /// How many of its messages may be under way at one time.
    fn under_way_max(&self) -> usize {
        limits::DISPATCHED_PER_CHANNEL_MAX
    }

    /// Whether it speaks of the person's traits in a message of that content.
    fn wants_traits(&self, _content: &Json) -> bool {
        false
    }

    /// Attempts to deliver one message, once. Ends within the attempt's bound; a failure is a receipt. Notes and reasons
    /// hold nothing of the message's content, its addresses, the settings' secrets or a URL's path, which may be one.
    fn deliver<'a>(&'a self, message: &'a Message) -> Delivering<'a>;
}

/// A kind of channel.
pub trait Provider: Sync {
    /// Its name in settings and metrics.
    fn name(&self) -> &'static str;

    /// The settings that nobody may read back.
    fn secrets(&self) -> &'static [&'static str];

    /// Checks settings and gives them as they are to be kept. An address that is out of reach is refused at once.
    fn validate(&self, settings: &Value, reach: &Reach) -> Result<Value, SettingsError>;

    /// Opens a channel with settings that `validate` gave. Connects to nothing: it costs microseconds.
    fn open(&self, settings: &Value, http: &Http) -> Result<Arc<dyn Channel>, SettingsError>;
}

/// Checks settings for a provider and gives them as they are to be kept.
pub fn validate(provider: &str, settings: &Value, reach: &Reach) -> Result<Value, SettingsError> {
    find(provider)?.validate(settings, reach)
}

/// Opens a channel to a provider.
pub fn open(provider: &str, settings: &Value, http: &Http) -> Result<Arc<dyn Channel>, SettingsError> {
    find(provider)?.open(settings, http)
}

/// The settings as they may be shown: secrets read `***`, and so does what follows the host of an address, which may be one.
pub fn redacted(provider: &str, settings: &Value) -> Result<Value, SettingsError> {
    let secrets = find(provider)?.secrets();
    let mut shown = settings.clone();
    for (key, value) in shown.as_object_mut().into_iter().flatten() {
        if secrets.contains(&key.as_str()) {
            *value = "***".into();
        } else if let Some(address) = value.as_str().and_then(masked_address) {
            *value = address.into();
        }
    }
    Ok(shown)
}

/// None where the text is no address, or nothing follows its host.
fn masked_address(text: &str) -> Option<String> {
    let url = reqwest::Url::parse(text).ok().filter(reqwest::Url::has_host)?;
    let mut bare = url.clone();
    bare.set_path("");
    bare.set_query(None);
    bare.set_fragment(None);
    // An address with a host can always be without a user.
    let _ = (bare.set_username(""), bare.set_password(None));
    (bare != url).then(|| format!("{}/***", bare.as_str().trim_end_matches('/')))
}

fn find(name: &str) -> Result<&'static dyn Provider, SettingsError> {
    let known = || PROVIDERS.iter().map(|provider| provider.name());
    let provider = PROVIDERS.iter().find(|provider| provider.name() == name).copied();
    provider.ok_or_else(|| SettingsError::unknown_provider(name, known()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn every_provider_has_a_name_of_its_own() {
        let names: HashSet<_> = PROVIDERS.iter().map(|provider| provider.name()).collect();
        assert_eq!(names.len(), PROVIDERS.len());
        assert!(names.contains(DEFAULT_PROVIDER));
    }

    #[test]
    fn an_unknown_provider_is_refused_with_those_that_exist() {
        let err = validate("webhok", &json!({}), &Reach::new(Vec::new())).unwrap_err();
        let names = PROVIDERS.iter().map(|provider| format!("`{}`", provider.name())).collect::<Vec<_>>().join(", ");
        assert_eq!(err.to_string(), format!("provider `webhok` is not known: use one of {names}"));
    }

    #[test]
    fn a_provider_that_closed_is_refused_with_what_to_use_instead() {
        let err = validate("bronto", &json!({}), &Reach::new(Vec::new())).unwrap_err();
        let wanted =
            "provider `bronto` closed in 2022: send through `smtp` or `webhook` instead, see docs/channels/bronto.md";
        assert_eq!(err.to_string(), wanted);
    }

    #[test]
    fn secrets_are_never_shown() {
        let settings = json!({"url": "https://example.com/", "secret": "whsec_x", "previous_secret": "whsec_y"});
        let shown = redacted("webhook", &settings).unwrap();
        assert_eq!(shown, json!({"url": "https://example.com/", "secret": "***", "previous_secret": "***"}));
        for address in
            ["https://example.com:8443/services/T0/B0", "https://example.com:8443?t=s", "https://u:p@example.com:8443"]
        {
            let shown = redacted("webhook", &json!({"url": address})).unwrap();
            assert_eq!(shown, json!({"url": "https://example.com:8443/***"}), "{address}");
        }
    }
}
