//! What is written reads back, what is wrong is named by its place, and the examples of the document are right.

use expect_test::expect;

use super::*;
use crate::settings::Settings;

#[test]
fn what_a_tenant_wants_reads_back() {
    for document in [
        json!({}),
        json!({"caps": []}),
        json!({
            "caps": [
                {"count": 3, "days": 7},
                {"channel": "*", "count": 1, "calendar_days": 1, "on_cap": "hold"},
                {"channel": "sms", "count": 2, "hours": 12, "on_cap": "drop"},
            ],
            "quiet_hours": {"from": "21:00", "to": "08:00"},
            "time_zone": "Europe/Berlin",
            "arbitration_window_minutes": 15,
            "hold_out_percent": 10,
        }),
    ] {
        assert_eq!(TenantPolicy::read(&document).unwrap().document(), document);
    }
}

#[test]
fn what_a_tenant_cannot_want_is_named_by_its_place() {
    let cap = |cap: Value| json!({"caps": [cap]});
    let said = [
        json!({"cap": []}),
        json!({"caps": vec![json!({"count": 1, "days": 1}); 17]}),
        cap(json!({"days": 1})),
        cap(json!({"count": 0, "days": 1})),
        cap(json!({"count": 1})),
        cap(json!({"count": 1, "days": 1, "hours": 1})),
        cap(json!({"count": 1, "days": 32})),
        cap(json!({"count": 1, "days": 1, "on_cap": "next_channel"})),
        cap(json!({"count": 1, "days": 1, "channel": "E-Mail"})),
        json!({"quiet_hours": {"from": "9:00", "to": "10:00"}}),
        json!({"quiet_hours": {"from": "09:00", "to": "24:00"}}),
        json!({"quiet_hours": {"from": "09:00", "to": "09:00"}}),
        json!({"quiet_hours": true}),
        json!({"time_zone": "Europe/Berln"}),
        json!({"arbitration_window_minutes": 1.5}),
        json!({"hold_out_percent": 51}),
    ]
    .map(|document| TenantPolicy::read(&document).unwrap_err().to_string());
    expect![[r#"
        at `/cap`: `cap` is not known here: did you mean `caps`?
        at `/caps`: the list has 17 elements: write at most 16
        at `/caps/0`: `count` is missing: write it
        at `/caps/0/count`: `0` will not do: write a whole number from 1 to 256
        at `/caps/0`: the cap's time is not clear: write one of `hours`, `days` or `calendar_days`
        at `/caps/0`: the cap's time is not clear: write one of `hours`, `days` or `calendar_days`
        at `/caps/0/days`: `32` will not do: write a whole number from 1 to 31
        at `/caps/0/on_cap`: `next_channel` is not what can follow: use `next`, `hold` or `drop`
        at `/caps/0/channel`: channel `E-Mail` is not valid: use 1 to 64 of `a-z`, `0-9` and `-`, starting with a letter: or write `*`, for all together
        at `/quiet_hours/from`: `9:00` is no time of day: write one like `21:00`
        at `/quiet_hours/to`: `24:00` is no time of day: write one like `21:00`
        at `/quiet_hours`: quiet hours end when they begin: leave an hour for messages, or archive the campaign
        at `/quiet_hours`: `true` is no object: write an object with `from` or `to`
        at `/time_zone`: the time zone `Europe/Berln` is not known: did you mean `Europe/Berlin`?
        at `/arbitration_window_minutes`: `1.5` will not do: write a whole number from 0 to 1440
        at `/hold_out_percent`: `51` will not do: write a whole number from 0 to 50"#]].assert_eq(&said.join("\n"));
}

#[test]
fn what_a_campaign_wants_reads_back() {
    for document in [
        json!({"priority": 1}),
        json!({"channels": ["push", "email"], "caps": [{"count": 1, "days": 3}]}),
        json!({"quiet_hours": false, "exempt_from": ["caps", "quiet_hours"]}),
        json!({"quiet_hours": {"from": "22:30", "to": "06:00"}, "freshness_hours": 720}),
        json!({"dont_send_if": {"event": "Order Completed"}, "labels": ["winback"]}),
    ] {
        assert_eq!(Settings::read(&document).unwrap().document(), document);
    }
}

#[test]
fn what_a_campaign_cannot_want_is_named_by_its_place() {
    let said = [
        json!({"priority": 0}),
        json!({"priority": 101}),
        json!({"channels": ["push", "push"]}),
        json!({"channels": ["E-Mail"]}),
        json!({"caps": []}),
        json!({"caps": [{"count": 1, "days": 1}, {"count": 1, "dys": 1}]}),
        json!({"quiet_hours": {"from": "21:00"}}),
        json!({"dont_send_if": {"evnt": "A"}}),
        json!({"freshness_hours": 0}),
        json!({"exempt_from": ["caps", "consent"]}),
    ]
    .map(|document| Settings::read(&document).unwrap_err().to_string());
    expect![[r#"
        at `/priority`: `0` will not do: write a whole number from 1 to 100
        at `/priority`: `101` will not do: write a whole number from 1 to 100
        at `/channels/1`: it is there twice: write it once
        at `/channels/0`: channel `E-Mail` is not valid: use 1 to 64 of `a-z`, `0-9` and `-`, starting with a letter: use a channel's name
        at `/caps`: the list is empty: write at least one
        at `/caps/1/dys`: `dys` is not known here: did you mean `days`?
        at `/quiet_hours`: `to` is missing: write it
        at `/dont_send_if/evnt`: `evnt` is not known here: did you mean `event`?
        at `/freshness_hours`: `0` will not do: write a whole number from 1 to 720
        at `/exempt_from/1`: nobody is exempted from `consent`: use `caps`, `priority` or `quiet_hours`; consent and the other rules are for everybody"#]].assert_eq(&said.join("\n"));
}

#[test]
fn the_examples_of_the_document_are_right() {
    let document = include_str!("../../../../docs/policy.md");
    let examples: Vec<&str> = document.split("```json").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 2);
    for example in examples {
        let value: Value = serde_json::from_str(example).unwrap();
        let (tenant, campaign) = (TenantPolicy::read(&value), Settings::read(&value));
        let reads_back = tenant.is_ok_and(|tenant| tenant.document() == value)
            || campaign.is_ok_and(|settings| settings.document() == value);
        assert!(reads_back, "{example}");
    }
}
