//! A campaign, one person, and a script of what happens to them.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::host::{Happening, Occurrence, PretendHost};
use super::outcome::{Entry, Instructed, line};
use crate::{
    Call, Campaign, Cause, Change, Engagement, EngagementKind, Event, Manifest, Timestamp, Trigger, Wait, dispatch,
};

/// When every run starts: a Sunday noon, UTC.
const START: Timestamp = Timestamp::from_millis(1_800_014_400_000);
/// A campaign asked about one person, whose time passes only in [`Run::wait`].
///
/// The person is reachable over every channel until [`Run::unreachable`] says otherwise.
#[derive(Clone, Debug)]
pub struct Run<C> {
    pub(super) campaign: C,
    pub(super) manifest: Manifest,
    pub(super) host: PretendHost,
    pub(super) now: Timestamp,
    pub(super) state: Option<Vec<u8>>,
    pub(super) timers: BTreeMap<String, Timestamp>,
    pub(super) instructions: Vec<Instructed>,
    pub(super) diary: Vec<Entry>,
    pub(super) causes: u64,
}

impl Run<()> {
    /// A campaign with this configuration, published under its module's name.
    ///
    /// # Panics
    /// If the campaign refuses the configuration; [`configure`](super::configure) tells how it does.
    pub fn of<C: Campaign>(configuration: Value) -> Run<C> {
        let campaign: C = dispatch::configure(&configuration.to_string())
            .unwrap_or_else(|err| panic!("the configuration was refused: {err}"));
        let manifest = campaign.manifest();
        let host = PretendHost { campaign: manifest.name.clone(), ..PretendHost::default() };
        Run {
            campaign,
            manifest,
            host,
            now: START,
            state: None,
            timers: BTreeMap::new(),
            instructions: Vec::new(),
            diary: Vec::new(),
            causes: 0,
        }
    }
}

/// Who the person is.
impl<C: Campaign> Run<C> {
    /// The person has this trait.
    #[must_use]
    pub fn with_trait(mut self, name: &str, value: Value) -> Self {
        self.host.traits.insert(name.to_owned(), value);
        self
    }

    /// The person cannot be reached over the channel.
    #[must_use]
    pub fn unreachable(mut self, channel: &str) -> Self {
        self.host.unreachable.insert(channel.to_owned());
        self
    }

    /// The person is in this audience.
    #[must_use]
    pub fn in_audience(mut self, name: &str) -> Self {
        self.host.audiences.insert(name.to_owned());
        self
    }

    /// The catalogue has this item.
    #[must_use]
    pub fn with_item(mut self, id: &str, attributes: Value) -> Self {
        self.host.items.insert(id.to_owned(), attributes);
        self
    }

    /// This condition holds, or does not, from now on: the pretend host does not know the grammar.
    #[must_use]
    pub fn with_condition(mut self, condition: &Value, holds: bool) -> Self {
        self.host.conditions.insert(condition.to_string(), holds);
        self
    }

    /// The person did this so long ago, before the campaign was published: it is in the history, and
    /// nobody was asked about it.
    #[must_use]
    pub fn past_event(mut self, name: &str, ago: &str) -> Self {
        let at = before(self.now, ago);
        self.remember(at, Happening::Event(name.to_owned()));
        self
    }
}

/// What happens to the person.
impl<C: Campaign> Run<C> {
    /// The person does something now.
    #[must_use]
    pub fn event(self, name: &str, properties: Value) -> Self {
        let now = self.now;
        self.event_at(name, properties, now)
    }

    /// The person did something so long ago, and the event arrives only now.
    #[must_use]
    pub fn late_event(self, name: &str, properties: Value, ago: &str) -> Self {
        let at = before(self.now, ago);
        self.event_at(name, properties, at)
    }

    /// This became of the campaign's last message of the step.
    ///
    /// # Panics
    /// If no message of the step reached the person.
    #[must_use]
    pub fn engagement(self, kind: EngagementKind, step: &str) -> Self {
        let engagement = self.about_step(kind, step);
        self.engaged(engagement)
    }

    /// A machine, not the person, did this to the campaign's last message of the step.
    #[must_use]
    pub fn machine_engagement(self, kind: EngagementKind, step: &str) -> Self {
        let mut engagement = self.about_step(kind, step);
        engagement.by_machine = true;
        self.engaged(engagement)
    }

    /// This became of a message over the channel, and the provider said only that it is the campaign's.
    #[must_use]
    pub fn engagement_over(self, kind: EngagementKind, channel: &str) -> Self {
        let campaign = Some(self.host.campaign.clone());
        let engagement = self.engagement_now(kind, channel, campaign);
        self.engaged(engagement)
    }

    /// This became of another campaign's message over the channel.
    #[must_use]
    pub fn foreign_engagement(self, kind: EngagementKind, channel: &str, campaign: &str) -> Self {
        let engagement = self.engagement_now(kind, channel, Some(campaign.to_owned()));
        self.engaged(engagement)
    }

    /// A trait of the person changes.
    #[must_use]
    pub fn trait_becomes(mut self, name: &str, value: Value) -> Self {
        let before = self.host.traits.insert(name.to_owned(), value.clone());
        let change = Change { subject: name.to_owned(), before, after: Some(value) };
        self.host.document = json!({ "type": "identify", "traits": { name: change.after } });
        if self.manifest.triggers.contains(&Trigger::TraitChanged(name.to_owned())) {
            self.ask(&Cause::TraitChanged(change));
        }
        self
    }

    /// An attribute of an item changes, which the person viewed and has in the cart; it was of a value, and is of another.
    #[must_use]
    pub fn item_becomes(mut self, id: &str, attribute: &str, value: Value) -> Self {
        let item = self.host.items.entry(id.to_owned()).or_insert_with(|| json!({}));
        let before = Some(std::mem::replace(&mut item[attribute], value.clone())).filter(|before| !before.is_null());
        let (mut document, attributes) = (json!({ "type": "item", "item": { "id": id } }), item.as_object());
        attributes.into_iter().flatten().for_each(|(name, value)| document["item"][name] = value.clone());
        (document["attribute"], document["before"], document["after"]) =
            (attribute.into(), json!(before), value.clone());
        document["interest"] = json!({ "viewed": true, "in_cart": true });
        self.host.document = document;
        let wanted =
            |trigger: &Trigger| matches!(trigger, Trigger::ItemChanged(name) if name == attribute || name == "*");
        if self.manifest.triggers.iter().any(wanted) {
            self.ask(&Cause::ItemChanged(Change { subject: format!("{id}/{attribute}"), before, after: Some(value) }));
        }
        self
    }

    /// The campaign's scheduled moment has come.
    #[must_use]
    pub fn schedule(mut self) -> Self {
        if self.manifest.triggers.iter().any(|trigger| matches!(trigger, Trigger::Schedule(_))) {
            self.ask(&Cause::Schedule(self.now));
        }
        self
    }

    /// Time passes, as a [`Wait`] is written; the timers that come due fire, each at its own time.
    ///
    /// # Panics
    /// If it is no wait.
    #[must_use]
    pub fn wait(mut self, wait: &str) -> Self {
        let until = self.now + parsed(wait);
        while let Some((name, at)) = self.next_timer(until) {
            self.timers.remove(&name);
            self.now = self.now.max(at);
            self.host.document = Value::Null;
            self.ask(&Cause::Timer(name));
        }
        self.now = until;
        self
    }
}

/// What came of it.
impl<C: Campaign> Run<C> {
    /// Every instruction so far, the first first.
    pub fn instructions(&self) -> &[Instructed] {
        &self.instructions
    }

    /// The last instruction.
    ///
    /// # Panics
    /// If there is none.
    pub fn last(&self) -> &Instructed {
        self.instructions.last().expect("an instruction should have been given")
    }

    /// Instructions and marks, a line each: how long after the start, and what.
    pub fn timeline(&self) -> String {
        let lines = self.diary.iter();
        lines.map(|entry| line(entry, START, &self.instructions)).collect()
    }

    /// The names of the timers that are set.
    pub fn timers(&self) -> Vec<&str> {
        self.timers.keys().map(String::as_str).collect()
    }

    /// What is remembered about the person; the default when nothing is.
    pub fn state<S: DeserializeOwned + Default>(&self) -> S {
        self.state
            .as_deref()
            .map_or_else(S::default, |bytes| serde_json::from_slice(bytes).expect("the state should be of that type"))
    }

    /// How much is remembered about the person, in bytes; none when nothing is.
    pub fn state_bytes(&self) -> Option<usize> {
        self.state.as_ref().map(Vec::len)
    }

    /// The lines that the campaign wrote for its owner, as `level: text`.
    pub fn logs(&self) -> &[String] {
        &self.host.logs
    }
}

impl<C: Campaign> Run<C> {
    fn event_at(mut self, name: &str, properties: Value, at: Timestamp) -> Self {
        self.causes += 1;
        let message_id = format!("message-{}", self.causes);
        self.host.document = json!({
            "type": "track", "messageId": message_id, "event": name, "properties": properties,
        });
        self.remember(at, Happening::Event(name.to_owned()));
        let is_wanted = self.manifest.triggers.iter().any(|trigger| match trigger {
            Trigger::Event(wanted) => wanted == "*" || wanted == name,
            Trigger::Call(call) => call == Call::Track.as_str(),
            _ => false,
        });
        if is_wanted {
            self.ask(&Cause::Event(Event { message_id, call: Call::Track, name: name.to_owned(), at }));
        }
        self
    }

    fn about_step(&self, kind: EngagementKind, step: &str) -> Engagement {
        let mut reached = self.instructions.iter().rev().filter(|sent| sent.step == step);
        let channel = reached
            .find_map(|sent| sent.channel.clone())
            .unwrap_or_else(|| panic!("no message of the step `{step}` reached the person"));
        let mut engagement = self.engagement_now(kind, &channel, Some(self.host.campaign.clone()));
        engagement.step = Some(step.to_owned());
        engagement
    }

    fn engagement_now(&self, kind: EngagementKind, channel: &str, campaign: Option<String>) -> Engagement {
        Engagement {
            kind,
            channel: channel.to_owned(),
            campaign,
            step: None,
            detail: None,
            by_machine: false,
            at: self.now,
        }
    }

    fn engaged(mut self, engagement: Engagement) -> Self {
        self.host.document = json!({ "type": "track", "event": engagement.kind.as_str() });
        self.remember(
            engagement.at,
            Happening::Engagement {
                kind: engagement.kind.clone(),
                channel: engagement.channel.clone(),
                campaign: engagement.campaign.clone(),
                step: engagement.step.clone(),
            },
        );
        let (campaign, step) = (engagement.campaign.as_deref(), engagement.step.as_deref());
        let is_wanted = self.manifest.triggers.iter().any(|trigger| {
            matches!(trigger, Trigger::Engagement(kind, target)
                if *kind == engagement.kind
                    && self.host.is_meant(target, &engagement.channel, campaign, step))
        });
        if is_wanted {
            self.ask(&Cause::Engagement(engagement));
        }
        self
    }

    fn remember(&mut self, at: Timestamp, what: Happening) {
        self.host.past.push(Occurrence { at, what });
    }

    fn next_timer(&self, until: Timestamp) -> Option<(String, Timestamp)> {
        let due = self.timers.iter().filter(|(_, at)| **at <= until);
        let (name, at) = due.min_by_key(|(_, at)| **at)?;
        Some((name.clone(), *at))
    }
}

fn parsed(wait: &str) -> Wait {
    Wait::parse(wait).unwrap_or_else(|err| panic!("{err}"))
}

fn before(now: Timestamp, ago: &str) -> Timestamp {
    Timestamp::from_millis(now.as_millis() - parsed(ago).as_millis())
}
