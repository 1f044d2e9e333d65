//! A directory full of people who wait, made through the store's seam: by events it would take hours.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use rekindle::domain::{ProfileId, ProfileKey, Signal, SystemClock, TenantId, Timestamp};
use rekindle::profiles::Profile;
use rekindle::store::{Book, Commit, Embedded, Page, Partition, Row, RowKey, Store, TimerKey};
use rekindle::worker::MessageRow;

/// People in one commit.
const COMMIT_PEOPLE: usize = 10_000;

/// Who waits, and for when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crowd {
    pub(crate) people: usize,
    /// How many of them wait for a moment that is near; the others wait for one of the days to come.
    pub(crate) soon: usize,
    /// The near moments: from then on, spread over that long.
    pub(crate) from: Timestamp,
    pub(crate) over: Duration,
}

impl Crowd {
    /// The moment for which somebody waits.
    pub(crate) fn due(&self, number: usize) -> Timestamp {
        let spread = |span: Duration, number: usize, count: usize| {
            Duration::from_secs_f64(span.as_secs_f64() * number as f64 / count.max(1) as f64)
        };
        if number < self.soon {
            return self.from.plus(spread(self.over, number, self.soon));
        }
        let (day, month) = (Duration::from_secs(24 * 3600), Duration::from_secs(30 * 24 * 3600));
        self.from.plus(day + spread(month, number - self.soon, self.people - self.soon))
    }
}

/// Copies of one person who waits, `model` of `tenant`, made in the directory of a server that is not running.
pub(crate) fn gather(data: &Path, tenant: &str, model: &str, crowd: &Crowd) -> Result<()> {
    let store = Embedded::open(data, Arc::new(SystemClock))?;
    let tenant = TenantId::parse(tenant)?;
    let model = ProfileKey { tenant: tenant.clone(), profile: ProfileId::parse(model)? };
    let record = store.reports().profile(&model)?.context("the model should be there")?;
    let model = Profile::decode(&record)?;
    let signals: Vec<Arc<Signal>> = (0..store.partitions()).map(|_| Arc::default()).collect();
    for mut partition in store.acquire(&signals)? {
        fill(partition.as_mut(), &tenant, &model, crowd)?;
    }
    Ok(())
}

/// What one of them is called.
pub(crate) fn name(number: usize) -> String {
    format!("waiting-{number}")
}

/// When each person's message went out, from the books of a server that is not running.
pub(crate) fn messages(data: &Path, tenant: &str) -> Result<HashMap<String, Timestamp>> {
    let store = Embedded::open(data, Arc::new(SystemClock))?;
    let page = Page { tenant: TenantId::parse(tenant)?, page: String::new(), after: None };
    let rows = store.reports().rows(Book::Messages, &page, usize::MAX)?;
    let read = |row: &Row| {
        let message = MessageRow::decode(&row.body)?;
        Ok((message.profile, Timestamp::from_millis(message.at)))
    };
    rows.iter().map(read).collect()
}

/// Whom each message went to, from the books of a server that is not running.
pub(crate) fn recipients(data: &Path, tenant: &str) -> Result<Vec<String>> {
    let store = Embedded::open(data, Arc::new(SystemClock))?;
    let page = Page { tenant: TenantId::parse(tenant)?, page: String::new(), after: None };
    let rows = store.reports().rows(Book::Messages, &page, usize::MAX)?;
    rows.iter().map(|row| Ok(MessageRow::decode(&row.body)?.profile)).collect()
}

/// The people of one partition.
fn fill(partition: &mut dyn Partition, tenant: &TenantId, model: &Profile, crowd: &Crowd) -> Result<()> {
    let slots = partition.slots();
    let mut commit = empty(partition);
    for number in 0..crowd.people {
        let owner = ProfileKey { tenant: tenant.clone(), profile: ProfileId::parse(&name(number))? };
        if !slots.contains(&owner.slot().0) {
            continue;
        }
        wait(&mut commit, owner, model.clone(), crowd.due(number));
        if commit.profiles.len() == COMMIT_PEOPLE {
            partition.commit(std::mem::replace(&mut commit, empty(partition)))?;
            partition.sync()?;
        }
    }
    partition.commit(commit)?;
    partition.sync()?;
    Ok(())
}

fn empty(partition: &dyn Partition) -> Commit {
    Commit { upto: partition.position(), ..Commit::default() }
}

/// Has all that somebody waits for happen at `due`, and the index know what they are interested in.
fn wait(commit: &mut Commit, owner: ProfileKey, mut profile: Profile, due: Timestamp) {
    for (campaign, run) in &mut profile.runs {
        for (name, at) in &mut run.timers {
            *at = due;
            let timer = TimerKey { due, owner: owner.clone(), campaign: campaign.clone(), name: name.clone() };
            commit.timers_set.push(timer);
        }
    }
    for item in profile.interests.all() {
        // As the worker writes it down that somebody is interested in an item.
        let key = RowKey { tenant: owner.tenant.clone(), page: item.to_string(), at: 0, id: owner.profile.to_string() };
        commit.rows_added.push((Book::Interests, Row { key, body: b"{}".to_vec() }));
    }
    commit.profiles.push((owner, Some(profile.encode())));
}
