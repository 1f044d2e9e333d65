//! What a tenant wants of the judge for all its campaigns together.

use std::fmt::Display;
use std::time::Duration;

use serde_json::{Map, Value};

use super::{Cap, OnCap, Over, QuietHours, Span};
use crate::conditions::nearest;
use crate::domain::limits;
use crate::form::{Place, Result};
use crate::zones::Zone;

const MEMBERS: [&str; 5] = ["caps", "quiet_hours", "time_zone", "arbitration_window_minutes", "hold_out_percent"];
const MINUTE: Duration = Duration::from_secs(60);

/// What all messages of one tenant are judged by.
#[derive(Debug, Clone, PartialEq)]
pub struct TenantPolicy {
    /// Bounds on what one person gets of all campaigns.
    pub caps: Vec<Cap>,
    /// When messages wait, where a campaign says nothing else.
    pub quiet_hours: Option<QuietHours>,
    /// The wall clock of people whose own zone is not known.
    pub(crate) time_zone: Zone,
    /// How long campaigns wait for others to compete with.
    pub arbitration_window_minutes: u32,
    /// How many per cent of all people get nothing at all, to be compared with.
    pub hold_out_percent: u8,
}

impl Default for TenantPolicy {
    fn default() -> Self {
        Self {
            caps: usual_caps(),
            quiet_hours: None,
            time_zone: Zone::utc(),
            arbitration_window_minutes: 0,
            hold_out_percent: 0,
        }
    }
}

impl TenantPolicy {
    /// Reads a document.
    pub fn read(document: &Value) -> Result<Self> {
        Self::read_at(&Place::root(document))
    }

    /// Reads what stands at a place.
    pub(crate) fn read_at(place: &Place<'_>) -> Result<Self> {
        place.object(&MEMBERS)?;
        let minutes = (limits::ARBITRATION_WINDOW_MAX.as_secs() / MINUTE.as_secs()) as u32;
        Ok(Self {
            caps: place.member("caps").map_or_else(|| Ok(usual_caps()), |place| caps(&place))?,
            quiet_hours: place.member("quiet_hours").map_or(Ok(None), |place| quiet_hours(&place))?,
            time_zone: place.member("time_zone").map_or_else(|| Ok(Zone::utc()), |place| zone(&place))?,
            arbitration_window_minutes: whole(place, "arbitration_window_minutes", minutes)?,
            hold_out_percent: whole(place, "hold_out_percent", limits::HOLD_OUT_PERCENT_MAX as u8)?,
        })
    }

    /// The document that reads as this: what is usual is left out.
    pub fn document(&self) -> Value {
        let positive = |number: u32| (number > 0).then(|| number.into());
        let values = [
            (self.caps != usual_caps()).then(|| self.caps.iter().map(Cap::document).collect()),
            self.quiet_hours.map(|hours| hours.document()),
            (self.time_zone != Zone::utc()).then(|| self.time_zone.name().into()),
            positive(self.arbitration_window_minutes),
            positive(self.hold_out_percent.into()),
        ];
        let members = MEMBERS.into_iter().zip(values);
        members.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<Map<_, _>>().into()
    }

    /// How long campaigns wait for others to compete with.
    pub fn arbitration_window(&self) -> Duration {
        MINUTE * self.arbitration_window_minutes
    }
}

/// Whoever says nothing sends nobody more than five a day over one channel.
fn usual_caps() -> Vec<Cap> {
    vec![Cap { over: Over::EachChannel, count: 5, span: Span::Hours(24), on_cap: OnCap::Next }]
}

/// Nothing, where nothing is said.
fn whole<N: TryFrom<u64> + PartialOrd + Display + Default>(place: &Place<'_>, name: &str, max: N) -> Result<N> {
    place.member(name).map_or_else(|| Ok(N::default()), |place| place.whole(N::default()..=max))
}

/// An empty list means none, not even the usual one.
fn caps(list: &Place<'_>) -> Result<Vec<Cap>> {
    match list.value.as_array() {
        Some(caps) if caps.is_empty() => Ok(Vec::new()),
        _ => list.list(limits::CAPS_MAX)?.iter().map(Cap::read_at).collect(),
    }
}

fn quiet_hours(place: &Place<'_>) -> Result<Option<QuietHours>> {
    match place.value {
        Value::Bool(false) => Ok(None),
        _ => QuietHours::read_at(place).map(Some),
    }
}

fn zone(place: &Place<'_>) -> Result<Zone> {
    let name = place.text()?;
    Zone::find(name).ok_or_else(|| {
        let names: Vec<String> = Zone::names().collect();
        let meant = nearest(name, names.iter().map(String::as_str)).map(|meant| format!("did you mean `{meant}`?"));
        let next = meant.unwrap_or_else(|| "name a zone, like `Europe/Berlin`".to_owned());
        place.error(format!("the time zone `{name}` is not known"), next)
    })
}
