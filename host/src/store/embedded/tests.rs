//! What only this back end can do wrong: the conformance suite on its files, any sequence of calls against the naive
//! model, kills among them, and what files can suffer.

mod model;

use std::fs;
use std::path::{Path, PathBuf};
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

/// Every file of a directory.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// All that a store says, asked for everything; or what it says of the damage.
fn all_it_says(dir: &Path) -> Result<String, StoreError> {
    let store = Embedded::open(dir, clock())?;
    let signals: Vec<_> = (0..store.partitions()).map(|_| Arc::default()).collect();
    let mut says = String::new();
    for partition in &mut store.acquire(&signals)? {
        let pulled = partition.pull(Position::default(), usize::MAX)?;
        let person = person_in(&partition.slots(), 0);
        let due = partition.due(&shop(), Timestamp::from_millis(i64::MAX / 2), usize::MAX)?;
        let profile = partition.load(&person)?;
        says += &format!("{:?} {:?} {pulled:?} {profile:?} {due:?}", partition.slots(), partition.position());
    }
    says += &format!("{:?}", store.reports().profiles(&shop(), None, usize::MAX)?);
    Ok(says)
}

#[test]
fn a_flipped_bit_is_told_with_the_files_name_or_changes_nothing() {
    let dir = lived_in();
    let good = all_it_says(dir.path()).unwrap();
    let mut outcomes = [0, 0];
    for (number, file) in files(dir.path()).into_iter().enumerate().cycle().take(240) {
        let bytes = fs::read(&file).unwrap();
        if bytes.is_empty() {
            continue;
        }
        let round = outcomes[0] + outcomes[1];
        // The head of each file in the first rounds, then anywhere.
        let span = if round < 120 { bytes.len().min(512) } else { bytes.len() };
        let bit = (round * 7_919 + number * 104_729) % (span * 8);
        let copied = killed(dir.path());
        let place = copied.path().join(file.strip_prefix(dir.path()).unwrap());
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&place, flipped).unwrap();
        match all_it_says(copied.path()) {
            Ok(says) => {
                assert_eq!(says, good, "{} bit {bit}", place.display());
                outcomes[0] += 1;
            }
            Err(error) => {
                let (text, name) = (error.to_string(), file.file_name().unwrap().to_string_lossy().into_owned());
                let is_named = text.contains(&name) || text.contains("/journal`") || text.contains("journal begins");
                assert!(is_named, "{} bit {bit}: {text}", place.display());
                outcomes[1] += 1;
            }
        }
    }
    assert!(outcomes[1] > 60, "{outcomes:?} harmless and told");
}

#[test]
fn a_partition_whose_file_failed_goes_on_where_the_file_says() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir).unwrap();
    append(&store, vec![event("u1", "m1")]);
    let partition = &mut acquire(&store)[0];
    let person = person_in(&partition.slots(), 0);
    let commit = |body: &[u8]| Commit { profiles: vec![(person.clone(), Some(body.to_vec()))], ..Commit::default() };
    partition.commit(commit(b"synced")).unwrap();
    partition.sync().unwrap();
    let known = partition.position();
    partition.commit(Commit { upto: store.end(), ..commit(b"not synced") }).unwrap();

    store.house.states[0].file.fail();
    assert!(matches!(partition.load(&person), Err(StoreError::Unavailable(_))));
    let text = partition.pull(partition.position(), usize::MAX).unwrap_err().to_string();
    assert!(text.ends_with(&format!("were opened again, at {}", partition.position())), "{text}");
    let body = if partition.position() == known { b"synced".to_vec() } else { b"not synced".to_vec() };
    assert_eq!(partition.load(&person).unwrap(), Some(body), "position and profile are of one commit");
    partition.commit(commit(b"again")).unwrap();
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
        {"format":6,"slots":256,"partitions":4}
    "#]]
    .assert_eq(&text);
    fs::write(&plan, text.replace("\"partitions\":4", "\"partitions\":8")).unwrap();
    assert!(refusal(&dir).contains("was made for `Plan { format: 6, slots: 256, partitions: 8 }`"));
    fs::write(&plan, text.replace("\"format\":6", "\"format\":5")).unwrap();
    assert!(refusal(&dir).ends_with(
        "this version is for `Plan { format: 6, slots: 256, partitions: 4 }`: use the version that made it, or another \
         directory"
    ));
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
