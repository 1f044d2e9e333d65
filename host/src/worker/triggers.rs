//! From what happened to the causes it makes, and which campaign wants to be asked about which.

use std::sync::Arc;

use super::roster::Enlisted;
use super::sweep::{Question, Sweep};
use crate::domain::{Asking, Call, Cause, CauseId, Change, Event, Json, Timestamp, Trigger};
use crate::profiles::{Applied, HOUSE_TIMER};
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

/// The name of the timer for an occurrence of a schedule that comes by the person's own clock.
pub(super) fn scheduled_timer(schedule: &Json, moment: Timestamp) -> String {
    format!("{HOUSE_TIMER}schedule:{}:{:08x}", moment.as_millis(), digest(schedule))
}

/// Which occurrence such a timer is for, and the digest of its schedule.
pub(super) fn scheduled(name: &str) -> Option<(Timestamp, u32)> {
    let (moment, digest) = name.strip_prefix(HOUSE_TIMER)?.strip_prefix("schedule:")?.split_once(':')?;
    Some((Timestamp::from_millis(moment.parse().ok()?), u32::from_str_radix(digest, 16).ok()?))
}

/// The campaign's schedule of that digest.
pub(super) fn schedule_of(campaign: &Enlisted, wanted: u32) -> Option<&Json> {
    let schedules = campaign.manifest.triggers.iter().filter_map(|trigger| match trigger {
        Trigger::Schedule(schedule) => Some(schedule),
        _ => None,
    });
    schedules.into_iter().find(|schedule| digest(schedule) == wanted)
}

fn digest(schedule: &Json) -> u32 {
    crc32c::crc32c(schedule.as_str().as_bytes())
}

/// Whether a campaign wants to be asked what a sweep asks.
pub(super) fn wants_sweep(campaign: &Enlisted, sweep: &Sweep) -> bool {
    match &sweep.question {
        Question::Schedule { schedule, .. } => schedule_of(campaign, digest(schedule)).is_some(),
        Question::ItemChanged(change) => wants_change(campaign, change),
        Question::CatchUp => campaign.catches_up_since.is_some(),
    }
}

/// Whether a campaign wants to be asked about a change of an item.
pub(super) fn wants_change(campaign: &Enlisted, change: &Change) -> bool {
    let attribute = change.subject.rsplit_once('/').map(|(_, attribute)| attribute);
    let is_wanted = |trigger: &Trigger| match trigger {
        Trigger::ItemChanged(name) => name == "*" || attribute.is_some_and(|attribute| name == attribute),
        _ => false,
    };
    campaign.manifest.triggers.iter().any(is_wanted)
}

/// Whether a campaign that wants `triggers` is asked about `cause`.
pub(super) fn wants(asking: Asking<'_>, triggers: &[Trigger], cause: &Cause) -> bool {
    triggers.iter().any(|trigger| matches(asking, trigger, cause))
}

fn matches(asking: Asking<'_>, trigger: &Trigger, cause: &Cause) -> bool {
    match (trigger, cause) {
        (Trigger::Event(name), Cause::Event(event)) => {
            event.call == Call::Track && (name == "*" || name.eq_ignore_ascii_case(&event.name))
        }
        (Trigger::Call(call), Cause::Event(event)) => call.eq_ignore_ascii_case(event.call.as_str()),
        (Trigger::Engagement { kind, target }, Cause::Engagement { engagement, .. }) => {
            *kind == engagement.kind && target.covers(asking, engagement.message())
        }
        (Trigger::TraitChanged(name), Cause::TraitChanged(change)) => *name == change.subject,
        _ => false,
    }
}
