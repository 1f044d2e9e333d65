//! What each rule says, to one message and to several.

use std::slice::from_ref;

use expect_test::{Expect, expect};

use super::*;

const NOON: &str = "2026-03-02T12:00:00Z";

fn check(profile: &Profile, tenant: Value, messages: &[Message], expected: &Expect) {
    let tenant = TenantPolicy::read(&tenant).unwrap();
    let said: Vec<String> = verdicts(at(NOON), profile, &tenant, messages).iter().map(said).collect();
    expected.assert_eq(&said.join("\n"));
}

fn cart(settings: Value, channels: &[&str]) -> Message {
    Message { since: at(NOON), ..Message::new(("cart", 1), settings, channels) }
}

/// Messages of the campaign `cart` that were accepted then.
fn accepted(profile: &mut Profile, channel: &str, times: &[&str]) {
    for (number, time) in times.iter().enumerate() {
        let message = Message::new(("cart", 1_000 + number as u64), json!({}), &[channel]);
        profile.sends.promise(&message.id, &message.campaign, channel);
        profile.sends.accept(&message.id, at(time));
    }
}

#[test]
fn the_first_channel_that_the_person_did_not_leave_is_taken_in_the_campaigns_order() {
    let message = cart(json!({}), &["push", "email"]);
    check(&Profile::default(), json!({}), from_ref(&message), &expect!["send 0"]);
    check(&who_left(&["push"]), json!({}), from_ref(&message), &expect!["send 1"]);
    check(
        &who_left(&["push", "email"]),
        json!({}),
        &[message],
        &expect![
            "drop, consent: the person left `push` on 1970-01-01T00:00:00.000Z; the person left `email` on 1970-01-01T00:00:00.000Z"
        ],
    );
    let prefers = cart(json!({"channels": ["sms", "email"]}), &["push", "email"]);
    check(&Profile::default(), json!({}), &[prefers], &expect!["send 1"]);
}

#[test]
fn nobody_is_exempted_from_consent() {
    let message = cart(json!({"exempt_from": ["caps", "priority", "quiet_hours"]}), &["email"]);
    check(
        &who_left(&["email"]),
        json!({}),
        &[message],
        &expect!["drop, consent: the person left `email` on 1970-01-01T00:00:00.000Z"],
    );
}

#[test]
fn who_left_is_taken_out_of_an_audience_all_the_same() {
    let of = |action: &str| {
        let mut message = cart(json!({}), &["ads"]);
        message.instruction.deliveries[0].content = Json::from(&json!({"action": action, "audience": "carts"}));
        Message { is_unwanted: true, known_by: vec![KnownBy::Address], ..message }
    };
    check(&who_left(&["ads"]), json!({}), &[of("remove")], &expect!["send 0"]);
    let left = expect!["drop, consent: the person left `ads` on 1970-01-01T00:00:00.000Z"];
    check(&who_left(&["ads"]), json!({}), &[of("add")], &left);
}

#[test]
fn a_provider_that_needs_an_address_gets_nothing_without_one() {
    let message =
        |channels: &[&str]| Message { known_by: vec![KnownBy::Address; channels.len()], ..cart(json!({}), channels) };
    check(
        &Profile::default(),
        json!({}),
        &[message(&["push"])],
        &expect!["drop, channel-priority: the person has no usable address for `push`"],
    );
    let reachable = person(PersonFacts { push_token: Some("t".to_owned()), ..PersonFacts::default() });
    check(&reachable, json!({}), &[message(&["email", "push"])], &expect!["send 1"]);
    for channel in ["ads", "webhook", "in-app", "web-push", "letter"] {
        check(&Profile::default(), json!({}), &[message(&[channel])], &expect!["send 0"]);
    }
}

#[test]
fn nothing_goes_out_twice() {
    let mut profile = Profile::default();
    let message = cart(json!({}), &["email"]);
    profile.sends.promise(&message.id, &message.campaign, "email");
    check(&profile, json!({}), from_ref(&message), &expect!["drop, duplicates: it is on its way already, or arrived"]);
    let held = Message { since: at("2026-03-02T08:00:00Z"), held_by: Some("caps"), ..message.clone() };
    let id = Message::new(("cart", 7), json!({}), &[]).id;
    let newer = Message { id, ..message };
    check(
        &Profile::default(),
        json!({}),
        &[held, newer],
        &expect![[r#"
        drop, duplicates: replaced by `msg_00000000000000000000000000000007`, which says the same
        send 0"#]],
    );
}

#[test]
fn what_is_not_wanted_or_worthless_is_dropped() {
    let expires = |time: &str| {
        let mut message = cart(json!({}), &["push"]);
        message.instruction.expires = Some(at(time));
        message
    };
    check(
        &Profile::default(),
        json!({}),
        &[expires("2026-03-02T11:59:59Z")],
        &expect!["drop, expiry: it was worth sending until 2026-03-02T11:59:59.000Z"],
    );
    check(&Profile::default(), json!({}), &[expires(NOON)], &expect!["send 0"]);
    let unwanted = Message { is_unwanted: true, ..cart(json!({}), &["push"]) };
    check(
        &Profile::default(),
        json!({}),
        &[unwanted],
        &expect!["drop, dont-send-if: the campaign's `dont_send_if` holds"],
    );
    let quiet = json!({"quiet_hours": {"from": "11:00", "to": "14:00"}});
    check(
        &Profile::default(),
        quiet,
        &[expires("2026-03-02T13:00:00Z")],
        &expect![
            "drop, expiry: it was worth sending until 2026-03-02T13:00:00.000Z, and `quiet-hours` would hold it until 2026-03-02T14:00:00.000Z: it is quiet from 11:00 to 14:00 in `UTC`"
        ],
    );
}

#[test]
fn the_priority_decides_and_not_the_order() {
    let of =
        |name: &str, number, settings| Message { since: at(NOON), ..Message::new((name, number), settings, &["push"]) };
    let (low, high) = (of("a", 1, json!({"priority": 5})), of("b", 2, json!({"priority": 9})));
    let (same, without) = (of("c", 3, json!({"priority": 9})), of("d", 4, json!({})));
    let exempt = of("e", 5, json!({"priority": 1, "exempt_from": ["priority"]}));
    check(
        &Profile::default(),
        json!({}),
        &[low, high, same, without, exempt],
        &expect![[r#"
        drop, campaign-priority: priority 5 lost to `b` with priority 9
        send 0
        drop, campaign-priority: priority 9 lost to `b` with priority 9: of equal ones the first by name wins
        send 0
        send 0"#]],
    );
}

#[test]
fn who_is_dropped_by_another_rule_wins_nothing() {
    let of = |name: &str, number, settings, channel| Message {
        since: at(NOON),
        ..Message::new((name, number), settings, &[channel])
    };
    let high = of("b", 2, json!({"priority": 9}), "email");
    let low = of("a", 1, json!({"priority": 5}), "push");
    check(
        &who_left(&["email"]),
        json!({}),
        &[low, high],
        &expect![[r#"
        send 0
        drop, consent: the person left `email` on 1970-01-01T00:00:00.000Z"#]],
    );
}

#[test]
fn what_takes_no_attention_does_not_compete() {
    let of = |name: &str, number, settings, channels: &[&str]| Message {
        since: at(NOON),
        ..Message::new((name, number), settings, channels)
    };
    let high = of("b", 2, json!({"priority": 9}), &["push"]);
    let low = of("a", 1, json!({"priority": 5}), &["push", "ads"]);
    check(&Profile::default(), json!({}), &[low, high], &expect!["send 1\nsend 0"]);
}

#[test]
fn with_a_window_campaigns_wait_for_each_other() {
    let tenant = json!({"arbitration_window_minutes": 10});
    let of = |name: &str, number, priority: u32, since| Message {
        since: at(since),
        ..Message::new((name, number), json!({"priority": priority}), &["push"])
    };
    let fresh = of("a", 1, 5, NOON);
    check(
        &Profile::default(),
        tenant.clone(),
        from_ref(&fresh),
        &expect![
            "hold until 2026-03-02T12:10:00.000Z, campaign-priority: with priority 5 it waits for campaigns to compete with"
        ],
    );
    let waited = of("b", 2, 4, "2026-03-02T11:50:00Z");
    check(
        &Profile::default(),
        tenant,
        &[fresh, waited],
        &expect![[r#"
        send 0
        drop, campaign-priority: priority 4 lost to `a` with priority 5"#]],
    );
}

#[test]
fn a_day_that_rolls_does_not_begin_anew_at_midnight() {
    let tenant = TenantPolicy::read(&json!({"caps": [{"count": 1, "days": 1}]})).unwrap();
    let mut profile = Profile::default();
    accepted(&mut profile, "push", &["2026-03-01T23:00:00Z"]);
    let message = cart(json!({}), &["push"]);
    let judged = |time| said(&verdicts(at(time), &profile, &tenant, from_ref(&message))[0]);
    expect!["drop, caps: the tenant's cap of 1 message in 1 day is reached for `push`"]
        .assert_eq(&judged("2026-03-02T00:00:00Z"));
    expect!["send 0"].assert_eq(&judged("2026-03-02T23:00:00Z"));
}

#[test]
fn on_a_cap_the_next_channel_is_taken_or_it_waits_or_is_dropped() {
    let mut profile = in_zone("Europe/Berlin");
    accepted(&mut profile, "push", &["2026-03-02T07:00:00Z", "2026-03-02T08:00:00Z"]);
    let message = cart(json!({}), &["push", "email"]);
    let cap = |on_cap: &str| json!({"caps": [{"channel": "push", "count": 2, "hours": 12, "on_cap": on_cap}]});
    check(&profile, cap("next"), from_ref(&message), &expect!["send 1"]);
    check(
        &profile,
        cap("hold"),
        from_ref(&message),
        &expect![
            "hold until 2026-03-02T19:00:00.000Z, caps: the tenant's cap of 2 messages in 12 hours is reached for `push`"
        ],
    );
    check(
        &profile,
        cap("drop"),
        from_ref(&message),
        &expect!["drop, caps: the tenant's cap of 2 messages in 12 hours is reached for `push`"],
    );
    let day = json!({"caps": [{"channel": "*", "count": 2, "calendar_days": 1, "on_cap": "hold"}]});
    check(
        &profile,
        day,
        from_ref(&message),
        &expect![
            "hold until 2026-03-02T23:00:00.000Z, caps: the tenant's cap of 2 messages over all channels in 1 calendar day is reached for `push`"
        ],
    );
    let own = Message { settings: cart(json!({"caps": [{"count": 1, "days": 31}]}), &[]).settings, ..message };
    check(&profile, json!({"caps": []}), from_ref(&own), &expect!["send 1"]);
    let other = Message { campaign: CampaignName::parse("other").unwrap(), ..own };
    check(&profile, json!({"caps": []}), &[other], &expect!["send 0"]);
}

#[test]
fn what_is_let_through_counts_for_the_next_and_what_is_on_its_way_always() {
    let messages: Vec<Message> = (0..7)
        .map(|number| Message { since: at(NOON), ..Message::new(("cart", number), json!({}), &["push"]) })
        .collect();
    let through = |profile: &Profile, messages: &[Message]| {
        let verdicts = verdicts(at(NOON), profile, &TenantPolicy::default(), messages);
        verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Send { .. })).count()
    };
    assert_eq!(through(&Profile::default(), &messages), 5);
    let mut profile = Profile::default();
    messages[..3].iter().for_each(|message| profile.sends.promise(&message.id, &message.campaign, "push"));
    assert_eq!(through(&profile, &messages[3..]), 2);
    let transactional = CampaignPolicy { exempt_from: [Exemption::Caps].into(), ..CampaignPolicy::default() };
    let exempt: Vec<Message> =
        messages.into_iter().map(|message| Message { settings: transactional.clone(), ..message }).collect();
    assert_eq!(through(&profile, &exempt[3..]), 4);
}

#[test]
fn while_more_is_young_than_can_be_remembered_nothing_more_counts() {
    let mut profile = Profile::default();
    accepted(&mut profile, "push", &vec!["2026-02-20T00:00:00Z"; limits::SENDS_MAX]);
    let candidates = [cart(json!({}), &["push", "ads"]), cart(json!({}), &["push"])];
    // No cap holds, so nothing has to be counted.
    check(
        &profile,
        json!({"caps": []}),
        &candidates,
        &expect![[r#"
        send 0
        send 0"#]],
    );
    check(
        &profile,
        json!({}),
        &candidates,
        &expect![[r#"
        send 1
        drop, caps: the person was sent 256 messages within a month, the most that are counted"#]],
    );
}

#[test]
fn quiet_hours_hold_until_they_end_where_the_person_lives() {
    let tenant = json!({"quiet_hours": {"from": "21:00", "to": "08:00"}, "time_zone": "Pacific/Auckland"});
    let message = cart(json!({}), &["push"]);
    check(
        &Profile::default(),
        tenant.clone(),
        from_ref(&message),
        &expect![
            "hold until 2026-03-02T19:00:00.000Z, quiet-hours: it is quiet from 21:00 to 08:00 in `Pacific/Auckland`"
        ],
    );
    check(&in_zone("Europe/Berlin"), tenant.clone(), from_ref(&message), &expect!["send 0"]);
    check(
        &in_zone("Mars/Olympus"),
        tenant.clone(),
        &[message],
        &expect![
            "hold until 2026-03-02T19:00:00.000Z, quiet-hours: it is quiet from 21:00 to 08:00 in `Pacific/Auckland`"
        ],
    );
    check(&Profile::default(), tenant.clone(), &[cart(json!({"quiet_hours": false}), &["push"])], &expect!["send 0"]);
    check(&Profile::default(), tenant.clone(), &[cart(json!({}), &["ads"])], &expect!["send 0"]);
    let own = cart(json!({"quiet_hours": {"from": "00:30", "to": "01:30"}}), &["push"]);
    check(
        &Profile::default(),
        tenant.clone(),
        &[own],
        &expect![
            "hold until 2026-03-02T12:30:00.000Z, quiet-hours: it is quiet from 00:30 to 01:30 in `Pacific/Auckland`"
        ],
    );
    check(&Profile::default(), tenant, &[cart(json!({"exempt_from": ["quiet_hours"]}), &["push"])], &expect!["send 0"]);
}
