//! The four providers, and how a tenant connects them.

use serde_json::{Value, json};

use crate::emulators::{Braze, Chance, CustomerIo, Emulator, Execution, Facebook, Tracking};

/// The campaign, under its module's name.
pub const CAMPAIGN: &str = "three-lines";
/// What the campaign calls the audience.
const AUDIENCE: &str = "abandoned-cart";

/// A step of the campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The first line.
    Push,
    /// The second line.
    Email,
    /// The third line.
    Ads,
    /// Out of the audience, with the next order.
    AdsRemove,
}

/// All of them, open.
pub struct Providers {
    /// For push messages.
    pub braze: Emulator,
    /// For e-mail.
    pub customer_io: Emulator,
    /// For the audience.
    pub facebook: Emulator,
    /// Where the house tells what became of messages.
    pub segment: Emulator,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 4] = [Self::Push, Self::Email, Self::Ads, Self::AdsRemove];

    /// What the campaign calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Email => "email",
            Self::Ads => "ads",
            Self::AdsRemove => "ads-remove",
        }
    }

    /// The step of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }

    /// What something was done for; none of what is no step.
    pub fn of(done: &Execution) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.what() == done.order.what)
    }

    /// Who carries it out.
    pub(super) fn provider(self) -> &'static str {
        match self {
            Self::Push => "braze",
            Self::Email => "customer-io",
            Self::Ads | Self::AdsRemove => "facebook",
        }
    }

    /// As what Segment is told that it was taken.
    pub(super) fn sent(self) -> &'static str {
        match self {
            Self::Push => "Push Notification Sent",
            Self::Email => "Email Sent",
            Self::Ads | Self::AdsRemove => "Message Sent",
        }
    }

    /// What its provider calls what it does for it.
    fn what(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Email => "email",
            Self::Ads => "add",
            Self::AdsRemove => "remove",
        }
    }
}

impl Providers {
    /// All on loopback. So many of a hundred requests end badly, by that seed.
    pub async fn open(percent: u8, seed: u64) -> Self {
        let chance = |number| Chance::of(percent, seed.wrapping_add(number));
        Self {
            braze: Emulator::open(Braze, chance(1)).await,
            customer_io: Emulator::open(CustomerIo, chance(2)).await,
            facebook: Emulator::open(Facebook, chance(3)).await,
            segment: Emulator::open(Tracking, chance(4)).await,
        }
    }

    /// All of them, by their names.
    pub fn all(&self) -> [(&'static str, &Emulator); 4] {
        let Self { braze, customer_io, facebook, segment } = self;
        [("braze", braze), ("customer-io", customer_io), ("facebook", facebook), ("segment", segment)]
    }

    /// Who carries the step out.
    pub fn of(&self, step: Step) -> &Emulator {
        match step {
            Step::Push => &self.braze,
            Step::Email => &self.customer_io,
            Step::Ads | Step::AdsRemove => &self.facebook,
        }
    }

    /// What was done for the step.
    pub fn executions(&self, step: Step) -> Vec<Execution> {
        let mut executions = self.of(step).executions();
        executions.retain(|done| Step::of(done) == Some(step));
        executions
    }

    /// How the tenant connects its channels: what to put where.
    pub fn channels(&self) -> [(&'static str, Value); 4] {
        let settings = |provider: &str, settings: Value| json!({"provider": provider, "settings": settings});
        [
            (
                "/v1/channels/push",
                settings(
                    "braze",
                    json!({"url": self.braze.url, "api_key": Braze::API_KEY, "campaign_id": Braze::CAMPAIGN_ID}),
                ),
            ),
            (
                "/v1/channels/email",
                settings(
                    "customer-io",
                    json!({
                        "url": self.customer_io.url, "send": "email", "app_key": CustomerIo::APP_KEY,
                        "template": CustomerIo::TEMPLATE.to_string(), "callback_key": CustomerIo::SIGNING_KEY,
                    }),
                ),
            ),
            (
                "/v1/channels/ads",
                settings(
                    "facebook",
                    json!({
                        "url": self.facebook.url, "access_token": Facebook::ACCESS_TOKEN,
                        "audiences": {AUDIENCE: Facebook::AUDIENCE_ID},
                    }),
                ),
            ),
            (
                "/v1/channels/segment",
                settings("segment", json!({"url": self.segment.url, "write_key": Tracking::WRITE_KEY})),
            ),
        ]
    }

    /// What the providers' own words for the messages mean here: what to put where, once the campaign is there.
    pub fn mappings() -> [(&'static str, Value); 2] {
        let push = json!({
            "campaign": Braze::CAMPAIGN_ID, "step": Braze::VARIATION, "is": {"campaign": CAMPAIGN, "step": Step::Push.name()},
        });
        let email = json!({"campaign": CustomerIo::TEMPLATE.to_string(), "is": {"campaign": CAMPAIGN}});
        [("/v1/mappings/braze-push", push), ("/v1/mappings/customer-io-email", email)]
    }
}
