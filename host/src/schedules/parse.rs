//! From JSON to a schedule. One member says when it comes; the others say where the clock hangs, from when and until when, and
//! who is asked.

use cronexpr::{FallbackTimezoneOption, ParseOptions};
use jiff::civil::{Date, DateTime, Time, Weekday};
use serde_json::Value;

use super::rhythm::{MonthDay, Rhythm};
use super::{Audience, Place, Schedule, ScheduleError};
use crate::conditions::{self, Condition, choices, nearest};
use crate::domain::Timestamp;
use crate::zones::Zone;

const MEMBERS: [&str; 8] = ["at", "every", "on", "cron", "zone", "otherwise", "from", "until"];
const EVERY: [&str; 3] = ["day", "week", "month"];
const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];
/// What stands for each person's own zone.
const PERSON: &str = "person";
/// A date alone, `2026-12-01`.
const DATE_CHARS: usize = 10;
/// With a time to the second, `2026-12-01T09:00:00`.
const MOMENT_CHARS_MAX: usize = 19;

type Result<T> = std::result::Result<T, ScheduleError>;
type Written<'a> = conditions::Place<'a>;

impl Schedule {
    /// Reads a schedule.
    pub fn parse(json: &Value) -> Result<Self> {
        let written = Written::root(json);
        let known: Vec<&str> = MEMBERS.into_iter().chain(["audience"]).collect();
        written.only(&known)?;
        Ok(Self {
            rhythm: rhythm(&written)?,
            place: place(&written)?,
            from: written.member("from").map(|from| day_or_moment(&from, Time::midnight())).transpose()?,
            until: written.member("until").map(|until| day_or_moment(&until, last_of_day())).transpose()?,
            audience: written.member("audience").map(|audience| read_audience(&audience)).transpose()?,
        })
    }

    /// Reads a schedule that is published `now`: one that never comes is refused, too.
    pub fn publish(json: &Value, now: Timestamp) -> Result<Self> {
        let schedule = Self::parse(json)?;
        if schedule.next(now, None).is_some() {
            return Ok(schedule);
        }
        let written = Written::root(json);
        let place = ["until", "at", "cron"].iter().find_map(|name| written.member(name)).unwrap_or(written);
        Err(place.error("it never comes, or is past", "name a moment that is still to come"))
    }
}

fn rhythm(written: &Written<'_>) -> Result<Rhythm> {
    if let Some(cron) = written.member("cron") {
        if let Some(other) = ["at", "every", "on"].iter().find_map(|name| written.member(name)) {
            return Err(other.error("`cron` says it all", "leave one of the two out"));
        }
        return crontab(&cron);
    }
    let Some(at) = written.member("at") else {
        return Err(written.error("nothing says when", "write `at`, `every` and `at`, or `cron`"));
    };
    let Some(every) = written.member("every") else {
        if let Some(on) = written.member("on") {
            return Err(on.error("`on` goes with `every`", "write `\"every\": \"week\"` or `\"every\": \"month\"`"));
        }
        return moment(&at).map(Rhythm::Once);
    };
    let time = time(&at)?;
    match (every.text("write `\"day\"`, `\"week\"` or `\"month\"`")?, written.member("on")) {
        ("day", None) => Ok(Rhythm::Daily(time)),
        ("day", Some(on)) => Err(on.error("`on` does not go with every day", "write `\"every\": \"week\"`")),
        ("week", Some(on)) => Ok(Rhythm::Weekly(one_or_more(&on, weekday)?, time)),
        ("week", None) => Err(every.error("nothing says on which day", "add `\"on\": \"monday\"`")),
        ("month", Some(on)) => Ok(Rhythm::Monthly(one_or_more(&on, month_day)?, time)),
        ("month", None) => Err(every.error("nothing says on which day", "add `\"on\": 1` or `\"on\": \"last\"`")),
        (other, _) => Err(every.error(format!("`{other}` is no rhythm"), suggestion(other, EVERY))),
    }
}

fn crontab(place: &Written<'_>) -> Result<Rhythm> {
    let next = "write five fields: minute, hour, day of the month, month, day of the week, like `\"0 9 * * 1\"`";
    let text = place.text(next)?;
    let refused = |why: String| place.error(format!("`{text}` cannot be read{why}"), next);
    if text.split_whitespace().count() != 5 {
        return Err(refused(String::new()));
    }
    let mut options = ParseOptions::default();
    options.fallback_timezone_option = FallbackTimezoneOption::UTC;
    let crontab = cronexpr::parse_crontab_with(text, options);
    // Only the first line: the others draw the text.
    let why = |err: &dyn std::fmt::Display| format!(" ({})", err.to_string().lines().next_back().unwrap_or_default());
    crontab.map(|crontab| Rhythm::Cron(Box::new(crontab))).map_err(|err| refused(why(&err)))
}

fn place(written: &Written<'_>) -> Result<Place> {
    let otherwise = written.member("otherwise");
    let zone = match written.member("zone") {
        None => Place::Zone(Zone::utc()),
        Some(zone) if zone.value == PERSON => {
            let zone = otherwise.as_ref().map_or(Ok(Zone::utc()), read_zone)?;
            return Ok(Place::Person(zone));
        }
        Some(zone) => Place::Zone(read_zone(&zone)?),
    };
    match otherwise {
        Some(otherwise) => Err(otherwise.error("`otherwise` goes with the person's own zone", "leave it out")),
        None => Ok(zone),
    }
}

fn read_zone(place: &Written<'_>) -> Result<Zone> {
    let next = "name a zone, like `\"Europe/Berlin\"`, or `\"person\"`";
    let name = place.text(next)?;
    Zone::find(name).ok_or_else(|| {
        let names: Vec<String> = Zone::names().collect();
        let meant = nearest(name, names.iter().map(String::as_str)).map(|meant| format!("did you mean `{meant}`?"));
        place.error(format!("the time zone `{name}` is not known"), meant.unwrap_or_else(|| next.to_owned()))
    })
}

fn read_audience(place: &Written<'_>) -> Result<Audience> {
    if place.value.is_object() {
        let condition = Condition::parse(place.value);
        return condition.map(Audience::Condition).map_err(|err| place.beneath(err));
    }
    place.text("name an audience, or write a condition").map(|name| Audience::Named(name.to_owned()))
}

fn one_or_more<T>(place: &Written<'_>, read: fn(&Written<'_>) -> Result<T>) -> Result<Vec<T>> {
    if place.value.is_array() {
        return place.list()?.map(|element| read(&element)).collect();
    }
    read(place).map(|one| vec![one])
}

fn weekday(place: &Written<'_>) -> Result<Weekday> {
    let name = place.text("write a day, like `\"monday\"`")?;
    let found = WEEKDAYS.iter().find(|(known, _)| *known == name);
    let names = WEEKDAYS.map(|(name, _)| name);
    found
        .map(|(_, day)| *day)
        .ok_or_else(|| place.error(format!("`{name}` is no day of the week"), suggestion(name, names)))
}

fn month_day(place: &Written<'_>) -> Result<MonthDay> {
    if place.value == "last" {
        return Ok(MonthDay::Last);
    }
    let number = place.value.as_i64().and_then(|number| i8::try_from(number).ok());
    let next = "write a number from 1 to 31, or `\"last\"`";
    let day = number.filter(|number| (1..=31).contains(number)).map(MonthDay::Number);
    day.ok_or_else(|| place.error("this is no day of a month", next))
}

fn time(place: &Written<'_>) -> Result<Time> {
    let next = "write a time like `\"09:00\"`";
    let text = place.text(next)?;
    let time = text.parse().ok().filter(|_| (5..=8).contains(&text.len()));
    time.ok_or_else(|| place.error(format!("`{text}` is no time"), next))
}

fn moment(place: &Written<'_>) -> Result<DateTime> {
    let next = "write a moment like `\"2026-12-01T09:00\"`; the zone has a member of its own";
    let text = place.text(next)?;
    let moment = text.parse().ok().filter(|_| (DATE_CHARS + 1..=MOMENT_CHARS_MAX).contains(&text.len()));
    moment.ok_or_else(|| place.error(format!("`{text}` is no moment"), next))
}

fn day_or_moment(place: &Written<'_>, of_day: Time) -> Result<DateTime> {
    let text = place.text("write a day like `\"2026-12-01\"`, or a moment")?;
    match text.parse::<Date>() {
        Ok(day) if text.len() == DATE_CHARS => Ok(day.to_datetime(of_day)),
        _ => moment(place),
    }
}

fn last_of_day() -> Time {
    Time::MAX
}

fn suggestion<const N: usize>(typed: &str, known: [&str; N]) -> String {
    match nearest(typed, known) {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("use {}", choices(known)),
    }
}
