//! How modules are compiled: in a process of their own, within limits, once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rekindle::domain::{Json, Manifest};
use rekindle::sandbox::{CompileError, CompiledCode, Compiler, Sandbox};
use rekindle_tests::{House, added, component_path, program};
use reqwest::Method;
use serde_json::json;

/// A sandbox as a server has it, over a folder.
fn sandbox(folder: &Path, program: PathBuf) -> Sandbox {
    let kept = CompiledCode::open(folder.join("compiled"), [7; 32]).unwrap();
    Sandbox::with(Compiler::Apart { program }, kept).unwrap()
}

/// The program, started with less than it would allow itself.
fn program_within(folder: &Path, ulimit: &str) -> PathBuf {
    let path = folder.join("within");
    let script = format!("#!/bin/sh\nulimit -S {ulimit}\nexec {} \"$@\"\n", program().display());
    // By another process: while this one has it open for writing, it might not be to be started.
    let write = "printf %s \"$1\" > \"$0\" && chmod 700 \"$0\"";
    assert!(Command::new("/bin/sh").args(["-c", write]).arg(&path).arg(script).status().unwrap().success());
    path
}

/// What no campaign is: long functions that branch at every step.
fn bomb() -> Vec<u8> {
    let step = "block local.get 0 br_if 0 local.get 0 i32.const 7 i32.mul local.set 0 end ";
    let functions = format!("(func (param i32) (result i32) {} local.get 0)", step.repeat(50_000)).repeat(4);
    wat::parse_str(format!("(component (core module {functions}))")).unwrap()
}

fn manifest() -> Manifest {
    let empty = String::new;
    let configuration = Json::parse("{}").unwrap();
    let (name, version, summary) = (empty(), empty(), empty());
    Manifest { name, version, summary, triggers: Vec::new(), channels: Vec::new(), steps: Vec::new(), configuration }
}

fn files_of_code(data: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(data.join("compiled")).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "code")).collect()
}

#[test]
fn a_module_is_compiled_apart_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let before = sandbox(folder.path(), program());
    let module = fs::read(component_path("three-lines")).unwrap();
    before.inspect(&module).unwrap();
    let configured = before.configure(&module, "{}").unwrap();
    before.load(&configured.component, &configured.manifest).unwrap();
    // As it came, with what reads its state, and as it is run.
    assert_eq!(files_of_code(folder.path()).len(), 2);

    let after = sandbox(folder.path(), "/nowhere/rekindle".into());
    after.load(&configured.component, &configured.manifest).unwrap();
}

#[test]
fn what_takes_too_much_to_compile_is_rejected_and_the_next_is_compiled() {
    let folder = tempfile::tempdir().unwrap();
    let bomb = bomb();
    let too_much = |ulimit: &str| {
        let sandbox = sandbox(folder.path(), program_within(folder.path(), ulimit));
        sandbox.load(&bomb, &manifest()).err().unwrap().to_string()
    };
    let slow = too_much("-t 1");
    assert!(slow.starts_with("the module takes more than `60` s to compile;"), "{slow}");
    let large = too_much("-v 170000");
    assert!(large.starts_with("the module takes more than `4294967296` bytes to compile;"), "{large}");
    let module = fs::read(component_path("three-lines")).unwrap();
    sandbox(folder.path(), program()).inspect(&module).unwrap();
}

#[test]
fn a_compiler_that_is_not_there_is_no_fault_of_the_modules() {
    let folder = tempfile::tempdir().unwrap();
    let module = fs::read(component_path("three-lines")).unwrap();
    let inspected = sandbox(folder.path(), "/nowhere/rekindle".into()).inspect(&module);
    assert!(matches!(inspected, Err(CompileError::Unavailable(_))), "{inspected:?}");
}

/// Lets a campaign be published, changes what is kept of it while the server is down, and has it decide.
async fn decides_after(change: impl Fn(&Path)) {
    let mut house = House::open().await;
    let (inlet, key) = {
        let shop = house.tenant("shop").await;
        shop.publish("three-lines", json!({})).await;
        (shop.inlet.clone(), shop.key.clone())
    };
    house.stop().await;
    change(house.data());
    house.start().await;
    let event = added("u1", house.now(), "mug", 12.5).to_string();
    let signature = rekindle_tests::sign(rekindle_tests::SECRET, &event);
    rekindle_tests::deliver(&house, &inlet, event.into_bytes(), Some(&signature)).await;
    house.settle().await;
    let failures = house.call(Method::GET, "/v1/failures", &key, None).await;
    assert_eq!(failures["items"], json!([]));
    let ledger = house.call(Method::GET, "/v1/profiles/u1/ledger", &key, None).await;
    assert_eq!(ledger["items"].as_array().unwrap().len(), 1, "{ledger}");
    assert_eq!(files_of_code(house.data()).len(), 1, "what is not published is swept, what is comes back");
}

#[tokio::test]
async fn a_restart_takes_compiled_code_from_disk() {
    decides_after(|data| assert_eq!(files_of_code(data).len(), 2)).await;
}

#[tokio::test]
async fn compiled_code_may_be_deleted() {
    decides_after(|data| fs::remove_dir_all(data.join("compiled")).unwrap()).await;
}

#[tokio::test]
async fn damaged_code_is_compiled_again_while_its_causes_wait() {
    let damage = |data: &Path| {
        for file in files_of_code(data) {
            let mut bytes = fs::read(&file).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(&file, bytes).unwrap();
        }
    };
    decides_after(damage).await;
}
