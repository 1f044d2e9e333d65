//! What a report is asked: from when to when, and what figures are told apart by.

use std::ops::Range;

use jiff::civil::Date;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::admin::problem::{Kind, Problem};
use crate::domain::Timestamp;
use crate::reports::{By, HOUR_MS, Question, hour_of};
use crate::tenants::Campaign;
use crate::zones::Zone;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportQuery {
    /// From then on: a moment (RFC 3339), or a day. Hours that have begun before are left out.
    from: Option<String>,
    /// Until then: a moment, or the last day.
    to: Option<String>,
    /// What figures are told apart by: `hour`, `day`, `revision`, `variation`, `step` or `channel`.
    by: Option<String>,
    /// Whose days they are, `UTC` where nothing is said.
    time_zone: Option<String>,
}

/// What is asked, checked.
pub(super) struct Asked {
    pub(super) question: Question,
    /// The name of what figures are told apart by.
    pub(super) by: Option<String>,
    /// From the first hour up to that behind the last, in milliseconds since the Unix epoch.
    pub(super) hours: Range<i64>,
}

impl ReportQuery {
    pub(super) fn read(self, campaign: &Campaign) -> Result<Asked, Problem> {
        let zone = match self.time_zone.as_deref() {
            Some(name) => {
                Zone::find(name).ok_or_else(|| refused("time_zone", name, "use a name like `Europe/Berlin`"))?
            }
            None => Zone::utc(),
        };
        let by = self.by.as_deref().map(|by| {
            By::parse(by, &zone).ok_or_else(|| refused("by", by, &format!("use one of {}", By::NAMES.join(", "))))
        });
        let from = self.from.as_deref().map(|text| beginning(text, &zone).ok_or_else(|| no_moment("from", text)));
        let to = self.to.as_deref().map(|text| end(text, &zone).ok_or_else(|| no_moment("to", text)));
        // An hour that has begun before is not whole.
        let start = from.transpose()?.map_or(0, |from| hour_of(from.as_millis() + HOUR_MS - 1));
        let hours = start..to.transpose()?.map_or(i64::MAX, Timestamp::as_millis);
        let question = Question { by: by.transpose()?, experiment: salt(campaign) };
        Ok(Asked { question, by: self.by, hours })
    }
}

impl Asked {
    /// All that is known of the arms of a campaign's experiment.
    pub(super) fn of_arms(campaign: &Campaign) -> Self {
        Self { question: Question { by: None, experiment: salt(campaign) }, by: None, hours: 0..i64::MAX }
    }
}

/// What tells the campaign's experiment from others that it had.
fn salt(campaign: &Campaign) -> String {
    let salt = campaign.current().and_then(|published| published.settings.experiment.salt.clone());
    salt.unwrap_or_else(|| campaign.name.to_string())
}

fn beginning(text: &str, zone: &Zone) -> Option<Timestamp> {
    match text.parse::<Date>() {
        Ok(day) if !text.contains(['T', 't', ' ']) => zone.day_begins(day),
        _ => moment(text),
    }
}

fn end(text: &str, zone: &Zone) -> Option<Timestamp> {
    match text.parse::<Date>() {
        Ok(day) if !text.contains(['T', 't', ' ']) => zone.day_begins(day.tomorrow().ok()?),
        _ => moment(text),
    }
}

fn moment(text: &str) -> Option<Timestamp> {
    let moment: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_millis(moment.as_millisecond()))
}

fn no_moment(member: &str, text: &str) -> Problem {
    refused(member, text, "use a day (`2026-03-02`) or a moment (`2026-03-02T08:00:00Z`)")
}

fn refused(member: &str, text: &str, next: &str) -> Problem {
    Problem::new(&Kind::MALFORMED, format!("{member} `{text}` is not valid: {next}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_zone_and_the_last_one_counts() {
        let berlin = Zone::find("Europe/Berlin").unwrap();
        let text = |moment: Option<Timestamp>| moment.map(|moment| moment.to_string());
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(text(beginning("2026-03-02", &berlin)), is("2026-03-01T23:00:00.000Z"));
        assert_eq!(text(end("2026-03-02", &berlin)), is("2026-03-02T23:00:00.000Z"));
        assert_eq!(text(beginning("2026-03-02T08:30:00Z", &berlin)), is("2026-03-02T08:30:00.000Z"));
        assert_eq!(text(end("2026-03-02T08:30:00+01:00", &berlin)), is("2026-03-02T07:30:00.000Z"));
        assert_eq!(text(beginning("yesterday", &berlin)), None);
    }
}
