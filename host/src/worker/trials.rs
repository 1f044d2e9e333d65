//! Experiments, person by person: where somebody belongs, that they take part from now on, what messages did to them, and what they did that
//! a campaign is for. Each change is a row of the ledger, from which the reports count.

use std::sync::Arc;

use super::interaction::{Became, Interaction};
use super::roster::Enlisted;
use super::step::{Effects, Scene, digest, row};
use super::triggers::Named;
use crate::domain::{Arm, Cause, CauseId, Engagement, Event, Mark, MessageId, Revision, Timestamp, TouchKind, limits};
use crate::ledger::{Converted, Credit, Credited, Enrolled, Outcome, Part, Recounted, Told, What};
use crate::profiles::{self, Profile, Recount, Recredit, Share, Touch, Trial};

/// A conversion, before it is known for what it counts.
pub(super) struct Claim {
    pub(super) id: MessageId,
    pub(super) at: Timestamp,
    /// In millionths.
    pub(super) value: i64,
}

impl Claim {
    /// What a campaign marked itself.
    pub(super) fn marked(id: MessageId, at: Timestamp, worth: f64) -> Self {
        let worth = worth.clamp(-limits::CONVERSION_VALUE_MAX, limits::CONVERSION_VALUE_MAX);
        Self { id, at, value: (worth * 1e6).round() as i64 }
    }
}

/// Where the person belongs in a campaign's experiment, now or when they come to take part.
pub(super) fn arm(scene: &Scene<'_>, profile: &Profile, campaign: &Enlisted) -> Arm {
    match trial(profile, campaign) {
        Some(trial) => trial.arm.clone(),
        None if !is_tried(scene, campaign) => Arm::default(),
        None => {
            let tenants = scene.campaigns.policy().hold_out_percent;
            campaign.settings.experiment.arm(&campaign.name, &scene.key.profile, tenants)
        }
    }
}

/// The person takes part from now on, if they do not yet. That somebody is held out is told to the other campaigns.
pub(super) fn enrol(
    scene: &Scene<'_>,
    profile: &mut Profile,
    campaign: &Enlisted,
    (cause, arm): (&CauseId, &Arm),
    effects: &mut Effects,
) {
    if !is_tried(scene, campaign) {
        return;
    }
    let design = &campaign.settings.experiment;
    let salt = design.salt(&campaign.name);
    let trial = Trial::new(salt, arm.clone(), design.attribution, scene.now);
    if profile.enrol(&campaign.name, trial).is_empty() {
        return;
    }
    let enrolled = Enrolled {
        cause: cause.0.clone(),
        revision: campaign.revision.0,
        experiment: salt.to_owned(),
        variation: variation(arm),
        held_out: held_out(arm),
    };
    effects.ledger.push(row(scene, campaign, What::Enrolled(enrolled)));
    if arm.hold_out.is_some() {
        let digest = digest(scene, campaign, cause, Some((0, "held-out")));
        let (campaign, at) = (campaign.name.clone(), scene.now);
        effects.interactions.push_back(Interaction { campaign, what: Became::HeldOut, at, digest });
    }
}

/// Takes in what an event tells of campaigns' messages, and what they are for.
pub(super) fn note(scene: &Scene<'_>, profile: &mut Arc<Profile>, event: &Event, effects: &mut Effects) {
    if let Some(engagement) = &event.engagement
        && let Some(carried) = engagement.campaign.as_deref()
        && let Some(campaign) = scene.campaigns.spelled(carried)
    {
        tell(scene, profile, campaign, (event, engagement), effects);
    }
    for campaign in scene.campaigns.iter() {
        let metric = campaign.settings.experiment.conversion.as_ref().filter(|_| trial(profile, campaign).is_some());
        if let Some(value) = metric.and_then(|metric| metric.measure(event)) {
            let claim = Claim { id: event.id.clone(), at: event.at, value };
            convert(scene, profile, campaign, claim, effects);
        }
    }
}

fn tell(
    scene: &Scene<'_>,
    profile: &mut Arc<Profile>,
    campaign: &Enlisted,
    (event, engagement): (&Event, &Engagement),
    effects: &mut Effects,
) {
    let declared = |text: &str, all: &[String]| all.iter().find(|known| *known == text).cloned().unwrap_or_default();
    let step = declared(engagement.step.as_deref().unwrap_or_default(), &campaign.manifest.steps);
    let channel = declared(&engagement.channel, &campaign.manifest.channels);
    let trial = trial(profile, campaign);
    let sent = trial.and_then(|trial| trial.touches().filter(|touch| is_send_of(touch, &step)).last());
    let revision = sent.map_or(campaign.revision, |touch| touch.revision);
    let told = Told {
        id: event.id.to_string(),
        kind: engagement.kind.as_str().to_owned(),
        step: step.clone(),
        channel: channel.clone(),
        revision: revision.0,
        variation: trial.and_then(|trial| variation(&trial.arm)),
        by_machine: engagement.by_machine,
        happened: event.at.as_millis(),
    };
    effects.ledger.push(row(scene, campaign, What::Told(told)));
    let Some(kind) = TouchKind::of(engagement).filter(|_| trial.is_some()) else { return };
    let touch = Touch { at: event.at, kind, step, channel, revision };
    let trial = Arc::make_mut(profile).trials.get_mut(&campaign.name);
    let moved = trial.map(|trial| trial.touch(touch)).unwrap_or_default();
    let credited = moved.iter().map(|moved| row(scene, campaign, credited(event.id.as_str(), moved)));
    effects.ledger.extend(credited);
}

fn is_send_of(touch: &Touch, step: &str) -> bool {
    touch.kind == TouchKind::Send && touch.step == step
}

/// The person did what a campaign is for. What counts is told to the other campaigns.
pub(super) fn convert(
    scene: &Scene<'_>,
    profile: &mut Arc<Profile>,
    campaign: &Enlisted,
    claim: Claim,
    effects: &mut Effects,
) {
    let Claim { id, at, value } = claim;
    if trial(profile, campaign).is_none() {
        return;
    }
    let Some(trial) = Arc::make_mut(profile).trials.get_mut(&campaign.name) else { return };
    let before = trial.share();
    let recount = trial.convert(&id, at, value);
    if recount.is_empty() {
        return;
    }
    let after = trial.share();
    let converted = Converted {
        id: id.to_string(),
        revision: campaign.revision.0,
        experiment: trial.salt.clone(),
        variation: variation(&trial.arm),
        held_out: held_out(&trial.arm),
        value_micros: value,
        before: outcome(before.outcome),
        after: outcome(after.outcome),
        credit: recount.credits.first().and_then(|moved| moved.to.as_ref()).map(credit),
        happened: at.as_millis(),
    };
    effects.ledger.push(row(scene, campaign, What::Converted(converted)));
    if before.outcome != after.outcome && campaign.settings.experiment.conversion.is_some() {
        let digest = digest(scene, campaign, &CauseId(format!("event:{id}")), Some((0, "conversion")));
        let (campaign, what) = (campaign.name.clone(), Became::Converted(value as f64 / 1e6));
        effects.interactions.push_back(Interaction { campaign, what, at, digest });
    }
}

/// Takes in the conversions among a decision's marks. Where the tenant says what is one, marks are not counted for the experiment.
pub(super) fn heed(
    scene: &Scene<'_>,
    profile: &mut Arc<Profile>,
    campaign: &Enlisted,
    (named, marks): (&Named, &[Mark]),
    effects: &mut Effects,
) {
    for conversion in conversions(scene, campaign, named, marks) {
        if campaign.settings.experiment.conversion.is_none() {
            let Became::Converted(worth) = conversion.what else { continue };
            let (id, at) = (conversion.event().id, conversion.at);
            convert(scene, profile, campaign, Claim::marked(id, at, worth), effects);
        }
        effects.interactions.push_back(conversion);
    }
}

/// The conversions among a decision's marks.
fn conversions(scene: &Scene<'_>, campaign: &Enlisted, named: &Named, marks: &[Mark]) -> Vec<Interaction> {
    let at = match &*named.cause {
        Cause::Event(event) | Cause::Engagement { event, .. } => event.at,
        _ => scene.now,
    };
    let conversion = |(number, mark): (usize, &Mark)| match mark {
        Mark::Converted(value) => {
            let digest = digest(scene, campaign, &named.id, Some((number, "converted")));
            Some(Interaction { campaign: campaign.name.clone(), what: Became::Converted(*value), at, digest })
        }
        _ => None,
    };
    marks.iter().enumerate().filter_map(conversion).collect()
}

/// The row that says that a conversion is credited otherwise.
pub(super) fn credited(cause: &str, moved: &Recredit) -> What {
    What::Credited(Credited {
        cause: cause.to_owned(),
        id: moved.event.to_string(),
        value_micros: moved.value,
        from: moved.from.as_ref().map(credit),
        to: moved.to.as_ref().map(credit),
        happened: moved.at.as_millis(),
    })
}

/// Two ids turned out to be one person: the rows that correct what both counted for.
pub(super) fn recounted(cause: &str, revision: Revision, recount: &Recount) -> Vec<What> {
    let parts = |shares: &[Share]| shares.iter().map(|share| part(share, revision)).collect();
    let parts = Recounted { cause: cause.to_owned(), taken: parts(&recount.taken), given: parts(&recount.given) };
    let credits = recount.credits.iter().map(|moved| credited(cause, moved));
    let whole = (!(parts.taken.is_empty() && parts.given.is_empty())).then_some(What::Recounted(parts));
    whole.into_iter().chain(credits).collect()
}

/// The person's part in the experiment as it is now.
fn trial<'a>(profile: &'a Profile, campaign: &Enlisted) -> Option<&'a Trial> {
    let salt = campaign.settings.experiment.salt(&campaign.name);
    profile.trials.get(&campaign.name).filter(|trial| trial.salt == salt)
}

/// Whether anything is tried, or counted by person.
fn is_tried(scene: &Scene<'_>, campaign: &Enlisted) -> bool {
    let design = &campaign.settings.experiment;
    let is_divided = !design.variations.is_empty() || design.hold_out_percent > 0;
    is_divided || design.conversion.is_some() || scene.campaigns.policy().hold_out_percent > 0
}

pub(super) fn variation(arm: &Arm) -> Option<String> {
    arm.variation.as_ref().map(ToString::to_string)
}

pub(super) fn held_out(arm: &Arm) -> Option<String> {
    arm.hold_out.map(|share| share.as_str().to_owned())
}

fn outcome(of: profiles::Outcome) -> Outcome {
    Outcome { conversions: of.conversions, value_micros: of.value }
}

fn part(share: &Share, revision: Revision) -> Part {
    Part {
        experiment: share.salt.clone(),
        revision: revision.0,
        variation: variation(&share.arm),
        held_out: held_out(&share.arm),
        outcome: outcome(share.outcome),
    }
}

fn credit(of: &profiles::Credit) -> Credit {
    Credit {
        step: of.touch.step.clone(),
        channel: of.touch.channel.clone(),
        revision: of.touch.revision.0,
        variation: variation(&of.arm),
    }
}
