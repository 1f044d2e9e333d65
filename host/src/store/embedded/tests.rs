//! What only this back end can do wrong: the conformance suite on its files, any sequence of calls against the naive
//! model, kills among them, and what files can suffer.

mod model;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use tempfile::TempDir;

use super::*;
use crate::domain::{ManualClock, Timestamp};
use crate::store::Commit;
use crate::store::conformance::{self, NOON, Premises, acquire, append, at, event, person_in, pull, shop};

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_millis(NOON)))
}

fn open(dir: &TempDir) -> Result<Embedded, StoreError> {
    Embedded::open(dir.path(), clock())
}

fn refusal(dir: &TempDir) -> String {
    open(dir).err().expect("it should not open").to_string()
}

/// The directory as a kill at this moment would leave it.
fn killed(from: &Path) -> TempDir {
    let to = TempDir::new().unwrap();
    copy(from, to.path());
    to
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&path, &to);
        } else {
            fs::copy(path, to).unwrap();
        }
    }
}

/// A closed store that has consumed something, and holds a profile in each partition.
fn lived_in() -> TempDir {
    let dir = TempDir::new().unwrap();
    let store = open(&dir).unwrap();
    append(&store, vec![event("u1", "m1")]);
    for partition in &mut acquire(&store) {
        let profiles = vec![(person_in(&partition.slots(), 0), Some(b"one".to_vec()))];
        partition.commit(Commit { upto: store.end(), profiles, ..Commit::default() }).unwrap();
        partition.sync().unwrap();
    }
    dir
}

#[test]
fn the_embedded_store_does_what_every_store_must() {
    conformance::check(|| {
        let (clock, dir) = (clock(), TempDir::new().unwrap());
        let time = clock.clone();
        Premises { clock, open: Box::new(move || Box::new(Embedded::open(dir.path(), time.clone()).unwrap())) }
    });
}

#[test]
fn a_kill_takes_back_what_was_not_synced_and_no_more() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir).unwrap();
    append(&store, vec![event("u1", "m1")]);
    let mut partitions = acquire(&store);
    let person = person_in(&partitions[0].slots(), 0);
    let profiles = vec![(person.clone(), Some(b"synced".to_vec()))];
    partitions[0].commit(Commit { profiles, ..Commit::default() }).unwrap();
    partitions[0].sync().unwrap();
    let profiles = vec![(person.clone(), Some(b"not synced".to_vec()))];
    partitions[0].commit(Commit { upto: store.end(), profiles, ..Commit::default() }).unwrap();
    assert_eq!(partitions[0].load(&person).unwrap(), Some(b"not synced".to_vec()));

    let killed = killed(dir.path());
    let store = open(&killed).unwrap();
    let partition = &mut acquire(&store)[0];
    assert_eq!(partition.load(&person).unwrap(), Some(b"synced".to_vec()));
    assert_eq!(partition.position(), Position::default());
    assert_eq!(pull(partition.as_mut(), usize::MAX).unwrap().upto, store.end());
}

#[test]
fn a_house_has_one_master() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir).unwrap();
    let text = refusal(&dir);
    assert!(text.ends_with("is in use by another process: stop it, or use another directory"), "{text}");
    let partitions = acquire(&store);
    drop(store);
    assert!(open(&dir).is_err(), "its partitions are still out");
    drop(partitions);
    open(&dir).unwrap();
}

#[test]
fn a_house_of_another_plan_is_not_entered() {
    let dir = lived_in();
    let plan = dir.path().join("house.json");
    let text = fs::read_to_string(&plan).unwrap();
    expect_test::expect![[r#"
        {"format":2,"slots":256,"partitions":4}
    "#]]
    .assert_eq(&text);
    fs::write(&plan, text.replace('4', "8")).unwrap();
    assert!(refusal(&dir).contains("was made for `Plan { format: 2, slots: 256, partitions: 8 }`"));
    fs::write(&plan, "").unwrap();
    assert!(refusal(&dir).starts_with("the store is damaged: "));
}

#[test]
fn a_house_without_its_journal_is_not_entered() {
    let dir = lived_in();
    fs::remove_dir_all(dir.path().join("journal")).unwrap();
    let text = refusal(&dir);
    assert!(text.contains("ends at 0, but was consumed up to "), "{text}");
}

#[test]
fn a_file_that_is_no_state_is_not_taken_for_one() {
    let dir = lived_in();
    fs::write(dir.path().join("state-2.redb"), [7; 10_000]).unwrap();
    let text = refusal(&dir);
    assert!(text.contains("state-2.redb"), "{text}");
}

/// What a store says of everything in it.
fn told_by(dir: &TempDir) -> Result<Vec<String>, StoreError> {
    let store = open(dir)?;
    let mut told = vec![format!("{:?}", store.reports().profiles(&shop(), None, usize::MAX)?)];
    for partition in store.acquire(&[])? {
        told.push(format!("{:?} {:?}", partition.position(), partition.due(&shop(), at(i64::MAX), usize::MAX)?));
    }
    Ok(told)
}

#[test]
fn a_bit_flipped_in_a_state_is_noticed_or_changes_nothing() {
    let dir = lived_in();
    let expected = told_by(&dir).unwrap();
    let whole = fs::read(dir.path().join("state-0.redb")).unwrap();
    thread::scope(|scope| {
        for flip in 0..24 {
            let (dir, whole, expected) = (&dir, &whole, &expected);
            let told = scope.spawn(move || {
                let mut bytes = whole.clone();
                // Spread over the file and over the bits of a byte.
                bytes[whole.len() / 24 * flip + 37 * flip % 1_000] ^= 1 << (flip % 8);
                let flipped = killed(dir.path());
                fs::write(flipped.path().join("state-0.redb"), bytes).unwrap();
                told_by(&flipped)
            });
            // The engine may panic over its own pages: that is noticing, too.
            if let Ok(Ok(told)) = told.join() {
                assert_eq!(told, *expected, "flip {flip}");
            }
        }
    });
}
