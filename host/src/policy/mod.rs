//! The judge: says to everything that one person's moment brings whether it goes out, and over which channel, or until when it waits, or why not.
//! Pure: a moment and candidates in, verdicts out. `docs/policy.md` describes it to those whom it judges.

mod campaign;
mod campaign_priority;
mod cap;
mod caps;
mod case;
mod channel_priority;
mod consent;
mod court;
mod dont_send_if;
mod duplicates;
mod expiry;
mod quiet_hours;
mod tenant;
#[cfg(test)]
mod tests;

use crate::domain::{CampaignName, Instruction, InstructionId, KnownBy, Timestamp, limits};
use crate::profiles::Profile;
use case::Case;
use court::Court;

pub use campaign::{CampaignPolicy, DontSendIf, Exemption, Quiet};
pub use campaign_priority::CAMPAIGN_PRIORITY;
pub use cap::{Cap, OnCap, Over, Span};
pub use caps::CAPS;
pub use channel_priority::CHANNEL_PRIORITY;
pub use dont_send_if::DONT_SEND_IF;
pub use quiet_hours::{QUIET_HOURS, QuietHours, quiet_until};
pub use tenant::TenantPolicy;

/// Channels that do not take the person's attention: they do not compete, are not capped, and have no quiet hours.
const WITHOUT_ATTENTION: [&str; 2] = ["ads", "webhook"];

/// What speaks against a message by itself, whatever else there is. Every message is heard about these before any is about the others.
const BY_ITSELF: &[&dyn Rule] =
    &[&consent::Consent, &duplicates::Duplicates, &dont_send_if::DontSendIf, &expiry::Expiry];
/// What messages take from each other: the foremost is heard to the end before the next is.
const TOGETHER: &[&dyn Rule] = &[
    &campaign_priority::CampaignPriority,
    &channel_priority::ChannelPriority,
    &caps::Caps,
    &quiet_hours::QuietHoursRule,
];
/// Every rule, in the order asked. The first to object wins.
const RULES: [&[&dyn Rule]; 2] = [BY_ITSELF, TOGETHER];

/// What all verdicts of one moment may depend on.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// The time.
    pub now: Timestamp,
    /// The person.
    pub profile: &'a Profile,
    /// What the tenant wants for all its campaigns.
    pub tenant: &'a TenantPolicy,
}

/// A message that a campaign wants to send.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The campaign.
    pub campaign: &'a CampaignName,
    /// What its tenant wants for it.
    pub settings: &'a CampaignPolicy,
    /// The message's id.
    pub id: &'a InstructionId,
    /// What is to be sent.
    pub instruction: &'a Instruction,
    /// How the provider of each of its deliveries knows people.
    pub known_by: &'a [KnownBy],
    /// Whether the campaign's `dont_send_if` holds.
    pub is_unwanted: bool,
    /// When it was instructed.
    pub since: Timestamp,
    /// The rule that held it until now, if one did.
    pub held_by: Option<&'a str>,
}

/// What is said to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It goes out over the delivery at this index.
    Send {
        /// Which of the instruction's deliveries.
        delivery: usize,
    },
    /// It waits, and is judged anew then.
    Hold {
        /// When.
        until: Timestamp,
        /// The rule that holds it.
        rule: &'static str,
        /// What it saw.
        saw: String,
    },
    /// It does not go out.
    Drop {
        /// The rule that objected.
        rule: &'static str,
        /// What it saw.
        saw: String,
    },
}

/// Why a rule objects: what it saw.
#[derive(Debug)]
pub(crate) enum Objection {
    /// For good.
    Drop(String),
    /// For now.
    Hold { until: Timestamp, saw: String },
}

/// One reason not to send.
pub(crate) trait Rule: Sync {
    /// The name in verdicts.
    fn name(&self) -> &'static str;

    /// Objects, or closes some of the ways over which the message could go, or lets it pass.
    fn judge(&self, court: &Court<'_>, case: &mut Case<'_>) -> Result<(), Objection>;
}

/// Judges everything that one person's moment brings, together: verdicts in the candidates' order, and the same whatever that order is.
pub fn judge(moment: &Moment<'_>, candidates: &[Candidate<'_>]) -> Vec<Verdict> {
    let mut court = Court::new(moment, candidates);
    let mut cases: Vec<Case<'_>> = candidates.iter().enumerate().map(Case::new).collect();
    cases.sort_by(Case::compare);
    let [by_itself, together] = RULES;
    cases.iter_mut().for_each(|case| case.hear(by_itself, &court));
    court.begin_contest(cases.iter());
    for case in &mut cases {
        case.hear(together, &court);
        court.heed(case);
    }
    cases.sort_by_key(|case| case.place);
    cases.into_iter().map(Case::verdict).collect()
}

/// Until when a verdict that lets a message through is good: for a while, or until quiet hours begin.
pub fn good_until(moment: &Moment<'_>, settings: &CampaignPolicy, channel: &str) -> Timestamp {
    let end = moment.now.plus(limits::VERDICT_AGE_MAX);
    quiet_hours::quiet_from(moment, settings, channel, end).unwrap_or(end)
}

/// Whether a channel takes the person's attention.
pub(crate) fn takes_attention(channel: &str) -> bool {
    !WITHOUT_ATTENTION.contains(&channel)
}
