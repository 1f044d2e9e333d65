//! The server as a process of its own, so that its CPU and memory are told apart from those of who loads it; and what a tenant
//! does with it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rekindle::domain::Stopwatch;
use serde_json::{Value, json};

use crate::client::Client;
use crate::usage;

/// The key that creates tenants.
const BOOTSTRAP_KEY: &str = "rkb_bench_0123456789abcdef";
/// Every source's signing secret.
pub(crate) const SECRET: &str = "bench-secret";
/// How often somebody who waits looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// For how long somebody waits at most.
const PATIENCE: Duration = Duration::from_secs(180);

/// A running server. It ends with its owner.
pub(crate) struct Server {
    process: Child,
    pub(crate) client: Client,
}

/// A tenant with a signed source.
pub(crate) struct Tenant {
    pub(crate) key: String,
    /// The path of its source.
    pub(crate) inlet: String,
}

impl Server {
    /// Starts `rekindle serve` over a directory, and waits until it listens.
    pub(crate) fn start(program: &Path, data: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(["serve", "--json", "--listen", "127.0.0.1:0", "--bootstrap-key", BOOTSTRAP_KEY]);
        command.args(["--allow-outgoing", "127.0.0.1", "--data"]);
        // One tenant sends all there is: the house's usual share of one would be what is measured.
        Self::launch(command.arg(data).args(["--tenant-events-per-second", "1000000"]).env("RUST_LOG", "error"))
    }

    /// Starts a server that says on its first line where it listens.
    pub(crate) fn launch(command: &mut Command) -> Result<Self> {
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run `{}`", command.get_program().to_string_lossy()))?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("a server should have an output")?).read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line).with_context(|| format!("the server said `{line}`"))?;
        let address = said["listening"].as_str().context("the server should say where it listens")?;
        Ok(Self { client: Client::new(address)?, process })
    }

    /// CPU time that it has used.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        usage::process_cpu(self.process.id())
    }

    /// Bytes of memory that it uses.
    pub(crate) fn memory(&self) -> Result<u64> {
        usage::process_memory(self.process.id())
    }

    /// A new tenant with a source.
    pub(crate) fn tenant(&self, name: &str) -> Result<Tenant> {
        let created = self.client.post("/v1/tenants", BOOTSTRAP_KEY, &json!({"name": name}))?;
        let key = text(&created, "key")?;
        // People of a bench get more than anybody would.
        self.client.put("/v1/policy", &key, &json!({"caps": []}))?;
        let source = self.client.post("/v1/sources", &key, &json!({"name": "website", "secret": SECRET}))?;
        let url = text(&source, "url")?;
        let at = url.find("/in/").context("a source's address should have `/in/`")?;
        Ok(Tenant { key, inlet: url[at..].to_owned() })
    }

    /// Publishes a component as `name`.
    pub(crate) fn publish(&self, tenant: &Tenant, name: &str, component: &[u8], configuration: &Value) -> Result<()> {
        let uploaded = self.client.upload(&tenant.key, component)?;
        let body = json!({"module": text(&uploaded, "module")?, "configuration": configuration});
        self.client.post(&format!("/v1/campaigns/{name}/publish"), &tenant.key, &body)?;
        Ok(())
    }

    /// Waits until the workers have taken in that many causes since the start.
    pub(crate) fn wait_for_causes(&self, count: u64) -> Result<()> {
        wait_until(|| Ok(self.causes()? >= count)).with_context(|| format!("of {count} causes"))
    }

    /// Causes that the workers have taken in since the start.
    pub(crate) fn causes(&self) -> Result<u64> {
        let metrics = self.client.get("/metrics", "")?;
        let line = metrics.lines().find_map(|line| line.strip_prefix("rekindle_worker_causes_total "));
        Ok(line.and_then(|number| number.parse().ok()).unwrap_or_default())
    }

    /// Ends it in order, and waits for that.
    pub(crate) fn stop(mut self) -> Result<()> {
        Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status()?;
        let status = self.process.wait()?;
        if status.success() { Ok(()) } else { bail!("the server did not stop in order: {status}") }
    }

    /// Ends it at once, as a crash does.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already, where it was ended on purpose.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Looks until something is so, but not for ever.
pub(crate) fn wait_until(mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let watch = Stopwatch::start();
    while !is_so()? {
        if watch.elapsed() > PATIENCE {
            bail!("waited {} s in vain", PATIENCE.as_secs());
        }
        thread::sleep(LOOK_AGAIN);
    }
    Ok(())
}

fn text(value: &Value, member: &str) -> Result<String> {
    let text = value[member].as_str().with_context(|| format!("`{member}` should be a text in {value}"))?;
    Ok(text.to_owned())
}
