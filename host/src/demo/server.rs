//! The demo's server: this same program in a process of its own, on a manual clock, so that it can be killed like a real one.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::domain::Timestamp;

/// For how long the server may keep silent.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a delivery is under way before the server is killed.
const BEFORE_KILL: Duration = Duration::from_millis(2);

/// A running server and a client of it.
pub(super) struct Server {
    data: PathBuf,
    bootstrap_key: String,
    process: Child,
    base: String,
    client: reqwest::Client,
}

impl Server {
    /// Starts a server over `data` that believes it is `now`.
    pub(super) async fn start(data: PathBuf, now: Timestamp) -> Result<Self> {
        let bootstrap_key = format!("rkb_demo_{}", uuid::Uuid::new_v4().simple());
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        let (process, base) = spawn(&data, &bootstrap_key, now).await?;
        Ok(Self { data, bootstrap_key, process, base, client })
    }

    pub(super) fn bootstrap_key(&self) -> &str {
        &self.bootstrap_key
    }

    /// Kills the server while `delivery` is under way; whether that is acknowledged does not matter.
    pub(super) async fn kill_during(&self, delivery: impl Future<Output = Result<Value>>) -> Result<()> {
        let process = self.process.id().context("the server has ended before it was killed")?;
        tokio::select! {
            answer = delivery => drop(answer),
            () = tokio::time::sleep(BEFORE_KILL) => {}
        }
        let killed =
            Command::new("kill").args(["-9", &process.to_string()]).status().await.context("cannot run `kill`")?;
        if !killed.success() {
            bail!("the server could not be killed");
        }
        Ok(())
    }

    /// Starts the killed server again over the same data.
    pub(super) async fn restart(&mut self, now: Timestamp) -> Result<()> {
        self.process.wait().await?;
        (self.process, self.base) = spawn(&self.data, &self.bootstrap_key, now).await?;
        Ok(())
    }

    /// Moves the clock, and waits until everything that is due by then has happened.
    pub(super) async fn advance_to(&self, moment: Timestamp) -> Result<()> {
        let body = json!({"advance_to": moment.to_string()});
        self.post("/v1/clock", &self.bootstrap_key, &body).await.map(drop)
    }

    /// One delivery of Segment's.
    pub(super) async fn send(&self, inlet: &str, body: &str, signature: &str) -> Result<Value> {
        let request = self.client.post(format!("{}{inlet}", self.base)).body(body.to_owned());
        let request = request.header("content-type", "application/json").header("x-signature", signature);
        answer(request.header("user-agent", "Segment (Actions)")).await
    }

    pub(super) async fn post(&self, path: &str, key: &str, body: &Value) -> Result<Value> {
        answer(self.client.post(format!("{}{path}", self.base)).bearer_auth(key).json(body)).await
    }

    pub(super) async fn upload(&self, path: &str, key: &str, bytes: &[u8]) -> Result<Value> {
        answer(self.client.post(format!("{}{path}", self.base)).bearer_auth(key).body(bytes.to_vec())).await
    }

    /// A whole list.
    pub(super) async fn list(&self, path: &str, key: &str) -> Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut after = None;
        loop {
            // A cursor is fit for an address as it is.
            let query = after.map_or_else(String::new, |cursor: String| format!("?after={cursor}"));
            let url = format!("{}{path}{query}", self.base);
            let mut page = answer(self.client.get(url).bearer_auth(key)).await?;
            items.extend(page["items"].as_array_mut().map(std::mem::take).context("the answer is no list")?);
            after = page["next"].as_str().map(str::to_owned);
            if after.is_none() {
                return Ok(items);
            }
        }
    }

    /// Asks the server to end, and sees that it does.
    pub(super) async fn stop(mut self) -> Result<()> {
        let process = self.process.id().context("the server has ended by itself")?;
        Command::new("kill").args(["-15", &process.to_string()]).status().await.context("cannot run `kill`")?;
        let ended = tokio::time::timeout(PATIENCE, self.process.wait()).await.context("the server does not end")??;
        if !ended.success() {
            bail!("the server ended with {ended}");
        }
        Ok(())
    }
}

async fn spawn(data: &std::path::Path, bootstrap_key: &str, now: Timestamp) -> Result<(Child, String)> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let mut process = Command::new(program)
        .args(["serve", "--json", "--listen", "127.0.0.1:0", "--manual-clock", &now.to_string(), "--data"])
        .arg(data)
        .env("REKINDLE_BOOTSTRAP_KEY", bootstrap_key)
        .env_remove("REKINDLE_BOOTSTRAP_KEY_FILE")
        .env_remove("REKINDLE_MASTER_KEY")
        .env_remove("REKINDLE_MASTER_KEY_FILE")
        .env("RUST_LOG", "warn")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("cannot start the demo's server")?;
    let stdout = process.stdout.take().context("the server has no output")?;
    let mut lines = BufReader::new(stdout).lines();
    let first = tokio::time::timeout(PATIENCE, lines.next_line()).await.context("the server does not start")??;
    let first = first.context("the server ended at once; its reason stands above")?;
    let said: Value = serde_json::from_str(&first).with_context(|| format!("the server said `{first}`"))?;
    Ok((process, super::text(&said, "listening")?))
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Value> {
    let response = request.send().await?;
    let (status, url) = (response.status(), response.url().path().to_owned());
    let body = response.text().await?;
    if !status.is_success() {
        bail!("`{url}` answered {status}: {body}");
    }
    serde_json::from_str(&body).with_context(|| format!("`{url}` answered no JSON: {body}"))
}
