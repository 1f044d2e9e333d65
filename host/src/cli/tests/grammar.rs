//! What is typed becomes a request, or a word about what is wrong with it.

use clap::{CommandFactory, Parser};
use expect_test::expect;

use super::super::request::{Answer, Body};
use super::super::{Cli, Task, exit};
use super::task;
use crate::app::ServeOptions;
use crate::demo::DemoOptions;

#[test]
fn the_grammar_is_sound() {
    Cli::command().debug_assert();
}

/// The request that a command line becomes, in one line.
fn picture(line: &str) -> String {
    let Ok(Task::Ask(_, request)) = task(line) else { panic!("`{line}` should be a request") };
    let body = match &request.body {
        Body::Empty => String::new(),
        Body::Json(document) => format!(" {document}"),
        Body::Feed(feed, media_type) => format!(" {} bytes of {media_type}", feed.len()),
        Body::Component(component) => format!(" {} bytes", component.len()),
    };
    let answer = match &request.answer {
        Answer::List(_, None) => "all rows".to_owned(),
        Answer::List(_, Some(wanted)) => format!("{wanted} rows"),
        Answer::One => "one object".to_owned(),
        Answer::Revelation => "one object, once".to_owned(),
        Answer::Tables(views) => {
            format!("tables of {}", views.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "))
        }
        Answer::Explanation => "an explanation".to_owned(),
        Answer::Text(media_type) => (*media_type).to_owned(),
        Answer::Nothing(done) => done.to_string(),
    };
    let query: Vec<String> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    format!("{} {}{query}{body} -> {answer}", request.method, request.path.join("/"))
}

/// Every command, with and without what it may leave out. `MODULE` and `OBJECT` are files.
const COMMANDS: &str = "\
tenant create shop
tenant list
source create web
source create web --secret s --bearer t --basic-key k
source create web --unsigned
source list --limit 3
source rotate web
source rotate web --secret s
source retire web
source delete web
key create ci --role developer
key list
key revoke k1
audit list
audit list --operator --limit 5
audit verify
audit verify --operator
keyring rotate
module upload MODULE
module list
campaign create three-lines
campaign publish three-lines --module DIGEST
campaign publish three-lines --module DIGEST --config OBJECT
campaign check three-lines
campaign check three-lines --module DIGEST --settings OBJECT
campaign pause three-lines
campaign resume three-lines
campaign archive three-lines
campaign rollback three-lines
campaign rollback three-lines --to 2
campaign list
campaign show three-lines
channel set push --provider preview
channel set push --provider webhook --to https://example.com/hook --secret s
channel set push --provider webhook --settings OBJECT --to https://example.com/hook
channel list
channel reset push
item set mug name=Red-mug price=9.5 sold_out=false
item show mugs/1
item list
item remove mug
audience set vip --condition {\"audience\":\"gold\"}
audience list
audience show vip
audience remove vip
mapping set seen --maps {\"event\":\"Mail-Seen\",\"engagement\":\"opened\"}
mapping list
mapping remove seen
sweep list --limit 5
profile list
profile show anonymous:a/b
messages list
ledger show u1 --limit 5
quarantine list
outbox list
outbox redeliver msg_11111111111111111111111111111111
outbox redeliver --all
outbox redeliver --where cause=refused --where channel=push --dry-run
outbox causes";

#[test]
fn reports_and_explanations_are_asked_for() {
    let commands = [
        "explain ada",
        "explain ada --campaign spring --step first",
        "report show spring",
        "report show spring --from 2026-03-01 --to 2026-03-31 --by day --time-zone Europe/Berlin",
        "report show spring --by step --csv",
        "report rebuild",
        "report rebuilding",
    ];
    expect![[r#"
        GET profiles/ada/explain -> an explanation
        GET profiles/ada/explain?campaign=spring&step=first -> an explanation
        GET campaigns/spring/report -> tables of funnel, arms
        GET campaigns/spring/report?from=2026-03-01&to=2026-03-31&by=day&time_zone=Europe/Berlin -> tables of items
        GET campaigns/spring/report?by=step -> text/csv
        POST reports/rebuild {} -> one object
        GET reports/rebuild -> one object"#]]
    .assert_eq(&commands.map(picture).join("\n"));
}

#[test]
fn every_command_is_one_request() {
    let directory = tempfile::tempdir().unwrap();
    let [module, object] = ["campaign.wasm", "settings.json"].map(|name| directory.path().join(name));
    std::fs::write(&module, "\0asm").unwrap();
    std::fs::write(&object, r#"{"wait":"1h","url":"x"}"#).unwrap();
    let digest = format!("sha256:{}", "0".repeat(64));
    let typed = COMMANDS
        .replace("MODULE", module.to_str().unwrap())
        .replace("OBJECT", object.to_str().unwrap())
        .replace("DIGEST", &digest);
    let pictures: Vec<String> = typed.lines().map(picture).collect();
    expect![[r#"
        POST tenants {"name":"shop"} -> one object, once
        GET tenants -> all rows
        POST sources {"name":"web"} -> one object, once
        POST sources {"basic_key":"k","bearer":"t","name":"web","secret":"s"} -> one object, once
        POST sources {"name":"web","unsigned":true} -> one object, once
        GET sources -> 3 rows
        POST sources/web/rotate {} -> one object, once
        POST sources/web/rotate {"secret":"s"} -> one object, once
        POST sources/web/retire {} -> one object
        DELETE sources/web -> {"source":"web","state":"deleted"}
        POST keys {"name":"ci","role":"developer"} -> one object, once
        GET keys -> all rows
        DELETE keys/k1 -> {"id":"k1","state":"revoked"}
        GET audit -> all rows
        GET operator/audit -> 5 rows
        GET audit/verify -> one object
        GET operator/audit/verify -> one object
        POST keyring/rotate {} -> one object
        POST modules 4 bytes -> one object
        GET modules -> all rows
        POST campaigns {"campaign":"three-lines"} -> one object
        POST campaigns/three-lines/publish {"configuration":{},"module":"DIGEST","settings":{}} -> one object
        POST campaigns/three-lines/publish {"configuration":{"url":"x","wait":"1h"},"module":"DIGEST","settings":{}} -> one object
        POST campaigns/three-lines/check {} -> tables of rules, rivals
        POST campaigns/three-lines/check {"module":"DIGEST","settings":{"url":"x","wait":"1h"}} -> tables of rules, rivals
        POST campaigns/three-lines/pause {} -> one object
        POST campaigns/three-lines/resume {} -> one object
        POST campaigns/three-lines/archive {} -> one object
        POST campaigns/three-lines/rollback {} -> one object
        POST campaigns/three-lines/rollback {"revision":2} -> one object
        GET campaigns -> all rows
        GET campaigns/three-lines -> one object
        PUT channels/push {"provider":"preview","settings":{}} -> one object, once
        PUT channels/push {"provider":"webhook","settings":{"secret":"s","url":"https://example.com/hook"}} -> one object, once
        PUT channels/push {"provider":"webhook","settings":{"url":"https://example.com/hook","wait":"1h"}} -> one object, once
        GET channels -> all rows
        DELETE channels/push -> {"channel":"push","provider":"preview"}
        PUT items/mug {"name":"Red-mug","price":9.5,"sold_out":false} -> one object
        GET items/mugs/1 -> one object
        GET items -> all rows
        DELETE items/mug -> {"item":"mug","removed":true}
        PUT audiences/vip {"condition":{"audience":"gold"}} -> one object
        GET audiences -> all rows
        GET audiences/vip -> one object
        DELETE audiences/vip -> {"audience":"vip","removed":true}
        PUT mappings/seen {"engagement":"opened","event":"Mail-Seen"} -> one object
        GET mappings -> all rows
        DELETE mappings/seen -> {"mapping":"seen","removed":true}
        GET sweeps -> 5 rows
        GET profiles -> all rows
        GET profiles/anonymous:a/b -> one object
        GET messages -> all rows
        GET profiles/u1/ledger -> 5 rows
        GET quarantine -> all rows
        GET outbox -> all rows
        POST outbox/redeliver {"ids":["msg_11111111111111111111111111111111"]} -> one object
        POST outbox/redeliver {"all":true} -> one object
        POST outbox/redeliver {"dry_run":true,"where":{"cause":"refused","channel":"push"}} -> one object
        GET outbox/causes -> tables of items"#]].assert_eq(&pictures.join("\n").replace(&digest, "DIGEST"));
}

#[test]
fn a_command_line_that_makes_no_sense_is_a_usage_error() {
    for line in [
        "",
        "tenant",
        "tenant create Shop",
        "source create web --unsigned --secret s",
        "key create ci --role emperor",
        "campaign publish three-lines",
        "campaign publish three-lines --module sha256:12",
        "profile show ..",
        "messages list --limit 0",
        "outbox redeliver",
        "outbox redeliver --all msg_11111111111111111111111111111111",
        "outbox redeliver --all --where cause=refused",
        "outbox redeliver --where because=refused",
        "outbox redeliver --where cause=",
        "messages list --url ftp://example.com",
        "messages list --url http://user:secret@example.com",
        "serve",
        "serve --data d --listen localhost:7070",
        "serve --data d --manual-clock yesterday",
        "serve --data d --url http://127.0.0.1:7070",
    ] {
        let typed = format!("rekindle {line}");
        let usage = Cli::try_parse_from(typed.split_whitespace()).err().unwrap_or_else(|| panic!("`{line}` passes"));
        assert_eq!(usage.exit_code(), 2, "{line}");
    }
}

#[test]
fn a_typo_is_answered_with_what_was_meant() {
    let usage = task("campain list").err().unwrap();
    assert!(usage.contains("'campaign'"), "{usage}");
    let usage = task("messages list --jsn").err().unwrap();
    assert!(usage.contains("'--json'"), "{usage}");
}

#[test]
fn the_exit_codes_are_documented() {
    expect![[r#"
        Exit codes:
          0  done
          1  failed for a reason not listed here
          2  the command line is wrong
          3  not found
          4  not authenticated or not authorized
          5  conflict with the present state
          6  input or module rejected
          7  server unreachable or not available
          8  timed out
          9  a scenario did not go as it should"#]]
    .assert_eq(&exit::help());
    assert!(Cli::command().render_help().to_string().contains(&exit::help()));
}

#[test]
fn flags_become_the_options_of_a_server() {
    let line = "serve --data d --listen 0.0.0.0:80 --bootstrap-key k --public-url https://example.com \
                --allow-outgoing 10.0.0.0/8 --allow-outgoing ::1 --log-format json --manual-clock 2026-01-02T03:04:05Z";
    let Ok(Task::Serve(arguments)) = task(line) else { panic!("`{line}` should serve") };
    let options: ServeOptions = arguments.options(None).unwrap();
    assert_eq!(options.bootstrap_key.as_ref().map(|key| key.expose()), Some("k"));
    expect![[r#"
        ServeOptions {
            data: "d",
            listen: 0.0.0.0:80,
            bootstrap_key: Some(
                ***,
            ),
            master_keys: Beside,
            public_url: Some(
                "https://example.com",
            ),
            allow_outgoing: [
                10.0.0.0/8,
                ::1/128,
            ],
            connections_per_address: 1024,
            tenant_events_per_second: 5000,
            renderer: None,
            log_format: Json,
            json: false,
            manual_clock: Some(
                Timestamp(
                    1767323045000,
                ),
            ),
        }
    "#]]
    .assert_debug_eq(&options);
    let Ok(Task::Demo(arguments)) = task("demo --json --keep d --module m --kill 3") else {
        panic!("should be a demo")
    };
    expect![[r#"
        DemoOptions {
            json: true,
            keep: Some(
                "d",
            ),
            module: "m",
            kills: 3,
        }
    "#]]
    .assert_debug_eq(&DemoOptions::from(arguments));
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    let told = |line: &str| task(line).err().unwrap();
    expect![[r#"
        error: cannot read the file `/nowhere/campaign.wasm`: No such file or directory (os error 2)
          next: check the path and who may read it
        exit: Failed
    "#]]
    .assert_eq(&told("module upload /nowhere/campaign.wasm"));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("list.json");
    std::fs::write(&path, "[1]").unwrap();
    let told = told(&format!("channel set push --provider webhook --settings {}", path.display()));
    expect![[r#"
        error: the file `DIRECTORY/list.json` is no JSON object: invalid type: sequence, expected a map at line 1 column 0
        exit: Invalid
    "#]].assert_eq(&told.replace(&directory.path().display().to_string(), "DIRECTORY"));
}
