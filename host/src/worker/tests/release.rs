//! What may leave the house, and when.

use super::*;

const DURABLE: usize = 4 * limits::DISPATCHED_PER_CHANNEL_MAX;

/// A loop whose beat never comes.
struct Slow {
    store: Memory,
    worker: Worker,
    _runtime: Runtime,
}

impl Slow {
    fn new() -> Self {
        Self::with(DURABLE)
    }

    /// With so many messages that are durable, and an event that makes one more.
    fn with(messages: usize) -> Self {
        let clock = Arc::new(ManualClock::new(at(NOON)));
        let (store, runtime) = (Memory::new(clock.clone()), Runtime::new().unwrap());
        let mut partition = conformance::acquire(&store).remove(0);
        let person = person_in(&partition.slots(), 0);
        let outbox_put = (0..messages).map(|number| entry(number, "push", &person)).collect();
        partition.commit(Commit { outbox_put, ..Commit::default() }).unwrap();
        partition.sync().unwrap();
        conformance::append(&store, vec![conformance::event(person.profile.as_str(), "m1")]);
        let shared = shared(&store, clock, vec![campaign("test", sends)], &runtime);
        let mut shared = Arc::into_inner(shared).unwrap();
        shared.sync_beat = Duration::from_secs(3_600);
        let worker = Worker::new(partition, Arc::default(), Arc::new(shared), sync_channel(1).1);
        Self { store, worker, _runtime: runtime }
    }

    /// Turns until so many messages went out.
    fn turn_until(&mut self, messages: usize) {
        for _ in 0..10_000 {
            self.worker.turn().unwrap();
            if self.messages() == messages {
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
        panic!("{} of {messages} messages went out", self.messages());
    }

    fn messages(&self) -> usize {
        let page = Page { tenant: shop(), page: String::new(), after: None };
        self.store.reports().rows(Book::Messages, &page, usize::MAX).unwrap().len()
    }
}

#[test]
fn what_waits_for_a_place_at_a_provider_does_not_wait_for_the_beat() {
    let mut slow = Slow::new();
    slow.worker.dispatch(at(NOON)).unwrap();
    slow.turn_until(DURABLE + 1);
}

#[test]
fn what_is_not_synced_does_not_go_out() {
    let mut slow = Slow::with(0);
    for _ in 0..10 {
        slow.worker.turn().unwrap();
    }
    assert!(slow.worker.since_sync.is_some(), "the event was decided upon, and nobody synced");
    assert_eq!(slow.messages(), 0);
    slow.worker.sync().unwrap();
    slow.turn_until(1);
}
