//! The program as it is typed: what it prints, and what it says when something is wrong.

use std::process::{Command, Output};

use rekindle_tests::{added, component_path, program, sign};
use serde_json::Value;

use crate::process::{BOOTSTRAP_KEY, Server};

impl Server {
    fn run(&self, key: &str, arguments: &[&str]) -> Output {
        run(&[("REKINDLE_URL", &self.url), ("REKINDLE_KEY", key)], arguments)
    }

    /// Runs a command that should succeed, with `--json`; its lines.
    fn json(&self, key: &str, arguments: &[&str]) -> Vec<Value> {
        let output = self.run(key, &[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8(output.stdout).unwrap();
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

pub(crate) fn run(environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(program());
    command.env_remove("REKINDLE_URL").env_remove("REKINDLE_KEY").envs(environment.iter().copied());
    command.args(arguments).output().unwrap()
}

/// The exit code, and what was said to the person.
fn complaint(output: &Output) -> (i32, String) {
    assert!(output.stdout.is_empty(), "data goes to stdout, complaints do not");
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test]
async fn from_an_empty_directory_to_a_message_by_commands_alone() {
    let server = Server::start();
    let tenant = server.json(BOOTSTRAP_KEY, &["tenant", "create", "shop"]).remove(0);
    assert_eq!(tenant["tenant"], "shop");
    let key = tenant["key"].as_str().unwrap();
    let source = server.json(key, &["source", "create", "website"]).remove(0);
    let module = server.json(key, &["module", "upload", component_path("three-lines").to_str().unwrap()]).remove(0);
    let configuration = server.data.path().join("configuration.json");
    std::fs::write(&configuration, r#"{"wait": "1s"}"#).unwrap();
    let (digest, file) = (module["module"].as_str().unwrap(), configuration.to_str().unwrap());
    let published =
        server.json(key, &["campaign", "publish", "three-lines", "--module", digest, "--config", file]).remove(0);
    assert_eq!(published["state"], "active");

    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
    let event = added("u1", rekindle::domain::Timestamp::from_millis(now.try_into().unwrap()), "mug", 12.5).to_string();
    let signature = sign(source["secrets"][0].as_str().unwrap(), &event);
    let request = reqwest::Client::builder().no_proxy().build().unwrap().post(source["url"].as_str().unwrap());
    let answer = request.header("x-signature", signature).body(event).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), r#"{"accepted":1,"duplicate":0,"quarantined":0}"#);

    let mut messages = Vec::new();
    for _ in 0..100 {
        messages = server.json(key, &["messages", "list"]);
        if !messages.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let members: Vec<&str> = ["id", "campaign", "step", "channel", "profile", "content", "at"]
        .into_iter()
        .filter(|member| !messages[0][member].is_null())
        .collect();
    assert_eq!(members.len(), 7, "{messages:?}");
    assert_eq!(messages[0]["profile"], "u1");
    let profile = server.json(key, &["profile", "list"]).remove(0);
    assert_eq!((&profile["profile"], &profile["events"]), (&Value::from("u1"), &Value::from(1)));
    assert!(!server.json(key, &["ledger", "show", "u1"]).is_empty());
}

#[test]
fn a_typo_in_a_command_is_answered_with_what_was_meant() {
    let (code, said) = complaint(&run(&[], &["campain", "list"]));
    assert_eq!(code, 2);
    assert!(said.contains("campaign"), "{said}");
}

#[test]
fn a_wrong_key_is_said_to_be_one() {
    let server = Server::start();
    let (code, said) = complaint(&server.run("rk_wrong", &["campaign", "list"]));
    assert_eq!(code, 4);
    assert!(said.contains("key"), "{said}");
}

#[test]
fn a_missing_server_is_named() {
    let (code, said) =
        complaint(&run(&[("REKINDLE_URL", "http://127.0.0.1:9"), ("REKINDLE_KEY", "rk_x")], &["campaign", "list"]));
    assert_eq!(code, 7);
    assert!(said.contains("127.0.0.1:9"), "{said}");
}

#[test]
fn a_busy_port_is_named_with_the_way_out() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, data) = (taken.local_addr().unwrap().to_string(), tempfile::tempdir().unwrap());
    let (code, said) = complaint(&run(&[], &["serve", "--listen", &address, "--data", data.path().to_str().unwrap()]));
    assert_eq!(code, 1);
    assert!(said.contains(&address) && said.contains("--listen"), "{said}");
}

#[test]
fn a_directory_in_use_is_named() {
    let server = Server::start();
    let (code, said) =
        complaint(&run(&[], &["serve", "--listen", "127.0.0.1:0", "--data", server.data.path().to_str().unwrap()]));
    assert_eq!(code, 1);
    assert!(said.contains("another process"), "{said}");
}

#[test]
fn a_production_directory_refuses_a_manual_clock() {
    let server = Server::start();
    let data = server.data.path().to_str().unwrap();
    let (code, said) = complaint(&run(
        &[],
        &["serve", "--manual-clock", "2026-03-02T08:00:00Z", "--listen", "127.0.0.1:0", "--data", data],
    ));
    assert_eq!(code, 1);
    assert!(said.contains("manual clock"), "{said}");
}

#[test]
fn a_file_that_is_no_campaign_is_refused_with_a_reason() {
    let server = Server::start();
    let key = server.json(BOOTSTRAP_KEY, &["tenant", "create", "shop"])[0]["key"].as_str().unwrap().to_owned();
    let file = |name: &str, bytes: &[u8]| {
        let path = server.data.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let other_world = wat::parse_str(r#"(component (import "wasi:clocks/wall-clock@0.2.0" (instance)))"#).unwrap();
    let core_module = wat::parse_str("(module)").unwrap();
    for (path, expected_code, expected) in [
        ("/nowhere/campaign.wasm".to_owned(), 1, "/nowhere/campaign.wasm"),
        (file("text.wasm", b"hello"), 6, "component"),
        (file("core.wasm", &core_module), 6, "component"),
        (file("other-world.wasm", &other_world), 6, "wasi:clocks/wall-clock"),
    ] {
        let (code, said) = complaint(&server.run(&key, &["module", "upload", &path]));
        assert_eq!(code, expected_code, "{path}: {said}");
        assert!(said.contains(expected), "{path}: {said}");
    }
}
