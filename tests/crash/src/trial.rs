//! Disks that fail while the server lives: a full one, from which it recovers by itself, and one that does not flush, after which
//! nothing is acknowledged until a restart.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use rekindle::domain::Stopwatch;

use crate::judge::Verdict;
use crate::run::Run;
use crate::world::World;

/// How long load runs before, and how long the disk fails.
const BEFORE: Duration = Duration::from_millis(1_500);
const DURING: Duration = Duration::from_secs(3);
/// For answers that were under way when the disk began to fail.
const UNDER_WAY: Duration = Duration::from_millis(500);
/// How long the server may take to notice that there is room again.
const RECOVERY_MAX: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How a disk fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trial {
    Full,
    Unflushed,
}

impl Trial {
    pub(crate) const ALL: [Self; 2] = [Self::Full, Self::Unflushed];

    /// Its name among the faults.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Unflushed => "unflushed",
        }
    }

    /// The disk fails while this file is there.
    pub(crate) fn mark(self, folder: &Path) -> PathBuf {
        folder.join(self.as_str())
    }
}

impl Run<'_> {
    /// A house whose disk fails for a while.
    pub(crate) async fn trial(mut self, trial: Trial) -> Result<Verdict> {
        let (world, mut life) = self.settle_in().await?;
        let mark = trial.mark(self.folder);
        tokio::time::sleep(BEFORE).await;
        std::fs::write(&mark, "")?;
        tokio::time::sleep(UNDER_WAY).await;
        let mut complaints = Vec::new();
        if kept_during(&world, DURING).await > 0 {
            complaints.push(format!("`{}`: events were acknowledged", trial.as_str()));
        }
        if is_ready(&world).await? {
            complaints.push(format!("`{}`: the server says that it is ready", trial.as_str()));
        }
        world.provider.reopening();
        std::fs::remove_file(&mark)?;
        let has_recovered = recovers(&world, if trial == Trial::Full { RECOVERY_MAX } else { DURING }).await?;
        if has_recovered != (trial == Trial::Full) {
            complaints.push(format!("`{}`: it is over, and ready is {has_recovered}", trial.as_str()));
        }
        world.provider.calm_down();
        if trial == Trial::Unflushed || !has_recovered {
            if kept_during(&world, UNDER_WAY).await > 0 {
                complaints.push(format!("`{}`: events were acknowledged before a restart", trial.as_str()));
            }
            self.kill(life).await?;
            world.provider.next_life();
            life = self.begin(None)?;
            self.open(&mut life, &world.house).await?;
        }
        let mut verdict = world.judge().await?;
        drop(life);
        verdict.complaints.extend(complaints);
        Ok(verdict)
    }
}

/// How many events are acknowledged within that time.
async fn kept_during(world: &World, duration: Duration) -> u64 {
    let before = world.load.acknowledged();
    tokio::time::sleep(duration).await;
    world.load.acknowledged() - before
}

async fn is_ready(world: &World) -> Result<bool> {
    let url = world.house.url("/readyz").await?;
    let answer = world.house.client().get(url).send().await.context("the server should live on")?;
    Ok(answer.status().is_success())
}

/// Whether it is ready, and keeps events, within that time.
async fn recovers(world: &World, patience: Duration) -> Result<bool> {
    let (since, before) = (Stopwatch::start(), world.load.acknowledged());
    while since.elapsed() < patience {
        if is_ready(world).await? && world.load.acknowledged() > before {
            return Ok(true);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Ok(false)
}
