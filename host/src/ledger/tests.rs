//! Older rows are read as they were, and every row has a sentence.

use serde_json::{Value, json};

use super::*;

fn sentence(what: &Value) -> String {
    let mut row = json!({"at": 5, "campaign": "spring"});
    row.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
    let row = LedgerRow::decode(row.to_string().as_bytes()).unwrap();
    assert_eq!(LedgerRow::decode(&row.encode()).unwrap(), row, "what was written should be read as it was");
    row.sentence()
}

#[test]
fn rows_from_before_are_read_as_they_were() {
    let decided = json!({"what": "decided", "cause": "event:m1", "revision": 1, "fuel": 7,
                         "verdicts": [{"id": "m", "step": "first", "channel": "push", "verdict": "send"}]});
    assert_eq!(sentence(&decided), "`first` is sent over push");
    let sent =
        json!({"what": "sent", "id": "m", "step": "first", "channel": "push", "provider": "webhook", "attempts": 1});
    assert_eq!(sentence(&sent), "`first` went out over push (webhook)");
}

#[test]
fn every_row_has_a_sentence() {
    let held = json!({"id": "m", "step": "first", "channel": "push", "verdict": "hold", "rule": "quiet-hours",
                      "saw": "21:00 to 08:00 in Europe/Berlin", "until": 28_800_000});
    let sends = json!({"id": "m", "step": "first", "channel": "push", "verdict": "send"});
    let credit = |step: &str| json!({"step": step, "channel": "email", "revision": 1});
    for (what, expected) in [
        (
            json!({"what": "decided", "cause": "c", "revision": 1, "fuel": 7, "verdicts": [held]}),
            "`first` is held until 1970-01-01T08:00:00.000Z (quiet-hours: 21:00 to 08:00 in Europe/Berlin)",
        ),
        (
            json!({"what": "decided", "cause": "c", "revision": 1, "fuel": 7, "held_out": "tenant", "verdicts": [sends]}),
            "held out (tenant); `first` would be sent over push",
        ),
        (
            json!({"what": "released", "revision": 1, "id": "m", "step": "first", "channel": "push", "verdict": "send"}),
            "held until now: `first` is sent over push",
        ),
        (
            json!({"what": "told", "id": "m1", "kind": "opened", "step": "first", "channel": "email", "by_machine": true, "happened": 5}),
            "`first`: opened, by a machine",
        ),
        (json!({"what": "told", "id": "m1", "kind": "complained", "happened": 5}), "a message: complained"),
        (
            json!({"what": "enrolled", "cause": "c", "revision": 1, "experiment": "spring", "variation": "b", "held_out": "campaign"}),
            "takes part: variation `b`, held out (campaign)",
        ),
        (json!({"what": "enrolled", "cause": "c", "revision": 1, "experiment": "spring"}), "takes part from now on"),
        (
            json!({"what": "converted", "id": "m1", "revision": 1, "experiment": "spring", "value_micros": -12_505_000,
                   "before": {"conversions": 0, "value_micros": 0}, "after": {"conversions": 1, "value_micros": -12_505_000},
                   "credit": credit("first"), "happened": 5}),
            "converted, worth -12.50: credited to `first` over email",
        ),
        (
            json!({"what": "converted", "id": "m1", "revision": 1, "experiment": "spring", "value_micros": 0,
                   "before": {"conversions": 0, "value_micros": 0}, "after": {"conversions": 0, "value_micros": 0}, "happened": 5}),
            "converted: credited to no message; too late to count",
        ),
        (
            json!({"what": "credited", "cause": "c", "id": "m1", "value_micros": 0, "from": credit("first"), "to": credit("second"), "happened": 5}),
            "a conversion is credited to `second` over email and no longer to `first` over email",
        ),
        (
            json!({"what": "recounted", "cause": "c"}),
            "two ids are one person: what they counted for twice is taken back",
        ),
    ] {
        assert_eq!(sentence(&what), expected, "{what}");
    }
}
