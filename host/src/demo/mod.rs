//! The main job on real input: a shop's day of signed webhooks, sent over HTTP to a real server of its own that stands on a manual
//! clock. It says who got what and when, and why others got nothing, and fails when that is not what should have happened.

mod day;
mod report;
mod server;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::Sha1;

use day::Delivery;
use report::Happened;
use server::Server;

/// The shop of the demo.
const TENANT: &str = "corner-shop";
/// Its campaign.
const CAMPAIGN: &str = "three-lines";

/// What was asked for on the command line.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Print the result as JSON.
    pub json: bool,
    /// Keep the data there; else it goes with the demo.
    pub keep: Option<PathBuf>,
    /// The component of the campaign.
    pub module: PathBuf,
    /// Kill the server that many times in the middle of the traffic, start it again, and deliver again what was not acknowledged.
    pub kills: usize,
}

/// Runs the demo and writes its report to `out`. Fails when what happened is not what should have.
pub async fn run(options: DemoOptions, out: &mut dyn std::io::Write) -> Result<()> {
    let module = std::fs::read(&options.module).with_context(|| {
        let path = options.module.display();
        format!("cannot read the campaign's component `{path}`: build it with `cargo xtask components`, or name it with `--module`")
    })?;
    let scratch = tempfile::tempdir().context("cannot make a directory for the demo's data")?;
    let data = options.keep.clone().unwrap_or_else(|| scratch.path().join("data"));
    let server = Server::start(data, day::opening()).await?;
    let mut shop = Shop::open(server, &module).await?;
    let deliveries = day::deliveries();
    let kill_at = kill_points(deliveries.len(), options.kills);
    for (number, delivery) in deliveries.iter().enumerate() {
        shop.deliver(delivery, kill_at.contains(&number)).await?;
    }
    shop.server.advance_to(day::closing()).await?;
    let happened = shop.look().await?;
    shop.server.stop().await?;
    let deviations = report::deviations(&happened);
    report::write(out, &happened, &deviations, options.json)?;
    ensure!(deviations.is_empty(), "what happened is not what should have: {} deviations", deviations.len());
    Ok(())
}

/// Spread evenly over the day, never before the first delivery.
fn kill_points(deliveries: usize, kills: usize) -> Vec<usize> {
    (1..=kills).map(|kill| kill * deliveries / (kills + 1)).collect()
}

/// The tenant, as it uses the server: over HTTP only.
struct Shop {
    server: Server,
    key: String,
    /// The source's address, without the server's.
    inlet: String,
    secret: String,
    answers: report::Answers,
}

impl Shop {
    /// Sets everything up, as a new customer would.
    async fn open(server: Server, module: &[u8]) -> Result<Self> {
        let tenant = server.post("/v1/tenants", server.bootstrap_key(), &json!({"name": TENANT})).await?;
        let key = text(&tenant, "key")?;
        let source = server.post("/v1/sources", &key, &json!({"name": "website"})).await?;
        let url = text(&source, "url")?;
        let inlet = url.find("/in/").map(|at| url[at..].to_owned()).context("the source's address has no `/in/`")?;
        let secret = source["secrets"][0].as_str().context("the source has no secret")?.to_owned();
        let uploaded = server.upload("/v1/modules", &key, module).await?;
        let publication = json!({"module": text(&uploaded, "module")?, "configuration": {"wait": "1h"}});
        server.post(&format!("/v1/campaigns/{CAMPAIGN}/publish"), &key, &publication).await?;
        Ok(Self { server, key, inlet, secret, answers: report::Answers::default() })
    }

    /// Delivers as Segment does: signed, and again when it was not acknowledged.
    async fn deliver(&mut self, delivery: &Delivery, kill: bool) -> Result<()> {
        self.server.advance_to(delivery.at).await?;
        let body = delivery.body();
        let signature = sign(&self.secret, &delivery.signed_part());
        if kill {
            let cut_short = self.server.send(&self.inlet, &body, &signature);
            self.server.kill_during(cut_short).await?;
            self.server.restart(delivery.at).await?;
        }
        let answer = self.server.send(&self.inlet, &body, &signature).await?;
        self.answers.add(&answer, kill);
        Ok(())
    }

    async fn look(&self) -> Result<Happened> {
        let messages = self.server.list("/v1/messages", &self.key).await?;
        let quarantined = self.server.list("/v1/quarantine", &self.key).await?;
        let mut ledgers = Vec::new();
        for person in day::PEOPLE {
            let ledger = self.server.list(&format!("/v1/profiles/{}/ledger", person.id), &self.key).await?;
            ledgers.push((person, ledger));
        }
        Ok(Happened { messages, quarantined, ledgers, answers: self.answers.clone() })
    }
}

fn text(value: &Value, member: &str) -> Result<String> {
    value[member].as_str().map(str::to_owned).with_context(|| format!("the server's answer has no `{member}`: {value}"))
}

fn sign(secret: &str, signed: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("HMAC should take a key of any length");
    mac.update(signed.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}
