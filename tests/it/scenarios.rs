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

/// A condition, what Ada does so that it holds for her, and what Bob does without its holding for him.
struct Meant(Value, Vec<Value>, Vec<Value>);

/// A call of Segment's audiences.
fn membership(person: &str, is_member: bool) -> Value {
    json!({"segment": {
        "type": "identify", "userId": person, "traits": {"big_spenders": is_member},
        "context": {"personas": {"computation_class": "audience", "computation_key": "big_spenders"}},
    }})
}

/// What somebody did and received: each refinement, of each target.
fn of_history() -> Vec<Meant> {
    let ordered = |days: u32| json!({"event": "Order Completed", "ago": format!("{days}d")});
    let told = |event: &str, campaign: &str, step: &str, days: u32| json!({"event": event, "ago": format!("{days}d"), "properties": {"campaign_name": campaign, "step": step}});
    let opened = |campaign: &str, days: u32| told("Email Opened", campaign, "first", days);
    vec![
        Meant(json!({"event": "Order Completed"}), vec![ordered(50)], vec![]),
        Meant(json!({"event": "Order Completed", "occurred": false}), vec![], vec![ordered(50)]),
        Meant(
            json!({"event": "Order Completed", "last": {"older_than": "30d"}}),
            vec![ordered(40)],
            vec![ordered(40), ordered(20)],
        ),
        Meant(json!({"event": "Order Completed", "last": {"newer_than": "30d"}}), vec![ordered(20)], vec![ordered(40)]),
        Meant(
            json!({"event": "Order Completed", "count": {"at_least": 2}}),
            vec![ordered(1), ordered(2)],
            vec![ordered(1)],
        ),
        Meant(
            json!({"event": "Order Completed", "count": {"equals": 2}, "since": "7d"}),
            vec![ordered(1), ordered(2)],
            vec![ordered(1), ordered(9)],
        ),
        Meant(
            json!({"engagement": "opened", "of": {"campaign": "parent"}}),
            vec![opened("Parent", 50)],
            vec![opened("stranger", 50)],
        ),
        Meant(
            json!({"engagement": "opened", "of": {"campaign": "parent"}, "last": {"older_than": "30d"}}),
            vec![opened("parent", 40)],
            vec![opened("parent", 20), opened("stranger", 40)],
        ),
        Meant(
            json!({"engagement": "clicked", "of": {"campaign": "parent", "step": "first"}}),
            vec![told("SMS Clicked", "parent", "first", 1)],
            vec![told("SMS Clicked", "parent", "second", 1)],
        ),
        Meant(
            json!({"engagement": "opened", "of": {"campaign": "parent", "step": "first"}, "occurred": false}),
            vec![told("Email Opened", "parent", "second", 1)],
            vec![opened("parent", 1)],
        ),
        Meant(
            json!({"engagement": "clicked", "of": {"channel": "sms"}}),
            vec![told("SMS Clicked", "stranger", "first", 1)],
            vec![told("Email Link Clicked", "stranger", "first", 1)],
        ),
        Meant(
            json!({"engagement": "clicked", "of": {"channel": "sms"}, "count": {"more_than": 1}}),
            vec![told("SMS Clicked", "parent", "first", 1), told("SMS Clicked", "stranger", "first", 2)],
            vec![told("SMS Clicked", "parent", "first", 1), told("Email Link Clicked", "parent", "first", 2)],
        ),
        Meant(
            json!({"engagement": "opened", "of": {"label": "parents"}}),
            vec![opened("parent", 1)],
            vec![opened("stranger", 1)],
        ),
        Meant(
            json!({"engagement": "opened", "of": {"label": "parents"}, "count": {"at_least": 2}, "since": "7d"}),
            vec![opened("parent", 1), opened("parent", 2)],
            vec![opened("parent", 1), opened("stranger", 2), opened("parent", 9)],
        ),
    ]
}

/// What is so: of the person, of the event that is happening, of items, of audiences.
fn of_state() -> Vec<Meant> {
    let of_item = |event: &str, item: &str, days: u32| json!({"event": event, "ago": format!("{days}d"), "properties": {"product_id": item}});
    let plan = |plan: &str| json!({"traits": {"plan": plan}});
    let order = json!({"event": "Order Completed"});
    vec![
        Meant(json!({"trait": "plan", "in": ["Silver", "Gold"]}), vec![plan("Gold")], vec![plan("Bronze")]),
        Meant(json!({"property": "total", "at_least": 50}), vec![], vec![]),
        Meant(json!({"trigger": "total", "at_least": 50}), vec![], vec![]),
        Meant(json!({"item": "price", "of": {"trigger": "product_id"}, "less_than": 15}), vec![], vec![]),
        Meant(
            json!({"cart": true}),
            vec![of_item("Product Added", "hat", 1)],
            vec![of_item("Product Added", "hat", 1), order],
        ),
        Meant(
            json!({"cart": true, "has": {"trigger": "product_id"}}),
            vec![of_item("Product Added", "mug", 1)],
            vec![of_item("Product Added", "mug", 1)],
        ),
        Meant(
            json!({"viewed": "mug", "since": "3d"}),
            vec![of_item("Product Viewed", "mug", 1)],
            vec![of_item("Product Viewed", "mug", 5), of_item("Product Viewed", "hat", 1)],
        ),
        Meant(json!({"audience": "loyal"}), vec![plan("Gold")], vec![plan("Silver")]),
        Meant(json!({"audience": "big_spenders"}), vec![membership("ada", true)], vec![membership("bob", false)]),
        Meant(json!({"reachable": "email"}), vec![], vec![json!({"event": "Email Unsubscribed"})]),
        Meant(
            json!({"all": [{"trait": "plan", "equals": "Gold"}, {"not": {"event": "Order Completed"}}]}),
            vec![plan("Gold")],
            vec![plan("Gold"), json!({"event": "Order Completed"})],
        ),
    ]
}

/// One of two ways for everybody, and an offer for who is meant, when somebody comes back. Each condition is for the people of its number, so
/// that two campaigns do for all.
fn campaigns(table: &[Meant]) -> [Value; 2] {
    let sms = |step: &str| json!({"message": step, "to": [{"channel": "sms", "body": step}]});
    let own = |(number, Meant(condition, ..)): (usize, &Meant)| json!({"all": [{"trait": "number", "equals": number}, condition]});
    let is_meant = json!({"any": table.iter().enumerate().map(own).collect::<Vec<_>>()});
    let trigger = json!({"event": "Came Back"});
    let ways = json!([{"split": is_meant, "yes": "yes", "no": "no"}, sms("no"), {"exit": "no"}, sms("yes")]);
    let offer = json!([{"wait": "2h"}, sms("offer")]);
    [
        json!({"campaign": "split", "configuration": {"trigger": trigger, "steps": ways}}),
        json!({"campaign": "retarget", "configuration": {
            "trigger": trigger, "filter": is_meant, "retrigger": "ignore", "steps": offer,
        }}),
    ]
}

/// Ada and Bob do what they do, and come back: she for a mug, he for a hat.
fn scene(number: usize, Meant(_, ada, bob): &Meant) -> Vec<Value> {
    let mut steps = Vec::new();
    for (name, done, back) in [
        ("ada", ada, json!({"total": 80, "product_id": "mug"})),
        ("bob", bob, json!({"total": 20, "product_id": "hat"})),
    ] {
        let person = Value::from(format!("{name}-{number}"));
        steps.push(json!({"person": person, "traits": {"number": number}}));
        for step in done {
            let mut step = step.clone();
            if step["segment"].is_object() {
                step["segment"]["userId"] = person.clone()
            } else {
                step["person"] = person.clone()
            }
            steps.push(step);
        }
        steps.push(json!({"person": person, "event": "Came Back", "properties": back}));
    }
    steps
}

/// Who is meant goes one way at once, who is not the other.
fn ways(number: usize) -> [Value; 2] {
    [("ada", "yes"), ("bob", "no")].map(
        |(name, step)| json!({"expect": {"person": format!("{name}-{number}"), "campaign": "split", "step": step}}),
    )
}

/// Who is meant gets the offer, who is not gets none.
fn offers(number: usize) -> [Value; 2] {
    let [ada, bob] = ["ada", "bob"].map(|name| format!("{name}-{number}"));
    [
        json!({"expect": {"person": ada, "campaign": "retarget", "step": "offer", "at": "2h"}}),
        json!({"expect_none": {"person": bob, "campaign": "retarget", "because": "nothing to do"}}),
    ]
}

#[test]
fn every_kind_of_condition_splits_and_retargets_who_it_is_about_and_nobody_else() {
    let table: Vec<Meant> = of_history().into_iter().chain(of_state()).collect();
    let numbered = || table.iter().enumerate();
    let parent = json!({"campaign": "parent", "settings": {"labels": ["parents"]}, "configuration": {
        "trigger": {"event": "Signed Up"}, "steps": [{"message": "first", "to": [{"channel": "sms", "body": "Hello."}]}],
    }});
    let scenes = numbered().flat_map(|(number, meant)| scene(number, meant));
    let (ways, offers) = ((0..table.len()).flat_map(ways), (0..table.len()).flat_map(offers));
    let document = json!({
        "module": "journey",
        "campaigns": campaigns(&table).into_iter().chain([parent]).collect::<Vec<_>>(),
        "audiences": {"loyal": {"trait": "plan", "equals": "Gold"}},
        "items": {"mug": {"price": 10}, "hat": {"price": 20}},
        "scenarios": [{"name": "who is meant", "steps": scenes.chain(ways).chain([json!({"wait": "2h"})]).chain(offers).collect::<Vec<_>>()}],
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("conditions.scenario.json");
    fs::write(&file, document.to_string()).unwrap();
    let output = test([&file]);
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
}
