//! From what happened to the causes it makes, and which campaign wants to be asked about which.

use std::sync::Arc;

use crate::domain::{Call, CampaignName, Cause, CauseId, Event, Trigger};
use crate::profiles::Applied;
use crate::store::TimerKey;

/// A cause and its name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Named {
    pub(super) id: CauseId,
    /// Shared with what a campaign sees of it.
    pub(super) cause: Arc<Cause>,
}

/// The causes that one event makes, in the order in which campaigns are asked.
///
/// What was told before is no cause again; what it says of traits may be.
pub(super) fn causes(event: &Event, applied: Applied) -> Vec<Named> {
    let Applied { changes, is_repeated } = applied;
    let id = |kind: &str| CauseId(format!("{kind}:{}", event.id));
    let whole = Named { id: id("event"), cause: Arc::new(Cause::Event(Box::new(event.clone()))) };
    let engagement = event.engagement.iter().map(|engagement| Named {
        id: id("engagement"),
        cause: Arc::new(Cause::Engagement { engagement: engagement.clone(), event: Box::new(event.clone()) }),
    });
    let changes = changes.into_iter().map(|change| Named {
        id: CauseId(format!("trait:{}:{}", change.subject, event.id)),
        cause: Arc::new(Cause::TraitChanged(change)),
    });
    let told = std::iter::once(whole).chain(engagement).filter(|_| !is_repeated);
    told.chain(changes).collect()
}

/// The name of the cause that a timer is when it fires.
pub(super) fn timer_cause(timer: &TimerKey) -> CauseId {
    CauseId(format!("timer:{}:{}", timer.name, timer.due.as_millis()))
}

/// Whether a campaign that wants `triggers` is asked about `cause`.
pub(super) fn wants(campaign: &CampaignName, triggers: &[Trigger], cause: &Cause) -> bool {
    triggers.iter().any(|trigger| matches(campaign, trigger, cause))
}

fn matches(campaign: &CampaignName, trigger: &Trigger, cause: &Cause) -> bool {
    match (trigger, cause) {
        (Trigger::Event(name), Cause::Event(event)) => {
            event.call == Call::Track && (name == "*" || name.eq_ignore_ascii_case(&event.name))
        }
        (Trigger::Call(call), Cause::Event(event)) => call.eq_ignore_ascii_case(event.call.as_str()),
        (Trigger::Engagement { kind, target }, Cause::Engagement { engagement, .. }) => {
            let (carried, step) = (engagement.campaign.as_deref(), engagement.step.as_deref());
            *kind == engagement.kind && target.covers(campaign, &engagement.channel, carried, step)
        }
        (Trigger::TraitChanged(name), Cause::TraitChanged(change)) => *name == change.subject,
        (Trigger::ItemChanged(name), Cause::ItemChanged(change)) => {
            name == "*" || change.subject.rsplit_once('/').is_some_and(|(_, attribute)| name == attribute)
        }
        _ => false,
    }
}
