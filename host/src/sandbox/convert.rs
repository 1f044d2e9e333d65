//! The wall between the contract's types and the domain's: whatever crosses, crosses here.
//!
//! `ext`, the contract's room for later versions, is given empty and dropped: this version has nothing to say in it.
//! A word that this version does not know is never dropped: who says it is told.

use super::bindings::exports::rekindle::campaign::handler::Context as WitContext;
use super::bindings::rekindle::campaign::history::{Answer, Subject as WitSubject};
use super::bindings::rekindle::campaign::types as wit;
use crate::domain::{
    Cause, Change, Context, Decision, Delivery, Engagement, EngagementKind, Event, Instruction, Json, Mark,
    Occurrences, StateChange, Subject, Target, TimerChange, Timestamp,
};

// Into the guest

pub(super) fn context(context: &Context) -> WitContext {
    WitContext {
        campaign: context.campaign.to_string(),
        now: milliseconds(context.now),
        profile: context.profile.to_string(),
        variation: context.variation.as_ref().map(ToString::to_string).unwrap_or_default(),
        seed: context.seed,
        state: context.state.clone(),
        ext: Vec::new(),
    }
}

pub(super) fn cause(cause: &Cause) -> wit::Cause {
    match cause {
        Cause::Event(event) => wit::Cause::Event(self::event(event)),
        Cause::Engagement { engagement, event } => wit::Cause::Engagement(self::engagement(engagement, event.at)),
        Cause::Timer(name) => wit::Cause::Timer(name.clone()),
        Cause::TraitChanged(change) => wit::Cause::TraitChanged(self::change(change)),
        Cause::ItemChanged { change, .. } => wit::Cause::ItemChanged(self::change(change)),
        Cause::Schedule(at) => wit::Cause::Schedule(milliseconds(*at)),
    }
}

fn event(event: &Event) -> wit::Event {
    wit::Event {
        message_id: event.id.to_string(),
        call: event.call.as_str().to_owned(),
        name: event.name.clone(),
        at: milliseconds(event.at),
        ext: Vec::new(),
    }
}

fn engagement(engagement: &Engagement, at: Timestamp) -> wit::Engagement {
    wit::Engagement {
        kind: engagement.kind.as_str().to_owned(),
        channel: engagement.channel.clone(),
        campaign: engagement.campaign.clone(),
        step: engagement.step.clone(),
        detail: engagement.detail.clone(),
        by_machine: engagement.by_machine,
        at: milliseconds(at),
        ext: Vec::new(),
    }
}

fn change(change: &Change) -> wit::Change {
    let text = |json: &Json| json.as_str().to_owned();
    wit::Change {
        subject: change.subject.clone(),
        before: change.before.as_ref().map(text),
        after: change.after.as_ref().map(text),
    }
}

pub(super) fn answer(occurrences: Occurrences) -> Answer {
    Answer {
        count: occurrences.count,
        first: occurrences.first.map(milliseconds),
        last: occurrences.last.map(milliseconds),
        saturated: occurrences.saturated,
    }
}

fn milliseconds(moment: Timestamp) -> u64 {
    moment.as_millis().unsigned_abs()
}

// Out of the guest

/// A moment that a guest named; what lies beyond the calendar is its end.
pub(super) fn timestamp(milliseconds: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(milliseconds).unwrap_or(i64::MAX))
}

/// A question's subject, or why this host has no answer to it.
pub(super) fn subject(subject: WitSubject) -> Result<Subject, String> {
    Ok(match subject {
        WitSubject::Event(name) => Subject::Event(name),
        WitSubject::Engagement((kind, target)) => Subject::Engagement(engagement_kind(&kind)?, self::target(target)),
    })
}

/// The bytes of a question's texts.
pub(super) fn subject_bytes(subject: &WitSubject) -> usize {
    match subject {
        WitSubject::Event(name) => name.len(),
        WitSubject::Engagement((kind, target)) => kind.len() + target_bytes(target),
    }
}

fn target_bytes(target: &wit::Target) -> usize {
    match target {
        wit::Target::Any | wit::Target::Mine => 0,
        wit::Target::Channel(name) | wit::Target::Campaign(name) | wit::Target::Label(name) => name.len(),
        wit::Target::Step((campaign, step)) => campaign.len() + step.len(),
    }
}

/// What can become of a message, by its name in the contract.
pub(super) fn engagement_kind(name: &str) -> Result<EngagementKind, String> {
    EngagementKind::parse(name).ok_or_else(|| {
        let known = EngagementKind::ALL.map(EngagementKind::as_str).join("`, `");
        format!("this host knows no engagement `{name}`: use one of `{known}`")
    })
}

/// Whose messages are meant.
pub(super) fn target(target: wit::Target) -> Target {
    match target {
        wit::Target::Any => Target::Any,
        wit::Target::Mine => Target::Mine,
        wit::Target::Channel(channel) => Target::Channel(channel),
        wit::Target::Campaign(campaign) => Target::Campaign(campaign),
        wit::Target::Step((campaign, step)) => Target::Step(campaign, step),
        wit::Target::Label(label) => Target::Label(label),
    }
}

/// A decision whose limits were checked. It fails where a text that should be JSON is not.
pub(super) fn decision(decision: wit::Decision) -> Result<Decision, String> {
    Ok(Decision {
        instructions: decision.instructions.into_iter().map(instruction).collect::<Result<_, _>>()?,
        timers: decision.timers.into_iter().map(timer_change).collect(),
        state: state_change(decision.state),
        marks: decision.marks.into_iter().map(mark).collect::<Result<_, _>>()?,
    })
}

fn instruction(instruction: wit::Instruction) -> Result<Instruction, String> {
    let step = instruction.step;
    let deliveries = instruction.deliveries.into_iter().map(|delivery| self::delivery(&step, delivery));
    let deliveries = deliveries.collect::<Result<_, _>>()?;
    Ok(Instruction { step, deliveries, expires: instruction.expires.map(timestamp) })
}

fn delivery(step: &str, delivery: wit::Delivery) -> Result<Delivery, String> {
    let content = json(&delivery.content, || format!("the content for `{}` in step `{step}`", delivery.channel))?;
    Ok(Delivery { channel: delivery.channel, content })
}

fn timer_change(change: wit::TimerChange) -> TimerChange {
    match change {
        wit::TimerChange::Set((name, at)) => TimerChange::Set { name, at: timestamp(at) },
        wit::TimerChange::Cancel(name) => TimerChange::Cancel(name),
        wit::TimerChange::CancelAll => TimerChange::CancelAll,
    }
}

fn state_change(change: wit::StateChange) -> StateChange {
    match change {
        wit::StateChange::Keep => StateChange::Keep,
        wit::StateChange::Replace(state) => StateChange::Replace(state),
        wit::StateChange::Forget => StateChange::Forget,
    }
}

fn mark(mark: wit::Mark) -> Result<Mark, String> {
    Ok(match mark {
        wit::Mark::Entered => Mark::Entered,
        wit::Mark::Exited(reason) => Mark::Exited(reason),
        wit::Mark::Converted(value) => Mark::Converted(value),
        wit::Mark::Other((name, value)) => {
            let value = json(&value, || format!("the value of mark `{name}`"))?;
            Mark::Other(name, value)
        }
    })
}

/// A document that a guest wrote, or that it is none, and where.
pub(super) fn json(text: &str, what: impl Fn() -> String) -> Result<Json, String> {
    Json::parse(text).map_err(|err| format!("{} is not JSON: {err}", what()))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::domain::{Call, CampaignName, Identities, MessageId, PersonFacts, ProfileId};

    fn opened() -> Cause {
        let engagement = Engagement {
            kind: EngagementKind::Opened,
            channel: "email".to_owned(),
            campaign: Some("Three Lines".to_owned()),
            step: None,
            detail: None,
            by_machine: true,
            dispatch: None,
        };
        let event = Event {
            id: MessageId::parse("m1").unwrap(),
            call: Call::Track,
            name: "Email Opened".to_owned(),
            at: Timestamp::from_millis(1_000),
            identities: Identities::default(),
            facts: PersonFacts::default(),
            engagement: Some(engagement.clone()),
            test: false,
            body: Json::parse("{}").unwrap(),
        };
        Cause::Engagement { engagement, event: Box::new(event) }
    }

    #[test]
    fn a_cause_goes_in_as_the_contract_has_it() {
        let changed = Change { subject: "tier".to_owned(), before: None, after: Some(Json::parse("1").unwrap()) };
        let Cause::Engagement { event, .. } = opened() else { unreachable!() };
        let causes = [Cause::Event(event), opened(), Cause::Timer("wait".to_owned()), Cause::TraitChanged(changed)];
        expect![[r#"
            [
                Cause::Event(
                    Event {
                        message-id: "m1",
                        call: "track",
                        name: "Email Opened",
                        at: 1000,
                        ext: [],
                    },
                ),
                Cause::Engagement(
                    Engagement {
                        kind: "opened",
                        channel: "email",
                        campaign: Some(
                            "Three Lines",
                        ),
                        step: None,
                        detail: None,
                        by-machine: true,
                        at: 1000,
                        ext: [],
                    },
                ),
                Cause::Timer(
                    "wait",
                ),
                Cause::TraitChanged(
                    Change {
                        subject: "tier",
                        before: None,
                        after: Some(
                            "1",
                        ),
                    },
                ),
            ]
        "#]]
        .assert_debug_eq(&causes.each_ref().map(cause));
    }

    #[test]
    fn a_context_goes_in_as_the_contract_has_it() {
        let told = context(&Context {
            campaign: CampaignName::parse("three-lines").unwrap(),
            now: Timestamp::from_millis(2_000),
            profile: ProfileId::parse("u1").unwrap(),
            variation: None,
            seed: 7,
            state: Some(vec![1, 2]),
        });
        expect![[r#"
            Context {
                campaign: "three-lines",
                now: 2000,
                profile: "u1",
                variation: "",
                seed: 7,
                state: Some(
                    [
                        1,
                        2,
                    ],
                ),
                ext: [],
            }
        "#]]
        .assert_debug_eq(&told);
    }

    #[test]
    fn a_moment_beyond_the_calendar_is_its_end() {
        assert_eq!(timestamp(u64::MAX).as_millis(), i64::MAX);
        assert_eq!(timestamp(7).as_millis(), 7);
    }
}
