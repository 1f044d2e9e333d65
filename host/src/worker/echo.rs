//! What goes back into Segment, where the tenant set up the channel `segment`: that a provider took a message, and what providers report of
//! messages by themselves. What Segment told us is not told back.
//!
//! An echo is an entry of the outbox, promised in the very commit that records what it tells, under an id that follows from that: so it
//! is there if and only if that is, it is one, and it is tried again and given up like every message.

use sha2::{Digest, Sha256};

use super::WorkerError;
use super::batch::{Batch, Here};
use super::roster::Enlisted;
use super::step::Scene;
use super::suspension::OPERATIONS;
use super::trials;
use crate::channels::{Addresses, DEFAULT_PROVIDER, Echo, SEGMENT};
use crate::domain::{
    Engagement, EngagementKind, Event, InstructionId, Medium, ProfileKey, TenantId, Timestamp, limits,
};
use crate::outbox::{Entry, Matter};
use crate::profiles::Profile;

/// A provider took a message. Whoever moved meanwhile is told by the names that were known when it was promised.
pub(super) fn promise_sent(
    batch: &mut Batch<'_>,
    entry: &Entry,
    provider: &str,
    now: Timestamp,
) -> Result<(), WorkerError> {
    // The default provider reached nobody, and Segment knows what it took itself.
    let is_told = ![DEFAULT_PROVIDER, SEGMENT].contains(&provider) && entry.channel != OPERATIONS;
    if !is_told || !batch.tools.switchboard.tells_segment(&entry.tenant) {
        return Ok(());
    }
    let anonymous_id = match batch.here(&entry.owner())? {
        Here::Person(person) => anonymous_id(person),
        Here::Nobody | Here::Moved(_) | Here::Erased(_) => None,
    };
    batch.promise(&of_sent(entry, anonymous_id, now));
    Ok(())
}

fn of_sent(entry: &Entry, anonymous_id: Option<String>, now: Timestamp) -> Entry {
    let echo = Echo {
        kind: EngagementKind::Sent,
        channel: entry.channel.clone(),
        message: Some(entry.id.clone()),
        variation: entry.variation.as_ref().map(ToString::to_string),
        detail: None,
        by_machine: false,
        anonymous_id,
        at: now,
    };
    Entry {
        id: id(&entry.tenant, &["sent", entry.id.as_str()]),
        channel: SEGMENT.to_owned(),
        matter: Matter::Echo,
        addresses: Addresses { email: entry.addresses.email.clone(), ..Addresses::default() },
        content: echo.content(),
        promised_at: now,
        good_until: now,
        expires: None,
        attempts: 0,
        last_error: None,
        ..entry.clone()
    }
}

/// An event tells what became of a message of ours, and nobody has told Segment. A test of the Event Tester's or something that was told
/// before is for the caller to leave out.
pub(super) fn of_event(scene: &Scene<'_>, person: &Profile, event: &Event) -> Option<Entry> {
    let engagement = event.engagement.as_ref().filter(|_| event.id.is_of_callback())?;
    // That it was sent was told when the provider took it.
    if engagement.kind == EngagementKind::Sent {
        return None;
    }
    let campaign = scene.campaigns.spelled(engagement.campaign.as_deref()?)?;
    if !scene.switchboard.tells_segment(&scene.key.tenant) {
        return None;
    }
    let echo = Echo {
        kind: engagement.kind,
        channel: engagement.channel.clone(),
        message: message(event),
        variation: trials::variation(&trials::arm(scene, person, campaign)),
        detail: engagement.detail.clone(),
        by_machine: engagement.by_machine,
        anonymous_id: anonymous_id(person),
        at: event.at,
    };
    let id = id(&scene.key.tenant, &["reported", event.id.as_str()]);
    Some(of_engagement(scene, person, (campaign, engagement), (id, &echo)))
}

fn of_engagement(
    scene: &Scene<'_>,
    person: &Profile,
    (campaign, engagement): (&Enlisted, &Engagement),
    (id, echo): (InstructionId, &Echo),
) -> Entry {
    let ProfileKey { tenant, profile } = scene.key.clone();
    let email = person.addresses.usable(Medium::Email).into_iter().next().map(str::to_owned);
    Entry {
        id,
        tenant,
        campaign: campaign.name.clone(),
        revision: campaign.revision,
        variation: None,
        step: engagement.step.clone().unwrap_or_default(),
        channel: SEGMENT.to_owned(),
        matter: Matter::Echo,
        profile,
        user_id: person.told_user_id().map(str::to_owned),
        addresses: Addresses { email, ..Addresses::default() },
        content: echo.content(),
        promised_at: scene.now,
        good_until: scene.now,
        expires: None,
        attempts: 0,
        last_error: None,
        dead: None,
    }
}

/// Which message a report is about: providers give our own name of it back.
fn message(event: &Event) -> Option<InstructionId> {
    let id = event.body.value().pointer("/properties/rekindle_message")?.as_str().map(InstructionId::parse)?;
    id.ok()
}

fn anonymous_id(person: &Profile) -> Option<String> {
    let said = person.anonymous_id.as_ref().map(|said| said.value.clone());
    said.filter(|id| id.len() <= limits::PROFILE_ID_BYTES_MAX)
}

/// The same for the same thing told, and no instruction's: those begin with other words.
fn id(tenant: &TenantId, told: &[&str]) -> InstructionId {
    let mut digest = Sha256::new();
    for part in ["echo", tenant.as_str()].iter().chain(told) {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    InstructionId::from_digest(digest.finalize().into())
}
