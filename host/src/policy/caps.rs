//! Nobody gets more than was agreed: so many messages over a channel, or over all, in so much time. What counts is the moment at which a provider
//! accepted a message; what is on its way counts as of now, whenever that is. So no cap is ever exceeded, however late an acceptance is told.

use super::cap::{Cap, OnCap};
use super::case::Case;
use super::court::{Court, Tally};
use super::{Exemption, Objection, Rule, takes_attention};
use crate::domain::{Timestamp, limits};

/// The rule that bounds how many messages a person gets.
pub const CAPS: &str = "caps";

pub(super) struct Caps;

/// A channel is full.
struct Full {
    /// When it would be free if nothing else came.
    until: Timestamp,
    on_cap: OnCap,
    saw: String,
}

impl Rule for Caps {
    fn name(&self) -> &'static str {
        CAPS
    }

    fn judge(&self, court: &Court<'_>, case: &mut Case<'_>) -> Result<(), Objection> {
        if case.is_exempt(Exemption::Caps) {
            return Ok(());
        }
        while let Some(channel) = case.preferred().filter(|channel| takes_attention(channel)) {
            let Some(Full { until, on_cap, saw }) = full(court, case, channel) else { break };
            match on_cap {
                OnCap::Next => {
                    let preferred = case.ways[0];
                    case.close(|way| (way == preferred).then(|| saw.clone()))?;
                }
                OnCap::Hold => return Err(Objection::Hold { until, saw }),
                OnCap::Drop => return Err(Objection::Drop(saw)),
            }
        }
        Ok(())
    }
}

/// The first cap that is full decides what follows, the campaign's before the tenant's; a wait is for all of them.
fn full(court: &Court<'_>, case: &Case<'_>, channel: &str) -> Option<Full> {
    let candidate = case.candidate;
    let is_own = |tally: &&Tally<'_>| tally.campaign == candidate.campaign;
    let of_campaign = candidate.settings.caps.iter().map(|cap| {
        let at = court.counted.iter().filter(is_own).filter(|tally| cap.counts(tally.channel, channel));
        (cap, "the campaign's", at.map(|tally| tally.at).collect::<Vec<_>>())
    });
    let of_tenant = court.moment.tenant.caps.iter().map(|cap| {
        let at = court.counted.iter().filter(|tally| cap.counts(tally.channel, channel));
        (cap, "the tenant's", at.map(|tally| tally.at).collect::<Vec<_>>())
    });
    let concerned: Vec<_> = of_campaign.chain(of_tenant).filter(|(cap, ..)| cap.concerns(channel)).collect();
    let is_crowded = !concerned.is_empty() && court.counted.len() >= limits::SENDS_MAX;
    let full = concerned.into_iter().filter_map(|(cap, whose, at)| {
        let until = cap.free_at(&at, court)?;
        Some(Full { until, on_cap: cap.on_cap, saw: said(cap, whose, channel) })
    });
    full.reduce(|first, other| Full { until: first.until.max(other.until), ..first })
        .or_else(|| is_crowded.then(|| crowded(court.moment.now)))
}

fn said(cap: &Cap, whose: &str, channel: &str) -> String {
    format!("{whose} cap of {} is reached for `{channel}`", cap.words())
}

/// More than are remembered: whether a cap is full cannot be told.
fn crowded(now: Timestamp) -> Full {
    let saw = format!("the person was sent {} messages within a month, the most that are counted", limits::SENDS_MAX);
    Full { until: now, on_cap: OnCap::Next, saw }
}
