//! The documentation's examples, and random conditions against an oracle that counts by hand.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Condition, Person, Scene, span};
use crate::domain::{
    Asking, Attributes, Call, CampaignName, Cause, Consent, Engagement, EngagementKind, Event, Identities, ItemDeed,
    ItemFacts, ItemId, Json, KnownBy, Labels, MessageId, Occurrences, PersonFacts, Scope, Subject, Timestamp, Wish,
};
use crate::profiles::Profile;

const DOCUMENTATION: &str = include_str!("../../../docs/conditions.md");

/// A profile as the worker shows it.
struct Known {
    campaign: CampaignName,
    profile: Profile,
    items: Value,
    now: Timestamp,
}

/// `newsletter` has the label `regular`.
struct Regular;

impl Labels for Regular {
    fn has(&self, campaign: &str, label: &str) -> bool {
        (campaign, label) == ("newsletter", "regular")
    }
}

impl Known {
    fn asking(&self) -> Asking<'_> {
        Asking { campaign: &self.campaign, labels: &Regular }
    }
}

impl Person for Known {
    fn occurrences(&self, subject: &Subject, since: Option<Timestamp>) -> Occurrences {
        self.profile.history.look_up(self.asking(), subject, since)
    }

    fn trait_value(&self, name: &str) -> Option<Json> {
        self.profile.trait_value(name).cloned()
    }

    fn is_in_audience(&self, name: &str) -> bool {
        self.profile.is_in_audience(name)
    }

    fn item(&self, id: &str) -> Option<Json> {
        self.items.get(id).map(Json::from)
    }

    fn viewed(&self, item: &str) -> Option<Timestamp> {
        self.profile.interests.of(&ItemId::parse(item).unwrap(), self.now)?.viewed
    }

    fn has_in_cart(&self, item: Option<&str>) -> bool {
        self.profile.interests.cart(self.now).any(|known| item.is_none_or(|item| known.as_str() == item))
    }

    fn reachable(&self, channel: &str) -> bool {
        self.profile.obstacle(channel, KnownBy::Id).is_none()
    }
}

fn moment(value: &Value) -> Timestamp {
    span::moment(value.as_str().expect("a moment should be a text")).expect("a moment should be one")
}

fn text(value: &Value, member: &str) -> Option<String> {
    value[member].as_str().map(str::to_owned)
}

/// An event as the examples write it.
fn event(told: &Value, at: Timestamp) -> Event {
    let engagement = text(told, "engagement").map(|kind| Engagement {
        kind: EngagementKind::parse(&kind).expect("an engagement should be known"),
        channel: text(told, "channel").unwrap_or_default(),
        campaign: text(told, "campaign"),
        step: text(told, "step"),
        detail: text(told, "detail"),
        by_machine: false,
        dispatch: None,
    });
    Event {
        id: MessageId::parse("m").expect("an id should be one"),
        call: Call::Track,
        name: text(told, "event").unwrap_or_default(),
        at,
        identities: Identities::default(),
        facts: PersonFacts { items: items_of(told), ..PersonFacts::default() },
        engagement,
        test: false,
        body: Json::from(told),
    }
}

/// What an event did with the one item that it names.
fn items_of(told: &Value) -> Option<ItemFacts> {
    let deed = match told["event"].as_str()? {
        "Product Clicked" => ItemDeed::Views,
        "Checkout Started" => ItemDeed::PutsIntoCart,
        _ => return None,
    };
    let item = ItemId::parse(told["item"].as_str()?).unwrap();
    Some(ItemFacts { deed, items: vec![(item, Attributes::new())] })
}

/// The example person of the documentation, and when it is.
fn example(person: &Value) -> (Known, Timestamp) {
    let mut profile = Profile::default();
    for told in person["events"].as_array().expect("a person should have events") {
        profile.apply(&event(told, moment(&told["at"])));
    }
    let mut identify = event(&json!({}), moment(&person["now"]));
    let traits = person["traits"].as_object().expect("a person should have traits");
    identify.facts.traits = traits.iter().map(|(name, value)| (name.clone(), Json::from(value))).collect();
    profile.apply(&identify);
    let mut word = event(&json!({}), moment(&person["now"]));
    let left = person["opted_out"].as_array().expect("channels should be a list");
    let channels = left.iter().map(|channel| channel.as_str().expect("a channel should be a text").to_owned());
    let unwanted = |channel| Consent { scope: Scope::Channel(channel), wish: Wish::Unwanted };
    word.facts.consents = channels.map(unwanted).collect();
    profile.apply(&word);
    for audience in person["audiences"].as_array().expect("audiences should be a list") {
        let mut entered = event(&json!({}), moment(&person["now"]));
        entered.facts.audience = Some((audience.as_str().expect("an audience should be a text").to_owned(), true));
        profile.apply(&entered);
    }
    let campaign = CampaignName::parse(&text(person, "campaign").expect("there should be a campaign")).unwrap();
    let (items, now) = (person["items"].clone(), moment(&person["now"]));
    (Known { campaign, profile, items, now }, now)
}

/// The fenced blocks of the documentation: what is said of them, and what is in them.
fn blocks() -> Vec<(&'static str, &'static str)> {
    let fenced = DOCUMENTATION.split("```").skip(1).step_by(2);
    fenced.filter_map(|block| block.strip_prefix("json ")?.split_once('\n')).collect()
}

#[test]
fn every_example_of_the_documentation_is_as_it_says() {
    let blocks = blocks();
    let [("person", person), examples @ ..] = &blocks[..] else { panic!("the person should come first") };
    let person: Value = serde_json::from_str(person).unwrap();
    let (known, now) = example(&person);
    let cause = Cause::Event(Box::new(event(&person["happening"], now)));
    let scene = Scene {
        person: &known,
        asking: known.asking(),
        now,
        cause: Some(&cause),
        body: Some(&person["happening"]),
        trigger: &person["trigger"],
    };
    assert!(examples.len() > 30);
    for (said, example) in examples {
        let condition = Condition::parse(&serde_json::from_str(example).unwrap());
        let seen = match condition.map(|condition| condition.holds(&scene)) {
            Ok(true) => "holds".to_owned(),
            Ok(false) => "does-not-hold".to_owned(),
            Err(err) => format!("refused: {err}"),
        };
        assert_eq!(seen, *said, "{example}");
    }
}

/// The schema that editors are given.
static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema = include_str!("../../../docs/schemas/condition.json");
    jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap()
});

/// What the schema cannot say, and the parser does.
fn is_beyond_a_schema(err: &str) -> bool {
    ["at most 90 days", "too much in one condition"].iter().any(|said| err.contains(said))
}

#[test]
fn the_schema_agrees_with_the_parser_on_every_example() {
    for (said, example) in blocks().into_iter().filter(|(said, _)| *said != "person") {
        let is_taken = !said.starts_with("refused");
        assert_eq!(SCHEMA.is_valid(&serde_json::from_str(example).unwrap()), is_taken, "{said}: {example}");
    }
}

#[test]
fn a_condition_that_cannot_be_meant_is_refused_at_its_place() {
    let deep = (0..40).fold(json!({"event": "A"}), |inner, _| json!({"not": inner}));
    let many = json!({"any": vec![json!({"event": "A"}); 300]});
    for (condition, place) in [
        (json!("Order Completed"), ""),
        (json!(null), ""),
        (json!({"all": {"event": "A"}}), "/all"),
        (json!({"event": "A", "engagement": "clicked"}), "/engagement"),
        (json!({"event": ""}), "/event"),
        (json!({"event": "A", "count": {}}), "/count"),
        (json!({"event": "A", "count": {"at_least": "2"}}), "/count/at_least"),
        (json!({"event": "A", "count": {"at_least": 1, "at_most": 2}}), "/count/at_most"),
        (json!({"event": "A", "last": {"older_than": "91d"}}), "/last/older_than"),
        (json!({"event": "A", "last": {"older_than": "1d"}, "since": "7d"}), "/since"),
        (json!({"event": "A", "of": "mine"}), "/of"),
        (json!({"engagement": "clicked", "of": {"step": "x"}}), "/of"),
        (json!({"engagement": "clicked", "of": {"channel": "push", "campaign": "x"}}), "/of"),
        (json!({"engagement": "clicked", "of": {"campaign": "a/b"}}), "/of"),
        (json!({"engagement": "clicked", "of": {"label": "a/b"}}), "/of/label"),
        (json!({"engagement": "clicked", "of": {"label": "x", "step": "y"}}), "/of"),
        (json!({"engagement": "clicked", "of": {"label": "x", "channel": "y"}}), "/of/label"),
        (json!({"happening": {"event": "A", "channel": "push"}}), "/happening/channel"),
        (json!({"happening": {"engagement": "clicked", "detail": 7}}), "/happening/detail"),
        (json!({"trait": "plan"}), ""),
        (json!({"trait": "plan", "equals": 1, "in": [1]}), "/in"),
        (json!({"trait": "plan", "in": []}), "/in"),
        (json!({"trait": "plan", "equals": {"treat": "x"}}), "/equals/treat"),
        (json!({"trait": "a", "before": "tomorrow"}), "/before"),
        (json!({"happening": {}}), "/happening"),
        (json!({"not": {}}), "/not"),
        (json!({"all": [{"event": "A"}, {}]}), "/all/1"),
        (json!({"a/b": 1}), "/a~1b"),
        (json!({"item": "price", "less_than": 10}), ""),
        (json!({"item": "price", "of": "mug"}), ""),
        (json!({"item": "price", "of": {"tiger": "x"}, "less_than": 10}), "/of/tiger"),
        (json!({"item": "price", "of": true, "less_than": 10}), "/of"),
        (json!({"trait": "plan", "of": "mug", "equals": 1}), "/of"),
        (json!({"cart": "mug"}), "/cart"),
        (json!({"cart": true, "of": "mug"}), "/of"),
        (json!({"viewed": "mug", "since": "x"}), "/since"),
        (json!({"viewed": ""}), "/viewed"),
    ] {
        let err = Condition::parse(&condition).expect_err(&condition.to_string());
        assert_eq!(err.pointer, place, "{condition}: {err}");
        assert!(!SCHEMA.is_valid(&condition) || is_beyond_a_schema(&err.to_string()), "{condition}: {err}");
    }
    assert!(Condition::parse(&deep).is_err());
    assert!(Condition::parse(&many).is_err());
}

/// Answers a condition from the raw list of what happened, in the plainest way.
fn oracle(condition: &Value, happened: &[(String, i64)], plan: Option<i64>, now: i64) -> bool {
    let object = condition.as_object().unwrap();
    let (about, rest) =
        object.iter().find(|(name, _)| ["all", "any", "not", "event", "trait"].contains(&name.as_str())).unwrap();
    let day = |text: &Value| text.as_str().unwrap().trim_end_matches('d').parse::<i64>().unwrap() * 86_400_000;
    let compare = |name: &str, left: i64, right: i64| match name {
        "equals" => left == right,
        "not_equals" => left != right,
        "more_than" => left > right,
        "at_least" => left >= right,
        "less_than" => left < right,
        _ => left <= right,
    };
    match about.as_str() {
        "all" => rest.as_array().unwrap().iter().all(|one| oracle(one, happened, plan, now)),
        "any" => rest.as_array().unwrap().iter().any(|one| oracle(one, happened, plan, now)),
        "not" => !oracle(rest, happened, plan, now),
        "trait" => {
            let (name, other) = object.iter().find(|(name, _)| *name != "trait").unwrap();
            match plan {
                Some(plan) => compare(name, plan, other.as_i64().unwrap()),
                None => name == "not_equals",
            }
        }
        _ => {
            let from = object.get("since").map_or(i64::MIN, |since| now - day(since));
            let times: Vec<i64> =
                happened.iter().filter(|(name, at)| rest == name && *at >= from).map(|(_, at)| *at).collect();
            let last = times.iter().max().copied();
            match object.iter().find(|(name, _)| ["count", "last", "occurred"].contains(&name.as_str())) {
                None => !times.is_empty(),
                Some((name, answer)) if name == "occurred" => times.is_empty() != answer.as_bool().unwrap(),
                Some((name, asked)) => {
                    let (how, value) = asked.as_object().unwrap().iter().next().unwrap();
                    match (name.as_str(), how.as_str()) {
                        ("count", how) => compare(how, i64::try_from(times.len()).unwrap(), value.as_i64().unwrap()),
                        (_, "newer_than") => last.is_some_and(|last| now - last < day(value)),
                        _ => last.is_some_and(|last| now - last > day(value)),
                    }
                }
            }
        }
    }
}

fn orders() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["equals", "not_equals", "more_than", "at_least", "less_than", "at_most"])
}

fn leaves() -> impl Strategy<Value = Value> {
    let names = || prop::sample::select(vec!["A", "B", "C"]);
    let spans = || (1..90).prop_map(|days| format!("{days}d"));
    let since = || prop::option::of(spans());
    let with_since = |mut condition: Value, since: Option<String>| {
        if let Some(since) = since {
            condition["since"] = since.into();
        }
        condition
    };
    prop_oneof![
        (names(), since()).prop_map(move |(name, since)| with_since(json!({"event": name}), since)),
        (names(), any::<bool>(), since())
            .prop_map(move |(name, wanted, since)| with_since(json!({"event": name, "occurred": wanted}), since)),
        (names(), orders(), 0..6, since()).prop_map(move |(name, order, count, since)| {
            with_since(json!({"event": name, "count": {order: count}}), since)
        }),
        (names(), any::<bool>(), spans()).prop_map(|(name, newer, span)| {
            json!({"event": name, "last": {if newer { "newer_than" } else { "older_than" }: span}})
        }),
        (orders(), 0..4).prop_map(|(order, plan)| json!({"trait": "plan", order: plan})),
    ]
}

fn conditions() -> impl Strategy<Value = Value> {
    leaves().prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|nodes| json!({"all": nodes})),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|nodes| json!({"any": nodes})),
            inner.prop_map(|node| json!({"not": node})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_condition_agrees_with_counting_by_hand(
        condition in conditions(),
        happened in prop::collection::vec((prop::sample::select(vec!["A", "B", "C"]), 0..100_i64 * 86_400), 0..20),
        plan in prop::option::of(0..4_i64),
    ) {
        let now = 200 * 86_400_000;
        let happened: Vec<(String, i64)> =
            happened.into_iter().map(|(name, seconds)| (name.to_owned(), now - seconds * 1_000)).collect();
        let mut profile = Profile::default();
        for (name, at) in &happened {
            profile.apply(&event(&json!({"event": name}), Timestamp::from_millis(*at)));
        }
        if let Some(plan) = plan {
            let mut identify = event(&json!({}), Timestamp::from_millis(now));
            identify.facts.traits = vec![("plan".to_owned(), Json::from(&json!(plan)))];
            profile.apply(&identify);
        }
        let campaign = CampaignName::parse("comeback").unwrap();
        let known = Known { campaign, profile, items: Value::Null, now: Timestamp::from_millis(now) };
        let scene = Scene {
            person: &known,
            asking: known.asking(),
            now: Timestamp::from_millis(now),
            cause: None,
            body: None,
            trigger: &Value::Null,
        };
        let holds = Condition::parse(&condition).unwrap().holds(&scene);
        prop_assert_eq!(holds, oracle(&condition, &happened, plan, now), "{}", condition);
    }
}

/// What stands in conditions, in places where it may and may not.
fn fragments() -> impl Strategy<Value = Value> {
    let members = ["all", "any", "not", "event", "engagement", "of", "count", "last", "since", "occurred", "trait"];
    let others = ["property", "trigger", "equals", "in", "at_least", "before", "newer_than", "exists", "happening"];
    let more = ["channel", "detail", "label", "campaign", "step", "reachable", "contains", "starts_with"];
    let members: Vec<&str> = members.into_iter().chain(others).chain(more).collect();
    let texts = ["A", "clicked", "mine", "trigger", "7d", "2026-03-01", "winback", ""];
    let leaves = prop_oneof![
        prop::sample::select(texts.to_vec()).prop_map(Value::from),
        (0..3_i64).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaves.prop_recursive(4, 16, 3, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            4 => prop::collection::btree_map(prop::sample::select(members.clone()), inner, 0..3)
                .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn the_schema_agrees_with_the_parser_on_anything(document in fragments()) {
        let parsed = Condition::parse(&document);
        prop_assert_eq!(SCHEMA.is_valid(&document), parsed.is_ok(), "{}: {:?}", document, parsed.err());
    }

    #[test]
    fn the_schema_takes_what_the_parser_takes(condition in conditions()) {
        prop_assert!(SCHEMA.is_valid(&condition), "{condition}");
    }
}

proptest! {
    #[test]
    fn no_document_makes_the_reader_panic(text in r#"[{}\[\]":,a-z0-9 ]{0,60}"#) {
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            let _ = Condition::parse(&value);
        }
    }
}
