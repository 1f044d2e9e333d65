//! What was promised to people, held against the provider's own record: no cap exceeded, nobody disturbed at night, nobody written to who left, or who is
//! held out.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::hearing::{Person, Word};
use super::plan::{Cap, Plan, Span, caps};
use super::recount::Parts;
use crate::documents::Documents;
use crate::provider::Taken;

/// What all of a tenant's messages are bound by.
pub(super) struct Promises {
    caps: Vec<Cap>,
    zone: String,
}

/// How many promises were looked at, and those that were broken.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) messages: u64,
    pub(crate) broken: Vec<String>,
}

impl Promises {
    pub(super) fn read(documents: &Documents) -> anyhow::Result<Self> {
        let zone = documents.tenant["time_zone"].as_str().unwrap_or("UTC").to_owned();
        Ok(Self { caps: caps(&documents.tenant)?, zone })
    }

    /// Looks through what one person was sent.
    pub(super) fn check(&self, person: &Person, parts: &Parts, plans: &[Plan], kept: &mut Kept) {
        let zone = person.zone.as_deref().unwrap_or(&self.zone);
        let Ok(zone) = TimeZone::get(zone) else { return kept.broken.push(format!("no zone is called `{zone}`")) };
        let place = |taken: &Taken| plans.iter().position(|plan| plan.name == *taken.campaign);
        let sent: Vec<(usize, &Taken, Zoned)> =
            person.taken.iter().filter_map(|taken| Some((place(taken)?, taken, local(taken, &zone)?))).collect();
        if sent.len() != person.taken.len() {
            kept.broken.push("a message of a campaign that there is not".to_owned());
        }
        for (place, taken, at) in &sent {
            kept.messages += 1;
            let plan = &plans[*place];
            let objections =
                [quiet(plan, taken, at), consent(person, taken), belonging(parts, *place, taken)].into_iter().flatten();
            kept.broken.extend(objections.map(|objection| said(taken, at, &objection)));
        }
        let bound: Vec<_> = sent.iter().filter(|(place, taken, _)| plans[*place].is_bound(&taken.channel)).collect();
        let all: Vec<(&Taken, &Zoned)> = bound.iter().map(|(_, taken, at)| (*taken, at)).collect();
        self.caps.iter().for_each(|cap| kept.broken.extend(exceeded(cap, &all)));
        for (number, plan) in plans.iter().enumerate() {
            let own = bound.iter().filter(|(place, ..)| *place == number);
            let own: Vec<(&Taken, &Zoned)> = own.map(|(_, taken, at)| (*taken, at)).collect();
            plan.caps.iter().for_each(|cap| kept.broken.extend(exceeded(cap, &own)));
        }
    }
}

fn local(taken: &Taken, zone: &TimeZone) -> Option<Zoned> {
    Some(Timestamp::from_millisecond(taken.at.as_millis()).ok()?.to_zoned(zone.clone()))
}

fn said(taken: &Taken, at: &Zoned, objection: &str) -> String {
    let Taken { profile, campaign, step, channel, .. } = taken;
    format!("{profile} got `{step}` of {campaign} over {channel} at {at}: {objection}")
}

fn quiet(plan: &Plan, taken: &Taken, at: &Zoned) -> Option<String> {
    let minute = i32::from(at.hour()) * 60 + i32::from(at.minute());
    let quiet = plan.quiet.filter(|_| plan.is_bound(&taken.channel))?;
    quiet.is_on(minute).then(|| "it was quiet there".to_owned())
}

/// What they said last of that channel, as far as it was heard before.
fn consent(person: &Person, taken: &Taken) -> Option<String> {
    let before = person.heard.iter().filter(|heard| heard.arrived < taken.at.as_millis());
    let words = before.filter_map(|heard| match &heard.word {
        Word::Answered(answered) if answered.kind == "unsubscribed" && *answered.channel == *taken.channel => {
            Some((heard.happened, true))
        }
        Word::Welcomes { channel } if **channel == *taken.channel => Some((heard.happened, false)),
        _ => None,
    });
    let (_, has_left) = words.max()?;
    has_left.then(|| "they had left that channel".to_owned())
}

fn belonging(parts: &Parts, place: usize, taken: &Taken) -> Option<String> {
    let Some(part) = parts.get(&place) else { return Some("nothing began it for them".to_owned()) };
    let belonging = &part.belonging;
    if !belonging.held_out.is_empty() {
        return Some(format!("they are held out by the {}'s share", belonging.held_out));
    }
    let is_other = *taken.variation != *belonging.variation;
    is_other.then(|| format!("it is `{}`'s, and they belong to `{}`", taken.variation, belonging.variation))
}

/// Counted anew for each message: those before it within the time, and itself.
fn exceeded(cap: &Cap, sent: &[(&Taken, &Zoned)]) -> Vec<String> {
    let counts = |counted: &Taken, by: &Taken| match cap.channel.as_deref() {
        Some("*") => true,
        Some(channel) => *counted.channel == *channel && *by.channel == *channel,
        None => counted.channel == by.channel,
    };
    let is_within = |(before, day): &(&Taken, &Zoned), (taken, at): &(&Taken, &Zoned)| match cap.span {
        Span::Rolling(span) => {
            let age = taken.at.as_millis() - before.at.as_millis();
            (0..span).contains(&age)
        }
        Span::CalendarDays(days) => before.at <= taken.at && days_between(day.date(), at.date()) < days,
    };
    let mut broken = Vec::new();
    for (number, last) in sent.iter().enumerate() {
        let counted = sent[..=number].iter().filter(|one| counts(one.0, last.0) && is_within(one, last)).count();
        if counted > cap.count {
            broken.push(said(last.0, last.1, &format!("it is the {counted}. within {cap:?}")));
        }
    }
    broken
}

fn days_between(one: Date, other: Date) -> i64 {
    one.until(other).map_or(0, |span| i64::from(span.get_days()))
}
