//! What mappings say, what they refuse, and by which words they are found.

use expect_test::expect;
use serde_json::{Value, json};

use super::*;
use crate::domain::limits;

const DOCUMENTATION: &str = include_str!("../../../docs/people.md");

fn read(document: &Value) -> Mapping {
    Mapping::read(document).unwrap_or_else(|err| panic!("{document} should be a mapping: {err}"))
}

fn ready(documents: &[Value]) -> Mappings {
    let mappings: Vec<(String, Mapping)> =
        documents.iter().enumerate().map(|(number, document)| (format!("m{number}"), read(document))).collect();
    Mappings::of(mappings.iter().map(|(name, mapping)| (name.as_str(), mapping))).unwrap()
}

#[test]
fn the_documentations_mappings_read_back_as_they_are_written() {
    let blocks = DOCUMENTATION.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("json\n"));
    let examples: Vec<Value> = blocks.map(|block| serde_json::from_str(block).unwrap()).collect();
    assert!(examples.len() >= 5, "the examples should have been found");
    for example in examples {
        assert_eq!(read(&example).document(), example);
    }
}

#[test]
fn every_kind_of_engagement_can_be_told() {
    for kind in EngagementKind::ALL {
        let document = json!({"event": "It Happened", "engagement": kind.as_str(), "channel": "pigeon"});
        let Mapping::Event(mapping) = read(&document) else { panic!("{document}") };
        assert_eq!((mapping.kind, mapping.channel.unwrap().as_str()), (kind, "pigeon"));
    }
    for kind in ["converted", "held-out"] {
        let Mapping::Event(mapping) = read(&json!({"event": "It Happened", "engagement": kind})) else { panic!() };
        assert_eq!(mapping.channel, None, "a campaign as a whole has no channel");
    }
}

#[test]
fn what_is_wrong_is_named_by_its_place() {
    let seen = |more: Value| {
        let mut document = json!({"event": "Mail Seen", "engagement": "opened", "channel": "email"});
        document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        document
    };
    let said = [
        json!([]),
        json!({}),
        json!({"evnt": "Mail Seen"}),
        json!({"event": "Mail Seen"}),
        json!({"event": "Mail Seen", "engagement": "opened"}),
        seen(json!({"event": ""})),
        seen(json!({"event": " _-"})),
        seen(json!({"engagement": "open"})),
        seen(json!({"engagement": "vanished"})),
        seen(json!({"channel": "E-Mail"})),
        seen(json!({"is": {"campaign": "spring"}})),
        seen(json!({"properties": {"mesage": "mail_id"}})),
        seen(json!({"properties": {"message": "x".repeat(limits::MAPPING_BYTES_MAX)}})),
        json!({"campaign": 7, "is": {"campaign": "spring"}}),
        json!({"campaign": "spring_sale_2026"}),
        json!({"campaign": "spring_sale_2026", "is": "spring"}),
        json!({"campaign": "spring_sale_2026", "is": {"campaign": "spring/first"}}),
        json!({"campaign": "spring_sale_2026", "is": {"campaign": "spring", "stpe": "first"}}),
        json!({"consent": "Advertising", "channels": []}),
        json!({"consent": "Advertising", "channels": ["push", "Push"]}),
        json!({"consent": "Advertising", "channels": ["push", "push"]}),
        json!({"consent": "Advertising", "channel": "push"}),
    ]
    .map(|document| Mapping::read(&document).unwrap_err().to_string());
    expect![[r#"
        at `/`: a list is no object: write an object with `event`, `engagement`, `channel`, `properties`, `campaign`, `step`, `is`, `consent` or `channels`
        at `/`: nothing says what is mapped: write `event`, `campaign` or `consent`
        at `/evnt`: `evnt` is not known here: did you mean `event`?
        at `/`: `engagement` is missing: write it
        at `/`: `channel` is missing: write it, like `"email"`
        at `/event`: an empty text is no text: write a text in quotes
        at `/event`: ` _-` is no name: write the name as it is sent: case, blanks, `_` and `-` do not count
        at `/engagement`: `open` is no engagement: did you mean `opened`?
        at `/engagement`: `vanished` is no engagement: use `sent`, `delivered`, `viewed`, `opened`, `clicked`, `dismissed`, `bounced`, `failed`, `complained`, `unsubscribed`, `converted` or `held-out`
        at `/channel`: channel `E-Mail` is not valid: use 1 to 64 of `a-z`, `0-9` and `-`, starting with a letter: name one like `push` or `email`, or one of your own
        at `/is`: `is` is not known here: use `event`, `engagement`, `channel` or `properties`
        at `/properties/mesage`: `mesage` is not known here: did you mean `message`?
        at `/`: the mapping has 4185 bytes: use at most 4096
        at `/campaign`: `7` is no text: write a text in quotes
        at `/`: `is` is missing: write it
        at `/is`: a text is no object: write an object with `campaign` or `step`
        at `/is/campaign`: campaign `spring/first` is not valid: use 1 to 64 of `A-Z`, `a-z`, `0-9`, `-`, `_`, `.`, starting with a letter or digit: use one of your campaigns
        at `/is/stpe`: `stpe` is not known here: did you mean `step`?
        at `/channels`: the list is empty: write at least one
        at `/channels/1`: channel `Push` is not valid: use 1 to 64 of `a-z`, `0-9` and `-`, starting with a letter: name one like `push` or `email`, or one of your own
        at `/channels/1`: the channel `push` is there twice: write it once
        at `/channel`: `channel` is not known here: did you mean `channels`?"#]].assert_eq(&said.join("\n"));
}

#[test]
fn a_campaign_that_is_not_there_is_said_with_the_one_that_may_be_meant() {
    let mapping = read(&json!({"campaign": "x", "is": {"campaign": "sprng"}}));
    let said = |known: &[&str]| mapping.check_campaign(known.iter().copied()).map_err(|err| err.to_string());
    let near = "at `/is/campaign`: there is no campaign `sprng`: did you mean `spring`?";
    assert_eq!(said(&["autumn", "spring"]), Err(near.to_owned()));
    let none = "at `/is/campaign`: there is no campaign `sprng`: create it first (`campaign create`)";
    assert_eq!(said(&[]), Err(none.to_owned()));
    assert_eq!(said(&["sprng"]), Ok(()));
}

#[test]
fn names_are_found_in_any_spelling() {
    let ready = ready(&[
        json!({"event": "Mail Seen", "engagement": "opened", "channel": "email"}),
        json!({"consent": "Marketing & More", "channels": ["push", "ads"]}),
    ]);
    for spelling in ["Mail Seen", "mail_seen", "mailSeen", "MAIL-SEEN"] {
        assert!(ready.event(spelling).is_some(), "{spelling}");
    }
    assert!(ready.event("Mail Sent").is_none());
    assert_eq!(ready.channels("marketing_&_more").len(), 2);
    assert!(ready.channels("Mail Seen").is_empty(), "an event is no category");
}

#[test]
fn a_mapping_of_a_step_goes_before_one_of_the_whole_campaign_and_an_earlier_word_before_a_later() {
    let ready = ready(&[
        json!({"campaign": "65f1", "is": {"campaign": "spring"}}),
        json!({"campaign": "65f1", "step": "variant b", "is": {"campaign": "spring", "step": "second"}}),
        json!({"campaign": "Spring Sale", "is": {"campaign": "other"}}),
    ]);
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    for (campaigns, steps, ours) in [
        (&["65F1"][..], &["variant a"][..], Some(("spring", None))),
        (&["65f1"], &["v17", "Variant B"], Some(("spring", Some("second")))),
        (&["Spring Sale", "65f1"], &["variant b"], Some(("spring", Some("second")))),
        (&["Spring Sale", "65f1"], &[], Some(("other", None))),
        (&["65f1", "Spring Sale"], &[], Some(("spring", None))),
        (&["unknown"], &["variant b"], None),
        (&[], &[], None),
    ] {
        let found = ready.ours(&words(campaigns), &words(steps));
        let found = found.map(|ours| (ours.campaign.as_str(), ours.step.as_deref()));
        assert_eq!(found, ours, "{campaigns:?} {steps:?}");
    }
}

#[test]
fn two_mappings_of_the_same_clash_and_of_another_step_do_not() {
    let of_step = |step: &str| read(&json!({"campaign": "x", "step": step, "is": {"campaign": "ours"}}));
    let whole = read(&json!({"campaign": "x", "is": {"campaign": "ours"}}));
    let (first, second, again) = (of_step("one"), of_step("two"), of_step("ONE"));
    assert!(Mappings::of([("a", &first), ("b", &second), ("c", &whole)]).is_ok());
    let clash = Mappings::of([("a", &first), ("b", &again)]).unwrap_err();
    assert_eq!(clash.to_string(), "`a` and `b` map the same: change or remove one of them");
}
