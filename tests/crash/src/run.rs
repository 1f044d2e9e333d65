//! The run: house after house, each killed some twenty times, then left alone until it comes to rest, then judged.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use fastrand::Rng;
use rekindle::domain::Stopwatch;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::Arguments;
use crate::administrator::Administrator;
use crate::house::{House, Tenant};
use crate::judge::{self, Verdict};
use crate::life::{Birth, Life, alarms};
use crate::load::Load;
use crate::provider::Provider;
use crate::report::Report;
use crate::schedule::{Kill, POINT_PATIENCE, kills};

/// Kills of one house; fewer where a promise is broken, to see how soon that is noticed.
const KILLS_PER_HOUSE: u32 = 20;
const KILLS_PER_BROKEN_HOUSE: u32 = 5;
/// How long nothing may move before a house counts as at rest, whatever is missing.
const STILL_MAX: Duration = Duration::from_secs(20);
/// How long a house that has everything must not move: timers that should not be there would fire meanwhile.
const REST_MIN: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// After a kill, for what was on its way to the provider.
const AFTERMATH: Duration = Duration::from_millis(30);

/// Runs all of it. It failed when the judge complains; where a promise is broken, when nobody does.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode> {
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..1 << 32));
    let mut rng = Rng::with_seed(seed);
    let mut report = Report::begin(&arguments, seed);
    let per_house = if arguments.broken.is_some() { KILLS_PER_BROKEN_HOUSE } else { KILLS_PER_HOUSE };
    let schedule = kills(&mut rng, arguments.times);
    for kills in schedule.chunks(per_house as usize) {
        let folder = tempfile::Builder::new().prefix("rekindle-crash-").tempdir()?;
        let verdict = Run::new(&arguments, folder.path(), rng.fork(), &mut report).house(kills).await;
        let complaints = report.judged(verdict);
        if !complaints.is_empty() {
            let kept = arguments.broken.is_none().then(|| folder.keep());
            return Ok(report.failed(&complaints, kills, kept.as_deref()));
        }
    }
    Ok(report.passed())
}

/// One house.
struct Run<'a> {
    arguments: &'a Arguments,
    folder: &'a Path,
    rng: Rng,
    report: &'a mut Report,
    address: watch::Sender<Option<String>>,
}

impl<'a> Run<'a> {
    fn new(arguments: &'a Arguments, folder: &'a Path, rng: Rng, report: &'a mut Report) -> Self {
        Self { arguments, folder, rng, report, address: watch::Sender::new(None) }
    }

    async fn house(mut self, kills: &[Kill]) -> Result<Verdict> {
        let provider = Provider::open(self.rng.fork()).await?;
        let house = House::new(self.address.subscribe())?;
        let mut life = self.begin(None)?;
        self.open(&mut life, &house).await?;
        let tenants = [house.settle_in("north", &provider).await?, house.settle_in("south", &provider).await?];
        let load = Load::begin(&house, &tenants, &mut self.rng);
        let administrator = Administrator::begin(house.clone(), tenants[0].clone());
        self.kill(life, &provider).await?;
        for kill in kills {
            self.live(*kill, &house, &provider).await.with_context(|| format!("at {kill:?}"))?;
        }
        provider.calm_down();
        let mut life = self.begin(None)?;
        self.open(&mut life, &house).await?;
        let (people, changes) = (load.end().await?, administrator.end().await?);
        rest(&house, &tenants, &provider, judge::expected(&people, &tenants).len()).await?;
        let mut verdict = judge::judge(&house, (&tenants, &people), &provider.messages(), &changes).await?;
        verdict.complaints.extend(alarms(self.folder)?);
        Ok(verdict)
    }

    /// One life, to its kill.
    async fn live(&mut self, kill: Kill, house: &House, provider: &Provider) -> Result<()> {
        let mut life = self.begin(Some(kill))?;
        if let Kill::AfterStart(moment) = kill {
            tokio::time::sleep(moment).await;
        } else if self.open(&mut life, house).await? {
            match kill {
                Kill::AfterReady(moment) => tokio::time::sleep(moment).await,
                _ => {
                    let is_dead = life.ends_within(POINT_PATIENCE).await?;
                    self.report.reached(kill, is_dead);
                }
            }
        }
        self.report.killed(kill);
        self.kill(life, provider).await
    }

    fn begin(&mut self, kill: Option<Kill>) -> Result<Life> {
        let passed = passed_file(self.folder);
        let mut faults = format!("lose={};passed={}", self.rng.u32(..), passed.display());
        if let Some(Kill::At(point, pass)) = kill {
            faults += &format!(";die={}:{pass}", point.as_str());
        }
        if let Some(promise) = &self.arguments.broken {
            faults += &format!(";break={promise}");
        }
        let program = self.arguments.program.clone();
        Life::begin(&Birth { program, folder: self.folder.to_owned(), faults })
    }

    /// Lets everybody in. False when the process died before it was ready.
    async fn open(&mut self, life: &mut Life, house: &House) -> Result<bool> {
        let Some(url) = life.ready(house.client()).await? else { return Ok(false) };
        self.report.ready_after(life.age());
        self.address.send_replace(Some(url));
        Ok(true)
    }

    async fn kill(&mut self, mut life: Life, provider: &Provider) -> Result<()> {
        life.kill()?;
        self.address.send_replace(None);
        tokio::time::sleep(AFTERMATH).await;
        provider.next_life();
        let passed = std::fs::read_to_string(passed_file(self.folder)).unwrap_or_default();
        self.report.passed_points(&passed);
        Ok(())
    }
}

fn passed_file(folder: &Path) -> PathBuf {
    folder.join("passed")
}

/// Waits until everything that is expected is there and nothing waits any more, or until nothing moves.
async fn rest(house: &House, tenants: &[Tenant], provider: &Provider, expected: usize) -> Result<()> {
    let (mut before, mut since) = ((0, 0), Stopwatch::start());
    loop {
        let mut waiting = 0;
        for tenant in tenants {
            waiting += hurry(house, tenant).await?;
        }
        let now = (provider.count(), waiting);
        if now != before {
            (before, since) = (now, Stopwatch::start());
        }
        // What came for people who were erased meanwhile is more than expected.
        if (now.0 >= expected && waiting == 0 && since.elapsed() > REST_MIN) || since.elapsed() > STILL_MAX {
            return Ok(());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Has everything that waits for another attempt tried at once. Returns how much waits.
async fn hurry(house: &House, tenant: &Tenant) -> Result<usize> {
    let waiting = house.list("/v1/outbox", &tenant.key).await?;
    let ids: Vec<&Value> = waiting.iter().filter(|entry| entry["attempts"] != 0).map(|entry| &entry["id"]).collect();
    if !ids.is_empty() {
        let ids = json!({"ids": ids[..ids.len().min(200)]});
        let answer = house.attempt(Method::POST, "/v1/outbox/redeliver", &tenant.key, Some(&ids)).await?;
        // Not found: they went out meanwhile.
        if let Some((status, body)) = answer.filter(|(status, _)| status.is_client_error() && status.as_u16() != 404) {
            bail!("redelivery was refused: {status} {body}");
        }
    }
    Ok(waiting.len())
}
