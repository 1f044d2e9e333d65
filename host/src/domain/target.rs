//! Whose messages are meant, by a trigger, a condition or a look into the history; and whether one of them is.

use super::{CampaignName, Engagement};

/// Whose messages are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Anybody's.
    Any,
    /// The asking campaign's own.
    Mine,
    /// Those over a channel.
    Channel(String),
    /// Those of a campaign, by name.
    Campaign(String),
    /// Those of a campaign's step.
    Step(String, String),
    /// Those of every campaign with this label.
    Label(String),
}

/// Which campaigns have which labels now.
pub trait Labels {
    /// Whether the campaign, as a provider spells it, has the label.
    fn has(&self, campaign: &str, label: &str) -> bool;
}

/// Who asks.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// The campaign.
    pub campaign: &'a CampaignName,
    /// What its tenant's campaigns have in common.
    pub labels: &'a dyn Labels,
}

/// What is known of a message: its channel, and perhaps its campaign and step, as the provider spells them.
#[derive(Debug, Clone, Copy)]
pub struct MessageSubject<'a> {
    /// The channel.
    pub channel: &'a str,
    /// The campaign.
    pub campaign: Option<&'a str>,
    /// The step.
    pub step: Option<&'a str>,
}

impl Target {
    /// Whether it names messages of others.
    pub fn follows_others(&self) -> bool {
        match self {
            Self::Any | Self::Mine => false,
            Self::Channel(_) | Self::Campaign(_) | Self::Step(..) | Self::Label(_) => true,
        }
    }

    /// Whether a message is meant.
    pub fn covers(&self, asking: Asking<'_>, message: MessageSubject<'_>) -> bool {
        let is_of = |name: &str| {
            let known = CampaignName::parse(name);
            let is = |carried: &str| known.as_ref().map_or(carried == name, |known| known.is_spelled(carried));
            message.campaign.is_some_and(is)
        };
        match self {
            Self::Any => true,
            Self::Mine => is_of(asking.campaign.as_str()),
            Self::Channel(wanted) => message.channel == wanted,
            Self::Campaign(wanted) => is_of(wanted),
            Self::Step(wanted, wanted_step) => is_of(wanted) && message.step == Some(wanted_step),
            Self::Label(wanted) => message.campaign.is_some_and(|carried| asking.labels.has(carried, wanted)),
        }
    }
}

impl Engagement {
    /// The message that it was with.
    pub fn message(&self) -> MessageSubject<'_> {
        MessageSubject { channel: &self.channel, campaign: self.campaign.as_deref(), step: self.step.as_deref() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every campaign whose name begins with its label has it.
    struct Prefixes;

    impl Labels for Prefixes {
        fn has(&self, campaign: &str, label: &str) -> bool {
            campaign.starts_with(label)
        }
    }

    #[test]
    fn a_target_covers_what_it_names() {
        let campaign = CampaignName::parse("comeback").unwrap();
        let asking = Asking { campaign: &campaign, labels: &Prefixes };
        let message = |campaign| MessageSubject { channel: "push", campaign, step: Some("first") };
        let [mine, other, unknown] = [message(Some("Come Back")), message(Some("spring-sale")), message(None)];
        for (target, expected) in [
            (Target::Any, [true, true, true]),
            (Target::Mine, [true, false, false]),
            (Target::Channel("push".into()), [true, true, true]),
            (Target::Channel("email".into()), [false, false, false]),
            (Target::Campaign("Spring-Sale".into()), [false, true, false]),
            (Target::Step("spring-sale".into(), "first".into()), [false, true, false]),
            (Target::Step("spring-sale".into(), "second".into()), [false, false, false]),
            (Target::Label("spring".into()), [false, true, false]),
        ] {
            assert_eq!([mine, other, unknown].map(|message| target.covers(asking, message)), expected, "{target:?}");
        }
    }
}
