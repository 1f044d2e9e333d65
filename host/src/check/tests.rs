//! What is said before a campaign is published.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;
use crate::domain::{EngagementKind, Json, Target};

/// A campaign as it would be.
struct Draft {
    name: CampaignName,
    manifest: Manifest,
    settings: Settings,
}

impl Draft {
    fn new(name: &str, triggers: Vec<Trigger>, settings: &Value) -> Self {
        let manifest = Manifest {
            name: "journey".to_owned(),
            version: "1.0.0".to_owned(),
            summary: String::new(),
            triggers,
            channels: ["email", "push", "sms"].map(str::to_owned).into(),
            steps: vec!["first".to_owned()],
            configuration: Json::from(&json!({})),
        };
        Self { name: CampaignName::parse(name).unwrap(), manifest, settings: Settings::read(settings).unwrap() }
    }

    fn over(mut self, channels: &[&str]) -> Self {
        self.manifest.channels = channels.iter().map(|channel| (*channel).to_owned()).collect();
        self
    }

    fn plan(&self) -> Plan<'_> {
        Plan { name: &self.name, manifest: &self.manifest, settings: &self.settings }
    }
}

fn event(name: &str) -> Trigger {
    Trigger::Event(name.to_owned())
}

fn opened(target: Target) -> Trigger {
    Trigger::Engagement { kind: EngagementKind::Opened, target }
}

fn report(plan: &Draft, others: &[Draft], policy: &Value) -> Report {
    check(&plan.plan(), others.iter().map(Draft::plan), &TenantPolicy::read(policy).unwrap())
}

/// What holds for a campaign with these settings, under this policy.
fn holds(settings: &Value, policy: &Value, expected: &Expect) {
    let Report { rules, .. } = report(&Draft::new("cart", vec![event("Ping")], settings), &[], policy);
    let lines = rules.iter().map(|Line { rule, holds }| format!("{rule}: {holds}\n"));
    expected.assert_eq(&lines.collect::<String>());
}

#[test]
fn where_nothing_is_said_the_usual_holds() {
    holds(
        &json!({}),
        &json!({}),
        &expect![[r#"
        freshness: a cause is taken up for 24 hours
        campaign-priority: none: it does not compete
        channel-priority: as the instruction says: email, push, sms
        caps: the tenant's: 5 messages in 24 hours over each channel; one more takes the next channel
        quiet-hours: none
    "#]],
    );
}

#[test]
fn what_is_said_holds_the_campaigns_own_before_the_tenants() {
    let settings = json!({
        "priority": 80, "channels": ["push", "in-app", "email"], "freshness_hours": 6,
        "caps": [{"count": 1, "days": 3, "on_cap": "hold"}, {"channel": "sms", "count": 2, "hours": 12, "on_cap": "drop"}],
        "quiet_hours": {"from": "22:00", "to": "09:30"}, "dont_send_if": {"trait": "staff", "equals": true},
        "experiment": {"variations": {"bold": 2, "plain": 1}, "hold_out_percent": 5},
    });
    let policy = json!({
        "caps": [{"channel": "*", "count": 1, "calendar_days": 1}], "quiet_hours": {"from": "21:00", "to": "08:00"},
        "time_zone": "Europe/Berlin", "arbitration_window_minutes": 15, "hold_out_percent": 10,
    });
    holds(
        &settings,
        &policy,
        &expect![[r#"
        freshness: a cause is taken up for 6 hours
        hold-out: 10 % of people get nothing of any campaign, 5 % nothing of this one
        variations: `bold` 66.7 %, `plain` 33.3 %
        dont-send-if: asked before each message: may end the run
        campaign-priority: 80; waits 15 minutes for others to compete with
        channel-priority: push, then email, then sms
        caps: the campaign's: 1 message in 3 days over each channel; one more waits
        caps: the campaign's: 2 messages in 12 hours over sms; one more is dropped
        caps: the tenant's: 1 message over all channels in 1 calendar day; one more takes the next channel
        quiet-hours: the campaign's: from 22:00 to 09:30 where the person lives, else in Europe/Berlin
    "#]],
    );
    holds(
        &json!({"exempt_from": ["caps", "priority", "quiet_hours"]}),
        &policy,
        &expect![[r#"
        freshness: a cause is taken up for 24 hours
        hold-out: 10 % of people get nothing of any campaign
        campaign-priority: exempt: it does not compete
        channel-priority: as the instruction says: email, push, sms
        caps: exempt: its messages are neither capped nor counted
        quiet-hours: exempt: its messages go out at night, too
    "#]],
    );
}

#[test]
fn it_is_said_who_goes_first_of_two() {
    let priority = |priority: Option<u32>| priority.map_or(json!({}), |priority| json!({"priority": priority}));
    let said = |own: Option<u32>, name: &str, theirs: Option<u32>| {
        let plan = Draft::new("cart", vec![event("Ping")], &priority(own));
        let other = Draft::new(name, vec![event("Ping")], &priority(theirs));
        report(&plan, &[other], &json!({})).rivals[0].decides.clone()
    };
    let said = [
        said(Some(50), "win-back", Some(80)),
        said(Some(80), "win-back", Some(50)),
        said(Some(50), "win-back", Some(50)),
        said(Some(50), "bargain", Some(50)),
        said(None, "win-back", None),
        said(None, "bargain", None),
        said(None, "win-back", Some(1)),
        said(Some(1), "bargain", None),
    ];
    expect![[r#"
        `win-back` (80) goes before this (50)
        this (80) goes before `win-back` (50)
        equal (50): by name, so this goes before `win-back`
        equal (50): by name, so `bargain` goes before this
        neither has a priority: both send, up to the caps; this is heard first
        neither has a priority: both send, up to the caps; `bargain` is heard first
        this has no priority: both send, up to the caps; `win-back` is heard first
        `bargain` has no priority: both send, up to the caps; this is heard first"#]]
    .assert_eq(&said.join("\n"));
}

#[test]
fn who_takes_no_attention_or_is_exempt_competes_with_nobody() {
    let plan = Draft::new("cart", vec![event("Ping")], &json!({"priority": 50}));
    let receipt = json!({"priority": 80, "exempt_from": ["priority"]});
    let others = [
        Draft::new("ads", vec![event("Ping")], &json!({"priority": 80})).over(&["ads", "webhook"]),
        Draft::new("receipt", vec![event("Ping")], &receipt).over(&["email"]),
    ];
    let rivals = report(&plan, &others, &json!({})).rivals;
    let said: Vec<String> = rivals.iter().map(|rival| format!("{} {:?}", rival.decides, rival.channels)).collect();
    expect![[r#"
        `ads` takes no attention over its channels: both send []
        `receipt` is exempt from priority: both send ["email"]"#]]
    .assert_eq(&said.join("\n"));
}

#[test]
fn what_can_be_the_same_cause_is_named_and_nothing_else() {
    let schedule = |document: Value| Trigger::Schedule(Json::from(&document));
    let step = |campaign: &str, step: &str| Target::Step(campaign.to_owned(), step.to_owned());
    let own = |text: &str| text.to_owned();
    let pairs = [
        (event("Product Added"), event("product added")),
        (event("Product Added"), event("Order Completed")),
        (event("*"), event("Ping")),
        (event("*"), event("*")),
        (event("Ping"), Trigger::Call(own("track"))),
        (event("Ping"), Trigger::Call(own("page"))),
        (Trigger::Call(own("page")), Trigger::Call(own("page"))),
        (Trigger::TraitChanged(own("plan")), Trigger::TraitChanged(own("plan"))),
        (Trigger::TraitChanged(own("plan")), Trigger::TraitChanged(own("mood"))),
        (Trigger::TraitChanged(own("plan")), Trigger::Call(own("identify"))),
        (Trigger::ItemChanged(own("price")), Trigger::ItemChanged(own("*"))),
        (Trigger::ItemChanged(own("price")), Trigger::ItemChanged(own("stock"))),
        (schedule(json!({"at": "a", "zone": "b"})), schedule(json!({"zone": "b", "at": "a"}))),
        (schedule(json!({"at": "a"})), schedule(json!({"at": "b"}))),
        (opened(Target::Any), opened(Target::Campaign(own("spring")))),
        (opened(Target::Mine), opened(Target::Mine)),
        (opened(Target::Mine), opened(Target::Campaign(own("Cart")))),
        (opened(step("spring", "first")), opened(Target::Campaign(own("spring")))),
        (opened(step("spring", "first")), opened(step("spring", "second"))),
        (opened(Target::Channel(own("email"))), opened(Target::Channel(own("push")))),
        (opened(Target::Label(own("winback"))), opened(Target::Campaign(own("spring")))),
        (opened(Target::Any), event("*")),
        (opened(Target::Any), event("Ping")),
    ];
    let said = pairs.map(|(ours, theirs)| {
        let (plan, other) = (Draft::new("cart", vec![ours], &json!({})), Draft::new("other", vec![theirs], &json!({})));
        let [there, back] =
            [(&plan, &other), (&other, &plan)].map(|(one, two)| causes::shared(&one.plan(), &two.plan()));
        assert_eq!(there.is_empty(), back.is_empty());
        there.first().cloned().unwrap_or("-".to_owned())
    });
    expect![[r#"
        the event `Product Added`
        -
        the event `Ping`
        any event
        the event `Ping`
        -
        a call `page`
        a change of the trait `plan`
        -
        a change of the trait `plan`
        a change of `price` of an item
        -
        the same schedule
        -
        a message that is opened
        -
        a message that is opened
        a message that is opened
        -
        -
        a message that is opened
        a message that is opened
        -"#]]
    .assert_eq(&said.join("\n"));
}
