//! Secrets are seen where they are made and nowhere else: not in answers, errors, logs at their finest, metrics or files.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rekindle_tests::{Provider, added, component_path, program, sign};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::Server;

/// Sources that are set up, with three secrets and a token each.
const SOURCES: usize = 10;
/// Channels that are set up, with three secrets each.
const CHANNELS: usize = 5;

/// What must not be seen, and everything that was seen but where secrets are made.
#[derive(Default)]
struct Watch {
    planted: HashSet<String>,
    seen: String,
}

impl Watch {
    fn plant(&mut self, secret: impl Into<String>) -> String {
        let secret = secret.into();
        assert!(secret.len() >= 12, "`{secret}` could be found by chance");
        self.planted.insert(secret.clone());
        secret
    }

    fn see(&mut self, what: impl AsRef<str>) {
        self.seen.push_str(what.as_ref());
        self.seen.push('\n');
    }

    fn leaked(&self, bytes: &[u8]) -> Vec<&str> {
        let text = String::from_utf8_lossy(bytes);
        self.planted.iter().filter(|secret| text.contains(secret.as_str())).map(String::as_str).collect()
    }
}

struct House {
    server: Server,
    scratch: TempDir,
    client: reqwest::Client,
    watch: Watch,
    bootstrap: String,
}

impl House {
    fn start() -> Self {
        let (scratch, data, mut watch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), Watch::default());
        let bootstrap = watch.plant("rkb_planted_bootstrap_key_0123456789");
        let master = watch.plant(STANDARD.encode([7; 32]));
        fs::write(scratch.path().join("bootstrap"), format!("{bootstrap}\n")).unwrap();
        fs::write(scratch.path().join("master"), format!("first:{master}\n")).unwrap();
        let mut process = Command::new(program())
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--log-format", "json", "--data"])
            .arg(data.path())
            .args(["--allow-outgoing", "127.0.0.0/8"])
            .env("RUST_LOG", "trace")
            .env("REKINDLE_BOOTSTRAP_KEY_FILE", scratch.path().join("bootstrap"))
            .env("REKINDLE_MASTER_KEY_FILE", scratch.path().join("master"))
            .stdout(Stdio::piped())
            .stderr(File::create(scratch.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        watch.see(&line);
        let server = Server { process, url: said["listening"].as_str().unwrap().to_owned(), data };
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { server, scratch, client, watch, bootstrap }
    }

    fn run(&self, key: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(program());
        command.env("REKINDLE_URL", &self.server.url).env("REKINDLE_KEY", key).env("RUST_LOG", "trace");
        command.args(arguments).output().unwrap()
    }

    /// A command that may show nothing, as a table and as JSON.
    fn look(&mut self, key: &str, arguments: &[&str]) {
        for arguments in [arguments.to_vec(), [arguments, &["--json"]].concat()] {
            let output = self.run(key, &arguments);
            self.watch.see(String::from_utf8_lossy(&output.stdout));
            self.watch.see(String::from_utf8_lossy(&output.stderr));
        }
    }

    /// A command that shows a secret that it made.
    fn make(&self, key: &str, arguments: &[&str]) -> Value {
        let output = self.run(key, &[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn secret_file(&self, name: &str, secret: &str) -> String {
        let path = self.scratch.path().join(name);
        fs::write(&path, format!("{secret}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    }

    async fn ask(&mut self, method: Method, path: &str, key: &str, body: &str) {
        let request = self.client.request(method, format!("{}{path}", self.server.url));
        let response = request.bearer_auth(key).body(body.to_owned()).send().await.unwrap();
        let head = format!("{:?}", response.headers());
        self.watch.see(head);
        self.watch.see(response.text().await.unwrap());
    }

    fn set_up_source(&mut self, key: &str, number: usize) -> Source {
        let name = format!("web{number}");
        let [secret, bearer, basic] =
            ["secret", "bearer", "basic"].map(|kind| self.watch.plant(format!("planted-{kind}-{number:04}")));
        let files = [("s", &secret), ("b", &bearer), ("k", &basic)].map(|(file, text)| self.secret_file(file, text));
        let [secret_file, bearer_file, basic_file] = files.each_ref().map(String::as_str);
        let arguments = ["source", "create", &name, "--secret-file", secret_file, "--bearer-file", bearer_file];
        let created = self.make(key, &[&arguments[..], &["--basic-key-file", basic_file]].concat());
        let url = created["url"].as_str().unwrap().to_owned();
        self.watch.plant(url.rsplit('/').next().unwrap());
        let rotated = self.make(key, &["source", "rotate", &name]);
        self.watch.plant(rotated["secrets"][0].as_str().unwrap());
        Source { url, secret, bearer }
    }

    fn set_up_channel(&mut self, key: &str, number: usize, origin: &str) {
        let [secret, previous] =
            [1, 2].map(|kind| self.watch.plant(format!("whsec_{}", STANDARD.encode(format!("{kind}{number:031}")))));
        let path = self.watch.plant(format!("planted-path-{number:04}"));
        let settings =
            json!({"url": format!("{origin}/{path}?token={path}"), "secret": secret, "previous_secret": previous});
        let file = self.secret_file("settings.json", &settings.to_string());
        let name = ["push", "email", "ads", "sms", "inbox"][number];
        self.look(key, &["channel", "set", name, "--provider", "webhook", "--settings", &file]);
    }
}

struct Source {
    url: String,
    secret: String,
    bearer: String,
}

#[tokio::test]
async fn planted_secrets_are_seen_where_they_are_made_and_nowhere_else() {
    let mut house = House::start();
    let bootstrap = house.bootstrap.clone();
    let key = house.make(&bootstrap, &["tenant", "create", "shop"])["key"].as_str().unwrap().to_owned();
    house.watch.plant(&*key);
    for role in ["viewer", "developer", "owner"] {
        let made = house.make(&key, &["key", "create", role, "--role", role]);
        house.watch.plant(made["key"].as_str().unwrap());
    }
    let sources: Vec<Source> = (0..SOURCES).map(|number| house.set_up_source(&key, number)).collect();
    let provider = Provider::open().await;
    provider.will_answer([(500, None), (500, None)]);
    let origin = provider.url().trim_end_matches("/hook").to_owned();
    for number in 0..CHANNELS {
        let origin = if number == 1 { "http://127.0.0.1:1024" } else { &origin };
        house.set_up_channel(&key, number, origin);
    }
    assert!(house.watch.planted.len() >= 50, "{}", house.watch.planted.len());

    send_events(&mut house, &key, &sources[0]).await;
    make_mistakes(&mut house, &key, &sources[1]).await;
    rotate_master_key(&mut house, &bootstrap);
    look_at_everything(&mut house, &key, &bootstrap).await;
    stop(&mut house);

    let keys = fs::read(house.scratch.path().join("master")).unwrap();
    assert_eq!(house.watch.leaked(&keys).len(), 2, "the search should find what is there");
    let log = fs::read(house.scratch.path().join("log")).unwrap();
    assert!(log.len() > 1_000, "the log should say something");
    assert_eq!(house.watch.leaked(&log), [] as [&str; 0], "in the log");
    assert_eq!(house.watch.leaked(house.watch.seen.as_bytes()), [] as [&str; 0], "in answers");
    let files = leaking_files(&house.watch, house.server.data.path());
    assert_eq!(files, [] as [String; 0], "in files");
}

async fn send_events(house: &mut House, key: &str, source: &Source) {
    let module = house.make(key, &["module", "upload", component_path("three-lines").to_str().unwrap()]);
    let file = house.secret_file("configuration.json", r#"{"wait": "1s"}"#);
    let digest = module["module"].as_str().unwrap();
    house.look(key, &["campaign", "publish", "three-lines", "--module", digest, "--config", &file]);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
    let now = rekindle::domain::Timestamp::from_millis(now.try_into().unwrap());
    let event = added("u1", now, "mug", 12.5).to_string();
    let request = house.client.post(&source.url).bearer_auth(&source.bearer);
    let answer = request.header("x-signature", sign(&source.secret, &event)).body(event.clone()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    for bearer in ["wrong", &source.bearer] {
        let wrong = house.client.post(&source.url).bearer_auth(bearer).header("x-signature", sign("wrong", &event));
        let answer = wrong.body(event.clone()).send().await.unwrap().text().await.unwrap();
        house.watch.see(answer);
    }
    for _ in 0..100 {
        if !house.run(key, &["outbox", "list", "--json"]).stdout.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Secrets in the wrong place: errors do not repeat them.
async fn make_mistakes(house: &mut House, key: &str, source: &Source) {
    let secret = &source.secret;
    let wrong = [
        (Method::POST, "/v1/sources", format!(r#"{{"name": "x", "unsigned": "{secret}"}}"#)),
        (Method::POST, "/v1/sources", format!(r#"{{"name": "x", "secret": ["{secret}"]}}"#)),
        (Method::POST, "/v1/sources", format!(r#"{{"name": "x", "secret": "{secret}", "unsigned": true}}"#)),
        (Method::POST, "/v1/sources", format!(r#"{{"name": "x", "secret": "{secret}"#)),
        (Method::POST, "/v1/sources/web1/rotate", format!(r#"{{"secret": "{secret}"}}"#)),
        (Method::PUT, "/v1/channels/push", format!(r#"{{"provider": "webhook", "settings": {{"url": "{secret}"}}}}"#)),
        (Method::PUT, "/v1/channels/push", format!(r#"{{"provider": "webhook", "settings": "{secret}"}}"#)),
        (
            Method::PUT,
            "/v1/channels/push",
            format!(
                r#"{{"provider": "webhook", "settings": {{"url": "https://u:{secret}@example.com", "secret": "{secret}"}}}}"#
            ),
        ),
    ];
    for (method, path, body) in wrong {
        house.ask(method, path, key, &body).await;
    }
    house.look(&key[..key.len() - 1], &["source", "list"]);
    let file = house.secret_file("wrong", secret);
    house.look(key, &["source", "rotate", "web1", "--secret-file", &file]);
}

fn rotate_master_key(house: &mut House, bootstrap: &str) {
    let path = house.scratch.path().join("master");
    let made = house.run(bootstrap, &["keyring", "new"]);
    let line = String::from_utf8(made.stdout).unwrap();
    house.watch.plant(line.trim().split_once(':').unwrap().1);
    let before = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{line}{before}")).unwrap();
    let rotated = house.make(bootstrap, &["keyring", "rotate"]);
    assert_eq!((&rotated["resealed"], &rotated["retired"]), (&json!(SOURCES + CHANNELS), &json!(["first"])));
}

async fn look_at_everything(house: &mut House, key: &str, bootstrap: &str) {
    for list in ["source", "key", "channel", "campaign", "module", "profile", "messages", "failures", "quarantine"] {
        house.look(key, &[list, "list"]);
    }
    for command in [&["outbox", "list"][..], &["ledger", "show", "u1"], &["audit", "list"], &["audit", "verify"]] {
        house.look(key, command);
    }
    for command in [&["tenant", "list"][..], &["audit", "list", "--operator"], &["audit", "verify", "--operator"]] {
        house.look(bootstrap, command);
    }
    for path in ["/metrics", "/readyz", "/livez", "/openapi.json", "/v1/nothing", "/v1/campaigns/three-lines"] {
        house.ask(Method::GET, path, key, "").await;
    }
    assert!(house.watch.seen.contains("rotate_master_keys"), "the operator's log should have been looked at");
}

fn stop(house: &mut House) {
    let process = house.server.process.id().to_string();
    assert!(Command::new("kill").args(["-15", &process]).status().unwrap().success());
    assert!(house.server.process.wait().unwrap().success());
}

fn leaking_files(watch: &Watch, folder: &Path) -> Vec<String> {
    let mut leaking = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            leaking.extend(leaking_files(watch, &path));
        } else {
            leaking.extend(watch.leaked(&fs::read(&path).unwrap()).iter().map(|secret| format!("{path:?}: {secret}")));
        }
    }
    leaking
}
