//! A cap: so many messages, over a channel or over all, in so much time, and what becomes of one more.

use std::time::Duration;

use jiff::ToSpan;
use serde_json::{Map, Value};

use super::court::Court;
use crate::domain::{ChannelName, Timestamp, limits};
use crate::form::{Place, Result, unknown};

const MEMBERS: [&str; 6] = ["channel", "count", "hours", "days", "calendar_days", "on_cap"];
/// How the text says "all channels together".
const TOGETHER: &str = "*";
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A bound on messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cap {
    /// Which messages are counted together.
    pub over: Over,
    /// How many may be accepted within the span.
    pub count: u32,
    /// The time in which they are counted.
    pub span: Span,
    /// What becomes of one more.
    pub on_cap: OnCap,
}

/// Which messages a cap counts together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Over {
    /// Those of each channel.
    EachChannel,
    /// Those of this channel.
    Channel(ChannelName),
    /// All.
    Together,
}

/// The time in which a cap counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// The last so many hours.
    Hours(u32),
    /// The last so many times 24 hours.
    Days(u32),
    /// Today and the days before it by the person's calendar, so many in all.
    CalendarDays(u32),
}

/// What becomes of a message over a channel that is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnCap {
    /// It goes over the next channel, if there is one.
    #[default]
    Next,
    /// It waits until the channel is free.
    Hold,
    /// It is dropped.
    Drop,
}

impl OnCap {
    const ALL: [(&'static str, Self); 3] = [("next", Self::Next), ("hold", Self::Hold), ("drop", Self::Drop)];

    fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, known)| *known == self).map_or("next", |(name, _)| name)
    }
}

impl Span {
    const NAMES: [&'static str; 3] = ["hours", "days", "calendar_days"];

    fn parts(self) -> (&'static str, u32) {
        match self {
            Self::Hours(number) => ("hours", number),
            Self::Days(number) => ("days", number),
            Self::CalendarDays(number) => ("calendar_days", number),
        }
    }
}

impl Cap {
    pub(super) fn read_at(place: &Place<'_>) -> Result<Self> {
        place.object(&MEMBERS)?;
        let over = place.member("channel").map_or(Ok(Over::EachChannel), |place| over(&place))?;
        let count = place.required("count")?.whole(1..=limits::SENDS_MAX as u32)?;
        let on_cap = place.member("on_cap").map_or(Ok(OnCap::default()), |place| on_cap(&place))?;
        Ok(Self { over, count, span: span(place)?, on_cap })
    }

    pub(super) fn document(&self) -> Value {
        let channel = match &self.over {
            Over::EachChannel => None,
            Over::Channel(channel) => Some(channel.as_str()),
            Over::Together => Some(TOGETHER),
        };
        let mut members = Map::new();
        members.extend(channel.map(|channel| ("channel".to_owned(), channel.into())));
        members.insert("count".to_owned(), self.count.into());
        let (name, number) = self.span.parts();
        members.insert(name.to_owned(), number.into());
        if self.on_cap != OnCap::default() {
            members.insert("on_cap".to_owned(), self.on_cap.as_str().into());
        }
        members.into()
    }

    /// Whether a message over this channel is bounded by it.
    pub(super) fn concerns(&self, channel: &str) -> bool {
        match &self.over {
            Over::EachChannel | Over::Together => true,
            Over::Channel(only) => only.as_str() == channel,
        }
    }

    /// Whether a message over `counted` counts for one over `channel`.
    pub(super) fn counts(&self, counted: &str, channel: &str) -> bool {
        matches!(self.over, Over::Together) || counted == channel
    }

    /// If it is full by messages of these moments: when it is not any more if nothing else comes.
    pub(super) fn free_at(&self, at: &[Timestamp], court: &Court<'_>) -> Option<Timestamp> {
        // How many of them have to go, so that another may come.
        let surplus = at.len().checked_sub(self.count as usize)?;
        let mut ends: Vec<Timestamp> = at.iter().map(|at| self.counts_until(*at, court)).collect();
        ends.sort_unstable();
        Some(ends[surplus]).filter(|free| *free > court.moment.now)
    }

    /// When a message of this moment is not counted any more.
    fn counts_until(&self, at: Timestamp, court: &Court<'_>) -> Timestamp {
        match self.span {
            Span::Hours(hours) => at.plus(HOUR * hours),
            Span::Days(days) => at.plus(DAY * days),
            Span::CalendarDays(days) => {
                let day = court.zone().civil(at).date().saturating_add(i64::from(days).days());
                court.zone().day_begins(day).unwrap_or_else(|| at.plus(DAY * days))
            }
        }
    }

    /// As a reader of the ledger understands it.
    pub(crate) fn words(&self) -> String {
        let messages = if self.count == 1 { "message" } else { "messages" };
        let over = match &self.over {
            Over::EachChannel | Over::Channel(_) => "",
            Over::Together => " over all channels",
        };
        let (name, number) = self.span.parts();
        let unit = name.replace('_', " ");
        let unit = if number == 1 { unit.trim_end_matches('s') } else { &unit };
        format!("{} {messages}{over} in {number} {unit}", self.count)
    }
}

fn over(place: &Place<'_>) -> Result<Over> {
    match place.text()? {
        TOGETHER => Ok(Over::Together),
        name => {
            let channel = ChannelName::parse(name);
            channel.map(Over::Channel).map_err(|err| place.error(err.to_string(), "or write `*`, for all together"))
        }
    }
}

fn on_cap(place: &Place<'_>) -> Result<OnCap> {
    let word = place.text()?;
    let known = OnCap::ALL.iter().find(|(name, _)| *name == word).map(|(_, on_cap)| *on_cap);
    known.ok_or_else(|| {
        let names = OnCap::ALL.map(|(name, _)| name);
        unknown(place.pointer.clone(), format!("`{word}` is not what can follow"), word, names)
    })
}

fn span(place: &Place<'_>) -> Result<Span> {
    let days = (limits::CAP_WINDOW_MAX.as_secs() / DAY.as_secs()) as u32;
    let mut given = Span::NAMES.iter().filter_map(|name| Some((*name, place.member(name)?)));
    let one = || place.error("the cap's time is not clear", "write one of `hours`, `days` or `calendar_days`");
    let (Some((name, number)), None) = (given.next(), given.next()) else { return Err(one()) };
    match name {
        "hours" => number.whole(1..=24 * days).map(Span::Hours),
        "days" => number.whole(1..=days).map(Span::Days),
        _ => number.whole(1..=days).map(Span::CalendarDays),
    }
}
