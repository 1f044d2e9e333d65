//! Where heavy work is done: checking and configuring modules takes a core for up to seconds, so a few are under way, some
//! wait, and the rest are told to come back. Also the way to the disk, which is no work but waiting.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::problem::{Kind, Problem};
use crate::domain::limits;

/// A bounded number of benches, and a bounded queue before them.
#[derive(Debug, Clone)]
pub struct Workshop {
    /// Work under way and waiting.
    places: Arc<Semaphore>,
    /// Work under way.
    benches: Arc<Semaphore>,
}

impl Default for Workshop {
    fn default() -> Self {
        Self::with_room_for(limits::WORKSHOP_RUNNING_MAX, limits::WORKSHOP_WAITING_MAX)
    }
}

impl Workshop {
    fn with_room_for(running: usize, waiting: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(running + waiting)), benches: Arc::new(Semaphore::new(running)) }
    }

    /// Does the work when it is its turn. Once begun it is finished and keeps its bench, even when nobody waits any more.
    pub(super) async fn run<T, E>(&self, work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        let busy = || Problem::new(&Kind::BUSY, "too many modules are waiting to be checked: try again in a moment");
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| busy())?;
        let bench = Arc::clone(&self.benches).acquire_owned().await.map_err(|_| busy())?;
        aside(move || {
            let (_place, _bench) = (place, bench);
            work()
        })
        .await
    }
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

    use super::*;

    #[tokio::test]
    async fn a_full_workshop_says_so_and_takes_work_again_when_there_is_room() {
        let workshop = Workshop::with_room_for(1, 1);
        let (finish, finished) = mpsc::channel::<()>();
        let under_way = {
            let workshop = workshop.clone();
            tokio::spawn(async move { workshop.run(move || finished.recv().map_err(no)).await })
        };
        let waiting = {
            let workshop = workshop.clone();
            tokio::spawn(async move { workshop.run(|| Ok::<_, Problem>(())).await })
        };
        while workshop.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }

        let refused = workshop.run(|| Ok::<_, Problem>(())).await.unwrap_err();
        assert!(format!("{refused:?}").contains("busy"), "{refused:?}");

        finish.send(()).unwrap();
        under_way.await.unwrap().unwrap();
        waiting.await.unwrap().unwrap();
        workshop.run(|| Ok::<_, Problem>(())).await.unwrap();
    }

    fn no(err: mpsc::RecvError) -> Problem {
        Problem::internal(&err)
    }

    #[tokio::test]
    async fn work_that_panics_is_the_servers_fault_and_frees_its_bench() {
        let workshop = Workshop::with_room_for(1, 0);
        let work = || -> Result<(), Problem> { panic!("as a bug would") };
        assert!(workshop.run(work).await.is_err());
        workshop.run(|| Ok::<_, Problem>(())).await.unwrap();
    }
}
