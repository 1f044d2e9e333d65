//! A message goes over the first channel that reaches the person, in the order that the campaign prefers: a case begins with its ways in that
//! order (`CampaignPolicy::preference`); here those are closed whose providers need an address that the person does not have.

use super::case::Case;
use super::court::Court;
use super::{Objection, Rule};

/// The rule that chooses the channel.
pub const CHANNEL_PRIORITY: &str = "channel-priority";

pub(super) struct ChannelPriority;

impl Rule for ChannelPriority {
    fn name(&self) -> &'static str {
        CHANNEL_PRIORITY
    }

    fn judge(&self, court: &Court<'_>, case: &mut Case<'_>) -> Result<(), Objection> {
        let candidate = case.candidate;
        case.close(|way| {
            let channel = &candidate.instruction.deliveries[way].channel;
            let obstacle = court.moment.profile.obstacle(channel, candidate.known_by[way]);
            obstacle.map(|_| format!("the person has no usable address for `{channel}`"))
        })
    }
}
