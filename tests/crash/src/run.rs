//! The run: house after house, each killed some twenty times, then left alone until it comes to rest, then judged.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use fastrand::Rng;
use tokio::sync::watch;

use crate::Arguments;
use crate::administrator::Administrator;
use crate::house::House;
use crate::judge::Verdict;
use crate::life::{Birth, Life, alarms};
use crate::load::Load;
use crate::provider::Provider;
use crate::report::Report;
use crate::schedule::{Kill, POINT_PATIENCE, kills};
use crate::trial::Trial;
use crate::world::World;

/// Kills of one house; fewer where a promise is broken, to see how soon that is noticed.
const KILLS_PER_HOUSE: u32 = 20;
const KILLS_PER_BROKEN_HOUSE: u32 = 5;
/// After a kill, for what was on its way to the provider.
const AFTERMATH: Duration = Duration::from_millis(30);

/// Runs all of it. It failed when the judge complains; where a promise is broken, when nobody does.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode> {
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..1 << 32));
    let mut rng = Rng::with_seed(seed);
    let mut report = Report::begin(&arguments, seed);
    let per_house = if arguments.broken.is_some() { KILLS_PER_BROKEN_HOUSE } else { KILLS_PER_HOUSE };
    if arguments.broken.is_none() {
        for trial in Trial::ALL {
            let folder = tempfile::Builder::new().prefix("rekindle-crash-").tempdir()?;
            let verdict = Run::new(&arguments, folder.path(), rng.fork(), &mut report).trial(trial).await;
            let verdict = verdict.with_context(|| format!("in trial {trial:?}, --seed {seed}"))?;
            let complaints = report.judged(verdict);
            if !complaints.is_empty() {
                return Ok(report.failed(&complaints, &[], Some(&folder.keep())));
            }
        }
    }
    let schedule = kills(&mut rng, arguments.times);
    for kills in schedule.chunks(per_house as usize) {
        let folder = tempfile::Builder::new().prefix("rekindle-crash-").tempdir()?;
        let verdict = Run::new(&arguments, folder.path(), rng.fork(), &mut report).house(kills).await;
        let verdict = verdict.with_context(|| format!("in {kills:?}, --seed {seed}"))?;
        let complaints = report.judged(verdict);
        if !complaints.is_empty() {
            let kept = arguments.broken.is_none().then(|| folder.keep());
            return Ok(report.failed(&complaints, kills, kept.as_deref()));
        }
    }
    Ok(report.passed())
}

/// One house.
pub(crate) struct Run<'a> {
    arguments: &'a Arguments,
    pub(crate) folder: &'a Path,
    pub(crate) rng: Rng,
    report: &'a mut Report,
    address: watch::Sender<Option<String>>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(arguments: &'a Arguments, folder: &'a Path, rng: Rng, report: &'a mut Report) -> Self {
        Self { arguments, folder, rng, report, address: watch::Sender::new(None) }
    }

    async fn house(mut self, kills: &[Kill]) -> Result<Verdict> {
        let (world, life) = self.settle_in().await?;
        self.kill(life).await?;
        world.provider.next_life();
        for kill in kills {
            self.live(*kill, &world.house).await.with_context(|| format!("at {kill:?}"))?;
            world.provider.next_life();
        }
        world.provider.calm_down();
        let mut life = self.begin(None)?;
        self.open(&mut life, &world.house).await?;
        let mut verdict = world.judge().await?;
        verdict.complaints.extend(alarms(self.folder)?);
        Ok(verdict)
    }

    /// A new house.
    pub(crate) async fn found(&mut self) -> Result<(House, Life)> {
        let house = House::new(self.address.subscribe())?;
        let mut life = self.begin(None)?;
        self.open(&mut life, &house).await?;
        Ok((house, life))
    }

    /// A house with tenants, and load upon it.
    pub(crate) async fn settle_in(&mut self) -> Result<(World, Life)> {
        let provider = Provider::open(self.rng.fork()).await?;
        let (house, life) = self.found().await?;
        let tenants = [house.settle_in("north", &provider).await?, house.settle_in("south", &provider).await?];
        house.sell(&tenants[0]).await?;
        let load = Load::begin(&house, &tenants, &mut self.rng);
        let administrator = Administrator::begin(house.clone(), tenants[0].clone());
        Ok((World { house, provider, tenants, load, administrator }, life))
    }

    /// One life, to its kill.
    pub(crate) async fn live(&mut self, kill: Kill, house: &House) -> Result<()> {
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
        self.kill(life).await
    }

    pub(crate) fn begin(&mut self, kill: Option<Kill>) -> Result<Life> {
        let passed = passed_file(self.folder);
        let mut faults = format!("lose={};passed={}", self.rng.u32(..), passed.display());
        for trial in Trial::ALL {
            faults += &format!(";{}={}", trial.as_str(), trial.mark(self.folder).display());
        }
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
    pub(crate) async fn open(&mut self, life: &mut Life, house: &House) -> Result<bool> {
        let Some(url) = life.ready(house.client()).await? else { return Ok(false) };
        self.report.ready_after(life.age());
        self.address.send_replace(Some(url));
        Ok(true)
    }

    pub(crate) async fn kill(&mut self, mut life: Life) -> Result<()> {
        life.kill()?;
        self.address.send_replace(None);
        tokio::time::sleep(AFTERMATH).await;
        let passed = std::fs::read_to_string(passed_file(self.folder)).unwrap_or_default();
        self.report.passed_points(&passed);
        Ok(())
    }
}

fn passed_file(folder: &Path) -> PathBuf {
    folder.join("passed")
}
