//! Quiet hours in every zone, over every day of two years on which its clocks are put forward or back, against a slow oracle: it walks in quarters of an
//! hour and looks at the wall clock.

use jiff::civil::Time;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::*;
use crate::zones::Zone;

const QUARTER_MS: i64 = 15 * 60 * 1_000;
/// How far around a jump it is looked, in quarters: a day and a half each way.
const AROUND: i64 = 6 * 24;
/// Nights that end or begin where clocks jump, and others.
const NIGHTS: [(&str, &str); 6] = [
    ("21:00", "08:00"),
    ("22:30", "02:30"),
    ("02:00", "03:00"),
    ("02:15", "02:45"),
    ("03:00", "02:00"),
    ("00:00", "00:30"),
];

/// The jumps of a zone, or one moment where it has none.
fn jumps(zone: &TimeZone) -> Vec<i64> {
    let (from, to) = (at("2025-01-01T00:00:00Z").as_millis(), at("2027-01-01T00:00:00Z").as_millis());
    let begin = jiff::Timestamp::from_millisecond(from).unwrap();
    let jumps: Vec<i64> =
        zone.following(begin).map(|jump| jump.timestamp().as_millisecond()).take_while(|jump| *jump < to).collect();
    if jumps.is_empty() { vec![from] } else { jumps }
}

#[test]
fn quiet_hours_end_when_the_wall_clock_says_so_in_every_zone_and_over_every_jump() {
    let mut asked = 0;
    for name in TimeZoneDatabase::bundled().available().map(|name| name.to_string()) {
        let (clock, zone) = (TimeZoneDatabase::bundled().get(&name).unwrap(), Zone::find(&name).unwrap());
        for jump in jumps(&clock) {
            let walks = NIGHTS.map(|night| walk(&zone, &clock, jump - jump % QUARTER_MS, night));
            asked += walks.iter().sum::<usize>();
        }
    }
    assert!(asked > 1_000_000, "{asked} moments were asked about");
}

fn walk(zone: &Zone, clock: &TimeZone, jump: i64, (from, to): (&str, &str)) -> usize {
    let document = json!({"quiet_hours": {"from": from, "to": to}});
    let hours = TenantPolicy::read(&document).unwrap().quiet_hours.unwrap();
    let time = |text: &str| Time::strptime("%H:%M", text).unwrap();
    let (from, to) = (time(from), time(to));
    let mut end = None;
    let mut asked = 0;
    for quarter in (-AROUND..AROUND).rev() {
        let now = jump + quarter * QUARTER_MS;
        let shown = clock.to_datetime(jiff::Timestamp::from_millisecond(now).unwrap()).time();
        let is_quiet = if from < to { (from..to).contains(&shown) } else { !(to..from).contains(&shown) };
        if !is_quiet {
            end = Some(now);
        }
        // Where the walk begins at night, it does not know when that ends.
        let Some(end) = end else { continue };
        let expected = is_quiet.then(|| Timestamp::from_millis(end));
        assert_eq!(
            hours.end(zone, Timestamp::from_millis(now)),
            expected,
            "{shown} in {} from {from} to {to}",
            zone.name()
        );
        asked += 1;
    }
    asked
}
