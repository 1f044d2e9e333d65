//! The judge, rule by rule, and over weeks of random lives.

mod life;
mod nights;
mod rules;
mod written;

use serde_json::{Value, json};

use super::*;
use crate::domain::{Call, Consent, Delivery, Event, Identities, Json, MessageId, PersonFacts, Scope, Wish};

/// A campaign's message, and what is wanted for it.
#[derive(Debug, Clone)]
struct Message {
    campaign: CampaignName,
    settings: CampaignPolicy,
    id: InstructionId,
    instruction: Instruction,
    known_by: Vec<KnownBy>,
    is_unwanted: bool,
    since: Timestamp,
    held_by: Option<&'static str>,
}

impl Message {
    fn new((campaign, number): (&str, u64), settings: Value, channels: &[&str]) -> Self {
        let mut digest = [0; 32];
        digest[8..16].copy_from_slice(&number.to_be_bytes());
        let content = || Json::from(&json!({"number": number}));
        let delivery = |channel: &&str| Delivery { channel: (*channel).to_owned(), content: content() };
        let deliveries = channels.iter().map(delivery).collect();
        Self {
            campaign: CampaignName::parse(campaign).unwrap(),
            settings: crate::settings::Settings::read(&settings).unwrap().policy,
            id: InstructionId::from_digest(digest),
            instruction: Instruction { step: "step".to_owned(), deliveries, expires: None },
            known_by: vec![KnownBy::Id; channels.len()],
            is_unwanted: false,
            since: Timestamp::EPOCH,
            held_by: None,
        }
    }

    fn candidate(&self) -> Candidate<'_> {
        Candidate {
            campaign: &self.campaign,
            settings: &self.settings,
            id: &self.id,
            instruction: &self.instruction,
            known_by: &self.known_by,
            is_unwanted: self.is_unwanted,
            since: self.since,
            held_by: self.held_by,
        }
    }
}

fn verdicts(now: Timestamp, profile: &Profile, tenant: &TenantPolicy, messages: &[Message]) -> Vec<Verdict> {
    let candidates: Vec<Candidate<'_>> = messages.iter().map(Message::candidate).collect();
    judge(&Moment { now, profile, tenant }, &candidates)
}

/// Somebody who said something about channels, and lives somewhere.
fn person(facts: PersonFacts) -> Profile {
    let mut profile = Profile::default();
    profile.apply(&Event {
        id: MessageId::parse("m1").unwrap(),
        call: Call::Identify,
        name: String::new(),
        at: Timestamp::EPOCH,
        identities: Identities::default(),
        facts,
        engagement: None,
        test: false,
        body: Json::parse("{}").unwrap(),
    });
    profile
}

fn who_left(channels: &[&str]) -> Profile {
    let unwanted = |channel: &&str| Consent { scope: Scope::Channel((*channel).to_owned()), wish: Wish::Unwanted };
    person(PersonFacts { consents: channels.iter().map(unwanted).collect(), ..PersonFacts::default() })
}

fn in_zone(zone: &str) -> Profile {
    person(PersonFacts { time_zone: Some(zone.to_owned()), ..PersonFacts::default() })
}

fn at(text: &str) -> Timestamp {
    crate::conditions::moment(text).unwrap()
}

/// A verdict in one line.
fn said(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Send { delivery } => format!("send {delivery}"),
        Verdict::Hold { until, rule, saw } => format!("hold until {until}, {rule}: {saw}"),
        Verdict::Drop { rule, saw } => format!("drop, {rule}: {saw}"),
    }
}
