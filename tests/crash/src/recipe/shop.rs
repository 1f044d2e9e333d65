//! The shop: a tenant with the campaign and its four providers, and the people who will come.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use rekindle::domain::Stopwatch;
use rekindle_tests::recipe::{CAMPAIGN, Kept, Person, Providers, Step};
use reqwest::Method;
use serde_json::json;

use crate::house::{House, Tenant};
use crate::world::hurry;

/// How long the lines wait. Somebody who opens an e-mail is given longer to say so than the house is ever down: no third line reaches them.
const WAIT: &str = "1s";
const WAIT_AFTER_EMAIL: &str = "6s";
/// How long nothing may move before a house counts as at rest, whatever is missing.
const STILL_MAX: Duration = Duration::from_secs(30);
/// How long a house in which everything happened must not move: what should not happen would happen meanwhile.
const REST_MIN: Duration = Duration::from_secs(3);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

pub(crate) struct Shop {
    pub(crate) house: House,
    pub(crate) tenant: Tenant,
    pub(crate) providers: Providers,
    pub(crate) people: Vec<Person>,
}

impl Shop {
    /// Sets it up. The server is not killed meanwhile.
    pub(crate) async fn open(house: House, providers: Providers, people: usize) -> Result<Self> {
        let tenant = house.move_in("shop").await?;
        house.publish(&tenant, CAMPAIGN, json!({"wait": WAIT, "ads": {"wait": WAIT_AFTER_EMAIL}})).await?;
        for (path, document) in providers.channels().into_iter().chain(Providers::mappings()) {
            house.call(Method::PUT, path, &tenant.key, Some(&document)).await?;
        }
        Ok(Self { house, tenant, providers, people: (0..people).map(Person::new).collect() })
    }

    pub(crate) fn next_life(&self) {
        self.providers.all().iter().for_each(|(_, provider)| provider.next_life());
    }

    /// From now on providers fail no more.
    pub(crate) fn calm_down(&self) {
        self.providers.all().iter().for_each(|(_, provider)| provider.calm_down());
    }

    /// Waits until everything has happened and nothing waits any more, or until nothing moves.
    pub(crate) async fn rest(&self) -> Result<()> {
        let wanted: usize = self.people.iter().map(|person| person.habit.steps().len()).sum();
        let (mut before, mut since) = ((0, 0), Stopwatch::start());
        loop {
            let waiting = hurry(&self.house, &self.tenant).await?;
            let now = (self.done(), waiting);
            if now != before {
                (before, since) = (now, Stopwatch::start());
            }
            let is_complete = waiting == 0 && self.steps() >= wanted;
            if (is_complete && since.elapsed() > REST_MIN) || since.elapsed() > STILL_MAX {
                return Ok(());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// What the house keeps of it in the end.
    pub(crate) async fn kept(&self) -> Result<Kept> {
        let messages = self.house.list("/v1/messages", &self.tenant.key).await?;
        Ok(Kept::read(&messages, &self.house.list("/v1/outbox", &self.tenant.key).await?))
    }

    /// How much providers did, repetitions and all.
    fn done(&self) -> usize {
        self.providers.all().iter().map(|(_, provider)| provider.executions().len()).sum()
    }

    /// For how many people each step was done, in sum.
    fn steps(&self) -> usize {
        let people = |step| {
            let executions = self.providers.executions(step);
            let people: BTreeSet<String> = executions.into_iter().map(|done| done.order.person).collect();
            people.len()
        };
        Step::ALL.into_iter().map(people).sum()
    }
}
