//! The demo, as a user runs it; and with the server killed in the middle of its traffic.

use std::process::{Command, Output};

use rekindle_tests::component_path;
use serde_json::Value;

use rekindle_tests::program;

fn demo(arguments: &[&str]) -> Output {
    let mut command = Command::new(program());
    command.arg("demo").args(arguments).arg("--module").arg(component_path("three-lines"));
    command.output().expect("the program should run")
}

fn report(arguments: &[&str]) -> Value {
    let output = demo(arguments);
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("the demo's report should be JSON")
}

#[test]
fn the_demo_goes_as_it_should() {
    let output = demo(&[]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("All of it is as it should be"), "{said}");
}

#[test]
fn killing_the_server_in_the_middle_changes_no_message() {
    let undisturbed = report(&["--json"]);
    let killed = report(&["--json", "--kill", "7"]);
    assert_eq!(killed["kills"], 7);
    assert_eq!(killed["messages"], undisturbed["messages"]);
    assert_eq!(killed["quarantine"].as_array().map(Vec::len), undisturbed["quarantine"].as_array().map(Vec::len));
}
