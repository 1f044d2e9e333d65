//! The harness: a house with a real server in process, real components, a manual clock and a provider that records what it is sent.
//! Everything is done over HTTP, as a tenant and as Segment would.

pub mod emulators;
mod provider;
pub mod recipe;
mod segment;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rekindle::app::{App, AppOptions, Bounds, Compiler, MasterKeys, Rates, Secret, Timepiece};
use rekindle::domain::{ManualClock, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

pub use provider::{Provider, Received};
pub use segment::{added, engaged, identified, ordered, sign, track};

/// The day on which every test begins: 2 March 2026, 08:00 UTC.
pub const START: Timestamp = Timestamp::from_millis(1_772_438_400_000);
/// The key that creates tenants.
pub const BOOTSTRAP_KEY: &str = "rkb_test_0123456789abcdef";
/// A tenant's signing secret.
pub const SECRET: &str = "test-secret";

/// A running house.
pub struct House {
    app: Option<App>,
    clock: Arc<ManualClock>,
    data: TempDir,
    client: reqwest::Client,
    bounds: Bounds,
}

/// An answer: its status and its body, JSON where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// Seconds of `Retry-After`, where it was there.
    pub retry_after: Option<String>,
    /// The body; a text where it is no JSON.
    pub body: Value,
}

impl House {
    /// A new house over an empty directory.
    pub async fn open() -> Self {
        Self::bounded(Bounds::HOUSE).await
    }

    /// A new house whose connections are bounded so.
    pub async fn bounded(bounds: Bounds) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let data = tempfile::tempdir().expect("a scratch directory should be to be had");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client should be to be had");
        let mut house = Self { app: None, clock, data, client, bounds };
        house.start().await;
        house
    }

    /// Starts the server over what is there.
    pub async fn start(&mut self) {
        let options = AppOptions {
            data: self.data.path().to_owned(),
            listen: ([127, 0, 0, 1], 0).into(),
            bootstrap_key: Some(Secret::new(BOOTSTRAP_KEY.to_owned())),
            master_keys: MasterKeys::Beside,
            public_url: None,
            timepiece: Timepiece::Manual(Arc::clone(&self.clock)),
            sync_beat: Duration::from_millis(5),
            allow_outgoing: vec!["127.0.0.0/8".parse().expect("it should be a range")],
            bounds: self.bounds,
            rates: Rates::HOUSE,
            compiler: Compiler::Apart { program: program() },
            renderer: component_path("renderer"),
        };
        self.app = Some(App::start(options).await.expect("the server should start"));
    }

    /// Stops the server in order.
    pub async fn stop(&mut self) {
        let app = self.app.take().expect("the server should be running");
        app.stop().await.expect("the server should stop in order");
    }

    /// The server's address.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.app.as_ref().expect("the server should be running").address())
    }

    /// Where the house keeps what it keeps.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Waits until everything that can be done now is done.
    pub async fn settle(&self) {
        self.app.as_ref().expect("the server should be running").settle().await.expect("the house should come to rest");
    }

    /// Lets time pass; every timer fires at its moment.
    pub async fn pass(&self, duration: Duration) {
        let app = self.app.as_ref().expect("the server should be running");
        app.advance_to(self.now().plus(duration)).await.expect("the house should come to rest");
    }

    /// Lets time pass while the server is down.
    pub fn let_time_pass_outside(&self, duration: Duration) {
        self.clock.advance_to(self.now().plus(duration));
    }

    /// The time in the house.
    pub fn now(&self) -> Timestamp {
        use rekindle::domain::Clock;
        self.clock.now()
    }

    /// One request.
    pub async fn request(&self, method: Method, path: &str, key: &str, body: Option<&Value>) -> Answer {
        let request = self.client.request(method, self.url(path)).bearer_auth(key);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        answer(request).await
    }

    /// A request that is expected to succeed.
    pub async fn call(&self, method: Method, path: &str, key: &str, body: Option<&Value>) -> Value {
        let answer = self.request(method.clone(), path, key, body).await;
        assert!(answer.status.is_success(), "{method} {path}: {answer:?}");
        answer.body
    }

    /// A client for requests of another kind.
    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// A tenant that is there, by its owner key and the path of its source.
    pub fn known_tenant(&self, key: String, inlet: String) -> Tenant<'_> {
        Tenant { house: self, key, inlet }
    }

    /// A new tenant with a signed source.
    pub async fn tenant(&self, name: &str) -> Tenant<'_> {
        let created = self.call(Method::POST, "/v1/tenants", BOOTSTRAP_KEY, Some(&json!({"name": name}))).await;
        let key = text(&created, "key");
        let source = json!({"name": "website", "secret": SECRET});
        let source = self.call(Method::POST, "/v1/sources", &key, Some(&source)).await;
        let url = text(&source, "url");
        let inlet = url[url.find("/in/").expect("a source's address should have `/in/`")..].to_owned();
        Tenant { house: self, key, inlet }
    }
}

/// The program, as it was built for the tests.
pub fn program() -> PathBuf {
    std::env::var_os("REKINDLE_PROGRAM")
        .map(PathBuf::from)
        .expect("`REKINDLE_PROGRAM` should name the built program: run the tests by `cargo xtask test`")
}

/// One tenant of a house.
pub struct Tenant<'a> {
    house: &'a House,
    /// Its owner key.
    pub key: String,
    /// The path of its source.
    pub inlet: String,
}

impl Tenant<'_> {
    /// Uploads a component of `campaigns/`, by its name.
    pub async fn upload(&self, component: &str) -> String {
        let bytes = std::fs::read(component_path(component))
            .expect("components should have been built: `cargo xtask components`");
        self.upload_bytes(bytes).await
    }

    async fn upload_bytes(&self, bytes: Vec<u8>) -> String {
        let request = self.house.client.post(self.house.url("/v1/modules")).bearer_auth(&self.key).body(bytes);
        let answer = answer(request).await;
        assert!(answer.status.is_success(), "{answer:?}");
        text(&answer.body, "module")
    }

    /// Publishes a component of `campaigns/` under its own name.
    pub async fn publish(&self, component: &str, configuration: Value) {
        let module = self.upload(component).await;
        self.publish_module(component, &module, configuration).await;
    }

    /// Publishes a journey under a name, with settings of the house's.
    pub async fn publish_journey(&self, campaign: &str, journey: Value, settings: Value) {
        let module = self.upload("journey").await;
        let body = json!({"module": module, "configuration": journey, "settings": settings});
        self.house.call(Method::POST, &format!("/v1/campaigns/{campaign}/publish"), &self.key, Some(&body)).await;
    }

    /// Has all messages judged by a policy from now on.
    pub async fn set_policy(&self, policy: Value) {
        self.house.call(Method::PUT, "/v1/policy", &self.key, Some(&policy)).await;
    }

    /// Publishes a component that is here as bytes.
    pub async fn publish_bytes(&self, campaign: &str, component: Vec<u8>) {
        let module = self.upload_bytes(component).await;
        self.publish_module(campaign, &module, json!({})).await;
    }

    async fn publish_module(&self, campaign: &str, module: &str, configuration: Value) {
        let body = json!({"module": module, "configuration": configuration});
        self.house.call(Method::POST, &format!("/v1/campaigns/{campaign}/publish"), &self.key, Some(&body)).await;
    }

    /// Has a channel's messages go to a provider that records them.
    pub async fn connect(&self, channel: &str, provider: &Provider) {
        let settings = json!({"provider": "webhook", "settings": {"url": provider.url(), "secret": provider.secret()}});
        self.house.call(Method::PUT, &format!("/v1/channels/{channel}"), &self.key, Some(&settings)).await;
    }

    /// Delivers one event as Segment does, signed, and waits until everything it brings about is done.
    pub async fn send(&self, event: &Value) -> Answer {
        let body = event.to_string();
        let answer = self.deliver(&body, Some(&sign(SECRET, &body))).await;
        self.house.settle().await;
        answer
    }

    /// Delivers a batch as Segment does, the first element signed.
    pub async fn send_batch(&self, events: &[Value]) -> Answer {
        let signature = sign(SECRET, &events[0].to_string());
        let answer = self.deliver(&Value::from(events.to_vec()).to_string(), Some(&signature)).await;
        self.house.settle().await;
        answer
    }

    /// Delivers bytes, with a signature or without.
    pub async fn deliver(&self, body: &str, signature: Option<&str>) -> Answer {
        deliver(self.house, &self.inlet, body.to_owned().into_bytes(), signature).await
    }

    /// All items of a list.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut query = String::new();
        loop {
            let page = self.house.call(Method::GET, &format!("{path}{query}"), &self.key, None).await;
            items.extend(page["items"].as_array().expect("a list should have items").clone());
            let Some(next) = page["next"].as_str() else { return items };
            query = format!("?after={next}");
        }
    }

    /// What went out: profile, step, and the moment as hours and minutes.
    pub async fn sent(&self) -> Vec<(String, String, String)> {
        let line =
            |message: &Value| (text(message, "profile"), text(message, "step"), text(message, "at")[11..16].to_owned());
        self.list("/v1/messages").await.iter().map(line).collect()
    }

    /// The ledger of a person, a sentence each.
    pub async fn ledger(&self, profile: &str) -> Vec<String> {
        let rows = self.list(&format!("/v1/profiles/{profile}/ledger")).await;
        rows.iter().map(|row| text(row, "detail")).collect()
    }
}

/// Delivers bytes to a path.
pub async fn deliver(house: &House, path: &str, body: Vec<u8>, signature: Option<&str>) -> Answer {
    let request = house.client.post(house.url(path)).header("content-type", "application/json").body(body);
    let request = match signature {
        Some(signature) => request.header("x-signature", signature),
        None => request,
    };
    answer(request).await
}

/// The file of a built component.
pub fn component_path(name: &str) -> PathBuf {
    let directory = std::env::var_os("REKINDLE_COMPONENTS")
        .expect("`REKINDLE_COMPONENTS` should name the built components: run the tests by `cargo xtask test`");
    Path::new(&directory).join(format!("{name}.wasm"))
}

/// The member of an object, which should be there and a text.
pub fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("`{member}` should be a text in {value}")).to_owned()
}

async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.expect("the server should answer");
    let status = response.status();
    let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let text = response.text().await.expect("the server's answer should be whole");
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer { status, retry_after, body }
}
