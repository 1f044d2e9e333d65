//! Hands entries to their channels: from the partitions' loops, which are plain threads, to tasks of the runtime, and
//! back. Whatever happens to an attempt (it ends, hangs, panics, is dropped with the runtime), its entry comes back
//! exactly once, with a receipt.

use std::sync::Arc;
use std::thread;

use tokio::runtime::Handle;

use super::health::Rest;
use super::places::{Bounds, Declined, LaneNumber, Place, Places};
use super::{Entry, telemetry};
use crate::channels::{Channel, Line, Message, Receipt};
use crate::domain::{Clock, InstructionId, Json, Signal, Stopwatch, TenantId, Timestamp};
use crate::faults::{self, Point};

/// An attempt that ended.
#[derive(Debug)]
pub struct Settlement {
    /// As it was dispatched: `settle` counts the attempt.
    pub entry: Entry,
    /// What came of it.
    pub receipt: Receipt,
    /// To be held until the entry's fate is committed.
    pub place: Place,
}

/// Brings a settlement home; called on a thread of the runtime, so it must not block. A channel of `limits::DISPATCHED_MAX`
/// messages never does: so many places there are, and a settlement that waits in it holds one.
pub type Settled = Box<dyn FnOnce(Settlement) + Send>;

/// The one of the house. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Dispatcher {
    places: Arc<Places>,
    bounds: Bounds,
    runtime: Handle,
    clock: Arc<dyn Clock>,
}

/// Which lines rest, for who is only to look. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Rests(Arc<Places>);

/// A partition's way to the dispatcher.
#[derive(Debug)]
pub struct Lane {
    dispatcher: Dispatcher,
    number: LaneNumber,
}

impl Dispatcher {
    /// Sets it up. Attempts run on `runtime`, which needs its timers and IO.
    pub fn new(runtime: Handle, clock: Arc<dyn Clock>) -> Self {
        Self::bounded(runtime, clock, Bounds::HOUSE)
    }

    fn bounded(runtime: Handle, clock: Arc<dyn Clock>, bounds: Bounds) -> Self {
        Self { places: Arc::new(Places::new(bounds)), bounds, runtime, clock }
    }

    /// A lane for another partition, for as long as the house stands. The signal is raised when there is room again in a
    /// channel that was busy.
    pub fn lane(&self, signal: Arc<Signal>) -> Lane {
        Lane { dispatcher: self.clone(), number: self.places.add_lane(signal) }
    }

    /// A look at the lines that rest.
    pub fn rests(&self) -> Rests {
        Rests(Arc::clone(&self.places))
    }

    /// Dispatches no more, and ends when nothing is under way: every attempt has ended and its fate is committed. The
    /// loops must still run; the caller bounds how long it waits. What is broken off by then is due again.
    pub async fn drain(&self) {
        self.places.drain().await;
    }
}

impl Rests {
    /// The rest that a line has at `now`.
    pub fn of(&self, line: &Line, now: Timestamp) -> Option<Rest> {
        self.0.rest(line, now)
    }
}

impl Lane {
    /// How many entries may be dispatched now. With none, there is no need to look for those that are due.
    pub fn room(&self) -> usize {
        self.dispatcher.places.room(self.number)
    }

    /// Whether the entry is with its provider, or its fate is not committed yet.
    pub fn is_under_way(&self, tenant: &TenantId, id: &InstructionId) -> bool {
        self.dispatcher.places.is_under_way(tenant, id)
    }

    /// Until when a tenant's channel is left alone, because its provider did not answer or asked for it.
    pub fn rests_until(&self, channel: &Line, now: Timestamp) -> Option<Timestamp> {
        self.dispatcher.places.rests_until(channel, now)
    }

    /// Has the entry attempted over the channel, to a person with these traits, where it wants them. Unless it is declined, `settled` is
    /// called exactly once.
    pub fn dispatch(
        &self,
        entry: Entry,
        traits: Option<Json>,
        channel: Arc<dyn Channel>,
        settled: Settled,
    ) -> Result<(), Declined> {
        let Dispatcher { places, bounds, runtime, clock } = &self.dispatcher;
        let place = places.take(self.number, &entry, channel.under_way_max())?;
        let message = entry.message(clock.now(), traits);
        let attempt = Attempt {
            provider: channel.provider(),
            stopwatch: Stopwatch::start(),
            clock: Arc::clone(clock),
            unsettled: Some(Unsettled { entry, place, settled }),
        };
        runtime.spawn(attempt.run(channel, message, *bounds));
        Ok(())
    }
}

/// An attempt under way; settled at the latest when it is dropped.
struct Attempt {
    provider: &'static str,
    stopwatch: Stopwatch,
    clock: Arc<dyn Clock>,
    unsettled: Option<Unsettled>,
}

struct Unsettled {
    entry: Entry,
    place: Place,
    settled: Settled,
}

impl Attempt {
    async fn run(mut self, channel: Arc<dyn Channel>, message: Message, bounds: Bounds) {
        faults::pass(Point::ProviderCalling);
        let receipt = match tokio::time::timeout(bounds.attempt, channel.deliver(&message)).await {
            Ok(receipt) => receipt,
            Err(_) => retry(format!("no receipt within {} ms", bounds.attempt.as_millis())),
        };
        faults::pass(Point::ProviderAnswered);
        self.settle(receipt);
    }

    fn settle(&mut self, receipt: Receipt) {
        let Some(Unsettled { entry, place, settled }) = self.unsettled.take() else { return };
        telemetry::attempted(self.provider, &receipt, self.stopwatch.elapsed());
        place.note(&receipt, self.clock.now());
        settled(Settlement { entry, receipt, place });
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if let Some(Unsettled { entry, .. }) = &self.unsettled
            && thread::panicking()
        {
            tracing::error!(tenant = %entry.tenant, id = %entry.id, provider = self.provider, "a channel panicked");
        }
        self.settle(retry("the attempt was broken off inside the server".to_owned()));
    }
}

fn retry(reason: String) -> Receipt {
    Receipt::Retry { reason, after: None }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::time::Duration;

    use tokio::runtime::Runtime;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::channels::Delivering;
    use crate::domain::{ManualClock, limits};
    use crate::outbox::entry::tests::{entry, second};

    const PATIENCE: Duration = Duration::from_secs(10);

    /// What a channel does with a message, by the attempt's step.
    struct Moody {
        gate: Semaphore,
        seen: Mutex<Vec<Message>>,
        busy: AtomicUsize,
        busiest: AtomicUsize,
    }

    impl Moody {
        fn new(open: usize) -> Arc<Self> {
            let (seen, busy, busiest) = Default::default();
            Arc::new(Self { gate: Semaphore::new(open), seen, busy, busiest })
        }

        async fn behave(&self, message: &Message) -> Receipt {
            let _permit = self.gate.acquire().await.expect("the gate should stay open");
            match message.step.as_str() {
                "panic" => panic!("a channel with a bug"),
                "hang" => std::future::pending().await,
                "refuse" => Receipt::Refused { reason: "no".to_owned() },
                _ => Receipt::Accepted { note: None },
            }
        }
    }

    impl Channel for Moody {
        fn provider(&self) -> &'static str {
            "moody"
        }

        fn deliver<'a>(&'a self, message: &'a Message) -> Delivering<'a> {
            Box::pin(async move {
                self.busiest.fetch_max(self.busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let _busy = Busy(&self.busy);
                self.seen.lock().unwrap().push(message.clone());
                self.behave(message).await
            })
        }
    }

    struct Busy<'a>(&'a AtomicUsize);

    impl Drop for Busy<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }

    struct Bench {
        runtime: Runtime,
        dispatcher: Dispatcher,
        home: mpsc::Receiver<Settlement>,
        door: mpsc::SyncSender<Settlement>,
    }

    fn bench(attempt: Duration) -> Bench {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let clock = Arc::new(ManualClock::new(second(5_000)));
        let bounds = Bounds { attempt, ..Bounds::HOUSE };
        let dispatcher = Dispatcher::bounded(runtime.handle().clone(), clock, bounds);
        let (door, home) = mpsc::sync_channel(limits::DISPATCHED_MAX);
        Bench { runtime, dispatcher, home, door }
    }

    impl Bench {
        fn settled(&self) -> Settled {
            let door = self.door.clone();
            Box::new(move |settlement| door.try_send(settlement).expect("there should be room for every place"))
        }

        fn next(&self) -> Settlement {
            self.home.recv_timeout(PATIENCE).expect("a settlement should come home")
        }
    }

    fn numbered(n: u32, step: &str) -> Entry {
        let id = InstructionId::parse(&format!("msg_{n:032x}")).unwrap();
        Entry { id, step: step.to_owned(), channel: format!("c{}", n % 16), ..entry() }
    }

    #[test]
    fn an_entry_comes_home_with_its_receipt() {
        let (bench, channel) = (bench(PATIENCE), Moody::new(1));
        let tried = Entry { attempts: 2, ..entry() };
        bench.dispatcher.lane(Arc::default()).dispatch(tried.clone(), None, channel.clone(), bench.settled()).unwrap();
        let Settlement { entry, receipt, .. } = bench.next();
        assert_eq!((entry, receipt), (tried, Receipt::Accepted { note: None }));
        let seen = channel.seen.lock().unwrap();
        assert_eq!((seen[0].attempt, seen[0].at), (3, second(5_000)));
    }

    #[test]
    fn an_entry_is_under_way_until_its_fate_is_committed() {
        let (bench, channel) = (bench(PATIENCE), Moody::new(1));
        let lane = bench.dispatcher.lane(Arc::default());
        lane.dispatch(entry(), None, channel.clone(), bench.settled()).unwrap();
        let settlement = bench.next();
        assert_eq!(lane.dispatch(entry(), None, channel.clone(), bench.settled()), Err(Declined::UnderWay));
        drop(settlement);
        assert_eq!(lane.dispatch(entry(), None, channel, bench.settled()), Ok(()));
        bench.next();
    }

    #[test]
    fn a_channel_that_panics_is_tried_again() {
        let (bench, channel) = (bench(PATIENCE), Moody::new(1));
        let lane = bench.dispatcher.lane(Arc::default());
        lane.dispatch(numbered(1, "panic"), None, channel, bench.settled()).unwrap();
        assert_eq!(bench.next().receipt, retry("the attempt was broken off inside the server".to_owned()));
        assert_eq!(lane.room(), limits::DISPATCHED_MAX);
    }

    #[test]
    fn a_channel_that_hangs_is_broken_off() {
        let (bench, channel) = (bench(Duration::from_millis(20)), Moody::new(1));
        bench.dispatcher.lane(Arc::default()).dispatch(numbered(1, "hang"), None, channel, bench.settled()).unwrap();
        assert_eq!(bench.next().receipt, retry("no receipt within 20 ms".to_owned()));
    }

    #[test]
    fn what_is_under_way_when_the_runtime_goes_comes_home_too() {
        let (bench, channel) = (bench(PATIENCE), Moody::new(0));
        bench.dispatcher.lane(Arc::default()).dispatch(entry(), None, channel, bench.settled()).unwrap();
        bench.runtime.shutdown_timeout(PATIENCE);
        let settlement = bench.home.recv_timeout(PATIENCE).unwrap();
        assert_eq!(settlement.receipt, retry("the attempt was broken off inside the server".to_owned()));
    }

    #[test]
    fn draining_takes_nothing_more_and_waits_for_the_last_commit() {
        let (bench, channel) = (bench(PATIENCE), Moody::new(1));
        let lane = bench.dispatcher.lane(Arc::default());
        lane.dispatch(entry(), None, channel.clone(), bench.settled()).unwrap();
        let settlement = bench.next();

        let dispatcher = bench.dispatcher.clone();
        let draining = bench.runtime.spawn(async move { dispatcher.drain().await });
        while lane.room() > 0 {
            thread::yield_now();
        }
        assert_eq!(lane.dispatch(numbered(2, "push"), None, channel, bench.settled()), Err(Declined::Draining));
        assert!(!draining.is_finished());
        drop(settlement);
        bench.runtime.block_on(async { tokio::time::timeout(PATIENCE, draining).await.unwrap().unwrap() });
    }

    #[test]
    fn an_idle_dispatcher_is_drained_at_once() {
        let bench = bench(PATIENCE);
        bench.runtime.block_on(async { tokio::time::timeout(PATIENCE, bench.dispatcher.drain()).await.unwrap() });
    }

    /// Every entry that is taken comes home once, whatever its channel does, and no channel ever has too many.
    #[test]
    fn two_thousand_entries_come_home_once_each() {
        let (bench, channel) = (bench(Duration::from_millis(5)), Moody::new(20));
        let lane = bench.dispatcher.lane(Arc::default());
        let step = |n: u32| match n % 400 {
            399 => "panic",
            n => ["push", "refuse", "hang"][n as usize % 3],
        };
        let mut waiting: Vec<Entry> = (0..2_000).map(|n| numbered(n, step(n))).collect();
        let mut homecomings: HashMap<InstructionId, u32> = HashMap::new();
        while homecomings.len() < 2_000 {
            waiting.retain(|entry| lane.dispatch(entry.clone(), None, channel.clone(), bench.settled()).is_err());
            let settlement = bench.next();
            *homecomings.entry(settlement.entry.id).or_default() += 1;
        }
        assert!(homecomings.values().all(|times| *times == 1));
        assert!(channel.busiest.load(Ordering::SeqCst) <= limits::DISPATCHED_MAX);
        assert_eq!(lane.room(), limits::DISPATCHED_MAX);
    }

    #[test]
    fn a_channels_share_holds_over_all_lanes() {
        let (bench, channel) = (bench(PATIENCE), Moody::new(0));
        let lanes = [bench.dispatcher.lane(Arc::default()), bench.dispatcher.lane(Arc::default())];
        let taken = (0..1_600).filter(|n| {
            let entry = Entry { channel: "push".to_owned(), ..numbered(*n, "push") };
            lanes[*n as usize % 2].dispatch(entry, None, channel.clone(), bench.settled()).is_ok()
        });
        assert_eq!(taken.count(), limits::DISPATCHED_PER_CHANNEL_MAX);
        channel.gate.add_permits(1);
        for _ in 0..limits::DISPATCHED_PER_CHANNEL_MAX {
            bench.next();
        }
        assert!(lanes[0].dispatch(numbered(9_999, "push"), None, channel, bench.settled()).is_ok());
        assert_eq!(bench.next().entry.promised_at, Timestamp::from_millis(1_000_000));
    }
}
