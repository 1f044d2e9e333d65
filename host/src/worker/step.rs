//! The one pure function between reading and committing: a person and something that happened go in, the person as they are
//! now and all effects come out. No clock, no chance, no store: what happened once can be worked out again, with the same ids.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::ledger::{Decided, Failed, Judged, LedgerRow, What, log_lines, mark_text};
use super::person::Person;
use super::roster::Enlisted;
use super::triggers::{Named, causes, wants};
use crate::domain::{
    Cause, CauseId, Context, Decision, Event, Failure, Instruction, InstructionId, Outcome, ProfileKey, Timestamp, limits,
};
use crate::outbox::{Addresses, Entry};
use crate::policy::{self, Moment, Verdict};
use crate::profiles::{Profile, TimerEffects};
use crate::store::TimerKey;

/// Whom it happened to, when, and who may be asked.
pub(super) struct Scene<'a> {
    pub(super) key: &'a ProfileKey,
    pub(super) now: Timestamp,
    pub(super) campaigns: &'a [Enlisted],
}

/// What one cause comes to, besides the changed person.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Effects {
    pub(super) timers_unset: Vec<TimerKey>,
    pub(super) timers_set: Vec<TimerKey>,
    pub(super) promised: Vec<Entry>,
    pub(super) ledger: Vec<LedgerRow>,
}

/// An event happened.
pub(super) fn on_event(scene: &Scene<'_>, profile: &mut Profile, event: &Event) -> Effects {
    let changes = profile.apply(event);
    let mut effects = Effects::default();
    for named in causes(event, changes) {
        for campaign in scene.campaigns {
            if !wants(&campaign.name, &campaign.manifest.triggers, &named.cause) {
                continue;
            }
            match reason_not_to_ask(scene, campaign, event) {
                Some(reason) => effects.ledger.push(not_asked(scene, campaign, &named.id, reason)),
                None => ask(scene, profile, campaign, &named, &mut effects),
            }
        }
    }
    effects
}

/// A timer of this campaign fired; the profile no longer holds it.
pub(super) fn on_timer(scene: &Scene<'_>, profile: &mut Profile, campaign: &Enlisted, timer: &TimerKey) -> Effects {
    let id = CauseId(format!("timer:{}:{}", timer.name, timer.due.as_millis()));
    let mut effects = Effects::default();
    ask(scene, profile, campaign, &Named { id, cause: Cause::Timer(timer.name.clone()) }, &mut effects);
    effects
}

fn reason_not_to_ask(scene: &Scene<'_>, campaign: &Enlisted, event: &Event) -> Option<String> {
    let age = scene.now.since(event.at);
    if event.test {
        Some("the event is a test of the Event Tester's".to_owned())
    } else if campaign.paused {
        Some("the campaign is paused".to_owned())
    } else if age > limits::FRESHNESS {
        let (hours, bound) = (age.as_secs() / 3600, limits::FRESHNESS.as_secs() / 3600);
        Some(format!("the event was {hours} h old when it arrived, more than {bound} h"))
    } else {
        None
    }
}

fn not_asked(scene: &Scene<'_>, campaign: &Enlisted, cause: &CauseId, reason: String) -> LedgerRow {
    row(scene, campaign, What::NotAsked { cause: cause.0.clone(), reason })
}

fn row(scene: &Scene<'_>, campaign: &Enlisted, what: What) -> LedgerRow {
    LedgerRow { at: scene.now.as_millis(), campaign: campaign.name.to_string(), what }
}

fn ask(scene: &Scene<'_>, profile: &mut Profile, campaign: &Enlisted, named: &Named, effects: &mut Effects) {
    let context = Context {
        campaign: campaign.name.clone(),
        now: scene.now,
        profile: scene.key.profile.clone(),
        seed: seed(&digest(scene, campaign, &named.id, None)),
        state: profile.runs.get(campaign.name.as_str()).and_then(|run| run.state.clone()),
    };
    let view = Person::new(campaign.name.clone(), Arc::new(profile.clone()), &named.cause);
    let outcome = campaign.decider.decide(&context, &named.cause, Arc::new(view));
    let log = log_lines(&outcome);
    let Outcome { result, fuel_used, .. } = outcome;
    match result {
        Ok(decision) => {
            let mut decided = follow(scene, profile, campaign, (named, decision), effects);
            (decided.fuel, decided.log) = (fuel_used, log);
            effects.ledger.push(row(scene, campaign, What::Decided(decided)));
        }
        Err(failure) => effects.ledger.push(row(scene, campaign, What::Failed(failed(campaign, named, failure, log)))),
    }
}

fn failed(campaign: &Enlisted, named: &Named, failure: Failure, log: Vec<String>) -> Failed {
    Failed {
        cause: named.id.0.clone(),
        revision: campaign.revision.0,
        kind: failure.kind.to_string(),
        message: failure.message,
        backtrace: failure.backtrace,
        fuel: failure.fuel_used,
        log,
    }
}

/// Turns a decision into effects.
fn follow(
    scene: &Scene<'_>,
    profile: &mut Profile,
    campaign: &Enlisted,
    (named, decision): (&Named, Decision),
    effects: &mut Effects,
) -> Decided {
    let Decision { instructions, timers, state, marks } = decision;
    let mut verdicts = Vec::new();
    for (number, instruction) in instructions.into_iter().enumerate() {
        let id = instruction_id(scene, campaign, &named.id, (number, &instruction.step));
        verdicts.push(judge(scene, profile, campaign, (id, instruction), effects));
    }
    let run = profile.run_mut(campaign.name.as_str());
    run.remember(state);
    let TimerEffects { unset, set } = run.change_timers(timers, scene.now);
    if run.is_empty() {
        profile.runs.remove(campaign.name.as_str());
    }
    let key = |(name, due): &(String, Timestamp)| timer_key(scene, campaign, name, *due);
    effects.timers_unset.extend(unset.iter().map(key));
    effects.timers_set.extend(set.iter().map(key));
    Decided {
        cause: named.id.0.clone(),
        revision: campaign.revision.0,
        verdicts,
        timers_set: set.iter().map(|(name, due)| (name.clone(), due.as_millis())).collect(),
        timers_unset: unset.into_iter().map(|(name, _)| name).filter(|name| !set.iter().any(|(set, _)| set == name)).collect(),
        marks: marks.iter().map(mark_text).collect(),
        fuel: 0,
        log: Vec::new(),
    }
}

fn timer_key(scene: &Scene<'_>, campaign: &Enlisted, name: &str, due: Timestamp) -> TimerKey {
    TimerKey { due, owner: scene.key.clone(), campaign: campaign.name.clone(), name: name.to_owned() }
}

fn judge(
    scene: &Scene<'_>,
    profile: &Profile,
    campaign: &Enlisted,
    (id, instruction): (InstructionId, Instruction),
    effects: &mut Effects,
) -> Judged {
    let verdict = policy::judge(&Moment { now: scene.now, profile, instruction: &instruction });
    let mut judged = Judged {
        id: id.to_string(),
        step: instruction.step.clone(),
        channel: instruction.deliveries.first().map(|first| first.channel.clone()).unwrap_or_default(),
        verdict: "send".to_owned(),
        rule: None,
        saw: None,
    };
    match verdict {
        Verdict::Send { delivery } => {
            let entry = promise(scene, profile, campaign, (id, instruction, delivery));
            judged.channel.clone_from(&entry.channel);
            effects.promised.push(entry);
        }
        Verdict::Drop { rule, saw } => {
            judged.verdict = "drop".to_owned();
            (judged.rule, judged.saw) = (Some(rule.to_owned()), Some(saw));
        }
    }
    judged
}

fn promise(
    scene: &Scene<'_>,
    profile: &Profile,
    campaign: &Enlisted,
    (id, mut instruction, delivery): (InstructionId, Instruction, usize),
) -> Entry {
    let delivery = instruction.deliveries.swap_remove(delivery);
    let addresses = Addresses {
        push_token: profile.push_token.as_ref().map(|token| token.value.clone()),
        email: profile.email.as_ref().map(|email| email.value.clone()),
    };
    Entry {
        id,
        tenant: scene.key.tenant.clone(),
        campaign: campaign.name.clone(),
        step: instruction.step,
        channel: delivery.channel,
        profile: scene.key.profile.clone(),
        content: delivery.content,
        addresses,
        promised_at: scene.now,
        expires: instruction.expires,
        attempts: 0,
        last_error: None,
        dead: None,
    }
}

fn instruction_id(scene: &Scene<'_>, campaign: &Enlisted, cause: &CauseId, instruction: (usize, &str)) -> InstructionId {
    InstructionId::from_digest(digest(scene, campaign, cause, Some(instruction)))
}

/// Depends on everything that tells one instruction from another, and on nothing else.
fn digest(scene: &Scene<'_>, campaign: &Enlisted, cause: &CauseId, instruction: Option<(usize, &str)>) -> [u8; 32] {
    let mut digest = Sha256::new();
    let number = instruction.map(|(number, _)| number.to_string());
    let step = instruction.map(|(_, step)| step);
    let names = [scene.key.tenant.as_str(), campaign.name.as_str(), scene.key.profile.as_str(), cause.0.as_str()];
    for part in names.into_iter().chain(step).chain(number.as_deref()) {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

fn seed(digest: &[u8; 32]) -> u64 {
    u64::from_be_bytes(digest[..8].try_into().expect("a digest should have 8 bytes"))
}
