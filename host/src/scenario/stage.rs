//! The house of one scenario: the same rooms as the server's, over a store in memory, on a clock that is moved by hand. Nothing
//! listens, and nothing leaves the process: every channel leads to `preview` or to a provider of the scenario's.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Handle;

use super::ScenarioError;
use super::script::Answers;
use super::segment;
use crate::channels::{Channel, Delivering, Line, Message, Receipt, Switchboard};
use crate::domain::{
    Backlog, Clock, Inbound, ItemId, ItemWord, ManualClock, MessageId, Said, SourceId, Substance, Teller, TenantId,
    Timestamp, limits,
};
use crate::ingest;
use crate::ledger::{FailureRow, LedgerRow};
use crate::mappings::Mappings;
use crate::outbox::Dispatcher;
use crate::store::{Book, Memory, Page, Reports, Row, Store};
use crate::worker::{Aside, Campaigns, Crew, MessageRow, Roster, Shared};

/// A house in which one scenario is played.
pub(super) struct Stage {
    tenant: TenantId,
    source: SourceId,
    clock: Arc<ManualClock>,
    store: Memory,
    switchboard: Arc<Switchboard>,
    lines: HashMap<Line, Arc<dyn Channel>>,
    crew: Crew,
    /// In which words calls are read.
    mappings: Arc<Mappings>,
    /// How many calls there were.
    calls: usize,
}

impl Stage {
    /// Opens a house with these campaigns and mappings.
    pub(super) fn open(start: Timestamp, campaigns: Campaigns, mappings: Arc<Mappings>) -> Result<Self, ScenarioError> {
        let tenant = TenantId::parse("scenario").expect("it should be a tenant's id");
        let source = SourceId::parse("segment").expect("it should be a source's id");
        let clock = Arc::new(ManualClock::new(start));
        let store = Memory::new(Arc::<ManualClock>::clone(&clock));
        let (roster, switchboard) = (Arc::new(Roster::default()), Arc::new(Switchboard::default()));
        roster.replace([(tenant.clone(), campaigns)].into());
        let aside = Aside::start().map_err(|err| ScenarioError::House(err.to_string()))?;
        let shared = Shared {
            clock: Arc::<ManualClock>::clone(&clock),
            roster,
            reports: store.reports(),
            switchboard: Arc::clone(&switchboard),
            dispatcher: Dispatcher::new(Handle::current(), Arc::<ManualClock>::clone(&clock)),
            sync_beat: Duration::ZERO,
            backlog: Arc::new(Backlog::default()),
            aside: Arc::new(aside),
            suspend: Box::new(drop),
        };
        let crew = Crew::start(&store, shared).map_err(|err| ScenarioError::House(err.to_string()))?;
        Ok(Self { tenant, source, clock, store, switchboard, lines: HashMap::new(), crew, mappings, calls: 0 })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Takes in a call as the door does, and waits until all that it brings about is done. The answer says why it cannot be read.
    pub(super) async fn hear(&mut self, call: Value) -> Result<Result<(), String>, ScenarioError> {
        self.calls += 1;
        let call = segment::completed(call, self.calls, self.now());
        let (profile, event) = match ingest::decode(call.to_string().as_bytes(), self.now(), &self.mappings) {
            Ok(decoded) => decoded,
            Err(reason) => return Ok(Err(reason.to_string())),
        };
        self.take_in(Substance::Event { profile, event: Box::new(event) }).await?;
        Ok(Ok(()))
    }

    /// Says something about an item, as the tenant does, and waits until all that it brings about is done.
    pub(super) async fn say(&mut self, item: &ItemId, said: Said) -> Result<(), ScenarioError> {
        self.calls += 1;
        let id = MessageId::parse(&format!("scenario-{}", self.calls)).expect("it should be a message id");
        let word = ItemWord { id, item: item.clone(), teller: Teller::Owner, at: self.now(), said };
        self.take_in(Substance::Item(word)).await
    }

    async fn take_in(&self, substance: Substance) -> Result<(), ScenarioError> {
        let inbound = Inbound { tenant: self.tenant.clone(), source: self.source.clone(), substance };
        self.store.append(vec![inbound]).await?;
        self.crew.settle(&self.store, self.clock.as_ref()).await?;
        Ok(())
    }

    /// Lets time pass; everything happens at its moment.
    pub(super) async fn pass(&self, duration: Duration) -> Result<(), ScenarioError> {
        Ok(self.crew.advance_to(self.now().plus(duration), &self.store, &self.clock).await?)
    }

    /// From now on, a channel's provider answers so.
    pub(super) fn answer(&mut self, channel: &str, answers: Answers) {
        let line = (self.tenant.clone(), channel.to_owned());
        self.lines.insert(line, Arc::new(Provider(answers)));
        self.switchboard.replace(self.lines.clone());
    }

    /// What went out, in order.
    pub(super) fn messages(&self) -> Result<Vec<MessageRow>, ScenarioError> {
        self.rows(Book::Messages, "")?.iter().map(|row| Ok(MessageRow::decode(&row.body)?)).collect()
    }

    /// What is on record of somebody, in order.
    pub(super) fn ledger(&self, person: &str) -> Result<Vec<LedgerRow>, ScenarioError> {
        self.rows(Book::Ledger, person)?.iter().map(|row| Ok(LedgerRow::decode(&row.body)?)).collect()
    }

    /// The calls of campaigns that failed, in order.
    pub(super) fn failures(&self) -> Result<Vec<FailureRow>, ScenarioError> {
        self.rows(Book::Failures, "")?.iter().map(|row| Ok(FailureRow::decode(&row.body)?)).collect()
    }

    fn rows(&self, book: Book, page: &str) -> Result<Vec<Row>, ScenarioError> {
        let page = Page { tenant: self.tenant.clone(), page: page.to_owned(), after: None };
        Ok(Reports::rows(&self.store, book, &page, limits::SCENARIO_ROWS_MAX)?)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.crew.stop();
    }
}

/// A provider that says the same to every message.
struct Provider(Answers);

impl Channel for Provider {
    fn provider(&self) -> &'static str {
        "scenario"
    }

    fn deliver<'a>(&'a self, _: &'a Message) -> Delivering<'a> {
        let receipt = match self.0 {
            Answers::Accepts => Receipt::Accepted { note: None },
            Answers::Refuses => Receipt::Refused { reason: "the scenario's provider refuses".to_owned() },
            Answers::Fails => Receipt::Retry { reason: "the scenario's provider fails".to_owned(), after: None },
        };
        Box::pin(std::future::ready(receipt))
    }
}
