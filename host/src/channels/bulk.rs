//! Many messages in one request, for providers that take them so. What is dispatched while a request is under way goes out
//! with the next one: alone, a message waits for nobody, and a flood goes out in full requests.
//!
//! Every message has a receipt of its own, so nothing of this is seen outside. One request of a kind is under way at a time,
//! and messages go out in the order in which they came.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::{Channel, Delivering, Message, Receipt};
use crate::domain::{KnownBy, Timestamp, limits};

/// A request under way: a receipt for each of its messages, in their order.
pub(super) type Sending<'a> = Pin<Box<dyn Future<Output = Vec<Receipt>> + Send + 'a>>;

/// A way to a provider that takes many messages in one request.
pub(super) trait Bulk: Send + Sync + 'static {
    /// What the messages of one request have in common: where it goes, and for what.
    type Request: Clone + Eq + Hash + Send + Sync;

    /// What a message comes to in it.
    type Part: Send;

    /// The provider's name in the table.
    fn provider(&self) -> &'static str;

    /// How the provider knows people.
    fn knows_people_by(&self) -> KnownBy {
        KnownBy::Id
    }

    /// How long a request waits for more messages: where requests are scarce.
    fn gathers_for(&self) -> Duration {
        Duration::ZERO
    }

    /// The request that a message goes out in, and what it comes to there; the receipt, where it can go out in none.
    fn sort(&self, message: &Message) -> Result<(Self::Request, Self::Part), Receipt>;

    /// How many messages such a request takes.
    fn request_max(&self, request: &Self::Request) -> usize;

    /// Attempts to deliver messages in one request, at that time. What `Channel::deliver` owes, each of the receipts owes.
    fn send<'a>(&'a self, request: &'a Self::Request, parts: Vec<Self::Part>, at: Timestamp) -> Sending<'a>;
}

/// A channel that sends in bulk.
pub(super) fn gathering<B: Bulk>(bulk: B) -> Arc<dyn Channel> {
    Arc::new(Gathering { bulk: Arc::new(bulk), queues: Arc::default() })
}

struct Gathering<B: Bulk> {
    bulk: Arc<B>,
    queues: Arc<Queues<B::Request, B::Part>>,
}

/// Messages that wait for a request; a queue is there as long as somebody sends from it. No longer than the places that the
/// outbox gives the channel.
struct Queues<R, P>(Mutex<HashMap<R, VecDeque<Waiting<P>>>>);

struct Waiting<P> {
    part: P,
    /// When the attempt was made.
    at: Timestamp,
    receipt: oneshot::Sender<Receipt>,
}

impl<B: Bulk> Channel for Gathering<B> {
    fn provider(&self) -> &'static str {
        self.bulk.provider()
    }

    fn knows_people_by(&self) -> KnownBy {
        self.bulk.knows_people_by()
    }

    fn under_way_max(&self) -> usize {
        limits::GATHERED_PER_CHANNEL_MAX
    }

    fn deliver<'a>(&'a self, message: &'a Message) -> Delivering<'a> {
        Box::pin(async move {
            let (request, part) = match self.bulk.sort(message) {
                Ok(sorted) => sorted,
                Err(receipt) => return receipt,
            };
            let (answer, answered) = oneshot::channel();
            if self.queues.add(&request, Waiting { part, at: message.at, receipt: answer }) {
                let sender = Sender { bulk: Arc::clone(&self.bulk), queues: Arc::clone(&self.queues), request };
                tokio::spawn(sender.run());
            }
            let broken_off = |_| Receipt::Retry { reason: "the request was broken off".to_owned(), after: None };
            answered.await.unwrap_or_else(broken_off)
        })
    }
}

/// Sends from one queue until it is empty.
struct Sender<B: Bulk> {
    bulk: Arc<B>,
    queues: Arc<Queues<B::Request, B::Part>>,
    request: B::Request,
}

impl<B: Bulk> Sender<B> {
    async fn run(self) {
        match self.bulk.gathers_for() {
            // Whoever is being dispatched at this moment comes along.
            Duration::ZERO => tokio::task::yield_now().await,
            time => tokio::time::sleep(time).await,
        }
        loop {
            let waiting = self.queues.take(&self.request, self.bulk.request_max(&self.request));
            if waiting.is_empty() {
                return;
            }
            let at = waiting.iter().map(|waiting| waiting.at).max().unwrap_or_default();
            let (parts, receipts): (Vec<_>, Vec<_>) =
                waiting.into_iter().map(|waiting| (waiting.part, waiting.receipt)).unzip();
            let said = self.bulk.send(&self.request, parts, at).await;
            // Whom nothing is said to hears that the request was broken off; who gave up waiting hears nothing.
            receipts.into_iter().zip(said).for_each(|(receipt, said)| drop(receipt.send(said)));
        }
    }
}

/// However it ended: nobody waits for one who is gone.
impl<B: Bulk> Drop for Sender<B> {
    fn drop(&mut self) {
        self.queues.lock().remove(&self.request);
    }
}

impl<R: Clone + Eq + Hash, P> Queues<R, P> {
    /// Returns whether nobody sends from that queue yet.
    fn add(&self, request: &R, waiting: Waiting<P>) -> bool {
        let mut queues = self.lock();
        let is_new = !queues.contains_key(request);
        queues.entry(request.clone()).or_default().push_back(waiting);
        is_new
    }

    /// The next messages of those that somebody still waits for. With none, the queue is gone.
    fn take(&self, request: &R, max: usize) -> Vec<Waiting<P>> {
        let mut queues = self.lock();
        let Some(queue) = queues.get_mut(request) else { return Vec::new() };
        queue.retain(|waiting| !waiting.receipt.is_closed());
        let taken: Vec<_> = queue.drain(..max.min(queue.len())).collect();
        if taken.is_empty() {
            queues.remove(request);
        }
        taken
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<R, VecDeque<Waiting<P>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R, P> Default for Queues<R, P> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;

    use super::*;
    use crate::channels::conformance;

    /// Sorts by step, and says of each message with how many it went out.
    struct Counting {
        gate: Semaphore,
        gathers_for: Duration,
        sizes: Mutex<Vec<usize>>,
    }

    impl Bulk for Counting {
        type Request = String;
        /// The attempt's number.
        type Part = u32;

        fn provider(&self) -> &'static str {
            "counting"
        }

        fn gathers_for(&self) -> Duration {
            self.gathers_for
        }

        fn sort(&self, message: &Message) -> Result<(String, u32), Receipt> {
            match message.step.as_str() {
                "wrong" => Err(Receipt::Refused { reason: "no".to_owned() }),
                step => Ok((step.to_owned(), message.attempt)),
            }
        }

        fn request_max(&self, _: &String) -> usize {
            3
        }

        fn send<'a>(&'a self, request: &'a String, attempts: Vec<u32>, _: Timestamp) -> Sending<'a> {
            Box::pin(async move {
                self.gate.acquire().await.expect("the gate should stay open").forget();
                assert_ne!(request, "panic");
                self.sizes.lock().unwrap().push(attempts.len());
                let note = |attempt: &u32| Some(format!("{attempt} of {}", attempts.len()));
                let said = if request == "short" { &attempts[1..] } else { &attempts[..] };
                said.iter().map(|attempt| Receipt::Accepted { note: note(attempt) }).collect()
            })
        }
    }

    fn opened(places: usize) -> (Arc<Counting>, Arc<dyn Channel>) {
        gathering_for(Duration::ZERO, places)
    }

    fn gathering_for(gathers_for: Duration, places: usize) -> (Arc<Counting>, Arc<dyn Channel>) {
        let bulk = Arc::new(Counting { gate: Semaphore::new(places), gathers_for, sizes: Mutex::default() });
        (Arc::clone(&bulk), Arc::new(Gathering { bulk, queues: Arc::default() }))
    }

    fn step(step: &str, number: u32) -> Message {
        Message { step: step.to_owned(), ..conformance::message(number) }
    }

    fn spawn(channel: &Arc<dyn Channel>, message: Message) -> tokio::task::JoinHandle<Receipt> {
        let channel = Arc::clone(channel);
        tokio::spawn(async move { channel.deliver(&message).await })
    }

    #[tokio::test]
    async fn what_comes_at_one_time_goes_out_in_full_requests_and_everybody_gets_a_receipt_of_their_own() {
        let (bulk, channel) = opened(10);
        let tasks: Vec<_> = (1..=7).map(|number| spawn(&channel, step("push", number))).collect();
        let mut notes = Vec::new();
        for task in tasks {
            let Receipt::Accepted { note: Some(note) } = task.await.unwrap() else { panic!("it should be accepted") };
            notes.push(note);
        }
        assert_eq!(notes, ["1 of 3", "2 of 3", "3 of 3", "4 of 3", "5 of 3", "6 of 3", "7 of 1"]);
        assert_eq!(*bulk.sizes.lock().unwrap(), [3, 3, 1]);
    }

    #[tokio::test]
    async fn what_comes_while_a_request_is_under_way_goes_out_with_the_next_one() {
        let (bulk, channel) = opened(0);
        let first = spawn(&channel, step("push", 1));
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        let others = [spawn(&channel, step("push", 2)), spawn(&channel, step("push", 3))];
        tokio::task::yield_now().await;
        bulk.gate.add_permits(2);
        first.await.unwrap();
        for other in others {
            other.await.unwrap();
        }
        assert_eq!(*bulk.sizes.lock().unwrap(), [1, 2]);
    }

    #[tokio::test]
    async fn a_request_waits_for_company_where_requests_are_scarce() {
        let (bulk, channel) = gathering_for(Duration::from_millis(300), 10);
        let first = spawn(&channel, step("push", 1));
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        let second = spawn(&channel, step("push", 2));
        first.await.unwrap();
        second.await.unwrap();
        assert_eq!(*bulk.sizes.lock().unwrap(), [2]);
    }

    #[tokio::test]
    async fn a_request_waits_for_none_of_another_kind() {
        let (bulk, channel) = opened(10);
        let kinds = ["push", "email", "wrong"].map(|kind| spawn(&channel, step(kind, 1)));
        let [push, email, wrong] = kinds;
        push.await.unwrap();
        email.await.unwrap();
        assert_eq!(wrong.await.unwrap(), Receipt::Refused { reason: "no".to_owned() });
        assert_eq!(*bulk.sizes.lock().unwrap(), [1, 1]);
    }

    #[tokio::test]
    async fn who_gave_up_waiting_is_not_sent_to() {
        let (bulk, channel) = opened(0);
        let first = spawn(&channel, step("push", 1));
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        let given_up = spawn(&channel, step("push", 2));
        tokio::task::yield_now().await;
        given_up.abort();
        let _ = given_up.await;
        bulk.gate.add_permits(2);
        first.await.unwrap();
        assert_eq!(*bulk.sizes.lock().unwrap(), [1]);
    }

    #[tokio::test]
    async fn a_request_that_breaks_off_or_forgets_somebody_is_a_reason_to_try_again() {
        let (_bulk, channel) = opened(10);
        let retry = Receipt::Retry { reason: "the request was broken off".to_owned(), after: None };
        assert_eq!(spawn(&channel, step("panic", 1)).await.unwrap(), retry);
        assert_eq!(spawn(&channel, step("panic", 2)).await.unwrap(), retry, "nobody is left behind in the queue");
        assert_eq!(spawn(&channel, step("short", 1)).await.unwrap(), retry);
    }
}
