//! What the SDK promises authors: what is remembered and forgotten, when timers fire, what the host is
//! asked, and what a tenant reads about a mistake.

use std::collections::BTreeMap;

use rekindle_guest::testing::{self, Run};
use rekindle_guest::{
    Campaign, Cause, Context, Decision, EngagementKind, Error, Instruction, Manifest, Mark, Sms, Subject, Target,
    Timestamp, Trigger, Wait, WaitError,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Counts coffees, and does what the event's name says.
struct Coffee;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Configuration {
    #[serde(default)]
    limits: BTreeMap<String, Limit>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read only to see what is refused")]
struct Limit {
    per_day: u8,
}

#[derive(Default, Serialize, Deserialize)]
struct State {
    coffees: u32,
}

impl Campaign for Coffee {
    type Configuration = Configuration;
    type State = State;

    fn configure(configuration: Configuration) -> Result<Self, Error> {
        match configuration.limits.len() {
            0..2 => Ok(Self),
            limits => Err(Error::new(format!("{limits} limits are too many"))),
        }
    }

    fn manifest(&self) -> Manifest {
        Manifest::new("coffee", "1.0.0", "counts coffees")
            .on_event("*")
            .on_engagement(EngagementKind::Opened, Target::Channel("sms".to_owned()))
            .on(Trigger::TraitChanged("plan".to_owned()))
            .on(Trigger::Schedule(json!({ "every": "day" })))
            .on(Trigger::ItemChanged("price".to_owned()))
            .channel("sms")
            .channel("letter")
            .step("enough")
    }

    fn decide(&self, ctx: &Context, cause: &Cause, state: &mut State) -> Result<Decision, Error> {
        Ok(match cause {
            Cause::Event(event) => match event.name.as_str() {
                "Drunk" => drunk(state),
                "Slept" => slept(state),
                "Asked" => asked(ctx),
                "Timed" => Decision::none()
                    .set_timer("late", ctx.now() + Wait::hours(2))
                    .set_timer("early", ctx.now() + Wait::hours(1)),
                "Untimed" => Decision::none().cancel_timer("early"),
                "Sent" => Decision::none().instruct(enough(ctx)),
                "Missent" => Decision::none().instruct(Instruction::new("nowhere").deliver(&Sms::default())),
                name => return Err(Error::new(format!("`{name}` is no coffee"))),
            },
            Cause::Timer(name) => mark("timer", name.as_str().into()),
            Cause::Engagement(engagement) => mark("engagement", engagement.kind.as_str().into()),
            Cause::TraitChanged(change) => mark("trait", json!([change.before, change.after])),
            Cause::ItemChanged(change) => mark("item", json!([change.subject, change.before, change.after])),
            Cause::Schedule(at) => mark("schedule", at.as_millis().into()),
            _ => Decision::none(),
        })
    }
}

fn drunk(state: &mut State) -> Decision {
    state.coffees += 1;
    Decision::none()
}

fn slept(state: &mut State) -> Decision {
    *state = State::default();
    Decision::none()
}

fn asked(ctx: &Context) -> Decision {
    ctx.info("asked");
    let drunk = Subject::event("Drunk");
    let hour_ago = Timestamp::from_millis(ctx.now().as_millis() - Wait::hours(1).as_millis());
    let answer = json!({
        "all": ctx.look_up(&drunk).count,
        "recent": ctx.look_up_since(&drunk, hour_ago).count,
        "plan": ctx.get_trait("plan"),
        "sms": ctx.reachable("sms"),
        "regular": ctx.in_audience("regulars"),
        "mug": ctx.get_item("mug"),
        "beans": ctx.body("/properties/beans"),
        "missing": ctx.body("/properties/none"),
        "document": ctx.document()["event"],
    });
    mark("answer", answer)
}

fn enough(ctx: &Context) -> Instruction {
    Instruction::new("enough")
        .deliver(&Sms { body: "Enough.".to_owned() })
        .deliver_over("letter", &json!({ "paper": "blue" }))
        .expires(ctx.now() + Wait::days(1))
}

fn mark(name: &str, value: Value) -> Decision {
    Decision::none().mark(Mark::Other { name: name.to_owned(), value })
}

fn person() -> Run<Coffee> {
    Run::of::<Coffee>(json!({}))
}

#[test]
fn what_is_remembered_is_there_the_next_time_and_the_default_is_forgotten() {
    let run = person().event("Drunk", json!({})).event("Drunk", json!({}));
    assert_eq!(run.state::<State>().coffees, 2);
    assert_eq!(run.event("Slept", json!({})).state_bytes(), None);
}

#[test]
fn timers_fire_each_at_its_time_and_the_earliest_first() {
    let run = person().event("Timed", json!({})).wait("90m").wait("1d");
    assert_eq!(run.timeline(), "+1h timer: \"early\"\n+2h timer: \"late\"\n");
}

#[test]
fn a_cancelled_timer_does_not_fire() {
    let run = person().event("Timed", json!({})).event("Untimed", json!({}));
    assert_eq!(run.timers(), ["late"]);
    assert_eq!(run.wait("1d").timeline(), "+2h timer: \"late\"\n");
}

#[test]
fn the_host_answers_about_the_person() {
    let run = person()
        .with_trait("plan", json!("gold"))
        .in_audience("regulars")
        .with_item("mug", json!({ "price": 9 }))
        .past_event("Drunk", "3h")
        .event("Drunk", json!({}))
        .event("Asked", json!({ "beans": ["a", "b"] }));
    let answer = run.timeline().replace("+0s answer: ", "");
    assert_eq!(
        serde_json::from_str::<Value>(&answer).unwrap(),
        json!({
            "all": 2, "recent": 1, "plan": "gold", "sms": true, "beans": ["a", "b"],
            "missing": null, "document": "Asked", "regular": true, "mug": { "price": 9 },
        })
    );
    assert_eq!(run.logs(), ["info: asked"]);
}

#[test]
fn an_instruction_goes_over_the_first_channel_that_reaches() {
    assert_eq!(person().event("Sent", json!({})).last().content, json!({ "body": "Enough." }));
    let run = person().unreachable("sms").event("Sent", json!({}));
    assert_eq!(run.last().channel.as_deref(), Some("letter"));
    assert_eq!(run.last().content, json!({ "paper": "blue" }));
    assert_eq!(run.last().expires, Some(run.last().at + Wait::days(1)));
    let run = person().unreachable("sms").unreachable("letter").event("Sent", json!({}));
    assert_eq!(run.timeline(), "+0s enough over nothing\n");
}

#[test]
fn it_is_asked_about_its_triggers_and_nothing_else() {
    let run = person()
        .foreign_engagement(EngagementKind::Opened, "sms", "other")
        .foreign_engagement(EngagementKind::Clicked, "sms", "other")
        .foreign_engagement(EngagementKind::Opened, "email", "other")
        .trait_becomes("plan", json!("gold"))
        .trait_becomes("name", json!("A"))
        .with_item("mug", json!({ "price": 9 }))
        .item_becomes("mug", "price", json!(8))
        .item_becomes("mug", "colour", json!("blue"))
        .schedule();
    let lines: Vec<String> = run.timeline().lines().map(str::to_owned).collect();
    assert_eq!(
        lines[..3],
        ["+0s engagement: \"opened\"", "+0s trait: [null,\"gold\"]", "+0s item: [\"mug/price\",9,8]"]
    );
    assert!(lines[3].starts_with("+0s schedule: ") && lines.len() == 4, "{lines:?}");
}

#[test]
#[should_panic(expected = "`Spilt` is no coffee")]
fn a_campaign_that_fails_fails_its_test() {
    let _ = person().event("Spilt", json!({}));
}

#[test]
#[should_panic(expected = "the manifest names no step `nowhere`")]
fn a_step_that_the_manifest_does_not_name_fails_its_test() {
    let _ = person().event("Missent", json!({}));
}

#[test]
fn a_configuration_is_refused_with_the_place_of_the_mistake() {
    let refusal = |configuration| testing::configure::<Coffee>(&configuration).expect_err("it should be refused");
    assert_eq!(
        refusal(json!({ "limits": { "espresso": { "per_day": 300 } } })),
        "configuration at `limits.espresso.per_day`: invalid value: integer `300`, expected u8"
    );
    assert_eq!(refusal(json!({ "limits": { "a": { "per_day": 1 }, "b": { "per_day": 1 } } })), "2 limits are too many");
    assert_eq!(refusal(json!([])), "the configuration should be an object, as in `{}`");
}

#[test]
fn any_error_becomes_one_that_its_owner_reads() {
    let read = |text: &str| -> Result<Wait, Error> { Ok(Wait::parse(text)?) };
    assert_eq!(read("91d").map_err(|err| err.to_string()), Err(WaitError::Bounds("91d".to_owned()).to_string()));
}
