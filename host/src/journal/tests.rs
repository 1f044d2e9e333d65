//! The whole journal on real files: what it promises when disks fail, processes die, and files grow.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use tempfile::TempDir;

use super::disk::MachineDisk;
use super::*;
use crate::domain::{ManualClock, Timestamp};
use crate::store::conformance::{NOON, event, wait};

use Appended::{Duplicate, Fresh};

const ALL_SLOTS: Range<u16> = 0..limits::SLOTS;

struct Place {
    dir: TempDir,
    bounds: Bounds,
}

impl Place {
    fn new() -> Self {
        Self { dir: TempDir::new().unwrap(), bounds: Bounds::default() }
    }

    fn open(&self) -> Journal {
        self.open_on(Box::new(MachineDisk))
    }

    fn open_on(&self, disk: Box<dyn Disk>) -> Journal {
        self.try_open_on(disk).unwrap_or_else(|err| panic!("{err}"))
    }

    fn try_open_on(&self, disk: Box<dyn Disk>) -> Result<Journal, StoreError> {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(NOON)));
        Journal::open_with(self.dir.path(), Position::default(), clock, disk, self.bounds)
    }

    fn segments(&self) -> Vec<PathBuf> {
        let bases = segment::list(self.dir.path()).unwrap();
        bases.into_iter().map(|base| segment::path(self.dir.path(), base)).collect()
    }

    /// The directory as a kill at this moment would leave it.
    fn killed(&self) -> Self {
        let dir = TempDir::new().unwrap();
        for entry in fs::read_dir(self.dir.path()).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, dir.path().join(path.file_name().unwrap())).unwrap();
        }
        Self { dir, bounds: self.bounds }
    }
}

fn keep(journal: &Journal, message: &str) -> Result<Appended, StoreError> {
    wait(journal.append(vec![event("u1", message)])).map(|answers| answers[0])
}

fn keep_all(journal: &Journal, numbers: Range<u32>) {
    for number in numbers {
        assert_eq!(keep(journal, &format!("m{number}")).unwrap(), Fresh);
    }
}

fn read_all(journal: &Journal) -> Vec<String> {
    let pulled = journal.reader(ALL_SLOTS).read(journal.begin(), usize::MAX).unwrap();
    pulled.entries.iter().map(|entry| entry.inbound.message_id().to_string()).collect()
}

/// A disk on which one call fails, and everything after it would work.
struct FailingDisk {
    calls_left: usize,
    /// Whether the failing call did a part of what it should.
    is_torn: bool,
    /// How writing fails.
    kind: io::ErrorKind,
}

impl FailingDisk {
    fn fails(&mut self) -> bool {
        self.calls_left = self.calls_left.wrapping_sub(1);
        self.calls_left == usize::MAX
    }
}

impl Disk for FailingDisk {
    fn write(&mut self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        if self.fails() {
            let part = if self.is_torn { bytes.len() / 2 } else { 0 };
            MachineDisk.write(file, &bytes[..part], at)?;
            return Err(self.kind.into());
        }
        MachineDisk.write(file, bytes, at)
    }

    fn flush(&mut self, file: &File) -> io::Result<()> {
        if self.fails() { Err(io::Error::other("the disk is gone")) } else { MachineDisk.flush(file) }
    }

    fn take_back(&mut self, file: &File, end: u64) -> io::Result<()> {
        MachineDisk.take_back(file, end)
    }
}

#[test]
fn nothing_is_acknowledged_after_a_write_or_flush_failed() {
    for (calls, is_torn) in (0..8).flat_map(|calls| [(calls, false), (calls, true)]) {
        let place = Place::new();
        let journal = place.open_on(Box::new(FailingDisk { calls_left: calls, is_torn, kind: io::ErrorKind::Other }));
        let answers: Vec<_> = (0..8).map(|number| keep(&journal, &format!("m{number}"))).collect();
        let kept = answers.iter().take_while(|answer| matches!(answer, Ok(Fresh))).count();
        assert_eq!(kept, calls / 2);
        let is_refused = |answer: &Result<_, _>| matches!(answer, Err(StoreError::Unavailable(_)));
        assert!(answers[kept..].iter().all(is_refused), "{answers:?}");
        assert!(journal.health().is_err(), "who watches should hear of it");
        assert_eq!(read_all(&journal).len(), kept);
        drop(journal);

        let journal = place.open();
        assert!(journal.health().is_ok());
        let found = read_all(&journal);
        assert!(found.len() == kept || found.len() == kept + 1, "what failed may be there or not: {found:?}");
        for number in 0..8 {
            let is_there = found.contains(&format!("m{number}"));
            assert_eq!(keep(&journal, &format!("m{number}")).unwrap(), if is_there { Duplicate } else { Fresh });
        }
        assert_eq!(read_all(&journal), (0..8).map(|number| format!("m{number}")).collect::<Vec<_>>());
    }
}

#[test]
fn a_refusal_says_why_and_what_to_do() {
    let journal =
        Place::new().open_on(Box::new(FailingDisk { calls_left: 1, is_torn: false, kind: io::ErrorKind::Other }));
    for message in ["m1", "m2"] {
        let text = keep(&journal, message).unwrap_err().to_string();
        assert!(text.starts_with("the store is unavailable: the journal stopped, restart to recover: "), "{text}");
        assert!(text.ends_with("0000000000000000.journal`: the disk is gone"), "{text}");
    }
}

/// What the journal says while its disk is full.
fn setback(journal: &Journal) -> String {
    journal.health().unwrap_err().to_string()
}

#[test]
fn what_does_not_fit_is_refused_and_kept_when_there_is_room_again() {
    for is_torn in [false, true] {
        let place = Place::new();
        let kind = io::ErrorKind::StorageFull;
        let journal = place.open_on(Box::new(FailingDisk { calls_left: 2, is_torn, kind }));
        assert_eq!(keep(&journal, "m0").unwrap(), Fresh);
        let refusal = keep(&journal, "m1").unwrap_err();
        assert!(
            matches!(&refusal, StoreError::Unavailable(why) if why.ends_with("no storage space; make room")),
            "{refusal}"
        );
        assert_eq!(setback(&journal), refusal.to_string());
        assert_eq!(keep(&journal, "m1").unwrap(), Fresh, "it was not kept before");
        assert_eq!(keep(&journal, "m0").unwrap(), Duplicate);
        assert!(journal.health().is_ok());
        assert_eq!(read_all(&journal), ["m0", "m1"]);
        assert_eq!(read_all(&place.killed().open()), ["m0", "m1"]);
    }
}

#[test]
fn a_journal_whose_disk_was_full_notices_by_itself_that_there_is_room() {
    let kind = io::ErrorKind::StorageFull;
    let place = Place::new();
    let journal = place.open_on(Box::new(FailingDisk { calls_left: 0, is_torn: true, kind }));
    keep(&journal, "m0").unwrap_err();
    let looks = 0..100;
    let is_well = looks.into_iter().any(|_| {
        thread::sleep(Duration::from_millis(100));
        journal.health().is_ok()
    });
    assert!(is_well);
    assert_eq!(keep(&journal, "m0").unwrap(), Fresh);
    assert_eq!(read_all(&journal), ["m0"]);
}

/// A disk that counts flushes, and flushes only while nobody holds the gate.
struct GatedDisk {
    gate: Arc<Mutex<()>>,
    flushes: Arc<AtomicUsize>,
}

impl Disk for GatedDisk {
    fn write(&mut self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        MachineDisk.write(file, bytes, at)
    }

    fn flush(&mut self, file: &File) -> io::Result<()> {
        let _open = self.gate.lock().unwrap();
        self.flushes.fetch_add(1, Ordering::SeqCst);
        MachineDisk.flush(file)
    }

    fn take_back(&mut self, file: &File, end: u64) -> io::Result<()> {
        MachineDisk.take_back(file, end)
    }
}

#[test]
fn what_waits_is_flushed_together_and_too_much_is_refused_at_once() {
    let (gate, flushes) = (Arc::new(Mutex::new(())), Arc::new(AtomicUsize::new(0)));
    let place = Place::new();
    let journal = place.open_on(Box::new(GatedDisk { gate: gate.clone(), flushes: flushes.clone() }));
    let closed = gate.lock().unwrap();
    let mut waiting = Vec::new();
    let refused = loop {
        let mut append = Box::pin(journal.append(vec![event("u1", &format!("m{}", waiting.len()))]));
        match append.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            std::task::Poll::Ready(answer) => break answer.unwrap_err(),
            std::task::Poll::Pending => waiting.push(append),
        }
    };
    assert_eq!(refused.to_string(), "the store is unavailable: too many requests wait for the journal");
    assert!(waiting.len() >= limits::APPENDS_WAITING_MAX);
    let count = waiting.len();
    drop(closed);
    for append in waiting {
        assert_eq!(wait(append).unwrap(), [Fresh]);
    }
    assert!(flushes.load(Ordering::SeqCst) <= 3, "one for the first, one for all that waited");
    assert_eq!(read_all(&journal).len(), count);
}

#[test]
fn an_append_that_nobody_waits_for_is_kept_all_the_same() {
    let journal = Place::new().open();
    {
        let mut append = pin!(journal.append(vec![event("u1", "m1")]));
        let _ = append.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
    assert_eq!(keep(&journal, "m1").unwrap(), Duplicate);
}

#[test]
fn a_kill_loses_nothing_acknowledged_and_no_id() {
    let mut place = Place::new();
    place.bounds.segment_bytes = 1_000;
    place.bounds.chunk.ids = 7;
    let journal = place.open();
    for number in 0..40 {
        assert_eq!(keep(&journal, &format!("m{number}")).unwrap(), Fresh);
        if number % 5 == 0 {
            let killed = place.killed();
            let journal = killed.open();
            assert_eq!(read_all(&journal).len(), number + 1);
            for number in 0..=number {
                assert_eq!(keep(&journal, &format!("m{number}")).unwrap(), Duplicate);
            }
        }
    }
}

#[test]
fn a_segment_that_was_begun_and_not_used_is_begun_again() {
    let mut place = Place::new();
    place.bounds.segment_bytes = 500;
    let journal = place.open();
    keep_all(&journal, 0..3);
    let end = journal.end();
    drop(journal);
    for head_bytes in [0, 5, segment::HEAD_BYTES] {
        let killed = place.killed();
        let (head, _) = segment::create(killed.dir.path(), end, Timestamp::from_millis(NOON)).unwrap();
        head.set_len(head_bytes as u64).unwrap();
        let journal = killed.open();
        keep_all(&journal, 3..6);
        assert_eq!(read_all(&journal), ["m0", "m1", "m2", "m3", "m4", "m5"]);
    }
}

#[test]
fn segments_go_when_they_are_consumed_and_indexed() {
    let mut place = Place::new();
    place.bounds.segment_bytes = 1_000;
    let journal = place.open();
    keep_all(&journal, 0..30);
    let segments = place.segments();
    assert!(segments.len() > 3);
    let consumed = journal.reader(ALL_SLOTS).read(journal.begin(), 15).unwrap().upto;
    journal.trim(consumed);
    assert_eq!(place.segments(), segments, "no id is in the index yet");
    drop(journal);
    let left = place.segments();
    assert!(left.len() > 1 && left.len() < segments.len(), "who files the ids removes what waited for that");

    let journal = place.open();
    let rest = journal.reader(ALL_SLOTS).read(consumed, usize::MAX).unwrap();
    assert_eq!(rest.entries.len(), 15);
    let error = journal.reader(ALL_SLOTS).read(Position::default(), 1).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error}");
    journal.trim(journal.end());
    assert_eq!(place.segments().len(), 1);
    drop(journal);

    let journal = place.open();
    assert_eq!(keep(&journal, "m0").unwrap(), Duplicate);
    assert_eq!(keep(&journal, "m30").unwrap(), Fresh);
}

/// Segments go behind everybody's back.
fn until(done: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if done() {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("it should have happened");
}

#[test]
fn what_is_to_go_goes_when_it_is_consumed_however_little_it_is() {
    let journal = Place::new();
    let (place, journal) = (&journal, journal.open());
    keep_all(&journal, 0..3);
    let (first, consumed) = (place.segments(), journal.end());
    journal.trim(consumed);
    journal.retire(consumed);
    until(|| place.segments().iter().all(|segment| !first.contains(segment)));
    keep_all(&journal, 3..6);
    assert_eq!(place.segments().len(), 1, "what came since is not to go");
    let rest = journal.reader(ALL_SLOTS).read(consumed, usize::MAX).unwrap();
    assert_eq!(rest.entries.len(), 3);
    assert_eq!(keep(&journal, "m0").unwrap(), Duplicate);
}

#[test]
fn a_reader_far_behind_reads_on_in_segments_that_were_removed_meanwhile() {
    let mut place = Place::new();
    place.bounds.segment_bytes = 1_000;
    place.bounds.chunk.ids = 1;
    let journal = place.open();
    keep_all(&journal, 0..30);
    let mut reader = journal.reader(ALL_SLOTS);
    let first = reader.read(Position::default(), 1).unwrap();
    let second = journal.reader(ALL_SLOTS).read(first.upto, 1).unwrap();
    journal.trim(journal.end());
    assert_eq!(reader.read(first.upto, 1).unwrap(), second);
}

#[test]
fn too_long_a_backlog_is_refused_until_it_is_consumed() {
    let mut place = Place::new();
    place.bounds.backlog_bytes = 1_000;
    let journal = place.open();
    let refused = (0..100).find_map(|number| keep(&journal, &format!("m{number}")).err()).unwrap();
    assert!(matches!(&refused, StoreError::Unavailable(why) if why.contains("bytes behind")), "{refused}");
    journal.trim(journal.end());
    assert_eq!(keep(&journal, "next").unwrap(), Fresh);
}

#[test]
fn a_missing_segment_is_damage() {
    let mut place = Place::new();
    place.bounds.segment_bytes = 1_000;
    keep_all(&place.open(), 0..30);
    let segments = place.segments();
    for lost in [&segments[1], segments.last().unwrap()] {
        let killed = place.killed();
        fs::remove_file(killed.dir.path().join(lost.file_name().unwrap())).unwrap();
        let error = killed.try_open_on(Box::new(MachineDisk)).err().unwrap();
        assert!(matches!(error, StoreError::Corrupt(_)), "{error}");
    }
}

#[test]
fn what_the_index_knows_must_be_in_the_journal() {
    let place = Place::new();
    keep_all(&place.open(), 0..3);
    let segment = &place.segments()[0];
    let bytes = fs::metadata(segment).unwrap().len();
    File::options().write(true).open(segment).unwrap().set_len(bytes - 1).unwrap();
    let error = place.try_open_on(Box::new(MachineDisk)).err().unwrap();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error}");
    assert_eq!(fs::metadata(segment).unwrap().len(), bytes - 1, "damage is left as it is");
}

#[test]
fn readers_of_all_shares_find_everything_whatever_the_chunk() {
    let place = Place::new();
    let journal = place.open();
    // Some of them are larger than what a reader takes at one time.
    for number in 0..12 {
        let mut inbound = event(&format!("u{number}"), &format!("m{number}"));
        let crate::domain::Substance::Event { event, .. } = &mut inbound.substance else { panic!("it is an event") };
        let length = if number % 3 == 0 { limits::READ_CHUNK_BYTES + 1_000 * number } else { 100 };
        event.body = crate::domain::Json::parse(&format!("\"{}\"", "x".repeat(length))).unwrap();
        wait(journal.append(vec![inbound])).unwrap();
    }
    let mut found = BTreeSet::new();
    for share in 0..8 {
        let slots = share * 32..(share + 1) * 32;
        let pulled = journal.reader(slots.clone()).read(Position::default(), usize::MAX).unwrap();
        assert_eq!(pulled.upto, journal.end());
        found.extend(pulled.entries.into_iter().map(|entry| (entry.position, slots.start, entry.inbound.slot())));
    }
    assert_eq!(found.len(), 12);
}
