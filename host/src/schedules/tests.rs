//! The documentation's examples, and what must hold of every schedule: the next occurrence is after the moment, shows what
//! was asked for, and none is between.

use jiff::civil::DateTime;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::*;

const DOCUMENTATION: &str = include_str!("../../../docs/schedules.md");

fn parse(json: &Value) -> Schedule {
    Schedule::parse(json).unwrap_or_else(|err| panic!("{json} should be a schedule: {err}"))
}

fn at(text: &str) -> Timestamp {
    Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

/// The next occurrences after a moment.
fn following(schedule: &Schedule, moment: Timestamp, count: usize) -> Vec<Occurrence> {
    let first = schedule.next(moment, None);
    std::iter::successors(first, |last| schedule.after(last.moment)).take(count).collect()
}

/// The blocks of one kind, each with the word behind the kind and its text.
fn examples(kind: &str) -> impl Iterator<Item = (&str, &str)> {
    let opening = format!("json {kind}");
    DOCUMENTATION.split("```").skip(1).step_by(2).filter_map(move |block| {
        let (head, text) = block.split_once('\n')?;
        Some((head.strip_prefix(&opening)?.trim_start_matches(':').trim(), text))
    })
}

#[test]
fn the_documentations_schedules_come_when_it_says() {
    let mut count = 0;
    for (said, text) in examples("comes") {
        let schedule = parse(&serde_json::from_str(text).unwrap());
        let expected: Vec<&str> = said.split(", ").collect();
        let found = following(&schedule, at("2026-03-01T00:00:00Z"), expected.len());
        let found: Vec<String> = found.iter().map(|next| next.moment.to_string().replace(":00.000Z", "Z")).collect();
        assert_eq!(found, expected, "{text}");
        count += 1;
    }
    assert!(count >= 8, "the examples should have been found");
}

#[test]
fn the_documentations_refusals_are_refused_as_it_says() {
    let mut count = 0;
    for (said, text) in examples("refused") {
        let json: Value = serde_json::from_str(text).unwrap();
        assert_eq!(Schedule::publish(&json, at("2026-03-01T00:00:00Z")).unwrap_err().to_string(), said, "{text}");
        count += 1;
    }
    assert!(count >= 5, "the examples should have been found");
}

#[test]
fn what_the_wall_clock_skips_happens_when_it_has_skipped_it() {
    let schedule = parse(&json!({"every": "day", "at": "02:30", "zone": "Europe/Berlin"}));
    let found = following(&schedule, at("2026-03-28T00:00:00Z"), 3);
    let expected = ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"].map(at);
    assert!(found.iter().map(|next| next.moment).eq(expected), "{found:?}");
}

#[test]
fn what_the_wall_clock_shows_twice_happens_once() {
    let schedule = parse(&json!({"every": "day", "at": "02:30", "zone": "Europe/Berlin"}));
    let found = following(&schedule, at("2026-10-24T12:00:00Z"), 2);
    let expected = ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"].map(at);
    assert!(found.iter().map(|next| next.moment).eq(expected), "{found:?}");
    let between = schedule.next(at("2026-10-25T01:10:00Z"), None).unwrap();
    assert_eq!(between.moment, expected[1], "not when it is shown again");
}

#[test]
fn in_the_persons_own_zone_the_first_is_where_the_day_begins() {
    let schedule = parse(&json!({"at": "2026-03-29T09:00", "zone": "person", "otherwise": "America/New_York"}));
    let next = schedule.next(at("2026-03-01T00:00:00Z"), None).unwrap();
    assert_eq!((next.moment, next.begins), (at("2026-03-29T09:00:00Z"), at("2026-03-28T19:00:00Z")));
    for (zone, expected) in [
        (Some("Pacific/Kiritimati"), "2026-03-28T19:00:00Z"),
        (Some("Europe/Berlin"), "2026-03-29T07:00:00Z"),
        (Some("nowhere"), "2026-03-29T13:00:00Z"),
        (None, "2026-03-29T13:00:00Z"),
    ] {
        assert_eq!(schedule.local(next.moment, zone), Some(at(expected)), "{zone:?}");
    }
    assert_eq!(schedule.next(at("2026-03-29T20:00:00Z"), None), Some(next), "west of everything it is yet to come");
    assert_eq!(schedule.next(at("2026-03-29T21:00:00Z"), None), None);
}

#[test]
fn after_an_outage_the_latest_happens_if_it_is_fresh_and_the_others_are_missed() {
    let schedule = parse(&json!({"every": "day", "at": "09:00"}));
    let published = at("2026-03-01T00:00:00Z");
    let due = |begun: Option<&str>, now: &str| schedule.due(published, begun.map(at), at(now));
    let occurrence = |moment: &str| Some(Occurrence { moment: at(moment), begins: at(moment) });
    assert_eq!(due(None, "2026-03-01T08:59:59Z"), Due::default());
    let first = due(None, "2026-03-01T09:00:00Z");
    assert_eq!(first, Due { occurrence: occurrence("2026-03-01T09:00:00Z"), missed: None });
    assert_eq!(due(Some("2026-03-01T09:00:00Z"), "2026-03-02T08:00:00Z"), Due::default());
    let late = due(Some("2026-03-01T09:00:00Z"), "2026-03-05T10:00:00Z");
    assert_eq!(late.occurrence, occurrence("2026-03-05T09:00:00Z"));
    assert_eq!(late.missed.unwrap().0, at("2026-03-02T09:00:00Z"));
    let once = parse(&json!({"at": "2026-03-02T09:00"}));
    let stale = once.due(published, None, at("2026-03-04T09:00:00Z"));
    assert_eq!(stale.occurrence, None);
    assert_eq!(stale.missed.unwrap().0, at("2026-03-02T09:00:00Z"));
}

fn schedule() -> impl Strategy<Value = Value> {
    let days = select(vec!["monday", "wednesday", "sunday"]);
    let rhythm = prop_oneof![
        Just(json!({"every": "day"})),
        days.prop_map(|day| json!({"every": "week", "on": ["friday", day]})),
        (1..=31).prop_map(|day| json!({"every": "month", "on": day})),
        Just(json!({"every": "month", "on": ["last", 15]})),
        select(vec!["*/15 * * * *", "30 2 * * *", "0 0 29 2 *", "5 1-3 * 3,10 0"])
            .prop_map(|cron| json!({"cron": cron})),
    ];
    let zones = select(vec!["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]);
    (rhythm, 0..24, select(vec![0, 15, 30, 59]), zones).prop_map(|(mut schedule, hour, minute, zone)| {
        schedule["zone"] = zone.into();
        if schedule.get("cron").is_none() {
            schedule["at"] = format!("{hour:02}:{minute:02}").into();
        }
        schedule
    })
}

/// Moments around both changes of clocks, and any others.
fn moment() -> impl Strategy<Value = Timestamp> {
    let changes = ["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", "2026-03-08T07:00:00Z", "2026-10-03T15:30:00Z"];
    prop_oneof![
        (select(changes.map(at).to_vec()), -7_200_000..7_200_000_i64)
            .prop_map(|(change, ms)| Timestamp::from_millis(change.as_millis() + ms)),
        (1_700_000_000_000..1_900_000_000_000_i64).prop_map(Timestamp::from_millis),
    ]
}

/// What the wall clock shows, where it does not skip it.
fn shown(schedule: &Schedule, moment: Timestamp) -> DateTime {
    let Place::Zone(zone) = &schedule.place else { panic!("the zone should be one for all") };
    zone.civil(moment)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_next_is_after_the_moment_and_none_is_between(
        json in schedule(), moment in moment(), share in 0.0..1.0_f64,
    ) {
        let schedule = parse(&json);
        let next = schedule.next(moment, None).unwrap();
        prop_assert!(next.moment > moment);
        let span = next.moment.as_millis() - moment.as_millis();
        let between = Timestamp::from_millis(moment.as_millis() + (span as f64 * share) as i64);
        prop_assert_eq!(schedule.next(between, None), Some(next), "whoever asks before it hears the same");
        let after = schedule.next(next.moment, None).unwrap();
        prop_assert!(after.moment > next.moment);
        prop_assert_eq!(schedule.due(moment, None, between), Due::default());
        prop_assert_eq!(schedule.due(moment, None, next.moment), Due { occurrence: Some(next), missed: None });
    }

    #[test]
    fn what_is_shown_is_what_was_asked_for_unless_it_is_skipped(json in schedule(), moment in moment()) {
        let schedule = parse(&json);
        let next = schedule.next(moment, None).unwrap();
        let Some(at) = json["at"].as_str() else { return Ok(()) };
        let time = shown(&schedule, next.moment).time().strftime("%H:%M").to_string();
        // A clock that skips an hour, or half of one, goes on at a full one, or half of one.
        let before = shown(&schedule, Timestamp::from_millis(next.moment.as_millis() - 1)).time();
        let skips = before.strftime("%H:%M").to_string().as_str() < at && at < time.as_str();
        prop_assert!(time == at || skips, "{time} is not {at}");
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,20}", member in select(vec!["at", "cron", "every", "zone", "on"])) {
        let _ = Schedule::parse(&json!({"at": "09:00", "every": "day", member: text}));
        let _ = Schedule::parse(&json!({member: text}));
    }
}
