//! What the judge reads of the documents: what begins a campaign for somebody, what ends it before it begins, what is tried, and what was promised.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::documents::{Document, Documents};

pub(super) const HOUR_MS: i64 = 3_600_000;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;
/// Where nothing is said, in days.
const WINDOW_DAYS: i64 = 7;
/// Channels that take nobody's attention.
const WITHOUT_ATTENTION: [&str; 2] = ["ads", "webhook"];

/// A campaign, as the judge understands it.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) trigger: Trigger,
    /// A trait that has to be true.
    pub(super) filter: Option<String>,
    /// Events after which it does not begin.
    pub(super) exits: Vec<String>,
    pub(super) window_ms: i64,
    /// What conversions are credited to.
    pub(super) to: String,
    pub(super) is_exempt: bool,
    pub(super) caps: Vec<Cap>,
    pub(super) quiet: Option<Quiet>,
}

/// What begins it.
#[derive(Debug)]
pub(super) enum Trigger {
    Event(String),
    Trait { from: String, to: String },
    Clicked(String),
}

/// So many messages in so much time.
#[derive(Debug)]
pub(super) struct Cap {
    /// One channel's; `*` is all together, none each by itself.
    pub(super) channel: Option<String>,
    pub(super) count: usize,
    pub(super) span: Span,
}

#[derive(Debug)]
pub(super) enum Span {
    Rolling(i64),
    CalendarDays(i64),
}

/// By the wall clock, in minutes of the day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quiet {
    from: i32,
    to: i32,
}

impl Plan {
    pub(super) fn read(document: &Document, documents: &Documents) -> Result<Self> {
        let Document { name, configuration, settings } = document;
        let attribution = &document.experiment()["attribution"];
        let hours = attribution["hours"].as_i64().or(attribution["days"].as_i64().map(|days| days * 24));
        let exits = configuration["exit"].as_array().into_iter().flatten();
        Ok(Self {
            name: (*name).to_owned(),
            trigger: trigger(&configuration["trigger"]).with_context(|| format!("what begins `{name}`"))?,
            filter: configuration["filter"]["trait"].as_str().map(str::to_owned),
            exits: exits.filter_map(|exit| exit["when"]["event"].as_str()).map(str::to_owned).collect(),
            window_ms: hours.unwrap_or(24 * WINDOW_DAYS) * HOUR_MS,
            to: attribution["to"].as_str().unwrap_or("click").to_owned(),
            is_exempt: !settings["exempt_from"].is_null(),
            caps: caps(settings)?,
            quiet: quiet(settings)?.or(quiet(&documents.tenant)?),
        })
    }

    /// Whether it takes attention: only then is it capped, and held at night.
    pub(super) fn is_bound(&self, channel: &str) -> bool {
        !self.is_exempt && !WITHOUT_ATTENTION.contains(&channel)
    }
}

fn trigger(document: &Value) -> Result<Trigger> {
    let text = |member: &str| document[member].as_str().map(str::to_owned);
    if let Some(event) = text("event") {
        return Ok(Trigger::Event(event));
    }
    if text("trait").is_some() {
        let both = text("from").zip(text("to")).context("a change from something to something")?;
        return Ok(Trigger::Trait { from: both.0, to: both.1 });
    }
    let of = document["of"]["campaign"].as_str().context("a trigger that the judge understands")?;
    Ok(Trigger::Clicked(of.to_owned()))
}

/// The bounds that a document sets.
pub(super) fn caps(document: &Value) -> Result<Vec<Cap>> {
    let caps = document["caps"].as_array().into_iter().flatten();
    caps.map(|cap| {
        let rolling = cap["hours"].as_i64().or(cap["days"].as_i64().map(|days| days * 24));
        let span = match (rolling, cap["calendar_days"].as_i64()) {
            (Some(hours), None) => Span::Rolling(hours * HOUR_MS),
            (None, Some(days)) => Span::CalendarDays(days),
            _ => anyhow::bail!("a cap without its time: {cap}"),
        };
        let count = usize::try_from(cap["count"].as_u64().context("a cap without its count")?)?;
        Ok(Cap { channel: cap["channel"].as_str().map(str::to_owned), count, span })
    })
    .collect()
}

fn quiet(document: &Value) -> Result<Option<Quiet>> {
    let Some(hours) = document["quiet_hours"].as_object() else { return Ok(None) };
    let minute = |member: &str| {
        let text = hours[member].as_str().context("quiet hours without an end")?;
        let (hour, minute) = text.split_once(':').context("quiet hours without minutes")?;
        Ok::<_, anyhow::Error>(hour.parse::<i32>()? * 60 + minute.parse::<i32>()?)
    };
    Ok(Some(Quiet { from: minute("from")?, to: minute("to")? }))
}

impl Quiet {
    pub(super) fn is_on(self, minute: i32) -> bool {
        match self.from < self.to {
            true => (self.from..self.to).contains(&minute),
            false => minute >= self.from || minute < self.to,
        }
    }
}
