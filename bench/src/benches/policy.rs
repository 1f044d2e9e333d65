//! What judging and recording an instruction cost: one that is alone and eight campaigns' that compete, for somebody who was sent twenty messages
//! lately, under caps and quiet hours; and the row of the ledger that says so, in bytes, written and added up.

use std::hint::black_box;

use anyhow::{Context as _, Result, ensure};
use rekindle::domain::{CampaignName, Delivery, Instruction, InstructionId, Json, KnownBy, Timestamp};
use rekindle::ledger::{Decided, Judged, LedgerRow, What};
use rekindle::policy::{self, CampaignPolicy, Candidate, Moment, TenantPolicy, Verdict};
use rekindle::profiles::Profile;
use rekindle::reports;
use rekindle::settings::Settings as CampaignSettings;
use serde_json::json;

use crate::arguments::Settings;
use crate::figure::Figure;
use crate::usage::cpu_us_each;

const NOON_MS: i64 = 1_772_452_800_000;
const COMPETITORS: usize = 8;
const SENT_LATELY: u8 = 20;

pub(crate) fn run(settings: &Settings) -> Result<Vec<Figure>> {
    let (rounds, count) = (settings.extent.pick(3, 9), settings.extent.pick(200, 2_000));
    let rounds = |job: &mut dyn FnMut()| (0..rounds).map(|_| cpu_us_each(count, &mut *job)).collect::<Vec<f64>>();
    let (now, profile) = (Timestamp::from_millis(NOON_MS), person()?);
    let usual = TenantPolicy::read(&json!({"caps": []}))?;
    let strict = TenantPolicy::read(&json!({
        "caps": [{"count": 25, "hours": 24}, {"channel": "*", "count": 100, "calendar_days": 7, "on_cap": "hold"}],
        "quiet_hours": {"from": "21:00", "to": "08:00"}, "time_zone": "Europe/Berlin",
    }))?;
    let wants: Vec<Want> = (0..COMPETITORS).map(Want::new).collect::<Result<_>>()?;
    let candidates: Vec<Candidate<'_>> = wants.iter().map(Want::candidate).collect();
    let judge = |tenant: &TenantPolicy, many: usize| {
        policy::judge(&Moment { now, profile: &profile, tenant }, &candidates[..many])
    };
    ensure!(matches!(judge(&strict, 1)[..], [Verdict::Send { .. }]), "one alone should go out");
    let sent = judge(&strict, COMPETITORS).iter().filter(|verdict| matches!(verdict, Verdict::Send { .. })).count();
    ensure!(sent == 1, "of campaigns that compete one should win");
    let row = row(&wants[0]);
    let bytes = row.encode().len() as f64;
    Ok(vec![
        Figure::of(
            "a verdict without caps and quiet hours",
            "µs CPU",
            rounds(&mut || drop(black_box(judge(&usual, 1)))),
        ),
        Figure::of(
            "a verdict under two caps and quiet hours",
            "µs CPU",
            rounds(&mut || drop(black_box(judge(&strict, 1)))),
        ),
        Figure::of(
            "verdicts of eight that compete",
            "µs CPU",
            rounds(&mut || drop(black_box(judge(&strict, COMPETITORS)))),
        ),
        Figure::once("a ledger's row of a decision that sends", "bytes", bytes),
        Figure::of("· writing it", "µs CPU", rounds(&mut || drop(black_box(row.encode())))),
        Figure::of(
            "· adding it up",
            "µs CPU",
            rounds(&mut || {
                black_box(reports::fold(&row).count());
            }),
        ),
    ])
}

/// Somebody who lives in Berlin and was sent messages in the last hours.
fn person() -> Result<Profile> {
    let mut profile = Profile::default();
    let newsletter = CampaignName::parse("newsletter")?;
    for number in 0..SENT_LATELY {
        let id = InstructionId::from_digest([number; 32]);
        profile.sends.promise(&id, &newsletter, "push");
        profile.sends.accept(&id, Timestamp::from_millis(NOON_MS - i64::from(number) * 3_600_000));
    }
    Ok(profile)
}

/// What one campaign wants.
struct Want {
    campaign: CampaignName,
    settings: CampaignPolicy,
    id: InstructionId,
    instruction: Instruction,
}

impl Want {
    fn new(number: usize) -> Result<Self> {
        let settings = CampaignSettings::read(&json!({"priority": number + 1}))?.policy;
        let content = Json::parse(r#"{"title": "Your cart", "body": "Two things wait for you."}"#)?;
        let deliver = |channel: &str| Delivery { channel: channel.to_owned(), content: content.clone() };
        let deliveries = vec![deliver("push"), deliver("email")];
        let seed = u8::try_from(100 + number).context("there should be few campaigns")?;
        Ok(Self {
            campaign: CampaignName::parse(&format!("campaign-{number}"))?,
            settings,
            id: InstructionId::from_digest([seed; 32]),
            instruction: Instruction { step: "push".to_owned(), deliveries, expires: None },
        })
    }

    fn candidate(&self) -> Candidate<'_> {
        Candidate {
            campaign: &self.campaign,
            settings: &self.settings,
            id: &self.id,
            instruction: &self.instruction,
            known_by: &[KnownBy::Id, KnownBy::Id],
            is_unwanted: false,
            since: Timestamp::from_millis(NOON_MS),
            held_by: None,
        }
    }
}

/// What the ledger says of a decision that sends and waits.
fn row(want: &Want) -> LedgerRow {
    let judged = Judged {
        id: want.id.to_string(),
        step: "push".to_owned(),
        channel: "push".to_owned(),
        verdict: "send".to_owned(),
        ..Judged::default()
    };
    let decided = Decided {
        cause: "event:0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9".to_owned(),
        revision: 3,
        verdicts: vec![judged],
        timers_set: vec![("wait".to_owned(), NOON_MS + 3_600_000)],
        marks: vec!["entered".to_owned()],
        fuel: 41_234,
        ..Decided::default()
    };
    LedgerRow { at: NOON_MS, campaign: want.campaign.to_string(), what: What::Decided(decided) }
}
