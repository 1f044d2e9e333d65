//! Everybody outside who is at work while the house lives and dies: people who come one after the other, those whom something reached, with
//! the providers that tell of it, and a tenant without patience, who has what waits for another attempt tried at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use rekindle::domain::{Clock, SystemClock};
use rekindle_tests::emulators::Execution;
use rekindle_tests::recipe::{Person, Step, Word};
use tokio::task::{JoinHandle, JoinSet};

use super::shop::Shop;
use crate::world::hurry;

const LOOK_AGAIN: Duration = Duration::from_millis(20);
const IMPATIENCE: Duration = Duration::from_millis(500);

pub(crate) struct Crowd {
    stopping: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<Result<()>>>,
}

impl Crowd {
    /// Somebody comes after every such pause.
    pub(crate) fn begin(shop: &Arc<Shop>, pause: Duration) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let tasks = vec![
            tokio::spawn(arrive(Arc::clone(shop), pause)),
            tokio::spawn(react(Arc::clone(shop), Arc::clone(&stopping))),
            tokio::spawn(insist(Arc::clone(shop), Arc::clone(&stopping))),
        ];
        Self { stopping, tasks }
    }

    /// Ends once everything that was begun is acknowledged.
    pub(crate) async fn end(self) -> Result<()> {
        self.stopping.store(true, Ordering::SeqCst);
        for task in self.tasks {
            task.await??;
        }
        Ok(())
    }
}

async fn arrive(shop: Arc<Shop>, pause: Duration) -> Result<()> {
    for person in &shop.people {
        shop.house.deliver(&shop.tenant, &person.arrives(SystemClock.now())).await?;
        tokio::time::sleep(pause).await;
    }
    Ok(())
}

/// Everybody acts by themselves: nobody waits for another whom the house does not answer.
async fn react(shop: Arc<Shop>, stopping: Arc<AtomicBool>) -> Result<()> {
    let (mut seen, mut acting) = ([0; 3], JoinSet::new());
    loop {
        for (number, step) in [Step::Push, Step::Email, Step::Ads].into_iter().enumerate() {
            let done = shop.providers.of(step).executions_from(seen[number]);
            seen[number] += done.len();
            for done in done {
                acting.spawn(act_on(Arc::clone(&shop), done));
            }
        }
        while let Some(acted) = acting.try_join_next() {
            acted??;
        }
        if stopping.load(Ordering::SeqCst) && acting.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// What an app and a provider tell through Segment goes together: so nobody who opens a message is taken for one who does not.
async fn act_on(shop: Arc<Shop>, done: Execution) -> Result<()> {
    let person = Person::known_as(&done.order.person).context("nobody else should be reached")?;
    let step = Step::of(&done).context("providers should be asked for steps")?;
    let at = SystemClock.now();
    let (mut events, mut reports) = (Vec::new(), Vec::new());
    for consequence in person.consequences(step) {
        match consequence.word(&done, at) {
            Word::Event(event) => events.push(event),
            Word::Report(report) => reports.push(report),
        }
    }
    if !events.is_empty() {
        shop.house.deliver(&shop.tenant, &events).await?;
    }
    for report in reports {
        shop.house.report(&shop.tenant, &report, at).await?;
    }
    Ok(())
}

async fn insist(shop: Arc<Shop>, stopping: Arc<AtomicBool>) -> Result<()> {
    while !stopping.load(Ordering::SeqCst) {
        hurry(&shop.house, &shop.tenant).await?;
        tokio::time::sleep(IMPATIENCE).await;
    }
    Ok(())
}
