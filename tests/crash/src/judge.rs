//! The judge: knows from outside what must have happened, and compares. Every event was acknowledged by now.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::administrator::Changes;
use crate::house::{House, Tenant};
use crate::load::{Deed, Person};
use crate::provider::{Answer, Messages, Received};

/// Every how many events the counter sets a timer.
const EVENTS_PER_TIMER: u64 = 3;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// What should not be.
    pub(crate) complaints: Vec<String>,
    pub(crate) events: u64,
    pub(crate) instructions: u64,
    /// Messages that the provider got again because it had answered badly.
    pub(crate) repeated_after_failure: u64,
    /// Messages that the provider got again because of a kill.
    pub(crate) repeated_after_kill: u64,
    pub(crate) changes: u64,
}

impl Verdict {
    fn complain(&mut self, what: String) {
        self.complaints.push(what);
    }
}

/// An instruction as the judge knows it: tenant, person, step, and what tells it from the others of that step.
type Expected = (String, String, String, String);

/// All instructions that must have come of this.
pub(crate) fn expected(people: &[Person], tenants: &[Tenant]) -> BTreeSet<Expected> {
    let mut all = BTreeSet::new();
    for person in people {
        let mut add = |step: &str, mark: Value| {
            let tenant = tenants[person.tenant].name.clone();
            all.insert((tenant, person.id.clone(), step.to_owned(), mark.to_string()));
        };
        match person.deed {
            Deed::Counted(events) => {
                (1..=events).for_each(|number| add("event", json!([number, number])));
                (1..=events / EVENTS_PER_TIMER)
                    .for_each(|number| add("timer", json!([format!("{:06}", number * EVENTS_PER_TIMER), number])));
            }
            Deed::LeftCart => add("push", Value::Null),
            Deed::Identified => add("event", json!([1, 1])),
            Deed::Erased => {}
        }
    }
    all
}

/// Judges a house that has come to rest.
pub(crate) async fn judge(
    house: &House,
    (tenants, people): (&[Tenant], &[Person]),
    messages: &Messages,
    changes: &Changes,
) -> Result<Verdict> {
    let mut verdict = Verdict { changes: changes.count, ..Verdict::default() };
    judge_messages(&mut verdict, (tenants, people), messages);
    for person in people {
        judge_person(house, &mut verdict, &tenants[person.tenant], person).await?;
    }
    for tenant in tenants {
        judge_lists(house, &mut verdict, tenant, messages).await?;
    }
    judge_changes(house, &mut verdict, &tenants[0], changes).await?;
    Ok(verdict)
}

fn judge_messages(verdict: &mut Verdict, (tenants, people): (&[Tenant], &[Person]), messages: &Messages) {
    let expected = expected(people, tenants);
    let erased: BTreeSet<(&str, &str)> = people
        .iter()
        .filter(|person| person.deed == Deed::Erased)
        .map(|person| (tenants[person.tenant].name.as_str(), person.id.as_str()))
        .collect();
    let mut ids: BTreeMap<Expected, Vec<&str>> = BTreeMap::new();
    for (id, received) in messages {
        judge_repetitions(verdict, id, received);
        let said = what_it_says(&received[0]);
        if expected.contains(&said) {
            ids.entry(said).or_default().push(id);
        } else if !erased.contains(&(said.0.as_str(), said.1.as_str())) {
            verdict.complain(format!("invented or out of order: message `{id}` says {said:?}"));
        }
    }
    for instruction in &expected {
        match ids.get(instruction).map_or(0, Vec::len) {
            0 => verdict.complain(format!("lost: no message says {instruction:?}")),
            1 => verdict.instructions += 1,
            count => verdict.complain(format!("doubled: {count} messages say {instruction:?}")),
        }
    }
}

fn what_it_says(received: &Received) -> Expected {
    let data = &received.body["data"];
    let [profile, step] = ["profile", "step"].map(|member| data[member].as_str().unwrap_or_default().to_owned());
    // A device goes by its person's name.
    let profile = profile.trim_start_matches("anonymous:").to_owned();
    let content = &data["content"];
    let mark = match step.as_str() {
        "event" => json!([content["number"], content["events"]]),
        "timer" => json!([content["timer"], content["timers"]]),
        _ => Value::Null,
    };
    (received.tenant.clone(), profile, step, mark.to_string())
}

/// A message may come again after a bad answer, or once the server was killed; and always says the same.
fn judge_repetitions(verdict: &mut Verdict, id: &str, received: &[Received]) {
    for pair in received.windows(2) {
        let [first, second] = pair else { continue };
        if first.body != second.body {
            verdict.complain(format!("changed: message `{id}` said {} and then {}", first.body, second.body));
        }
        if first.answer != Answer::Taken {
            verdict.repeated_after_failure += 1;
        } else if first.life < second.life {
            verdict.repeated_after_kill += 1;
        } else {
            verdict.complain(format!("doubled: message `{id}` was taken, and came again in the same life"));
        }
    }
}

async fn judge_person(house: &House, verdict: &mut Verdict, tenant: &Tenant, person: &Person) -> Result<()> {
    let path = format!("/v1/profiles/{}", person.id);
    let Some((status, profile)) = house.attempt(Method::GET, &path, &tenant.key, None).await? else {
        verdict.complain(format!("`{}` of `{}`: no answer", person.id, tenant.name));
        return Ok(());
    };
    let events = match person.deed {
        Deed::Counted(events) => events,
        Deed::LeftCart => 1,
        Deed::Identified => 2,
        Deed::Erased => {
            verdict.events += 2;
            if status != StatusCode::NOT_FOUND {
                verdict.complain(format!("`{}` of `{}` was erased and is there: {profile}", person.id, tenant.name));
            }
            return Ok(());
        }
    };
    verdict.events += events;
    if profile["events"] != events {
        verdict.complain(format!("`{}` of `{}` should have {events} events: {profile}", person.id, tenant.name));
    }
    judge_ledger(house, verdict, (tenant, person), events).await
}

/// Each event and each timer was decided upon once, and each message was recorded as sent once.
async fn judge_ledger(
    house: &House,
    verdict: &mut Verdict,
    (tenant, person): (&Tenant, &Person),
    events: u64,
) -> Result<()> {
    let mut causes: BTreeMap<String, u64> = BTreeMap::new();
    let mut sent = BTreeMap::new();
    for row in house.list(&format!("/v1/profiles/{}/ledger", person.id), &tenant.key).await? {
        let text = |member: &str| row[member].as_str().unwrap_or_default().to_owned();
        match text("what").as_str() {
            "decided" => *causes.entry(text("cause")).or_default() += 1,
            "sent" => *sent.entry(text("id")).or_default() += 1,
            "retried" => {}
            _ => verdict.complain(format!("`{}` of `{}`: {row}", person.id, tenant.name)),
        }
    }
    let (events, timers) = match person.deed {
        Deed::LeftCart => (events, 1),
        // Nobody wants to be asked about who they are.
        Deed::Identified => (1, 0),
        Deed::Counted(_) | Deed::Erased => (events, events / EVENTS_PER_TIMER),
    };
    let of_kind = |kind: &str| causes.keys().filter(|cause| cause.starts_with(kind)).count() as u64;
    let counts = (of_kind("event:"), of_kind("timer:"));
    let is_once = causes.values().chain(sent.values()).all(|count: &u64| *count == 1);
    if counts != (events, timers) || !is_once {
        let should = format!("{events} events and {timers} timers decided upon, each once");
        verdict.complain(format!("`{}` of `{}` should have {should}: {causes:?} {sent:?}", person.id, tenant.name));
    }
    Ok(())
}

async fn judge_lists(house: &House, verdict: &mut Verdict, tenant: &Tenant, messages: &Messages) -> Result<()> {
    for list in ["outbox", "quarantine", "failures"] {
        let items = house.list(&format!("/v1/{list}"), &tenant.key).await?;
        if let Some(item) = items.first() {
            verdict.complain(format!("`{}` has {} in `{list}`, the first is {item}", tenant.name, items.len()));
        }
    }
    let mut listed = BTreeSet::new();
    for message in house.list("/v1/messages", &tenant.key).await? {
        let id = message["id"].as_str().unwrap_or_default().to_owned();
        if !messages.contains_key(&id) {
            verdict.complain(format!("message `{id}` is said to be sent, and the provider never had it"));
        }
        if !listed.insert(id.clone()) {
            verdict.complain(format!("message `{id}` is listed twice"));
        }
    }
    Ok(())
}

async fn judge_changes(house: &House, verdict: &mut Verdict, tenant: &Tenant, changes: &Changes) -> Result<()> {
    let keys = house.list("/v1/keys", &tenant.key).await?;
    let there: BTreeSet<&str> = keys.iter().filter_map(|key| key["id"].as_str()).collect();
    for id in changes.keys.iter().filter(|id| !there.contains(id.as_str())) {
        verdict.complain(format!("key `{id}` was created and is not there"));
    }
    for id in changes.revoked.iter().filter(|id| there.contains(id.as_str())) {
        verdict.complain(format!("key `{id}` was revoked and is there"));
    }
    let campaign = house.call(Method::GET, "/v1/campaigns/counter", &tenant.key, None).await?;
    if campaign["revision"].as_u64().unwrap_or_default() < changes.revision {
        verdict.complain(format!("revision {} was published and is not there: {campaign}", changes.revision));
    }
    Ok(())
}
