//! The contract's records from and to the SDK's own types: every difference between the two is here.

use serde_json::Value;

use super::bindings::exports::rekindle::campaign::handler as contract;
use super::bindings::rekindle::campaign::types;
use crate::decision::{Delivery, TimerChange};
use crate::dispatch::StateChange;
use crate::{
    Cause, Change, Context, Decision, Engagement, Event, Instruction, Manifest, Mark, Target, Timestamp, Trigger,
};

pub(super) fn context(context: contract::Context) -> (Context, Option<Vec<u8>>) {
    let ctx = Context {
        campaign: context.campaign,
        now: Timestamp::from_millis(context.now),
        profile: context.profile,
        variation: context.variation,
        seed: context.seed,
    };
    (ctx, context.state)
}

pub(super) fn cause(cause: contract::Cause) -> Cause {
    match cause {
        contract::Cause::Event(event) => Cause::Event(self::event(event)),
        contract::Cause::Engagement(engagement) => Cause::Engagement(self::engagement(engagement)),
        contract::Cause::Timer(name) => Cause::Timer(name),
        contract::Cause::TraitChanged(change) => Cause::TraitChanged(self::change(change)),
        contract::Cause::ItemChanged(change) => Cause::ItemChanged(self::change(change)),
        contract::Cause::Schedule(at) => Cause::Schedule(Timestamp::from_millis(at)),
        contract::Cause::Other((kind, body)) => Cause::Other { kind, body: json(&body) },
    }
}

fn event(event: types::Event) -> Event {
    Event {
        message_id: event.message_id,
        call: event.call.as_str().into(),
        name: event.name,
        at: Timestamp::from_millis(event.at),
    }
}

fn engagement(engagement: types::Engagement) -> Engagement {
    Engagement {
        kind: engagement.kind.as_str().into(),
        channel: engagement.channel,
        campaign: engagement.campaign,
        step: engagement.step,
        detail: engagement.detail,
        by_machine: engagement.by_machine,
        at: Timestamp::from_millis(engagement.at),
    }
}

fn change(change: types::Change) -> Change {
    Change {
        subject: change.subject,
        before: change.before.as_deref().map(json),
        after: change.after.as_deref().map(json),
    }
}

/// Unreadable json (a lone surrogate of JavaScript's) is a null: the campaign still hears of the change.
fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

pub(super) fn manifest(manifest: Manifest, schema: &Value) -> contract::Manifest {
    contract::Manifest {
        name: manifest.name,
        version: manifest.version,
        summary: manifest.summary,
        triggers: manifest.triggers.into_iter().map(trigger).collect(),
        channels: manifest.channels,
        steps: manifest.steps,
        configuration: schema.to_string(),
        ext: Vec::new(),
    }
}

fn trigger(trigger: Trigger) -> types::Trigger {
    match trigger {
        Trigger::Event(name) => types::Trigger::Event(name),
        Trigger::Call(call) => types::Trigger::Call(call),
        Trigger::Engagement(kind, target) => types::Trigger::Engagement(types::EngagementTrigger {
            kind: kind.as_str().to_owned(),
            target: self::target(&target),
        }),
        Trigger::TraitChanged(name) => types::Trigger::TraitChanged(name),
        Trigger::ItemChanged(attribute) => types::Trigger::ItemChanged(attribute),
        Trigger::Schedule(moments) => types::Trigger::Schedule(moments.to_string()),
        Trigger::Other { kind, body } => types::Trigger::Other((kind, body.to_string())),
    }
}

pub(crate) fn target(target: &Target) -> types::Target {
    match target {
        Target::Any => types::Target::Any,
        Target::Mine => types::Target::Mine,
        Target::Channel(channel) => types::Target::Channel(channel.clone()),
        Target::Campaign(campaign) => types::Target::Campaign(campaign.clone()),
        Target::Step { campaign, step } => types::Target::Step((campaign.clone(), step.clone())),
        Target::Label(label) => types::Target::Label(label.clone()),
    }
}

pub(super) fn decision(decision: Decision, change: StateChange) -> contract::Decision {
    contract::Decision {
        instructions: decision.instructions.into_iter().map(instruction).collect(),
        timers: decision.timers.into_iter().map(timer).collect(),
        state: match change {
            StateChange::Keep => types::StateChange::Keep,
            StateChange::Replace(bytes) => types::StateChange::Replace(bytes),
            StateChange::Forget => types::StateChange::Forget,
        },
        marks: decision.marks.into_iter().map(mark).collect(),
        ext: Vec::new(),
    }
}

fn instruction(instruction: Instruction) -> types::Instruction {
    types::Instruction {
        step: instruction.step,
        deliveries: instruction.deliveries.into_iter().map(delivery).collect(),
        expires: instruction.expires.map(Timestamp::as_millis),
        ext: Vec::new(),
    }
}

fn delivery(delivery: Delivery) -> types::Delivery {
    types::Delivery { channel: delivery.channel, content: delivery.content.to_string() }
}

fn timer(timer: TimerChange) -> types::TimerChange {
    match timer {
        TimerChange::Set(name, at) => types::TimerChange::Set((name, at.as_millis())),
        TimerChange::Cancel(name) => types::TimerChange::Cancel(name),
        TimerChange::CancelAll => types::TimerChange::CancelAll,
    }
}

fn mark(mark: Mark) -> types::Mark {
    match mark {
        Mark::Entered => types::Mark::Entered,
        Mark::Exited(reason) => types::Mark::Exited(reason),
        Mark::Converted(value) => types::Mark::Converted(value),
        Mark::Other { name, value } => types::Mark::Other((name, value.to_string())),
    }
}
