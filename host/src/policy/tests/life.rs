//! Weeks of random lives against a slow oracle, which knows nothing of the judge but its verdicts: whatever is instructed, accepted late or refused,
//! no cap is exceeded over any span, nobody is let through at night or over a channel that they left, and the order of the list changes nothing.

use std::time::Duration;

use jiff::tz::TimeZoneDatabase;
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

use super::*;

const LIVES: u64 = 1_500;
const MOMENTS: u64 = 70;
const CHANNELS: [&str; 4] = ["push", "email", "sms", "ads"];
const MINUTE: u64 = 60_000;

/// Chance, by a seed.
struct Dice(TestRng);

impl Dice {
    fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64() % bound
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize].clone()
    }
}

/// A message as the oracle remembers it.
#[derive(Debug, Clone)]
struct Trace {
    campaign: usize,
    channel: String,
    accepted: Timestamp,
}

/// What is on its way, and what becomes of it when.
struct Flying {
    message: Message,
    campaign: usize,
    channel: String,
    lands: Timestamp,
    is_accepted: bool,
}

struct Life {
    dice: Dice,
    zone: String,
    tenant: Value,
    campaigns: Vec<Value>,
    left: Option<&'static str>,
    profile: Profile,
    flying: Vec<Flying>,
    held: Vec<(Timestamp, usize, Message)>,
    traces: Vec<Trace>,
}

fn cap(dice: &mut Dice) -> Value {
    let mut cap = match dice.below(3) {
        0 => json!({"hours": 1 + dice.below(72)}),
        1 => json!({"days": 1 + dice.below(10)}),
        _ => json!({"calendar_days": 1 + dice.below(4)}),
    };
    cap["count"] = (1 + dice.below(4)).into();
    let channel = dice.one_of(&["", "*", "push", "email"]);
    if !channel.is_empty() {
        cap["channel"] = channel.into();
    }
    cap["on_cap"] = dice.one_of(&["next", "hold", "drop"]).into();
    cap
}

fn caps(dice: &mut Dice, most: u64) -> Vec<Value> {
    let mut caps: Vec<Value> = (0..dice.below(most + 1)).map(|_| cap(dice)).collect();
    caps.dedup();
    caps
}

fn quiet(dice: &mut Dice) -> Value {
    let (from, length) = (dice.below(48), 1 + dice.below(30));
    let shown = |half: u64| format!("{:02}:{:02}", half % 48 / 2, half % 2 * 30);
    json!({"from": shown(from), "to": shown(from + length)})
}

fn campaign(dice: &mut Dice) -> Value {
    let mut settings = json!({});
    if dice.below(2) == 0 {
        settings["priority"] = (1 + dice.below(3)).into();
    }
    if let caps @ [_, ..] = &caps(dice, 2)[..] {
        settings["caps"] = caps.into();
    }
    match dice.below(4) {
        0 => settings["quiet_hours"] = quiet(dice),
        1 => settings["quiet_hours"] = false.into(),
        _ => {}
    }
    if dice.below(6) == 0 {
        settings["exempt_from"] = json!([dice.one_of(&["caps", "priority", "quiet_hours"])]);
    }
    settings
}

impl Life {
    fn new(seed: u64, zones: &[String]) -> Self {
        let mut dice = Dice::new(seed);
        let zone = zones[seed as usize % zones.len()].clone();
        let mut tenant = json!({"caps": caps(&mut dice, 2), "arbitration_window_minutes": dice.one_of(&[0, 0, 30])});
        if dice.below(3) > 0 {
            tenant["quiet_hours"] = quiet(&mut dice);
        }
        let left = dice.one_of(&[None, Some("push"), Some("sms")]);
        let consents =
            left.iter().map(|channel| Consent { scope: Scope::Channel((*channel).to_owned()), wish: Wish::Unwanted });
        let facts =
            PersonFacts { consents: consents.collect(), time_zone: Some(zone.clone()), ..PersonFacts::default() };
        let campaigns = (0..1 + dice.below(4)).map(|_| campaign(&mut dice)).collect();
        let profile = person(facts);
        Self { dice, zone, tenant, campaigns, left, profile, flying: vec![], held: vec![], traces: vec![] }
    }

    /// Half of the lives lead over a day on which clocks are put forward, half over one on which they are put back, in either hemisphere.
    fn live(&mut self) {
        let start = self.dice.one_of(&["2026-03-01T00:00:00Z", "2026-10-10T00:00:00Z", "2008-10-20T00:00:00Z"]);
        let mut now = at(start);
        let tenant = TenantPolicy::read(&self.tenant).unwrap();
        let settings: Vec<CampaignPolicy> =
            self.campaigns.iter().map(|value| crate::settings::Settings::read(value).unwrap().policy).collect();
        for moment in 0..MOMENTS {
            now = now.plus(Duration::from_millis(self.dice.below(14 * 60) * MINUTE));
            self.land(now);
            let messages = self.instructed(now, moment, &settings);
            self.judge(now, &tenant, messages);
        }
        self.land(now.plus(Duration::from_secs(90 * 24 * 3600)));
    }

    fn land(&mut self, now: Timestamp) {
        let (landed, flying) = std::mem::take(&mut self.flying).into_iter().partition(|flying| flying.lands <= now);
        self.flying = flying;
        let mut landed: Vec<Flying> = landed;
        landed.sort_by_key(|landed| landed.lands);
        for Flying { message, campaign, channel, lands, is_accepted } in landed {
            match is_accepted {
                true => {
                    self.profile.sends.accept(&message.id, lands);
                    self.traces.push(Trace { campaign, channel, accepted: lands });
                }
                false => self.profile.sends.give_back(&message.id),
            }
        }
    }

    fn instructed(&mut self, now: Timestamp, moment: u64, settings: &[CampaignPolicy]) -> Vec<(usize, Message)> {
        let (due, held) = std::mem::take(&mut self.held).into_iter().partition(|(until, ..)| *until <= now);
        self.held = held;
        let due: Vec<(Timestamp, usize, Message)> = due;
        let mut messages: Vec<(usize, Message)> =
            due.into_iter().map(|(_, campaign, message)| (campaign, message)).collect();
        for number in 0..self.dice.below(4) {
            let campaign = self.dice.below(settings.len() as u64) as usize;
            let channels: Vec<&str> = (0..1 + self.dice.below(2)).map(|_| self.dice.one_of(&CHANNELS)).collect();
            let name = format!("c{campaign}");
            let message = Message::new((&name, moment * 10 + number), json!({}), &channels);
            messages.push((campaign, Message { settings: settings[campaign].clone(), since: now, ..message }));
        }
        messages
    }

    fn judge(&mut self, now: Timestamp, tenant: &TenantPolicy, messages: Vec<(usize, Message)>) {
        let all: Vec<Message> = messages.iter().map(|(_, message)| message.clone()).collect();
        let said = verdicts(now, &self.profile, tenant, &all);
        let turned: Vec<Message> = all.into_iter().rev().collect();
        let mut again = verdicts(now, &self.profile, tenant, &turned);
        again.reverse();
        assert_eq!(said, again, "the order of the candidates changed verdicts");
        for ((campaign, message), verdict) in messages.into_iter().zip(said) {
            match verdict {
                Verdict::Send { delivery } => self.send(now, campaign, message, delivery),
                Verdict::Hold { until, rule, .. } => {
                    assert!(until > now, "{rule} holds until {until} at {now}");
                    self.held.push((until, campaign, Message { held_by: Some(rule), ..message }));
                }
                Verdict::Drop { .. } => {}
            }
        }
    }

    fn send(&mut self, now: Timestamp, campaign: usize, message: Message, delivery: usize) {
        let channel = message.instruction.deliveries[delivery].channel.clone();
        assert_ne!(self.left, Some(channel.as_str()), "the person left it");
        self.check_quiet(now, campaign, &channel);
        if message.settings.counts(&channel) {
            self.profile.sends.promise(&message.id, &message.campaign, &channel);
            let delay = self.dice.one_of(&[0, 0, 1, 7, 90, 3_000]);
            let lands = now.plus(Duration::from_millis(delay * MINUTE));
            let is_accepted = self.dice.below(5) > 0;
            self.flying.push(Flying { message, campaign, channel, lands, is_accepted });
        }
    }

    /// What the wall clock shows, by another library's type than the judge's.
    fn shown(&self, at: Timestamp) -> jiff::Zoned {
        let zone = TimeZoneDatabase::bundled().get(&self.zone).unwrap();
        jiff::Timestamp::from_millisecond(at.as_millis()).unwrap().to_zoned(zone)
    }

    fn check_quiet(&self, now: Timestamp, campaign: usize, channel: &str) {
        let settings = &self.campaigns[campaign];
        let is_exempt = settings["exempt_from"].as_array().is_some_and(|from| from.contains(&json!("quiet_hours")));
        let hours =
            if settings["quiet_hours"].is_null() { &self.tenant["quiet_hours"] } else { &settings["quiet_hours"] };
        let (Some(from), Some(to)) = (hours["from"].as_str(), hours["to"].as_str()) else { return };
        if channel == "ads" || is_exempt {
            return;
        }
        let clock = self.shown(now).strftime("%H:%M").to_string();
        let is_quiet = if from < to { from <= &*clock && &*clock < to } else { from <= &*clock || &*clock < to };
        assert!(!is_quiet, "it is {clock} in {}, and quiet from {from} to {to}", self.zone);
    }

    /// Counts, over every span that ends with an acceptance, what was accepted in it.
    fn check_caps(&self) {
        for cap in self.tenant["caps"].as_array().into_iter().flatten() {
            self.check_cap(cap, &self.traces);
        }
        for (number, settings) in self.campaigns.iter().enumerate() {
            let own: Vec<Trace> = self.traces.iter().filter(|trace| trace.campaign == number).cloned().collect();
            settings["caps"].as_array().into_iter().flatten().for_each(|cap| self.check_cap(cap, &own));
        }
    }

    fn check_cap(&self, cap: &Value, traces: &[Trace]) {
        let day = |at: Timestamp| self.shown(at).date();
        for last in traces {
            let concerned = match cap["channel"].as_str() {
                None => traces.iter().filter(|trace| trace.channel == last.channel).collect::<Vec<_>>(),
                Some("*") => traces.iter().collect(),
                Some(only) => traces.iter().filter(|trace| trace.channel == only).collect(),
            };
            let within = concerned.into_iter().filter(|trace| {
                let hours = cap["hours"].as_u64().or_else(|| cap["days"].as_u64().map(|days| days * 24));
                match hours {
                    Some(hours) => {
                        trace.accepted <= last.accepted && last.accepted.since(trace.accepted).as_secs() < hours * 3600
                    }
                    None => {
                        let behind = day(last.accepted).since(day(trace.accepted)).unwrap().get_days();
                        (0..cap["calendar_days"].as_i64().unwrap()).contains(&i64::from(behind))
                    }
                }
            });
            let (many, most) = (within.count() as u64, cap["count"].as_u64().unwrap());
            assert!(many <= most, "{many} messages by {} against {cap} in {}", last.accepted, self.zone);
        }
    }
}

#[test]
fn in_no_life_is_a_promise_broken() {
    let zones: Vec<String> = TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect();
    let mut sent = 0;
    for seed in 0..LIVES {
        let mut life = Life::new(seed, &zones);
        life.live();
        life.check_caps();
        sent += life.traces.len();
    }
    assert!(LIVES * MOMENTS >= 100_000 && sent > 20_000, "{sent} messages were accepted");
}
