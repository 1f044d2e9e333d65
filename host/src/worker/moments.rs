//! A schedule's moments, for one person: at once, or when the person's own clock shows it. Pure, as `step` is.

use std::sync::Arc;

use serde_json::Value;

use super::person::Person;
use super::roster::Enlisted;
use super::step::{self, Effects, Scene};
use super::triggers::{self, Named};
use crate::conditions;
use crate::domain::{Cause, CauseId, Json, Timestamp, limits};
use crate::profiles::Profile;
use crate::sandbox::View;
use crate::schedules::{Audience, Schedule};
use crate::store::TimerKey;

/// Why a moment that a person waited for does not come.
pub(super) const SUPERSEDED: &str = "another revision was published, with another schedule";

/// An occurrence of a campaign's schedule.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) campaign: &'a Enlisted,
    /// The schedule, and which of the campaign's triggers it is.
    pub(super) schedule: &'a Schedule,
    pub(super) trigger: &'a Json,
    /// What names the occurrence.
    pub(super) moment: Timestamp,
}

/// An occurrence that was published then has begun: it happens now, or when the person's own clock shows it.
pub(super) fn begins(
    scene: &Scene<'_>,
    profile: &mut Arc<Profile>,
    moment: &Moment<'_>,
    published: Timestamp,
) -> Effects {
    let zone = profile.time_zone.as_ref().map(|zone| zone.value.as_str());
    match moment.schedule.local(moment.moment, zone) {
        None => happens(scene, profile, moment, moment.moment),
        Some(local) if local < published => Effects::default(),
        Some(local) if local > scene.now => wait(scene, profile, moment, local),
        Some(local) => happens(scene, profile, moment, local),
    }
}

/// The moment has come.
pub(super) fn happens(scene: &Scene<'_>, profile: &mut Arc<Profile>, moment: &Moment<'_>, at: Timestamp) -> Effects {
    let id = cause_id(moment.moment);
    let late = scene.now.since(at);
    if late > limits::FRESHNESS {
        let (hours, bound) = (late.as_secs() / 3600, limits::FRESHNESS.as_secs() / 3600);
        let reason = format!("the moment was {hours} h ago, more than {bound} h");
        return Effects { ledger: vec![step::not_asked(scene, moment.campaign, &id, reason)], ..Effects::default() };
    }
    let cause = Arc::new(Cause::Schedule(at));
    let seen = (scene.now, Arc::clone(&cause));
    let view = Person::new(
        (moment.campaign, scene.campaigns),
        (Arc::clone(profile), scene.lines()),
        seen,
        scene.catalogue.clone(),
    );
    if !is_meant(moment.schedule.audience(), &view) {
        return Effects::default();
    }
    // Whoever is asked has the profile for themselves.
    drop(view);
    step::on_cause(scene, profile, moment.campaign, &Named { id, cause })
}

/// The name of the cause that an occurrence is.
pub(super) fn cause_id(moment: Timestamp) -> CauseId {
    CauseId(format!("schedule:{}", moment.as_millis()))
}

fn is_meant(audience: Option<&Audience>, view: &Person) -> bool {
    match audience {
        None => true,
        Some(Audience::Named(name)) => conditions::Person::is_in_audience(view, name),
        Some(Audience::Condition(condition)) => view.holds(condition, &Value::Null),
    }
}

fn wait(scene: &Scene<'_>, profile: &mut Arc<Profile>, moment: &Moment<'_>, local: Timestamp) -> Effects {
    let name = triggers::scheduled_timer(moment.trigger, moment.moment);
    let timer = step::timer_key(scene, moment.campaign, &name, local);
    let run = Arc::make_mut(profile).run_mut(&moment.campaign.name);
    let before = run.timers.insert(name, local).map(|due| TimerKey { due, ..timer.clone() });
    Effects { timers_unset: before.into_iter().collect(), timers_set: vec![timer], ..Effects::default() }
}
