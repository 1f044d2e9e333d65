//! One life of the server: a process, from its start to its kill.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rekindle::domain::Stopwatch;
use reqwest::Client;
use serde_json::Value;

/// The key that creates tenants.
pub(crate) const BOOTSTRAP_KEY: &str = "rkb_crash_0123456789abcdef";
/// How long a start may take before it counts as failed.
const START_MAX: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// What a life is started with.
#[derive(Debug, Clone)]
pub(crate) struct Birth {
    pub(crate) program: PathBuf,
    /// The house's folder: the data, the log, the list of points.
    pub(crate) folder: PathBuf,
    /// `REKINDLE_FAULTS`.
    pub(crate) faults: String,
}

/// A running process.
pub(crate) struct Life {
    process: Child,
    since: Stopwatch,
}

impl Life {
    pub(crate) fn begin(birth: &Birth) -> Result<Self> {
        let log = OpenOptions::new().create(true).append(true).open(log_file(&birth.folder))?;
        let process = Command::new(&birth.program)
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--bootstrap-key", BOOTSTRAP_KEY, "--data"])
            .arg(birth.folder.join("data"))
            .env("REKINDLE_FAULTS", &birth.faults)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start `{}`", birth.program.display()))?;
        Ok(Self { process, since: Stopwatch::start() })
    }

    /// How long it has lived.
    pub(crate) fn age(&self) -> Duration {
        self.since.elapsed()
    }

    /// Waits until it takes events. Returns where; nothing when it ended before.
    pub(crate) async fn ready(&mut self, client: &Client) -> Result<Option<String>> {
        let Some(url) = self.listening().await? else { return Ok(None) };
        while !client.get(format!("{url}/readyz")).send().await.is_ok_and(|answer| answer.status().is_success()) {
            if self.ended()?.is_some() {
                return Ok(None);
            }
            ensure!(self.age() < START_MAX, "the server was not ready after {} s", START_MAX.as_secs());
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(Some(url))
    }

    async fn listening(&mut self) -> Result<Option<String>> {
        let stdout = self.process.stdout.take().context("a life becomes ready once")?;
        let said = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(stdout).read_line(&mut line).map(|_| line)
        });
        let line = said.await??;
        if line.is_empty() {
            return Ok(None);
        }
        let said: Value = serde_json::from_str(&line)?;
        Ok(said["listening"].as_str().map(str::to_owned))
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.process.try_wait()?)
    }

    /// Waits for its end. False when it still runs after that time.
    pub(crate) async fn ends_within(&mut self, patience: Duration) -> Result<bool> {
        let since = Stopwatch::start();
        while self.ended()?.is_none() {
            if since.elapsed() >= patience {
                return Ok(false);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(true)
    }

    /// Kills it, where it did not die by itself. A process that ended in any other way than by a signal is no kill.
    pub(crate) fn kill(&mut self) -> Result<()> {
        // It may have died a moment ago, at its point.
        let _ = self.process.kill();
        let status = self.process.wait()?;
        if let Some(code) = status.code() {
            bail!("the server ended by itself with code {code}");
        }
        Ok(())
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        // It has ended already, unless something failed on our side.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where all lives of a house write what they log.
pub(crate) fn log_file(folder: &Path) -> PathBuf {
    folder.join("server.log")
}

/// Lines of the log that no kill explains.
pub(crate) fn alarms(folder: &Path) -> Result<Vec<String>> {
    let words = ["panicked", "cannot go on", "the journal stopped", "is damaged"];
    let lines = BufReader::new(File::open(log_file(folder))?).lines();
    let is_alarm = |line: &String| words.iter().any(|word| line.contains(word));
    let alarms: Result<Vec<String>, _> = lines.filter(|line| line.as_ref().map_or(true, is_alarm)).take(10).collect();
    Ok(alarms?)
}
