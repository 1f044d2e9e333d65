//! Why did, or didn't, this person get this? The ledger's rows and what is known of the person go in, a few lines for each campaign come out,
//! which somebody can read who has never seen a line of code. Pure: no store, no clock.

mod message;

use std::collections::BTreeMap;

use crate::domain::{CampaignName, KnownBy, Timestamp, Trigger, limits};
use crate::ledger::{LedgerRow, What};
use crate::profiles::{HOUSE_TIMER, Obstacle, Profile};

use message::Story;

/// What is known of a campaign.
pub struct Known<'a> {
    /// Its name.
    pub name: &'a CampaignName,
    /// Why it is asked about nothing, if it is not active.
    pub idle: Option<String>,
    /// What it waits for.
    pub triggers: &'a [Trigger],
    /// The channels that it may use, and how they know people.
    pub channels: Vec<(&'a str, KnownBy)>,
}

/// One person, and what happened to them.
pub struct Case<'a> {
    /// The person.
    pub person: &'a Profile,
    /// The person's ledger, the oldest first.
    pub rows: &'a [LedgerRow],
    /// The only step that is of interest, if one is.
    pub step: Option<&'a str>,
}

/// One thing to say, and when it was; none for what is so now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When, in milliseconds since the Unix epoch.
    pub at: Option<i64>,
    /// What.
    pub text: String,
}

impl Line {
    fn now(text: String) -> Self {
        Self { at: None, text }
    }

    fn at(at: i64, text: String) -> Self {
        Self { at: Some(at), text }
    }
}

/// What there is to say of one campaign: first what is so now, then what happened, the newest first.
pub fn explain(case: &Case<'_>, campaign: &Known<'_>) -> Vec<Line> {
    let rows: Vec<&LedgerRow> = case.rows.iter().filter(|row| row.campaign == campaign.name.as_str()).collect();
    let mut lines: Vec<Line> = campaign.idle.iter().map(|idle| Line::now(format!("the campaign is {idle}"))).collect();
    if rows.is_empty() {
        lines.push(never(campaign));
    }
    if case.step.is_none() {
        lines.extend(waits(case.person, campaign.name));
        lines.extend(trouble(&rows));
    }
    lines.extend(obstacles(case.person, campaign));
    let mut past: Vec<Line> =
        stories(&rows).into_iter().filter(|story| story.is_of(case.step)).map(|story| story.line()).collect();
    past.extend(rows.iter().filter(|row| is_of(row, case.step)).filter_map(|row| other(row)));
    past.sort_by_key(|line| std::cmp::Reverse(line.at));
    past.truncate(limits::EXPLAINED_LINES_MAX);
    lines.extend(past);
    lines
}

fn never(campaign: &Known<'_>) -> Line {
    let waits_for: Vec<String> = campaign.triggers.iter().map(trigger_text).collect();
    let list = if waits_for.is_empty() { "nothing".to_owned() } else { waits_for.join(", ") };
    Line::now(format!("never asked: nothing that this campaign waits for happened to the person (it waits for {list})"))
}

fn trigger_text(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Event(name) if name == "*" => "any event".to_owned(),
        Trigger::Event(name) => format!("the event `{name}`"),
        Trigger::Call(call) => format!("a call `{call}`"),
        Trigger::Engagement { kind, .. } => format!("a message that is {}", kind.as_str()),
        Trigger::TraitChanged(name) => format!("a change of the trait `{name}`"),
        Trigger::ItemChanged(name) => format!("a change of `{name}` of an item"),
        Trigger::Schedule(_) => "the moments of a schedule".to_owned(),
    }
}

fn waits(person: &Profile, campaign: &CampaignName) -> Vec<Line> {
    let Some(run) = person.runs.get(campaign) else { return Vec::new() };
    let own = run.timers.iter().filter(|(name, _)| !name.starts_with(HOUSE_TIMER));
    own.map(|(name, due)| Line::now(format!("waits for `{name}` until {due}"))).collect()
}

/// What stands in the way of any message now.
fn obstacles(person: &Profile, campaign: &Known<'_>) -> Vec<Line> {
    if let Some(since) = person.consents.suppressed() {
        return vec![Line::now(format!("the person wants no messages at all, since {since}"))];
    }
    let obstacle = |(channel, known_by): &(&str, KnownBy)| {
        person.obstacle(channel, *known_by).map(|obstacle| match obstacle {
            Obstacle::Left(since) => format!("the person wants nothing over {channel}, since {since}"),
            Obstacle::NoAddress => format!("no usable address for {channel} is known"),
        })
    };
    campaign.channels.iter().filter_map(obstacle).map(Line::now).collect()
}

/// Failures, and causes about which the campaign was not asked: the last of each reason, and how many there are.
fn trouble(rows: &[&LedgerRow]) -> Vec<Line> {
    let mut trouble: BTreeMap<String, (usize, i64)> = BTreeMap::new();
    for row in rows {
        let reason = match &row.what {
            What::Failed(failed) => format!("the campaign failed ({}): {}", failed.kind, failed.message),
            What::NotAsked { reason, .. } => format!("the campaign was not asked: {reason}"),
            _ => continue,
        };
        let (count, last) = trouble.entry(reason).or_default();
        (*count, *last) = (*count + 1, (*last).max(row.at));
    }
    let line = |(reason, (count, last)): (String, (usize, i64))| match count {
        1 => Line::at(last, reason),
        _ => Line::at(last, format!("{reason} ({count} times, last then)")),
    };
    trouble.into_iter().map(line).collect()
}

/// What became of each message.
fn stories<'a>(rows: &[&'a LedgerRow]) -> Vec<Story<'a>> {
    let mut stories: BTreeMap<&str, Story<'a>> = BTreeMap::new();
    for row in rows {
        for (id, chapter) in message::chapters(row) {
            stories.entry(id).or_default().add(row.at, chapter);
        }
    }
    stories.into_values().collect()
}

/// Whether a row is about that step, if one is asked about.
fn is_of(row: &LedgerRow, step: Option<&str>) -> bool {
    let Some(step) = step else { return true };
    match &row.what {
        What::Told(told) => told.step == step,
        What::Converted(converted) => converted.credit.as_ref().is_some_and(|credit| credit.step == step),
        _ => false,
    }
}

/// What is said of a row that is about no verdict and no delivery.
fn other(row: &LedgerRow) -> Option<Line> {
    match &row.what {
        What::Told(_) | What::Converted(_) => Some(Line::at(row.happened(), row.sentence())),
        What::Enrolled(_) => Some(Line::at(row.at, row.sentence())),
        What::Decided(decided) if row.what.is_nothing() => {
            Some(Line::at(row.at, format!("asked about `{}`: nothing to do", decided.cause)))
        }
        What::Decided(decided) if decided.has_exited() => Some(Line::at(row.at, left(decided.exits()))),
        _ => None,
    }
}

fn left<'a>(reasons: impl Iterator<Item = &'a str>) -> String {
    let reasons: Vec<&str> = reasons.collect();
    format!("left the campaign: {}", reasons.join(", "))
}

/// A moment, as it is shown.
fn moment(at_ms: i64) -> String {
    Timestamp::from_millis(at_ms).to_string()
}

#[cfg(test)]
mod tests;
