//! The server under probe, as a process, and a tenant's dealings with it over HTTP.

use std::time::Duration;

use rekindle::domain::{Clock, Stopwatch, SystemClock, Timestamp};
use rekindle_tests::{SECRET, sign, text, track};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::probe::Outcome;
use crate::process::{BOOTSTRAP_KEY, Server};
use crate::shapes::EVENT;

/// How often somebody who waits looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(3);
/// For how long anything may keep somebody waiting: whatever a probe does, it ends, and a busy machine is slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server over an empty directory.
pub(crate) struct Arena {
    pub(crate) server: Server,
    client: Client,
}

impl Arena {
    pub(crate) fn open() -> Self {
        let client = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        Self { server: Server::start(), client }
    }

    /// A new tenant with a signed source.
    pub(crate) async fn tenant(&self, name: &str) -> Tenant {
        let mut tenant = Tenant {
            client: self.client.clone(),
            url: self.server.url.clone(),
            key: BOOTSTRAP_KEY.to_owned(),
            inlet: String::new(),
        };
        tenant.key = text(&tenant.call(Method::POST, "/v1/tenants", json!({"name": name})).await, "key");
        tenant.call(Method::PUT, "/v1/policy", json!({"caps": []})).await;
        let source = json!({"name": "website", "secret": SECRET});
        tenant.inlet = text(&tenant.call(Method::POST, "/v1/sources", source).await, "url");
        tenant
    }

    /// Whether the process lives, works, and has nothing under way. What others do meanwhile ends, so it is asked again.
    pub(crate) async fn is_well(&self) -> bool {
        let get = |path| self.client.get(format!("{}{path}", self.server.url)).send();
        for path in ["/livez", "/readyz"] {
            assert_eq!(get(path).await.unwrap().status(), StatusCode::OK, "{path}");
        }
        let patience = Stopwatch::start();
        while patience.elapsed() < PATIENCE {
            let metrics = get("/metrics").await.unwrap().text().await.unwrap();
            if metrics.lines().any(|line| line == "rekindle_sandbox_instances 0") {
                return true;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        false
    }
}

/// A tenant, as its owner deals with the server.
#[derive(Clone)]
pub(crate) struct Tenant {
    client: Client,
    url: String,
    key: String,
    inlet: String,
}

impl Tenant {
    /// Takes a module as far as it gets: uploads it, publishes it under that name.
    pub(crate) async fn publish(&self, name: &str, module: Vec<u8>, configuration: Value) -> Result<(), Outcome> {
        let upload = self.client.post(format!("{}/v1/modules", self.url)).body(module);
        let module = self.answer(upload).await.map_err(|(code, words)| Outcome::Refused(code, words))?;
        let body = json!({"module": module["module"], "configuration": configuration});
        let publication = self.client.post(format!("{}/v1/campaigns/{name}/publish", self.url)).json(&body);
        let published = self.answer(publication).await;
        published.map(drop).map_err(|(code, words)| Outcome::NotPublished(code, words))
    }

    /// Has a campaign not be asked any more.
    pub(crate) async fn archive(&self, name: &str) {
        self.call(Method::POST, &format!("/v1/campaigns/{name}/archive"), json!({})).await;
    }

    /// Delivers the event that probes want to be asked about, for each of these people at once.
    pub(crate) async fn provoke(&self, people: &[String], properties: &Value) {
        // An event's id follows from its moment: two of one millisecond would be one.
        tokio::time::sleep(Duration::from_millis(2)).await;
        let now = now();
        let events: Vec<Value> = people.iter().map(|person| track(person, now, EVENT, properties.clone())).collect();
        self.deliver(&events).await;
    }

    /// Delivers events as Segment does, the first element signed.
    pub(crate) async fn deliver(&self, events: &[Value]) {
        let signature = sign(SECRET, &events[0].to_string());
        let body = Value::from(events.to_vec()).to_string();
        let request = self.client.post(&self.inlet).header("x-signature", signature).body(body);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{:?}", answer.text().await);
    }

    /// Waits until a campaign was asked about a person so often; what came of the last time.
    pub(crate) async fn row(&self, campaign: &str, person: &str, number: usize) -> Value {
        let patience = Stopwatch::start();
        while patience.elapsed() < PATIENCE {
            let ledger = self.list(&format!("/v1/profiles/{person}/ledger?limit=250")).await;
            let asked = |row: &&Value| {
                row["campaign"] == campaign
                    && ["decided", "failed", "not-asked"].map(Value::from).contains(&row["what"])
            };
            if let Some(row) = ledger.iter().filter(asked).nth(number - 1) {
                return row.clone();
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        panic!("`{campaign}` should have been asked about `{person}`");
    }

    /// Waits until a message went out; the first that did.
    pub(crate) async fn first_message(&self) -> Value {
        let patience = Stopwatch::start();
        while patience.elapsed() < PATIENCE {
            if let Some(message) = self.list("/v1/messages").await.first() {
                return message.clone();
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        panic!("a message should have gone out");
    }

    /// The first page of a list.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        self.call(Method::GET, path, Value::Null).await["items"].as_array().unwrap().clone()
    }

    /// Every page of a list.
    pub(crate) async fn list_all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut after = String::new();
        loop {
            let page = self.call(Method::GET, &format!("{path}?limit=250{after}"), Value::Null).await;
            items.extend(page["items"].as_array().unwrap().clone());
            let Some(next) = page["next"].as_str() else { return items };
            after = format!("&after={next}");
        }
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> Value {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = if body.is_null() { request } else { request.json(&body) };
        self.answer(request).await.unwrap_or_else(|problem| panic!("{path}: {problem:?}"))
    }

    /// The answer, or the problem's code and words. A server that refuses a body may not wait for all of it.
    async fn answer(&self, request: RequestBuilder) -> Result<Value, (String, String)> {
        let cut_off = |err: reqwest::Error| ("cut off".to_owned(), err.to_string());
        let answer = request.bearer_auth(&self.key).send().await.map_err(cut_off)?;
        let is_success = answer.status().is_success();
        let body: Value = answer.json().await.map_err(cut_off)?;
        if is_success { Ok(body) } else { Err((text(&body, "code"), text(&body, "detail"))) }
    }
}

/// What a row of the ledger says.
pub(crate) fn outcome(row: &Value) -> Outcome {
    let fuel = row["fuel"].as_u64().unwrap_or_default();
    match row["what"].as_str() {
        Some("decided") => Outcome::Decided(fuel),
        Some("failed") => Outcome::Failed(text(row, "kind"), text(row, "message"), fuel),
        _ => Outcome::NotAsked(text(row, "reason")),
    }
}

/// The machine's time: the server runs on it.
pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}
