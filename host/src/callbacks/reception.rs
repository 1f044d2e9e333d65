//! Decides what a callback is, without IO: whether its provider sent it, what it holds, what each report becomes.

use super::Excess;
use super::line::Line;
use super::report::{NOBODY, Report, Told};
use super::verification::{Request, Unverified};
use crate::domain::{Event, Identities, Inbound, MessageId, ProfileId, Scope, SourceId, Substance, Timestamp};
use crate::ingest::{self, Fields, Unreadable};
use crate::mappings::Mappings;

/// What a callback holds.
#[derive(Debug, Default)]
pub(super) struct Received {
    /// What is to be kept.
    pub(super) inbounds: Vec<Inbound>,
    /// Reports that tell nothing that is kept, and why.
    pub(super) ignored: Vec<&'static str>,
    /// Why the first of those that cannot be read cannot be.
    pub(super) regret: Option<String>,
}

/// Why nothing of a callback is kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(transparent)]
    Unverified(#[from] Unverified),
    #[error(transparent)]
    Excess(#[from] Excess),
}

/// What one report becomes.
enum Read {
    Event(ProfileId, Box<Event>),
    Nothing(&'static str),
    Unreadable(String),
}

/// Judges a callback that came over a line.
pub(super) fn receive(line: &Line, request: &Request) -> Result<Received, Refusal> {
    line.reporter.verify(line.key.expose(), request)?;
    let reports = line.reporter.reports(&request.body)?;
    Ok(read_all(line, &reports, request.arrived))
}

/// Reads one report after another: one that cannot be read spoils none of its neighbours.
pub(super) fn read_all(line: &Line, reports: &[Vec<u8>], arrived: Timestamp) -> Received {
    let mut received = Received::default();
    for text in reports {
        let substance = match read(line, text, arrived) {
            Read::Event(profile, event) => Substance::Event { profile, event },
            Read::Nothing(reason) => {
                received.ignored.push(reason);
                continue;
            }
            Read::Unreadable(reason) => {
                received.regret.get_or_insert_with(|| reason.clone());
                let reason = format!("a callback of the channel `{}`: {reason}", line.channel);
                Substance::Quarantined(ingest::quarantined(text, reason))
            }
        };
        received.inbounds.push(Inbound { tenant: line.tenant.clone(), source: SourceId::callbacks(), substance });
    }
    received
}

fn read(line: &Line, text: &[u8], arrived: Timestamp) -> Read {
    let value = match ingest::document(text) {
        Ok((_, value)) if value.is_object() => value,
        Ok(_) => return Read::Unreadable("it is no object".to_owned()),
        Err(reason) => return Read::Unreadable(reason.to_string()),
    };
    match line.reporter.told(Fields::of(&value)) {
        Ok(Told::Report(report)) => event(line, &report, arrived),
        Ok(Told::Nothing(reason)) => Read::Nothing(reason),
        Err(reason) => Read::Unreadable(reason.to_owned()),
    }
}

/// The event that Segment would have brought. Only of messages that are not ours the tenant may have words of its own.
fn event(line: &Line, report: &Report, arrived: Timestamp) -> Read {
    let unmapped = Mappings::default();
    let mappings = if report.ours.campaign.is_some() { &unmapped } else { &*line.mappings };
    let call = report.call(line.reporter.vendor()).to_string();
    let (profile, mut event) = match ingest::decode(call.as_bytes(), arrived, mappings) {
        Ok(decoded) => decoded,
        Err(Unreadable::NoIdentity) => return Read::Nothing(NOBODY),
        Err(reason) => return Read::Unreadable(reason.to_string()),
    };
    event.id = match MessageId::of_callback(&event.id) {
        Ok(id) => id,
        Err(reason) => return Read::Unreadable(reason.to_string()),
    };
    name_channel(line, &mut event);
    match &report.ours.profile {
        Some(known) => Read::Event(known.clone(), Box::new(anonymised(event))),
        None => Read::Event(profile, Box::new(event)),
    }
}

/// An id under which we keep somebody is not what the tenant calls them: it says whose the event is, and no more.
fn anonymised(event: Event) -> Event {
    let identities = Identities { email: event.identities.email, ..Identities::default() };
    Event { identities, ..event }
}

/// A channel of the tenant's own name carries what its provider knows by another: leaving the one is leaving the other. Addresses
/// that are lost are so whatever the channel is called.
fn name_channel(line: &Line, event: &mut Event) {
    let channel = line.channel.as_str();
    if line.reporter.channels().contains(&channel) {
        return;
    }
    if let Some(engagement) = event.engagement.as_mut().filter(|engagement| !engagement.channel.is_empty()) {
        engagement.channel = channel.to_owned();
    }
    for consent in &mut event.facts.consents {
        if let Scope::Channel(told) = &mut consent.scope {
            *told = channel.to_owned();
        }
    }
}
