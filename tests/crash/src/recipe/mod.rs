//! The three lines of defence with Braze, Customer.io, Facebook and Segment, all emulated and failing three times of ten, while the house is
//! killed every few seconds. People come all the while and act on what reaches them; in the end everything happened once.

mod crowd;
mod report;
mod shop;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use fastrand::Rng;
use rekindle_tests::recipe::{Providers, Verdict, judge};

use self::crowd::Crowd;
use self::shop::Shop;
use crate::Arguments;
use crate::life::alarms;
use crate::report::Report;
use crate::run::Run;
use crate::schedule::{Kill, every_few_seconds};

/// Of a hundred requests, those that end badly.
const MISHAPS_PERCENT: u8 = 30;
/// What a life lasts on the average, its start included: people come all the while, and not faster than one in so long.
const LIFE_MEAN: Duration = Duration::from_millis(2_500);
const ARRIVAL_PAUSE_MIN: Duration = Duration::from_millis(5);

/// Runs all of it. It failed when the judge complains.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode> {
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..1 << 32));
    let mut rng = Rng::with_seed(seed);
    let kills = every_few_seconds(&mut rng, arguments.times);
    let mut report = Report::begin(&arguments, seed);
    let folder = tempfile::Builder::new().prefix("rekindle-crash-").tempdir()?;
    let judged = Run::new(&arguments, folder.path(), rng, &mut report).recipe(&kills, arguments.people).await;
    let (shop, verdict) = judged.with_context(|| format!("in {kills:?}, --seed {seed}"))?;
    report::print(&shop, &verdict);
    let complaints = verdict.complaints.iter().map(|(flaw, what)| format!("{flaw:?}: {what}"));
    let complaints: Vec<String> = complaints.chain(alarms(folder.path())?).collect();
    match complaints.is_empty() {
        true => Ok(report.survived()),
        false => Ok(report.failed(&complaints, &kills, Some(&folder.keep()))),
    }
}

impl Run<'_> {
    /// A shop through all its lives, and what the judge says of it.
    async fn recipe(mut self, kills: &[Kill], people: usize) -> Result<(Arc<Shop>, Verdict)> {
        let providers = Providers::open(MISHAPS_PERCENT, self.rng.u64(..)).await;
        let (house, life) = self.found().await?;
        let shop = Arc::new(Shop::open(house, providers, people).await?);
        let crowd = Crowd::begin(&shop, pause(kills.len(), people));
        self.kill(life).await?;
        shop.next_life();
        for kill in kills {
            self.live(*kill, &shop.house).await.with_context(|| format!("at {kill:?}"))?;
            shop.next_life();
        }
        shop.calm_down();
        let mut life = self.begin(None)?;
        self.open(&mut life, &shop.house).await?;
        shop.rest().await?;
        crowd.end().await?;
        let verdict = judge(&shop.people, &shop.providers, &shop.kept().await?);
        drop(life);
        Ok((shop, verdict))
    }
}

/// Between one who comes and the next.
fn pause(kills: usize, people: usize) -> Duration {
    let spread = LIFE_MEAN.mul_f64(kills as f64 / people.max(1) as f64);
    spread.max(ARRIVAL_PAUSE_MIN)
}
