//! `rekindle test`, as an author runs it: every recipe keeps its promises, and one that does not says so.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use expect_test::expect;
use rekindle_tests::{component_path, program};
use serde_json::{Value, json};

/// Every scenario file of the project's campaigns.
fn recipes() -> Vec<PathBuf> {
    let campaigns = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("campaigns");
    let folders = fs::read_dir(campaigns).unwrap().map(|campaign| campaign.unwrap().path().join("recipes"));
    let files = folders.filter_map(|folder| fs::read_dir(folder).ok()).flatten().map(|file| file.unwrap().path());
    let mut recipes: Vec<_> = files.filter(|file| file.to_string_lossy().ends_with(".json")).collect();
    recipes.sort();
    recipes
}

fn is_scenario(file: &Path) -> bool {
    file.to_string_lossy().ends_with(".scenario.json")
}

fn test(arguments: impl IntoIterator<Item = impl AsRef<std::ffi::OsStr>>) -> Output {
    Command::new(program()).arg("test").args(arguments).output().expect("the program should run")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What is printed for the eye, with the file's bare name and with the time that it took in the documentation: it is another
/// every time.
fn said(output: &Output, file: &Path) -> String {
    let name = file.file_name().unwrap().to_str().unwrap();
    let mut said = text(&output.stdout).replace(file.to_str().unwrap(), name);
    let (from, to) = (said.find(" in ").unwrap(), said.find(" ms)").unwrap());
    said.replace_range(from..to, " in 8");
    said
}

/// A file with one scenario against the module `journey`.
fn file(folder: &Path, steps: Value) -> PathBuf {
    let file = folder.join("hello.scenario.json");
    let document = json!({
        "module": "journey",
        "campaign": "hello",
        "configuration": {
            "trigger": {"event": "Signed Up"},
            "exit": [{"when": {"event": "Order Completed"}, "reason": "bought"}],
            "steps": [{"wait": "1h"}, {"message": "hello", "to": [{"channel": "sms", "body": "Hello."}]}],
        },
        "scenarios": [{"name": "who signs up is greeted", "steps": steps}],
    });
    fs::write(&file, document.to_string()).unwrap();
    file
}

#[test]
fn every_recipe_does_what_its_scenarios_say() {
    let output = test(recipes().iter().filter(|file| is_scenario(file)));
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
}

#[test]
fn every_recipe_has_scenarios_with_a_message_for_each_step_and_a_silence_with_its_reason() {
    for recipe in recipes().iter().filter(|file| !is_scenario(file)) {
        let scenarios = fs::read_to_string(recipe.with_extension("scenario.json"))
            .unwrap_or_else(|err| panic!("{} has no scenarios: {err}", recipe.display()));
        let journey: Value = serde_json::from_str(&fs::read_to_string(recipe).unwrap()).unwrap();
        for message in journey["steps"].as_array().unwrap().iter().filter_map(|step| step["message"].as_str()) {
            let is_expected = scenarios
                .lines()
                .any(|line| line.contains("\"expect\"") && line.contains(&format!("\"step\": \"{message}\"")));
            assert!(is_expected, "{}: nobody gets `{message}`", recipe.display());
        }
        assert!(scenarios.contains("\"expect_none\""), "{}: everybody gets everything", recipe.display());
    }
}

#[test]
fn a_scenario_that_fails_shows_what_happened_beside_what_should_have() {
    let folder = tempfile::tempdir().unwrap();
    let file = file(
        folder.path(),
        json!([
            {"person": "ada", "event": "Signed Up"}, {"person": "bob", "event": "Signed Up"},
            {"person": "bob", "event": "Order Completed"}, {"wait": "1h"},
            {"expect": {"person": "bob", "step": "hello", "channel": "sms"}}, {"wait": "1d"},
        ]),
    );
    let output = test([&file]);
    assert_eq!(output.status.code(), Some(9), "{}", text(&output.stderr));
    let said = said(&output, &file);
    expect![[r#"
        hello.scenario.json
          ✗ who signs up is greeted (1d 1h in 8 ms)
              at `/scenarios/0/steps/4`: bob should have got `hello` over sms, but did not; the ledger's last word is: no longer waits for `run-0`; exited: bought
              at `/scenarios/0/steps/5`: ada got `hello` over sms of hello: {"body":"Hello."}, which nothing before this step expects
            what happened (- is missing, + was not expected):
            · +0         ada          Signed Up
            · +0         bob          Signed Up
            · +0         bob          Order Completed
            - +1h        bob          `hello` over sms
            + +1h        ada          `hello` over sms of hello: {"body":"Hello."}
            the ledger of ada:
              +0         hello: waits for `run-0` until 2026-03-02T09:00:00.000Z; entered
              +1h        hello: `hello` is sent over sms; exited: completed
              +1h        hello: `hello` went out over sms (preview)
            the ledger of bob:
              +0         hello: waits for `run-0` until 2026-03-02T09:00:00.000Z; entered
              +0         hello: no longer waits for `run-0`; exited: bought
    "#]].assert_eq(&said);
    expect![[r#"
        error: 1 of 1 scenarios did not go as they should
    "#]]
    .assert_eq(&text(&output.stderr));
}

#[test]
fn the_documentation_shows_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let documentation = fs::read_to_string(root.join("docs/scenarios.md")).unwrap();
    let blocks: Vec<&str> = documentation.split("```").skip(1).step_by(2).collect();
    let [example, passes, fails] = blocks[..] else { panic!("the documentation should have three blocks") };
    let folder = tempfile::tempdir().unwrap();
    let recipe = "cart-abandonment.json";
    fs::copy(root.join("campaigns/journey/recipes").join(recipe), folder.path().join(recipe)).unwrap();
    let file = folder.path().join("cart.scenario.json");
    let example = example.strip_prefix("json").unwrap();
    for (example, printed) in [(example.to_owned(), passes), (example.replace("cart: mug", "cart: hat"), fails)] {
        fs::write(&file, example).unwrap();
        assert_eq!(said(&test([&file]), &file).trim(), printed.trim());
    }
}

#[test]
fn programs_read_one_object_a_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let file = file(
        folder.path(),
        json!([
            {"person": "ada", "event": "Signed Up"}, {"wait": "1h"},
            {"expect": {"person": "ada", "step": "hello", "content": {"body": "Hello."}}},
        ]),
    );
    let output = test([file.as_os_str(), "--json".as_ref()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&said["passed"], &said["scenario"]), (&json!(true), &json!("who signs up is greeted")));
    assert_eq!(said["virtual_ms"], 3_600_000);
    assert_eq!(said["timeline"][1]["mark"], "as-expected");
}

#[test]
fn a_module_given_on_the_command_line_takes_the_place_of_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = file(folder.path(), json!([{"wait": "1h"}]));
    let output = test([file.as_os_str(), "--module".as_ref(), component_path("three-lines").as_os_str()]);
    assert_eq!(output.status.code(), Some(6), "another module should refuse the configuration");
    assert!(text(&output.stderr).contains("the module refused the configuration"), "{}", text(&output.stderr));
}

#[test]
fn what_cannot_be_played_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = file(folder.path(), json!([{"wiat": "1h"}]));
    let output = test([&file]);
    assert_eq!(output.status.code(), Some(6));
    assert!(text(&output.stderr).contains("at `/scenarios/0/steps/0/wiat`"), "{}", text(&output.stderr));
    assert_eq!(test([folder.path().join("no-such-file.json")]).status.code(), Some(3));
}
