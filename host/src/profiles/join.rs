//! Two profiles that turn out to be one person: what was known of both is known of the one, whichever of them stays.

use std::cmp::Ordering;

use super::{Dated, HOUSE_TIMER, History, Profile, Recount, Run, TimerEffects};
use crate::domain::{CampaignName, Timestamp, limits};

/// What joining comes to for the one who stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Joined {
    /// Timers of a campaign that are no more, and timers from now on.
    pub timers: Vec<(CampaignName, TimerEffects)>,
    /// What has to be corrected of a campaign's figures.
    pub recounts: Vec<(CampaignName, Recount)>,
}

impl Profile {
    /// Takes in what was known of the same person under another id. What was said later counts. A campaign goes on from one
    /// of its two runs, so that nothing fires twice: from the one that waits for longer, which is the one that began last.
    pub fn join(&mut self, other: Self) -> Joined {
        self.events += other.events;
        self.first_seen = self.first_seen.into_iter().chain(other.first_seen).min();
        self.last_seen = self.last_seen.max(other.last_seen);
        later(&mut self.user_id, other.user_id);
        later(&mut self.anonymous_id, other.anonymous_id);
        later(&mut self.time_zone, other.time_zone);
        for id in &other.linked {
            self.link(id);
        }
        for (name, value) in other.traits {
            if self.traits.contains_key(&name) || self.traits.len() < limits::TRAITS_MAX {
                let mut known = self.traits.remove(&name);
                later(&mut known, Some(value));
                self.traits.extend(known.map(|known| (name, known)));
            }
        }
        self.addresses.join(other.addresses);
        self.consents.join(other.consents);
        self.repeats.join(other.repeats);
        other.audiences.iter().for_each(|(audience, said)| self.enter(audience, said));
        self.history.join(other.history);
        self.interests.join(other.interests);
        self.join_swept(other.swept);
        self.sends.join(&other.sends);
        let recounts = self.join_trials(other.trials);
        let runs = other.runs.into_iter();
        let timers = runs.filter_map(|(campaign, run)| Some((campaign.clone(), self.join_run(campaign, run)?)));
        Joined { timers: timers.collect(), recounts }
    }

    /// What the house itself waits for is kept of both.
    fn join_run(&mut self, campaign: CampaignName, mut run: Run) -> Option<TimerEffects> {
        let own = self.runs.remove(&campaign).unwrap_or_default();
        let before = timers(&own);
        let (mut stays, goes) = match compare(&own, &run) {
            Ordering::Less => (std::mem::take(&mut run), own),
            _ => (own, run),
        };
        stays.timers.extend(goes.timers.into_iter().filter(|(name, _)| name.starts_with(HOUSE_TIMER)));
        stays.held.extend(goes.held);
        stays.held.sort_by(|one, other| (one.since, &one.id).cmp(&(other.since, &other.id)));
        let after = timers(&stays);
        self.runs.insert(campaign, stays);
        let missing = |these: &[(String, Timestamp)], others: &[(String, Timestamp)]| {
            these.iter().filter(|timer| !others.contains(timer)).cloned().collect()
        };
        let effects = TimerEffects { unset: missing(&before, &after), set: missing(&after, &before) };
        (effects != TimerEffects::default()).then_some(effects)
    }
}

impl History {
    fn join(&mut self, other: Self) {
        for (key, counter) in other.0 {
            self.add(key, counter);
        }
    }
}

fn later<T>(known: &mut Option<Dated<T>>, said: Option<Dated<T>>) {
    if said.as_ref().is_some_and(|said| known.as_ref().is_none_or(|known| known.at < said.at)) {
        *known = said;
    }
}

/// The same whichever of the two is ours.
fn compare(one: &Run, other: &Run) -> Ordering {
    let waits_until = |run: &Run| run.timers.values().max().copied();
    let both = |run: &Run| (waits_until(run), run.state.clone());
    both(one).cmp(&both(other))
}

fn timers(run: &Run) -> Vec<(String, Timestamp)> {
    run.timers.iter().map(|(name, due)| (name.clone(), *due)).collect()
}
