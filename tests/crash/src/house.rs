//! The server as its tenants see it: over the API, wherever it listens just now.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use rekindle::domain::Timestamp;
use rekindle_tests::emulators::CustomerIo;
use rekindle_tests::{component_path, sign};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::life::BOOTSTRAP_KEY;
use crate::provider::Provider;

/// What events are signed with.
const SECRET: &str = "crash-secret";
/// Until somebody who was not answered tries again.
const TRY_AGAIN: Duration = Duration::from_millis(10);
/// How long an answer may take before it counts as none.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// The way to the server, over all its lives.
#[derive(Debug, Clone)]
pub(crate) struct House {
    client: Client,
    /// Where it listens; nothing while it is down.
    address: watch::Receiver<Option<String>>,
}

/// One tenant, as it set itself up.
#[derive(Debug, Clone)]
pub(crate) struct Tenant {
    pub(crate) name: String,
    pub(crate) key: String,
    /// The counter's digest.
    pub(crate) counter: String,
    inlet: String,
}

impl House {
    pub(crate) fn new(address: watch::Receiver<Option<String>>) -> Result<Self> {
        let client = Client::builder().no_proxy().timeout(ANSWER_MAX).build()?;
        Ok(Self { client, address })
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) async fn url(&self, path: &str) -> Result<String> {
        let mut address = self.address.clone();
        let address = address.wait_for(Option::is_some).await.context("there is no server any more")?;
        Ok(format!("{}{path}", address.as_deref().unwrap_or_default()))
    }

    /// One request; nothing when the server died over it or failed.
    pub(crate) async fn attempt(
        &self,
        method: Method,
        path: &str,
        key: &str,
        body: Option<&Value>,
    ) -> Result<Option<(StatusCode, Value)>> {
        let request = self.client.request(method, self.url(path).await?).bearer_auth(key);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answered = async { answer(request.send().await?).await };
        Ok(answered.await.ok().filter(|(status, _)| !status.is_server_error()))
    }

    /// Asks until there is an answer, and takes only a good one.
    pub(crate) async fn call(&self, method: Method, path: &str, key: &str, body: Option<&Value>) -> Result<Value> {
        loop {
            match self.attempt(method.clone(), path, key, body).await? {
                Some((status, body)) if status.is_success() => return Ok(body),
                Some((status, body)) => bail!("{method} {path}: {status} {body}"),
                None => tokio::time::sleep(TRY_AGAIN).await,
            }
        }
    }

    /// All items of a list.
    pub(crate) async fn list(&self, path: &str, key: &str) -> Result<Vec<Value>> {
        let (mut items, mut query) = (Vec::new(), "?limit=250".to_owned());
        loop {
            let page = self.call(Method::GET, &format!("{path}{query}"), key, None).await?;
            items.extend(page["items"].as_array().context("a list should have items")?.clone());
            let Some(next) = page["next"].as_str() else { return Ok(items) };
            query = format!("?limit=250&after={next}");
        }
    }

    /// Sets a tenant up that counts. The server is not killed meanwhile.
    pub(crate) async fn settle_in(&self, name: &str, provider: &Provider) -> Result<Tenant> {
        let mut tenant = self.move_in(name).await?;
        // Whoever is here gets more than anybody would.
        self.call(Method::PUT, "/v1/policy", &tenant.key, Some(&json!({"caps": []}))).await?;
        for channel in ["push", "webhook"] {
            let settings = json!({"provider": "webhook", "settings": {"url": format!("{}/{name}", provider.url)}});
            self.call(Method::PUT, &format!("/v1/channels/{channel}"), &tenant.key, Some(&settings)).await?;
        }
        tenant.counter = self.publish(&tenant, "counter", json!({})).await?;
        Ok(tenant)
    }

    /// A new tenant with a signed source.
    pub(crate) async fn move_in(&self, name: &str) -> Result<Tenant> {
        let created = self.call(Method::POST, "/v1/tenants", BOOTSTRAP_KEY, Some(&json!({"name": name}))).await?;
        let key = text(&created, "key")?;
        let source = json!({"name": "website", "secret": SECRET});
        let source = self.call(Method::POST, "/v1/sources", &key, Some(&source)).await?;
        let url = text(&source, "url")?;
        let inlet = url.find("/in/").map(|at| url[at..].to_owned()).context("a source's address has `/in/`")?;
        Ok(Tenant { name: name.to_owned(), key, counter: String::new(), inlet })
    }

    /// Publishes the campaign for abandoned carts, too.
    pub(crate) async fn sell(&self, tenant: &Tenant) -> Result<()> {
        self.publish(tenant, "three-lines", json!({"wait": "1s"})).await?;
        Ok(())
    }

    /// Publishes a component of `campaigns/` under its own name. Returns its digest.
    pub(crate) async fn publish(&self, tenant: &Tenant, component: &str, configuration: Value) -> Result<String> {
        let bytes = std::fs::read(component_path(component))?;
        let request = self.client.post(self.url("/v1/modules").await?).bearer_auth(&tenant.key).body(bytes);
        let (status, uploaded) = answer(request.send().await?).await?;
        anyhow::ensure!(status.is_success(), "`{component}` was refused: {uploaded}");
        let module = text(&uploaded, "module")?;
        let body = json!({"module": module, "configuration": configuration});
        self.call(Method::POST, &format!("/v1/campaigns/{component}/publish"), &tenant.key, Some(&body)).await?;
        Ok(module)
    }

    /// Delivers events as Segment does: the first element signed.
    pub(crate) async fn deliver(&self, tenant: &Tenant, events: &[Value]) -> Result<()> {
        let first = events.first().context("there should be something to deliver")?;
        let body = if events.len() == 1 { first.to_string() } else { Value::from(events.to_vec()).to_string() };
        let signature = ("x-signature", sign(SECRET, &first.to_string()));
        check_counts(&self.hand_over(&tenant.inlet, &[signature], &body).await?, events.len())
    }

    /// Delivers a report as Customer.io does.
    pub(crate) async fn report(&self, tenant: &Tenant, report: &Value, at: Timestamp) -> Result<()> {
        let (path, body) = (format!("/callbacks/{}/email", tenant.name), report.to_string());
        check_counts(&self.hand_over(&path, &CustomerIo::signature(&body, at), &body).await?, 1)
    }

    /// Posts a body again and again, until it is acknowledged.
    async fn hand_over(&self, path: &str, headers: &[(&str, String)], body: &str) -> Result<Value> {
        loop {
            let mut request = self.client.post(self.url(path).await?).header("content-type", "application/json");
            for (name, value) in headers {
                request = request.header(*name, value);
            }
            let answered = async { answer(request.body(body.to_owned()).send().await?).await };
            match answered.await {
                Ok((StatusCode::OK, counts)) => return Ok(counts),
                Ok((StatusCode::SERVICE_UNAVAILABLE, _)) | Err(_) => tokio::time::sleep(TRY_AGAIN).await,
                Ok((status, body)) => bail!("an event was refused: {status} {body}"),
            }
        }
    }
}

fn check_counts(counts: &Value, events: usize) -> Result<()> {
    let [accepted, duplicate] = ["accepted", "duplicate"].map(|member| counts[member].as_u64().unwrap_or_default());
    anyhow::ensure!(accepted + duplicate == events as u64, "{events} events were answered with {counts}");
    Ok(())
}

async fn answer(response: reqwest::Response) -> Result<(StatusCode, Value), reqwest::Error> {
    let status = response.status();
    let text = response.text().await?;
    Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
}

pub(crate) fn text(value: &Value, member: &str) -> Result<String> {
    value[member].as_str().map(str::to_owned).with_context(|| format!("`{member}` should be a text in {value}"))
}
