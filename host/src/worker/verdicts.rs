//! Between what campaigns instruct and what is promised: all that one cause brings for one person is judged together, by the policy. What is
//! to wait is held with the person's run and comes back by a timer of the house's; then it is judged anew, as things are then.

use std::sync::Arc;

use super::roster::Enlisted;
use super::step::{Effects, Scene, row, timer_key};
use crate::channels::Addresses;
use crate::domain::{CampaignName, Delivery, Instruction, InstructionId, KnownBy, Mark, Medium, Timestamp, limits};
use crate::ledger::{Judged, What};
use crate::outbox::Entry;
use crate::policy::{self, CampaignPolicy, Candidate, Moment, TenantPolicy, Verdict};
use crate::profiles::{HOUSE_TIMER, Held, Profile};

/// The reason with which a run ends that went its whole way: what is held of it still goes out.
const COMPLETED: &str = "completed";

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
        for held in take(scene, profile, (campaign, effects), |held| held.until <= scene.now) {
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
    let instructed = std::mem::take(&mut effects.instructed);
    if instructed.is_empty() {
        return;
    }
    let profile = Arc::make_mut(profile);
    let verdicts = verdicts(scene, profile, &instructed);
    for (instructed, verdict) in instructed.into_iter().zip(verdicts) {
        let Some(campaign) = scene.campaigns.iter().find(|campaign| campaign.name == instructed.campaign) else {
            continue;
        };
        let (number, revision) = (instructed.row, instructed.held.revision);
        let judged = follow(scene, profile, campaign, (instructed.held, verdict), effects);
        match number.map(|number| &mut effects.ledger[number].what) {
            Some(What::Decided(decided)) => decided.verdicts.push(judged),
            _ => effects.ledger.push(row(scene, campaign, judged.released(revision))),
        }
    }
}

/// Until tenants say what they want, everybody wants what is usual.
fn verdicts(scene: &Scene<'_>, profile: &Profile, instructed: &[Instructed]) -> Vec<Verdict> {
    let (tenant, settings) = (TenantPolicy::default(), CampaignPolicy::default());
    let known_by = |delivery: &Delivery| scene.switchboard.known_by(&scene.key.tenant, &delivery.channel);
    let known_by: Vec<Vec<KnownBy>> =
        instructed.iter().map(|one| one.held.instruction.deliveries.iter().map(known_by).collect()).collect();
    let candidates: Vec<Candidate<'_>> = instructed
        .iter()
        .zip(&known_by)
        .map(|(Instructed { campaign, held, .. }, known_by)| Candidate {
            campaign,
            settings: &settings,
            id: &held.id,
            instruction: &held.instruction,
            known_by,
            is_unwanted: false,
            since: held.since,
            held_by: Some(held.rule.as_str()).filter(|rule| !rule.is_empty()),
        })
        .collect();
    policy::judge(&Moment { now: scene.now, profile, tenant: &tenant }, &candidates)
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
            let judged = Judged::sent(&entry.id, &entry.step, &entry.channel);
            effects.promised.push(entry);
            judged
        }
        Verdict::Hold { until, rule, saw } => {
            let held = Held { until, rule: rule.to_owned(), ..held };
            let judged = Judged { until: Some(until.as_millis()), ..objected(&held, "hold", (rule, &saw)) };
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
        step: instruction.step,
        channel: delivery.channel,
        profile: scene.key.profile.clone(),
        user_id: profile.told_user_id().map(str::to_owned),
        content: delivery.content,
        addresses,
        promised_at: scene.now,
        judged_at: scene.now,
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
            effects.timers_unset.push(timer_key(scene, campaign, &name, due));
        }
    }
    if run.is_empty() {
        profile.runs.remove(&campaign.name);
    }
    taken
}
