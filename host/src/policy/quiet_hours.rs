//! Nobody is disturbed at night: over channels that take attention, messages wait until quiet hours end where the person lives, by what the wall
//! clock shows there, also on days on which it is put forward or back. The campaign's quiet hours stand in the place of the tenant's.

use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::Time;
use serde_json::{Value, json};

use super::case::Case;
use super::court::{self, Court};
use super::{CampaignPolicy, Exemption, Moment, Objection, Quiet, Rule, takes_attention};
use crate::domain::Timestamp;
use crate::form::{Place, Result};
use crate::zones::Zone;

/// The rule that lets people sleep.
pub const QUIET_HOURS: &str = "quiet-hours";

/// Calendars skip no more than one day.
const DAYS_AHEAD: i64 = 2;
/// Where a calendar ends, quiet hours do too.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// From when until when a wall clock shows that somebody is to be left alone; over midnight where the end is the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    from: Time,
    to: Time,
}

impl QuietHours {
    pub(super) fn read_at(place: &Place<'_>) -> Result<Self> {
        place.object(&["from", "to"])?;
        let (from, to) = (time(&place.required("from")?)?, time(&place.required("to")?)?);
        match from == to {
            true => {
                Err(place
                    .error("quiet hours end when they begin", "leave an hour for messages, or archive the campaign"))
            }
            false => Ok(Self { from, to }),
        }
    }

    pub(super) fn document(&self) -> Value {
        let (from, to) = self.shown();
        json!({"from": from, "to": to})
    }

    /// When they end, if it is quiet now.
    pub(crate) fn end(&self, zone: &Zone, now: Timestamp) -> Option<Timestamp> {
        if !self.is_quiet(zone, now) {
            return None;
        }
        let end = turns(zone, now, self.to).filter(|end| !self.is_quiet(zone, *end)).min();
        Some(end.unwrap_or_else(|| now.plus(DAY)))
    }

    /// When they begin next, after `now`.
    fn begin(&self, zone: &Zone, now: Timestamp) -> Option<Timestamp> {
        turns(zone, now, self.from).filter(|begin| self.is_quiet(zone, *begin)).min()
    }

    fn is_quiet(&self, zone: &Zone, at: Timestamp) -> bool {
        let shown = zone.civil(at).time();
        match self.from < self.to {
            true => self.from <= shown && shown < self.to,
            false => self.from <= shown || shown < self.to,
        }
    }

    /// As a reader of the ledger understands it.
    pub(crate) fn words(&self) -> String {
        let (from, to) = self.shown();
        format!("from {from} to {to}")
    }

    fn shown(&self) -> (String, String) {
        let shown = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
        (shown(self.from), shown(self.to))
    }
}

/// When, after `now`, a wall clock shows that time in the next days, and when it is put forward or back: that can begin and end quiet hours, too.
fn turns(zone: &Zone, now: Timestamp, time: Time) -> impl Iterator<Item = Timestamp> {
    let today = zone.civil(now).date();
    let days = (0..=DAYS_AHEAD).map(move |ahead| today.saturating_add(ahead.days()).to_datetime(time));
    let shown = days.flat_map(|shown| [zone.instant(shown), zone.second_instant(shown)]);
    shown.chain([zone.next_jump(now)]).flatten().filter(move |turn| *turn > now)
}

/// When quiet hours begin next for a person, if that is no later than `end`.
pub(super) fn quiet_from(
    moment: &Moment<'_>,
    settings: &CampaignPolicy,
    channel: &str,
    end: Timestamp,
) -> Option<Timestamp> {
    let hours = concerned(moment, settings, channel)?;
    hours.begin(&court::zone(moment), moment.now).filter(|begin| *begin <= end)
}

/// Until when quiet hours last for a person at a moment, if they are on for messages of that campaign over that channel: for attempts that are
/// made later than the verdict.
pub fn quiet_until(moment: &Moment<'_>, settings: &CampaignPolicy, channel: &str) -> Option<Timestamp> {
    concerned(moment, settings, channel)?.end(&court::zone(moment), moment.now)
}

/// The quiet hours that a campaign's messages over a channel have.
fn concerned(moment: &Moment<'_>, settings: &CampaignPolicy, channel: &str) -> Option<QuietHours> {
    let has_any = takes_attention(channel) && !settings.exempt_from.contains(&Exemption::QuietHours);
    hours(moment, settings).filter(|_| has_any)
}

fn hours(moment: &Moment<'_>, settings: &CampaignPolicy) -> Option<QuietHours> {
    match settings.quiet_hours {
        Quiet::LikeTenant => moment.tenant.quiet_hours,
        Quiet::Never => None,
        Quiet::Between(hours) => Some(hours),
    }
}

fn time(place: &Place<'_>) -> Result<Time> {
    let text = place.text()?;
    let time = Some(text).filter(|text| text.len() == "21:00".len());
    let time = time.and_then(|text| Time::strptime("%H:%M", text).ok());
    time.ok_or_else(|| place.error(format!("`{text}` is no time of day"), "write one like `21:00`"))
}

pub(super) struct QuietHoursRule;

impl Rule for QuietHoursRule {
    fn name(&self) -> &'static str {
        QUIET_HOURS
    }

    fn judge(&self, court: &Court<'_>, case: &mut Case<'_>) -> std::result::Result<(), Objection> {
        let settings = case.candidate.settings;
        let is_concerned = case.preferred().is_some_and(takes_attention) && !case.is_exempt(Exemption::QuietHours);
        let Some(hours) = hours(court.moment, settings).filter(|_| is_concerned) else { return Ok(()) };
        let Some(until) = hours.end(court.zone(), court.moment.now) else { return Ok(()) };
        let saw = format!("it is quiet {} in `{}`", hours.words(), court.zone().name());
        Err(Objection::Hold { until, saw })
    }
}
