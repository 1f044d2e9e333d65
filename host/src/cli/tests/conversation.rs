//! What a server answers becomes what is printed and how the program ends.

use std::io::{self, Write};
use std::time::Duration;

use expect_test::{Expect, expect};
use serde_json::value::RawValue;

use super::super::client::Client;
use super::super::output::{Form, Output};
use super::super::{Task, exchange};
use super::fake::Fake;
use super::{task, told};

async fn check(line: &str, expected: Expect) {
    let server = Fake::start().await;
    expected.assert_eq(&answer(&server, line).await);
}

/// What is printed when the server is asked, and how the program ends.
async fn answer(server: &Fake, line: &str) -> String {
    let key = if line.contains("--key") { "" } else { "--key good" };
    let task = task(&format!("{line} --url {} {key}", server.url)).unwrap();
    converse(task).await.replace(&server.url, "http://SERVER")
}

async fn converse(task: Task) -> String {
    let Task::Ask(access, request) = task else { panic!("should be a request") };
    let (mut data, mut notes) = (Vec::new(), Vec::new());
    let mut output = Output::new(access.form(), &mut data, &mut notes);
    let client = Client::new(access.url, access.key.as_deref());
    let result = match client.map(|client| client.with_patience(Duration::from_millis(300))) {
        Ok(client) => exchange::carry_out(&client, &request, &mut output).await,
        Err(failure) => Err(failure),
    };
    drop(output);
    let exit = result.map_or_else(|failure| told(&failure), |()| "exit: Done\n".to_owned());
    let [data, notes] = [data, notes].map(|bytes| String::from_utf8(bytes).unwrap());
    format!("{data}-- stderr\n{notes}{exit}")
}

#[tokio::test]
async fn a_list_is_followed_to_its_end() {
    check(
        "messages list",
        expect![[r#"
            AT                        CAMPAIGN     STEP  CHANNEL  PROFILE  CONTENT              ID
            2026-01-02T03:04:05.678Z  three-lines  push  push     u1       title: a\u{1b}[31mb  msg_0
            2026-01-02T03:04:05.678Z  three-lines  push  push     u1       title: a\u{1b}[31mb  msg_1
            2026-01-02T03:04:05.678Z  three-lines  push  push     u1       title: a\u{1b}[31mb  msg_2
            -- stderr
            exit: Done
        "#]],
    )
    .await;
    check("messages list --json", expect![[r#"
        {"at":"2026-01-02T03:04:05.678Z","campaign":"three-lines","channel":"push","content":{"title":"a\u001b[31mb"},"id":"msg_0","profile":"u1","step":"push"}
        {"at":"2026-01-02T03:04:05.678Z","campaign":"three-lines","channel":"push","content":{"title":"a\u001b[31mb"},"id":"msg_1","profile":"u1","step":"push"}
        {"at":"2026-01-02T03:04:05.678Z","campaign":"three-lines","channel":"push","content":{"title":"a\u001b[31mb"},"id":"msg_2","profile":"u1","step":"push"}
        -- stderr
        exit: Done
    "#]]).await;
    check(
        "quarantine list",
        expect![[r#"
        -- stderr
        nothing is quarantined
        exit: Done
    "#]],
    )
    .await;
    check(
        "quarantine list --json",
        expect![[r#"
        -- stderr
        exit: Done
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_list_stops_where_it_is_told_to() {
    check(
        "messages list --limit 1",
        expect![[r#"
            AT                        CAMPAIGN     STEP  CHANNEL  PROFILE  CONTENT              ID
            2026-01-02T03:04:05.678Z  three-lines  push  push     u1       title: a\u{1b}[31mb  msg_0
            -- stderr
            there is more: raise `--limit` to see it
            exit: Done
        "#]],
    )
    .await;
    check("messages list --limit 3 --json", expect![[r#"
        {"at":"2026-01-02T03:04:05.678Z","campaign":"three-lines","channel":"push","content":{"title":"a\u001b[31mb"},"id":"msg_0","profile":"u1","step":"push"}
        {"at":"2026-01-02T03:04:05.678Z","campaign":"three-lines","channel":"push","content":{"title":"a\u001b[31mb"},"id":"msg_1","profile":"u1","step":"push"}
        {"at":"2026-01-02T03:04:05.678Z","campaign":"three-lines","channel":"push","content":{"title":"a\u001b[31mb"},"id":"msg_2","profile":"u1","step":"push"}
        -- stderr
        exit: Done
    "#]]).await;
}

#[tokio::test]
async fn a_list_that_goes_round_in_circles_ends() {
    check(
        "outbox list --json",
        expect![[r#"
        {"id":"m1"}
        {"id":"m1"}
        -- stderr
        error: the answer makes no sense: its `next` leads to the same page again
          where: GET http://SERVER/v1/outbox
          next: check that a rekindle server of this version is there: `--url URL` or `REKINDLE_URL`
        exit: Failed
    "#]],
    )
    .await;
}

#[tokio::test]
async fn one_object_is_shown_in_lines() {
    check(
        "campaign show three-lines",
        expect![[r#"
            campaign: three-lines
            state: active
            revision: 2
            published_at: -
            live: yes
            share: 0.5
            configuration:
              waits:
                push: 1h
                steps: -
              texts: -
            manifest:
              channels: push, email
              triggers:
                - event: Product Added
                - engagement: [a]
            -- stderr
            exit: Done
        "#]],
    )
    .await;
    check("campaign show three-lines --json", expect![[r#"
        {   "campaign": "three-lines", "state": "active", "revision": 2, "published_at": null, "live": true, "share": 0.5,   "configuration": {"waits": {"push": "1h", "steps": []}, "texts": {}},   "manifest": {"channels": ["push", "email"], "triggers": [{"event": "Product Added"}, {"engagement": ["a"]}]} }
        -- stderr
        exit: Done
    "#]]).await;
    check(
        "profile show a/b?c#d%20e",
        expect![[r#"
        profile: a/b?c#d%20e
        -- stderr
        exit: Done
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_secret_is_shown_with_a_word_of_warning() {
    check(
        "source create web",
        expect![[r#"
        secrets: s3cret
        source: web
        url: http://example.com/in/x
        -- stderr
        keep it now: it is shown this once and never again
        exit: Done
    "#]],
    )
    .await;
    check(
        "source create web --json",
        expect![[r#"
        {"secrets":["s3cret"],"source":"web","url":"http://example.com/in/x"}
        -- stderr
        exit: Done
    "#]],
    )
    .await;
    check(
        "source create web --unsigned",
        expect![[r#"
        secrets: -
        source: web
        url: http://example.com/in/x
        -- stderr
        exit: Done
    "#]],
    )
    .await;
    check(
        "source delete web",
        expect![[r#"
        source: web
        state: deleted
        -- stderr
        exit: Done
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_refusal_says_what_where_and_what_next() {
    check(
        "campaign show 404",
        expect![[r#"
        -- stderr
        error: refused: as asked
          where: GET http://SERVER/v1/campaigns/404 (status 404, code `a-code`, request `r1`)
          next: check the name, and whose key it is: the group's `list` shows what this key can see
        exit: NotFound
    "#]],
    )
    .await;
    check(
        "messages list --key wrong",
        expect![[r#"
        -- stderr
        error: not authenticated: the key is not known
          where: GET http://SERVER/v1/messages (status 401, code `a-code`, request `r1`)
          next: give a key that this server knows: `--key KEY` or `REKINDLE_KEY`
        exit: Denied
    "#]],
    )
    .await;
    check(
        "campaign rollback three-lines",
        expect![[r#"
        -- stderr
        error: the answer is `404 Not Found`, without a reason
          where: POST http://SERVER/v1/campaigns/three-lines/rollback
          next: check that a rekindle server of this version is there: `--url URL` or `REKINDLE_URL`
        exit: Failed
    "#]],
    )
    .await;
    let module = tempfile::NamedTempFile::new().unwrap();
    check(
        &format!("module upload {}", module.path().display()),
        expect![[r#"
        -- stderr
        error: module rejected: 0 bytes that are no component
            at offset 0: \u{7}unexpected magic
          where: POST http://SERVER/v1/modules (status 422, code `a-code`, request `r1`)
        exit: Invalid
    "#]],
    )
    .await;
}

#[tokio::test]
async fn every_status_has_its_exit_code() {
    let fake = Fake::start().await;
    let mut exits = Vec::new();
    for status in [400, 401, 403, 404, 408, 409, 412, 413, 415, 422, 429, 500, 502, 503, 504] {
        let answer = answer(&fake, &format!("campaign show {status}")).await;
        exits.push(format!("{status} {}", answer.lines().last().unwrap()));
    }
    expect![[r#"
        400 exit: Invalid
        401 exit: Denied
        403 exit: Denied
        404 exit: NotFound
        408 exit: TimedOut
        409 exit: Conflict
        412 exit: Conflict
        413 exit: Invalid
        415 exit: Invalid
        422 exit: Invalid
        429 exit: Failed
        500 exit: Failed
        502 exit: Unreachable
        503 exit: Unreachable
        504 exit: TimedOut"#]]
    .assert_eq(&exits.join("\n"));
}

#[tokio::test]
async fn a_server_that_is_not_there_or_does_not_answer_is_told_apart() {
    check(
        "profile show slow",
        expect![[r#"
        -- stderr
        error: the server did not answer in time; it may still do what was asked
          where: GET http://SERVER/v1/profiles/slow
          next: look whether it happened, then try again
        exit: TimedOut
    "#]],
    )
    .await;
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let answer = converse(task(&format!("messages list --key k --url {url}")).unwrap()).await;
    assert!(answer.contains("error: cannot reach the server: Connection refused"), "{answer}");
    assert!(answer.contains("next: start it with `rekindle serve`"), "{answer}");
    assert!(answer.ends_with("exit: Unreachable\n"), "{answer}");
}

#[tokio::test]
async fn a_command_without_a_key_says_how_to_give_one() {
    let task = task("messages list --key=").unwrap();
    expect![[r#"
        -- stderr
        error: this command needs a key, and none was given
          next: pass `--key KEY` or set `REKINDLE_KEY`; `tenant` commands take the bootstrap key of `serve`
        exit: Denied
    "#]]
    .assert_eq(&converse(task).await);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    struct Closed(io::ErrorKind);
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let row: Box<RawValue> = serde_json::from_str("{}").unwrap();
    let printed = |kind| Output::new(Form::Json, Closed(kind), io::sink()).json(&row).unwrap_err();
    assert_eq!(told(&printed(io::ErrorKind::BrokenPipe)), "exit: Done\n");
    expect![[r#"
        error: cannot write the output: no storage space
        exit: Failed
    "#]]
    .assert_eq(&told(&printed(io::ErrorKind::StorageFull)));
}
