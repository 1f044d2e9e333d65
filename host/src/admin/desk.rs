//! Where tenants say something about their items: it goes into the journal before it is answered, and the worker that owns the
//! item takes it in. What is known of items is read as it was committed last.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::problem::{Kind, Problem};
use super::records::Unreadable;
use crate::catalogue::Item;
use crate::domain::{
    Backlog, Clock, Inbound, ItemId, ItemWord, MessageId, Position, Said, SourceId, Substance, Teller, TenantId, limits,
};
use crate::store::{Book, Page, Reports, RowKey, Store};
use crate::worker::{Crew, changes_asked};

/// The inlet of what tenants say by the API.
const API: &str = "api";

/// Takes in what tenants say of their items.
pub struct ItemDesk {
    store: Arc<dyn Store>,
    reports: Arc<dyn Reports>,
    crew: Arc<Crew>,
    clock: Arc<dyn Clock>,
    backlog: Arc<Backlog>,
    /// Up to where the journal may hold words of nobody knows whom: those of an earlier process.
    floor: Position,
    /// By tenant, up to where the journal holds words that were said here.
    said: Mutex<HashMap<TenantId, Position>>,
}

impl ItemDesk {
    /// A desk over that store.
    pub fn new(store: Arc<dyn Store>, crew: Arc<Crew>, clock: Arc<dyn Clock>, backlog: Arc<Backlog>) -> Self {
        let (reports, floor) = (store.reports(), store.end());
        Self { store, reports, crew, clock, backlog, floor, said: Mutex::default() }
    }

    /// Refuses when the tenant has too much waiting already.
    pub(super) fn admit(&self, tenant: &TenantId) -> Result<(), Problem> {
        self.store.health().map_err(|err| Problem::new(&Kind::BUSY, format!("nothing can be kept now: {err}")))?;
        if self.backlog.of(tenant).is_too_much() {
            return Err(Problem::new(&Kind::TENANT_BUSY, "too much of yours waits to be worked on: try again later"));
        }
        Ok(())
    }

    /// Refuses when so many changes of the tenant's items are being asked about that another had better wait.
    pub(super) fn check_room(&self, tenant: &TenantId) -> Result<(), Problem> {
        if changes_asked(self.reports.as_ref(), tenant)? <= limits::CHANGES_ASKED_BUSY {
            return Ok(());
        }
        let detail = "too many changes of your items are being asked about: try again later; what is the same then costs nothing";
        Err(Problem::new(&Kind::TENANT_BUSY, detail))
    }

    /// Waits until there are fewer, but not for long.
    pub(super) async fn wait_for_room(&self, tenant: &TenantId) -> Result<(), Problem> {
        let room = async {
            while self.check_room(tenant).is_err() {
                tokio::time::sleep(limits::FEED_ROOM_LOOK_AGAIN).await;
            }
        };
        // Whoever waited in vain is told why.
        let _ = tokio::time::timeout(limits::FEED_ROOM_WAIT_MAX, room).await;
        self.check_room(tenant)
    }

    /// What the tenant says, as a word that is recognised when it is said again on the same request.
    pub(super) fn word(&self, request: &str, item: ItemId, said: Said) -> ItemWord {
        let mut digest = Sha256::new();
        for part in [request, item.as_str(), &format!("{said:?}")] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        let hex: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let id = MessageId::parse(&format!("item:{hex}")).expect("a digest should be a message id");
        ItemWord { id, item, teller: Teller::Owner, at: self.clock.now(), said }
    }

    /// Keeps words, durably.
    pub(super) async fn keep(&self, tenant: &TenantId, words: Vec<ItemWord>) -> Result<(), Problem> {
        let source = SourceId::parse(API).expect("the API's name should be a source's");
        let inbound =
            |word| Inbound { tenant: tenant.clone(), source: source.clone(), substance: Substance::Item(word) };
        let appending = self.store.append(words.into_iter().map(inbound).collect());
        let busy = |why: &str| Problem::new(&Kind::BUSY, format!("nothing can be kept now: {why}"));
        match tokio::time::timeout(limits::DOOR_ANSWER_MAX, appending).await {
            Ok(Ok(_)) => {}
            Ok(Err(err)) => return Err(busy(&err.to_string())),
            Err(_) => return Err(busy("the store did not answer in time")),
        }
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.insert(tenant.clone(), self.store.end());
        Ok(())
    }

    /// Whether all that the tenant said is taken in, so that what is known of an item is what was said last.
    pub(super) fn is_up_to_date(&self, tenant: &TenantId) -> bool {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner).get(tenant).copied();
        self.crew.has_consumed(said.unwrap_or_default().max(self.floor))
    }

    /// What is known of an item.
    pub(super) fn item(&self, tenant: &TenantId, id: &ItemId) -> Result<Option<Item>, Problem> {
        let key = RowKey { tenant: tenant.clone(), page: String::new(), at: 0, id: id.to_string() };
        let record = self.reports.row(Book::Items, &key)?;
        Ok(record.map(|record| Item::decode(&record)).transpose().map_err(Unreadable::from)?)
    }

    /// Items after `after`, by id, at most `max`.
    pub(super) fn items(
        &self,
        tenant: &TenantId,
        after: Option<&str>,
        max: usize,
    ) -> Result<Vec<(String, Item)>, Problem> {
        let after = after.map(|id| (0, id.to_owned()));
        let page = Page { tenant: tenant.clone(), page: String::new(), after };
        let rows = self.reports.rows(Book::Items, &page, max)?;
        let item = |row: crate::store::Row| Ok((row.key.id, Item::decode(&row.body).map_err(Unreadable::from)?));
        rows.into_iter().map(item).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ManualClock;
    use crate::store::conformance::{self, shop};
    use crate::store::{Commit, Memory, Row};

    #[test]
    fn who_changes_much_is_asked_to_wait() {
        let clock = Arc::new(ManualClock::default());
        let store = Memory::new(clock.clone());
        let mut partitions = conformance::acquire(&store);
        let desk = ItemDesk::new(Arc::new(store), Arc::default(), clock, Arc::default());
        let mut says = |partition: usize, count: u64| {
            let key = RowKey { tenant: shop(), page: "count".to_owned(), at: 0, id: String::new() };
            let rows_added = vec![(Book::Sweeps, Row { key, body: count.to_string().into_bytes() })];
            partitions[partition].commit(Commit { rows_added, ..Commit::default() }).unwrap();
            desk.check_room(&shop()).map_err(|problem| format!("{problem:?}"))
        };
        assert_eq!(says(0, limits::CHANGES_ASKED_BUSY), Ok(()));
        assert!(says(1, limits::CHANGES_ASKED_BUSY + 1).is_err_and(|problem| problem.contains("tenant-busy")));
        assert_eq!(says(1, 3), Ok(()));
    }
}
