//! House rules that a machine can check: headers, lengths, walls, paths named in documents.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Who may know whom: a room's code may name `crate::` and these. A file directly under `src/` is a room of its own.
const WALLS: &[(&str, &[&str])] = &[
    (
        "admin",
        &[
            "catalogue",
            "channels",
            "check",
            "conditions",
            "domain",
            "experiments",
            "explain",
            "ledger",
            "mappings",
            "outbox",
            "policy",
            "profiles",
            "reports",
            "sandbox",
            "schedules",
            "settings",
            "store",
            "tenants",
            "worker",
            "zones",
        ],
    ),
    (
        "app",
        &[
            "admin",
            "callbacks",
            "channels",
            "conditions",
            "domain",
            "experiments",
            "ingest",
            "keyring",
            "listener",
            "outbox",
            "sandbox",
            "store",
            "telemetry",
            "tenants",
            "worker",
        ],
    ),
    ("callbacks", &["domain", "ingest", "mappings", "tenants"]),
    ("catalogue", &["domain"]),
    ("channels", &["domain"]),
    ("check", &["domain", "policy", "settings"]),
    ("cli", &["app", "demo", "domain", "scenario"]),
    ("conditions", &["domain"]),
    ("demo", &["domain"]),
    ("domain", &[]),
    ("experiments", &["domain", "form"]),
    ("explain", &["domain", "ledger", "profiles"]),
    ("faults", &[]),
    ("form", &["conditions", "domain"]),
    ("ingest", &["domain", "faults", "mappings", "store", "tenants"]),
    ("journal", &["domain", "faults", "store"]),
    ("keyring", &["domain"]),
    ("ledger", &["domain"]),
    ("lib", &[]),
    ("listener", &["domain"]),
    ("main", &[]),
    ("mappings", &["domain", "form"]),
    ("outbox", &["channels", "domain", "faults"]),
    ("policy", &["conditions", "domain", "form", "profiles", "zones"]),
    ("profiles", &["domain"]),
    ("reports", &["domain", "ledger", "zones"]),
    ("sandbox", &["conditions", "domain"]),
    (
        "scenario",
        &[
            "channels",
            "conditions",
            "domain",
            "form",
            "ingest",
            "ledger",
            "mappings",
            "outbox",
            "policy",
            "sandbox",
            "settings",
            "store",
            "worker",
        ],
    ),
    ("schedules", &["conditions", "domain", "zones"]),
    ("settings", &["domain", "experiments", "form", "policy"]),
    ("store", &["domain", "faults", "journal"]),
    ("telemetry", &[]),
    ("tenants", &["domain", "faults", "keyring", "mappings", "policy", "settings"]),
    (
        "worker",
        &[
            "catalogue",
            "channels",
            "conditions",
            "domain",
            "faults",
            "ledger",
            "outbox",
            "policy",
            "profiles",
            "reports",
            "sandbox",
            "schedules",
            "settings",
            "store",
        ],
    ),
    ("zones", &["domain"]),
];

/// Which rooms may name an outside library whose concepts must not spread.
const CONFINED: &[(&str, &[&str])] = &[
    ("aws_lc_rs", &["callbacks"]),
    ("axum", &["admin", "app", "callbacks", "ingest", "listener"]),
    ("chacha20poly1305", &["keyring"]),
    ("clap", &["cli"]),
    ("cronexpr", &["schedules"]),
    ("csv", &["admin", "catalogue"]),
    ("lettre", &["channels"]),
    ("mail_send", &["channels"]),
    ("redb", &["faults", "journal", "store", "tenants"]),
    ("reqwest", &["channels", "cli", "demo"]),
    ("statrs", &["experiments"]),
    ("wasmtime", &["sandbox"]),
    ("wasmtime_wizer", &["sandbox"]),
];

/// Lines of one file, tests excluded.
const FILE_LINES_MAX: usize = 400;
/// Files of equal-shaped entries, which may be longer.
const LISTS: &[&str] = &["host/src/domain/ids.rs", "host/src/domain/limits.rs"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests should be in the workspace").to_owned()
}

/// Every Rust file of ours, by its path from the root.
fn sources() -> BTreeMap<String, String> {
    let mut sources = BTreeMap::new();
    for package in ["host", "guest", "campaigns", "tests", "xtask", "bench", "fuzz/fuzz_targets"] {
        collect(&root(), &root().join(package), &mut sources);
    }
    sources
}

fn collect(root: &Path, directory: &Path, sources: &mut BTreeMap<String, String>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.map(|entry| entry.expect("a directory should be readable").path()) {
        if entry.is_dir() {
            collect(root, &entry, sources);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            let name = entry.strip_prefix(root).expect("a source should be below the root").display().to_string();
            sources.insert(name, fs::read_to_string(&entry).expect("a source should be readable"));
        }
    }
}

fn without_tests(source: &str) -> &str {
    source.split("#[cfg(test)]\nmod tests").next().unwrap_or(source)
}

/// Files that hold nothing but tests and what serves them.
fn is_test(path: &str) -> bool {
    path.starts_with("tests/")
        || path.contains("/tests/")
        || path.contains("/conformance")
        || path.contains("/fuzzing")
        || path.ends_with("/tests.rs")
}

/// Every file that is not a test.
fn code() -> impl Iterator<Item = (String, String)> {
    sources().into_iter().filter(|(path, _)| !is_test(path))
}

/// The room of a host's file: the folder or file under `host/src`.
fn room(path: &str) -> Option<&str> {
    path.strip_prefix("host/src/")?.split(['/', '.']).next()
}

fn report(complaints: &[String]) {
    let mut text = String::new();
    complaints.iter().for_each(|complaint| writeln!(text, "  {complaint}").expect("text should take text"));
    assert!(complaints.is_empty(), "the house is untidy:\n{text}");
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent = sources().into_iter().filter(|(_, source)| !source.starts_with("//! "));
    report(&silent.map(|(path, _)| format!("{path}: begin with a `//!` header")).collect::<Vec<_>>());
}

#[test]
fn files_stay_short() {
    let length = |source: &str| without_tests(source).lines().count();
    let long = code().filter(|(path, source)| length(source) > FILE_LINES_MAX && !LISTS.contains(&path.as_str()));
    report(
        &long
            .map(|(path, source)| format!("{path}: {} lines, the wall is {FILE_LINES_MAX}", length(&source)))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn rooms_know_only_whom_they_may() {
    let mut complaints = Vec::new();
    for (path, source) in code() {
        let Some(room) = room(&path) else { continue };
        let Some((_, allowed)) = WALLS.iter().find(|(name, _)| *name == room) else {
            complaints.push(format!("{path}: the room `{room}` has no line in WALLS"));
            continue;
        };
        for known in rooms_named(without_tests(&source)) {
            if known != room && !allowed.contains(&known.as_str()) {
                complaints.push(format!("{path}: `{room}` must not know `{known}`"));
            }
        }
    }
    report(&complaints);
}

/// The rooms named by `crate::…`, singly and in braces.
fn rooms_named(source: &str) -> Vec<String> {
    let code: String =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut named = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        if !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            named.push(name);
        }
    }
    named
}

#[test]
fn outside_libraries_stay_in_their_rooms() {
    let mut complaints = Vec::new();
    for (path, source) in code() {
        let Some(room) = room(&path) else { continue };
        for (library, rooms) in CONFINED {
            let code = without_tests(&source).lines().filter(|line| !line.trim_start().starts_with("//"));
            let names_it = code.clone().any(|line| line.contains(&format!("{library}::")));
            if names_it && !rooms.contains(&room) {
                complaints.push(format!("{path}: `{room}` must not know the library `{library}`"));
            }
        }
    }
    report(&complaints);
}

#[test]
fn every_campaign_has_cases() {
    let campaigns = fs::read_dir(root().join("campaigns")).expect("there should be campaigns");
    let mut complaints = Vec::new();
    for campaign in campaigns.map(|entry| entry.expect("a directory should be readable").path()) {
        let mut sources = BTreeMap::new();
        collect(&root(), &campaign, &mut sources);
        if !sources.values().any(|source| source.contains("#[test]")) {
            complaints.push(format!("{}: a campaign without a test", campaign.display()));
        }
    }
    report(&complaints);
}

#[test]
fn paths_named_in_documents_exist() {
    let mut complaints = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(&document).expect("a document should be readable");
        for path in text.split('`').skip(1).step_by(2).filter(|quoted| is_path(quoted)) {
            if !root().join(path.trim_end_matches('/')).exists() && !root().join("host/src").join(path).exists() {
                complaints.push(format!("{}: `{path}` does not exist", document.display()));
            }
        }
    }
    report(&complaints);
}

fn documents() -> Vec<PathBuf> {
    let mut documents: Vec<PathBuf> =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name)).to_vec();
    let Ok(entries) = fs::read_dir(root().join("docs")) else { return documents };
    documents.extend(entries.map(|entry| entry.expect("a directory should be readable").path()));
    documents.retain(|document| document.extension().is_some_and(|extension| extension == "md"));
    documents
}

/// What looks like a path of this project: a known folder in front, no blanks, no placeholders.
fn is_path(quoted: &str) -> bool {
    let folders = ["host/", "guest/", "wit/", "campaigns/", "tests/", "xtask/", "bench/", "docs/", "fuzz/", ".ci/"];
    folders.iter().any(|folder| quoted.starts_with(folder)) && !quoted.contains([' ', '<', '{', '*', '…'])
}
