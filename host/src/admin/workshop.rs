//! Where heavy work is done: checking and configuring modules takes a core for up to seconds, so a few are under way, some
//! wait, and the rest are told to come back. No tenant takes all of it. Also the way to the disk, which is no work but waiting.

use std::sync::Arc;
use std::thread;

use rustix::process::nice;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::spawn_blocking;

use super::problem::{Kind, Problem};
use crate::domain::{PerTenant, TenantId, limits};

/// A bounded number of benches and a bounded queue before them; of both, a tenant gets a part.
#[derive(Debug, Clone)]
pub struct Workshop {
    house: Queue,
    of_each: Room,
    /// The queues of tenants who have work here.
    tenants: PerTenant<Queue>,
}

/// How much may be under way at one time, and how much may wait.
#[derive(Debug, Clone, Copy)]
struct Room {
    running: usize,
    waiting: usize,
}

#[derive(Debug, Clone)]
struct Queue {
    /// Work under way and waiting.
    places: Arc<Semaphore>,
    /// Work under way.
    benches: Arc<Semaphore>,
}

impl Queue {
    fn with(room: Room) -> Self {
        let places = Arc::new(Semaphore::new(room.running + room.waiting));
        Self { places, benches: Arc::new(Semaphore::new(room.running)) }
    }

    fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    async fn bench(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.benches).acquire_owned().await.expect("a queue should never be closed")
    }
}

impl Default for Workshop {
    fn default() -> Self {
        let house = Room { running: limits::WORKSHOP_RUNNING_MAX, waiting: limits::WORKSHOP_WAITING_MAX };
        let of_each =
            Room { running: limits::WORKSHOP_TENANT_RUNNING_MAX, waiting: limits::WORKSHOP_TENANT_WAITING_MAX };
        Self::with_room(house, of_each)
    }
}

impl Workshop {
    fn with_room(house: Room, of_each: Room) -> Self {
        Self { house: Queue::with(house), of_each, tenants: PerTenant::default() }
    }

    /// Does the tenant's work when it is its turn. Once begun it is finished and keeps its bench, even when nobody waits any
    /// more.
    pub(super) async fn run<T, E>(
        &self,
        tenant: &TenantId,
        work: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        let own = self.tenants.of(tenant, || Queue::with(self.of_each));
        let own_place = own.place().ok_or_else(|| {
            let detail = "too many of your own modules are waiting to be checked: try again when one is done";
            Problem::new(&Kind::TENANT_BUSY, detail)
        })?;
        let place = self.house.place().ok_or_else(|| {
            Problem::new(&Kind::BUSY, "too many modules are waiting to be checked: try again in a moment")
        })?;
        // First the tenant's own: who waits for a bench of the house is the only one of its tenant to do so, and they take
        // turns.
        let own_bench = own.bench().await;
        let bench = self.house.bench().await;
        behind(move || {
            let _until_done = (own, own_place, place, own_bench, bench);
            work()
        })
        .await
    }
}

/// Does what takes seconds of a processor on a thread of its own, behind everybody else.
async fn behind<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, Problem>
where
    T: Send + 'static,
    E: Into<Problem> + Send + 'static,
{
    let span = tracing::Span::current();
    let (answer, answered) = oneshot::channel();
    let work = move || {
        if let Err(err) = nice(limits::NICENESS) {
            tracing::debug!(%err, "the workshop could not stand back");
        }
        // Nobody may be waiting any more: what was begun is finished all the same.
        let _ = answer.send(span.in_scope(work));
    };
    thread::Builder::new().name("workshop".to_owned()).spawn(work).map_err(|err| Problem::internal(&err))?;
    // A panic has taken the other end with it.
    answered.await.map_err(|err| Problem::internal(&err))?.map_err(Into::into)
}

/// Does what would hold up other requests on a thread of its own.
pub(super) async fn aside<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, Problem>
where
    T: Send + 'static,
    E: Into<Problem> + Send + 'static,
{
    let span = tracing::Span::current();
    match spawn_blocking(move || span.in_scope(work)).await {
        Ok(result) => result.map_err(Into::into),
        Err(err) => Err(Problem::internal(&err)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::task::JoinHandle;

    use super::*;

    const ONE_AND_ONE: Room = Room { running: 1, waiting: 1 };

    fn tenant(name: &str) -> TenantId {
        TenantId::parse(name).unwrap()
    }

    fn no(err: mpsc::RecvError) -> Problem {
        Problem::internal(&err)
    }

    /// Work that ends when the sender is dropped or used.
    fn begin(workshop: &Workshop, name: &str) -> (mpsc::Sender<()>, JoinHandle<Result<(), Problem>>) {
        let (finish, finished) = mpsc::channel();
        let (workshop, tenant) = (workshop.clone(), tenant(name));
        (finish, tokio::spawn(async move { workshop.run(&tenant, move || finished.recv().map_err(no)).await }))
    }

    async fn until_places_are_left(workshop: &Workshop, places: usize) {
        while workshop.house.places.available_permits() > places {
            tokio::task::yield_now().await;
        }
    }

    async fn try_one(workshop: &Workshop, name: &str) -> Result<(), Problem> {
        workshop.run(&tenant(name), || Ok::<_, Problem>(())).await
    }

    #[tokio::test]
    async fn a_full_workshop_says_so_and_takes_work_again_when_there_is_room() {
        let workshop = Workshop::with_room(ONE_AND_ONE, ONE_AND_ONE);
        let (finish_one, one) = begin(&workshop, "one");
        let (finish_two, two) = begin(&workshop, "two");
        until_places_are_left(&workshop, 0).await;

        let refused = try_one(&workshop, "three").await.unwrap_err();
        assert!(format!("{refused:?}").contains("\"busy\""), "{refused:?}");

        finish_one.send(()).unwrap();
        finish_two.send(()).unwrap();
        one.await.unwrap().unwrap();
        two.await.unwrap().unwrap();
        try_one(&workshop, "three").await.unwrap();
    }

    #[tokio::test]
    async fn a_tenant_with_too_much_waiting_is_told_so_and_holds_up_nobody_else() {
        let workshop = Workshop::with_room(Room { running: 2, waiting: 8 }, ONE_AND_ONE);
        let (finish_one, one) = begin(&workshop, "greedy");
        let (finish_two, two) = begin(&workshop, "greedy");
        until_places_are_left(&workshop, 8).await;

        let refused = try_one(&workshop, "greedy").await.unwrap_err();
        assert!(format!("{refused:?}").contains("\"tenant-busy\""), "{refused:?}");
        try_one(&workshop, "modest").await.unwrap();

        finish_one.send(()).unwrap();
        finish_two.send(()).unwrap();
        one.await.unwrap().unwrap();
        two.await.unwrap().unwrap();
        try_one(&workshop, "greedy").await.unwrap();
        assert_eq!(workshop.tenants.kept(), 1);
    }

    #[tokio::test]
    async fn work_that_panics_is_the_servers_fault_and_frees_its_bench() {
        let workshop = Workshop::with_room(Room { running: 1, waiting: 0 }, Room { running: 1, waiting: 0 });
        let work = || -> Result<(), Problem> { panic!("as a bug would") };
        assert!(workshop.run(&tenant("one"), work).await.is_err());
        try_one(&workshop, "one").await.unwrap();
    }
}
