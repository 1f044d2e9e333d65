//! Between what campaigns instruct and what is promised: all that one cause brings for one person is judged together, by the policy. What is
//! to wait is held with the person's run and comes back by a timer of the house's; then it is judged anew, as things are then.

use std::sync::Arc;

use serde_json::Value;

use super::person::Person;
use super::roster::Enlisted;
use super::step::{Effects, Scene, row, timer_key};
use super::trials;
use crate::channels::Addresses;
use crate::domain::{
    CampaignName, Cause, Delivery, Instruction, InstructionId, KnownBy, Mark, Medium, Membership, StateChange,
    TimerChange, Timestamp, limits,
};
use crate::ledger::{Judged, What};
use crate::outbox::{Entry, Matter};
use crate::policy::{self, Candidate, Verdict};
use crate::profiles::{HOUSE_TIMER, Held, Profile};
use crate::sandbox::View as _;

/// The reason with which a run ends that went its whole way: what is held of it still goes out.
pub(super) const COMPLETED: &str = "completed";

/// An instruction that is still to be judged.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Instructed {
    campaign: CampaignName,
    held: Held,
    /// The row of the ledger that tells of the decision; none for what was held.
    row: Option<usize>,
}

impl Instructed {
    pub(super) fn new(
        campaign: &Enlisted,
        (id, instruction): (InstructionId, Instruction),
        (now, row): (Timestamp, usize),
    ) -> Self {
        let held = Held { id, revision: campaign.revision, instruction, since: now, until: now, rule: String::new() };
        Self { campaign: campaign.name.clone(), held, row: Some(row) }
    }
}

/// The name of the timer at which a held message comes back.
pub(super) fn held_timer(id: &InstructionId) -> String {
    format!("{HOUSE_TIMER}held:{id}")
}

/// Whether a timer is one of those.
pub(super) fn is_held_timer(name: &str) -> bool {
    name.strip_prefix(HOUSE_TIMER).is_some_and(|name| name.starts_with("held:"))
}

/// Takes out what was held until now.
pub(super) fn take_held(scene: &Scene<'_>, profile: &mut Profile, effects: &mut Effects) {
    let asked = scene.campaigns.iter().filter(|campaign| campaign.reason_to_wait().is_none());
    for campaign in asked {
        let is_due = |held: &Held| held.until <= scene.now || held.rule == policy::CAMPAIGN_PRIORITY;
        for held in take(scene, profile, (campaign, effects), is_due) {
            effects.instructed.push(Instructed { campaign: campaign.name.clone(), held, row: None });
        }
    }
}

/// The run ended before its way did: nothing that is held of it goes out.
pub(super) fn leave(
    scene: &Scene<'_>,
    profile: &mut Profile,
    campaign: &Enlisted,
    marks: &[Mark],
    effects: &mut Effects,
) {
    let reason = marks.iter().find_map(|mark| match mark {
        Mark::Exited(reason) if reason != COMPLETED => Some(reason),
        _ => None,
    });
    let Some(reason) = reason else { return };
    for held in take(scene, profile, (campaign, effects), |_| true) {
        let judged = dropped(&held, "exit", &format!("the run ended before: {reason}"));
        effects.ledger.push(row(scene, campaign, judged.released(held.revision)));
    }
}

/// Judges what is to be judged; then nothing is.
pub(super) fn judge(scene: &Scene<'_>, profile: &mut Arc<Profile>, effects: &mut Effects) {
    let instructed = std::mem::take(&mut effects.instructed).into_iter();
    let instructed: Vec<_> =
        instructed.filter_map(|one| scene.campaigns.named(&one.campaign).map(|campaign| (one, campaign))).collect();
    if instructed.is_empty() {
        return;
    }
    let verdicts = verdicts(scene, profile, &instructed);
    let profile = Arc::make_mut(profile);
    for ((Instructed { held, row: number, .. }, campaign), verdict) in instructed.into_iter().zip(verdicts) {
        let is_over = matches!(verdict, Verdict::Drop { rule: policy::DONT_SEND_IF, .. });
        let revision = held.revision;
        let judged = follow(scene, profile, campaign, (held, verdict), effects);
        match number.map(|number| &mut effects.ledger[number].what) {
            Some(What::Decided(decided)) => decided.verdicts.push(judged),
            _ => effects.ledger.push(row(scene, campaign, judged.released(revision))),
        }
        if is_over {
            end(scene, profile, campaign, effects);
        }
    }
}

/// What would be said to a message if it were alone: for somebody who is held out, to whom nothing goes.
pub(super) fn foresee(
    scene: &Scene<'_>,
    profile: &Arc<Profile>,
    campaign: &Enlisted,
    instructed: Instructed,
) -> Judged {
    let one = [(instructed, campaign)];
    let verdict = verdicts(scene, profile, &one).pop();
    let [(Instructed { held, .. }, _)] = one;
    match verdict.expect("each message should have a verdict") {
        Verdict::Send { delivery } => {
            let channel = &held.instruction.deliveries[delivery].channel;
            Judged::sent(&held.id, &held.instruction.step, channel)
        }
        Verdict::Hold { until, rule, saw } => postponed(&held, until, (rule, &saw)),
        Verdict::Drop { rule, saw } => dropped(&held, rule, &saw),
    }
}

/// What is not wanted any more ends the run: its later steps, too.
fn end(scene: &Scene<'_>, profile: &mut Profile, campaign: &Enlisted, effects: &mut Effects) {
    let exited = [Mark::Exited(policy::DONT_SEND_IF.to_owned())];
    leave(scene, profile, campaign, &exited, effects);
    let Some(run) = profile.runs.get_mut(&campaign.name) else { return };
    run.remember(StateChange::Forget);
    let unset = run.change_timers(vec![TimerChange::CancelAll], scene.now).unset;
    unset.iter().for_each(|(name, due)| effects.unset(timer_key(scene, campaign, name, *due)));
    if run.is_empty() {
        profile.runs.remove(&campaign.name);
    }
}

fn verdicts(scene: &Scene<'_>, profile: &Arc<Profile>, instructed: &[(Instructed, &Enlisted)]) -> Vec<Verdict> {
    let known_by = |delivery: &Delivery| scene.switchboard.known_by(&scene.key.tenant, &delivery.channel);
    let known_by = |instruction: &Instruction| instruction.deliveries.iter().map(known_by).collect();
    let ways: Vec<Vec<KnownBy>> = instructed.iter().map(|(one, _)| known_by(&one.held.instruction)).collect();
    let candidates: Vec<Candidate<'_>> = instructed
        .iter()
        .zip(&ways)
        .map(|((Instructed { held, .. }, campaign), known_by)| Candidate {
            campaign: &campaign.name,
            settings: &campaign.settings.policy,
            id: &held.id,
            instruction: &held.instruction,
            known_by,
            is_unwanted: is_unwanted(scene, profile, campaign),
            since: held.since,
            held_by: Some(held.rule.as_str()).filter(|rule| !rule.is_empty()),
        })
        .collect();
    policy::judge(&scene.moment(profile), &candidates)
}

/// Whether the campaign's messages are not wanted any more. It is asked about the person as they are, whatever brought the message about.
fn is_unwanted(scene: &Scene<'_>, profile: &Arc<Profile>, campaign: &Enlisted) -> bool {
    let Some(unless) = &campaign.settings.policy.dont_send_if else { return false };
    let (person, seen) = ((Arc::clone(profile), scene.lines()), (scene.now, Arc::new(Cause::Timer(String::new()))));
    let person = Person::new((campaign, scene.campaigns), person, seen, scene.catalogue.clone());
    person.holds(&unless.condition, &Value::Null)
}

/// Does as the verdict says.
fn follow(
    scene: &Scene<'_>,
    profile: &mut Profile,
    campaign: &Enlisted,
    (held, verdict): (Held, Verdict),
    effects: &mut Effects,
) -> Judged {
    match verdict {
        Verdict::Send { delivery } => {
            replace(scene, profile, campaign, &held, effects);
            let entry = promise(scene, profile, campaign, (held, delivery));
            if campaign.settings.policy.counts(&entry.channel) {
                profile.sends.promise(&entry.id, &campaign.name, &entry.channel);
            }
            let judged = Judged::sent(&entry.id, &entry.step, &entry.channel).about(Membership::of(&entry.content));
            effects.promised.push(entry);
            judged
        }
        Verdict::Hold { until, rule, saw } => {
            let held = Held { until, rule: rule.to_owned(), ..held };
            let judged = postponed(&held, until, (rule, &saw));
            replace(scene, profile, campaign, &held, effects);
            hold(scene, profile, campaign, held, effects);
            judged
        }
        Verdict::Drop { rule, saw } => dropped(&held, rule, &saw),
    }
}

pub(super) fn dropped(held: &Held, rule: &str, saw: &str) -> Judged {
    objected(held, "drop", (rule, saw))
}

fn postponed(held: &Held, until: Timestamp, why: (&str, &str)) -> Judged {
    Judged { until: Some(until.as_millis()), ..objected(held, "hold", why) }
}

fn objected(held: &Held, verdict: &str, (rule, saw): (&str, &str)) -> Judged {
    let channel = held.instruction.deliveries.first().map_or("", |first| &first.channel);
    Judged {
        verdict: verdict.to_owned(),
        rule: Some(rule.to_owned()),
        saw: Some(saw.to_owned()),
        ..Judged::sent(&held.id, &held.instruction.step, channel)
    }
}

/// What is still held of the same step makes room for the newer.
fn replace(scene: &Scene<'_>, profile: &mut Profile, campaign: &Enlisted, newer: &Held, effects: &mut Effects) {
    let is_older = |held: &Held| held.instruction.step == newer.instruction.step && held.since < newer.since;
    let replaced = take(scene, profile, (campaign, effects), is_older);
    let judged = |held: &Held| dropped(held, "duplicates", "a newer message of the same step takes its place");
    effects.ledger.extend(replaced.iter().map(|held| row(scene, campaign, judged(held).released(held.revision))));
}

fn hold(scene: &Scene<'_>, profile: &mut Profile, campaign: &Enlisted, held: Held, effects: &mut Effects) {
    let (name, due) = (held_timer(&held.id), held.until);
    effects.timers_set.push(timer_key(scene, campaign, &name, due));
    let run = profile.run_mut(&campaign.name);
    run.timers.insert(name, due);
    run.held.push(held);
    let too_many = run.held.len().saturating_sub(limits::HELD_MAX);
    let crowded: Vec<InstructionId> = run.held.iter().take(too_many).map(|held| held.id.clone()).collect();
    for held in take(scene, profile, (campaign, effects), |held| crowded.contains(&held.id)) {
        let judged = dropped(&held, "held", &format!("more than {} messages were held", limits::HELD_MAX));
        effects.ledger.push(row(scene, campaign, judged.released(held.revision)));
    }
}

fn promise(scene: &Scene<'_>, profile: &Profile, campaign: &Enlisted, (held, delivery): (Held, usize)) -> Entry {
    let Held { id, revision, mut instruction, .. } = held;
    let delivery = instruction.deliveries.swap_remove(delivery);
    let usable = |medium| profile.addresses.usable(medium).into_iter().map(str::to_owned);
    let addresses = Addresses {
        push_tokens: usable(Medium::Push).collect(),
        email: usable(Medium::Email).next(),
        phone: usable(Medium::Phone).next(),
    };
    Entry {
        id,
        tenant: scene.key.tenant.clone(),
        campaign: campaign.name.clone(),
        revision,
        variation: trials::arm(scene, profile, campaign).variation,
        step: instruction.step,
        matter: Matter::Message,
        profile: scene.key.profile.clone(),
        user_id: profile.told_user_id().map(str::to_owned),
        content: delivery.content,
        addresses,
        promised_at: scene.now,
        good_until: policy::good_until(&scene.moment(profile), &campaign.settings.policy, &delivery.channel),
        channel: delivery.channel,
        expires: instruction.expires,
        attempts: 0,
        last_error: None,
        dead: None,
    }
}

/// Takes those of a run's held messages that are meant, and their timers.
fn take(
    scene: &Scene<'_>,
    profile: &mut Profile,
    (campaign, effects): (&Enlisted, &mut Effects),
    is_meant: impl Fn(&Held) -> bool,
) -> Vec<Held> {
    let Some(run) = profile.runs.get_mut(&campaign.name) else { return Vec::new() };
    let (taken, kept) = std::mem::take(&mut run.held).into_iter().partition(is_meant);
    run.held = kept;
    for held in &taken {
        let name = held_timer(&held.id);
        if let Some(due) = run.timers.remove(&name) {
            effects.unset(timer_key(scene, campaign, &name, due));
        }
    }
    if run.is_empty() {
        profile.runs.remove(&campaign.name);
    }
    taken
}
