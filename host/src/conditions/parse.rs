//! From JSON to a condition. Each object has one member that says what it is about; the others refine it. What is not known
//! is refused with the place and the word that may have been meant: a filter that nobody understood must not mean "always".

use serde_json::{Map, Value};

use super::error::{ConditionError, choices, nearest};
use super::tree::{Age, Condition, Happening, Node, Question, Since};
use super::{comparison, items, span};
use crate::domain::{CampaignName, EngagementKind, Label, Subject, Target, limits};

/// What a condition can be about.
const SUBJECTS: [&str; 14] = [
    "all",
    "any",
    "not",
    "event",
    "engagement",
    "trait",
    "property",
    "trigger",
    "item",
    "cart",
    "viewed",
    "reachable",
    "happening",
    "audience",
];
const HISTORY: [&str; 4] = ["occurred", "count", "last", "since"];

type Result<T> = std::result::Result<T, ConditionError>;

impl Condition {
    /// Reads a condition.
    pub fn parse(json: &Value) -> Result<Self> {
        let mut nodes = 0;
        let root = node(Place::root(json), &mut nodes)?;
        Ok(Self { root, nodes })
    }
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Place<'a> {
    pub(crate) value: &'a Value,
    pointer: String,
    depth: usize,
}

impl<'a> Place<'a> {
    pub(crate) fn root(value: &'a Value) -> Self {
        Self { value, pointer: String::new(), depth: 0 }
    }

    fn within(&self, token: &str, value: &'a Value) -> Self {
        let token = token.replace('~', "~0").replace('/', "~1");
        Self { value, pointer: format!("{}/{token}", self.pointer), depth: self.depth + 1 }
    }

    pub(crate) fn error(&self, what: impl Into<String>, next: impl Into<String>) -> ConditionError {
        ConditionError { pointer: self.pointer.clone(), what: what.into(), next: next.into() }
    }

    /// An error within what stands here, with its place from the root.
    pub(crate) fn beneath(&self, err: ConditionError) -> ConditionError {
        ConditionError { pointer: format!("{}{}", self.pointer, err.pointer), ..err }
    }

    pub(crate) fn object(&self) -> Result<&'a Map<String, Value>> {
        let next = "write an object, like `{\"event\": \"Order Completed\"}`";
        self.value.as_object().ok_or_else(|| self.error(format!("{} is no object", kind(self.value)), next))
    }

    pub(crate) fn text(&self, next: &str) -> Result<&'a str> {
        let text = self.value.as_str().filter(|text| !text.is_empty());
        text.ok_or_else(|| self.error(format!("{} is not what belongs here", kind(self.value)), next))
    }

    pub(crate) fn boolean(&self) -> Result<bool> {
        let what = || format!("{} is neither true nor false", kind(self.value));
        self.value.as_bool().ok_or_else(|| self.error(what(), "write `true` or `false`"))
    }

    pub(crate) fn number(&self) -> Result<f64> {
        let what = || format!("{} is no number", kind(self.value));
        self.value.as_f64().ok_or_else(|| self.error(what(), "write a number"))
    }

    /// The elements of a list that is not empty, each with its place.
    pub(crate) fn list(&self) -> Result<impl Iterator<Item = Place<'a>>> {
        let Some(elements) = self.value.as_array() else {
            return Err(self.error(format!("{} is no list", kind(self.value)), "write a list"));
        };
        match elements.len() {
            0 => return Err(self.error("the list is empty", "name at least one, or leave the condition out")),
            1..=limits::CONDITION_LIST_MAX => {}
            _ => return Err(self.error("the list is too long", format!("name at most {}", limits::CONDITION_LIST_MAX))),
        }
        let place = self.clone();
        Ok(elements.iter().enumerate().map(move |(number, element)| place.within(&number.to_string(), element)))
    }

    pub(crate) fn member(&self, name: &str) -> Option<Place<'a>> {
        self.value.get(name).map(|value| self.within(name, value))
    }

    /// Refuses members that are none of these.
    pub(crate) fn only(&self, known: &[&str]) -> Result<()> {
        let Some((name, value)) = self.object()?.iter().find(|(name, _)| !known.contains(&name.as_str())) else {
            return Ok(());
        };
        let next = match nearest(name, known.iter().copied()) {
            Some(word) => format!("did you mean `{word}`?"),
            None => format!("use {}", choices(known.iter().copied())),
        };
        Err(self.within(name, value).error(format!("`{name}` is not known here"), next))
    }

    /// The one member of these that is there.
    pub(crate) fn one_of(&self, known: &[&'static str]) -> Result<Option<(&'static str, Place<'a>)>> {
        let mut found = known.iter().filter_map(|name| self.member(name).map(|place| (*name, place)));
        match (found.next(), found.next()) {
            (Some((first, _)), Some((second, place))) => {
                Err(place.error(format!("`{first}` and `{second}` exclude each other"), "join two conditions by `all`"))
            }
            (one, _) => Ok(one),
        }
    }
}

fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::String(text) if text.is_empty() => "an empty text".to_owned(),
        other => format!("`{other}`"),
    }
}

fn node(place: Place<'_>, nodes: &mut usize) -> Result<Node> {
    *nodes += 1;
    if *nodes > limits::CONDITION_NODES_MAX || place.depth > 2 * limits::CONDITION_DEPTH_MAX {
        return Err(place.error("there is too much in one condition", "say it with fewer conditions"));
    }
    if place.object()?.is_empty() {
        let next = "leave the condition out if everybody is meant, or say who";
        return Err(place.error("the condition is empty, which could mean anybody", next));
    }
    let Some((name, about)) = place.one_of(&SUBJECTS)? else { return Err(unknown(&place)) };
    match name {
        "all" => Ok(Node::All(joined(&place, &about, nodes)?)),
        "any" => Ok(Node::Any(joined(&place, &about, nodes)?)),
        "not" => {
            place.only(&["not"])?;
            Ok(Node::Not(Box::new(node(about, nodes)?)))
        }
        "happening" => {
            place.only(&["happening"])?;
            happening(&about)
        }
        "event" | "engagement" => happened(&place, name),
        "audience" => {
            place.only(&["audience"])?;
            about.text("name an audience, like `\"vip\"`").map(|name| Node::InAudience(name.to_owned()))
        }
        "reachable" => {
            place.only(&["reachable"])?;
            about.text("name a channel, like `\"push\"`").map(|channel| Node::Reachable(channel.to_owned()))
        }
        "cart" => items::cart(&place),
        "viewed" => items::viewed(&place),
        _ => comparison::read(&place, name),
    }
}

fn unknown(place: &Place<'_>) -> ConditionError {
    // A word that is nearly one of ours tells what was meant.
    let refused = place.only(&SUBJECTS).err();
    refused.unwrap_or_else(|| place.error("nothing says what this is about", format!("use {}", choices(SUBJECTS))))
}

fn joined(place: &Place<'_>, about: &Place<'_>, nodes: &mut usize) -> Result<Vec<Node>> {
    place.only(&["all", "any"])?;
    about.list()?.map(|element| node(element, nodes)).collect()
}

fn happening(place: &Place<'_>) -> Result<Node> {
    place.only(&["event", "engagement", "of", "channel", "detail"])?;
    let Some((name, _)) = place.one_of(&["event", "engagement"])? else {
        return Err(place.error("nothing says what is happening", "name an `event` or an `engagement`"));
    };
    let of_engagement = |member: &str| match place.member(member) {
        Some(given) if name == "event" => {
            Err(given.error(format!("`{member}` does not go with `event`"), "use it with `engagement`"))
        }
        given => given.map(|given| given.text("write a name").map(str::to_owned)).transpose(),
    };
    let (channel, detail) = (of_engagement("channel")?, of_engagement("detail")?);
    Ok(Node::Happening(Happening { subject: subject(place, name)?, channel, detail }))
}

fn happened(place: &Place<'_>, name: &str) -> Result<Node> {
    let known: Vec<&str> = [name, "of"].into_iter().chain(HISTORY).collect();
    place.only(&known)?;
    let subject = subject(place, name)?;
    let since = place.member("since").map(|since| read_since(&since)).transpose()?;
    let question = match place.one_of(&["occurred", "count", "last"])? {
        None => Question::Occurred(true),
        Some(("occurred", answer)) => Question::Occurred(answer.boolean()?),
        Some(("count", count)) => comparison::read_count(&count)?,
        Some((_, last)) => Question::Last(age(&last)?),
    };
    if let (Question::Last(_), Some(since)) = (question, place.member("since")) {
        return Err(since.error("`since` does not go with `last`", "use `occurred` or `count` with it"));
    }
    Ok(Node::Happened { subject, since, question })
}

fn subject(place: &Place<'_>, name: &str) -> Result<Subject> {
    let about = place.member(name).expect("the subject should have been found");
    let of = place.member("of");
    if name == "event" {
        if let Some(of) = of {
            return Err(of.error("`of` does not go with `event`", "use it with `engagement`"));
        }
        return about.text("name an event, like `\"Order Completed\"`").map(|name| Subject::Event(name.to_owned()));
    }
    let kinds = || EngagementKind::ALL.map(EngagementKind::as_str);
    let spelled = about.text("name an engagement, like `\"clicked\"`")?;
    let kind = EngagementKind::parse(spelled).ok_or_else(|| {
        let meant = nearest(spelled, kinds()).map(|word| format!("did you mean `{word}`?"));
        about.error(
            format!("the engagement `{spelled}` is not known"),
            meant.unwrap_or_else(|| format!("use {}", choices(kinds()))),
        )
    })?;
    of.map_or(Ok(Target::Any), |of| target(&of)).map(|target| Subject::Engagement(kind, target))
}

fn target(place: &Place<'_>) -> Result<Target> {
    if place.value == "mine" {
        return Ok(Target::Mine);
    }
    if !place.value.is_object() {
        let next = "write `\"mine\"`, or an object with `channel`, `campaign` or `label`";
        return Err(place.error(format!("{} names no messages", kind(place.value)), next));
    }
    place.only(&["channel", "campaign", "step", "label"])?;
    if let Some((name, given)) = place.one_of(&["channel", "label"])? {
        return lone_target(place, name, &given);
    }
    let name = |member: &str| {
        let text = place.member(member).map(|place| place.text("write a name").map(str::to_owned));
        text.transpose()
    };
    match (name("campaign")?, name("step")?) {
        (Some(campaign), step) => {
            CampaignName::parse(&campaign).map_err(|err| {
                let next = "write a campaign's name as `rekindle campaign list` shows it";
                place.error(format!("no campaign can be called `{campaign}`: {err}"), next)
            })?;
            Ok(step.map_or(Target::Campaign(campaign.clone()), |step| Target::Step(campaign, step)))
        }
        (None, Some(_)) => Err(place.error("a step belongs to a campaign", "name its `campaign` too")),
        (None, None) => Err(place.error("it names no messages", "name a `channel`, a `campaign` or a `label`")),
    }
}

/// A channel or a label, which nothing else goes with.
fn lone_target(place: &Place<'_>, name: &str, given: &Place<'_>) -> Result<Target> {
    if place.object()?.len() > 1 {
        return Err(place.error(format!("`{name}` goes alone"), "join two conditions by `all`"));
    }
    let text = given.text("write a name")?;
    if name == "channel" {
        return Ok(Target::Channel(text.to_owned()));
    }
    Label::parse(text).map_err(|err| given.error(err.to_string(), "write a label as a campaign's settings have it"))?;
    Ok(Target::Label(text.to_owned()))
}

pub(super) fn read_since(place: &Place<'_>) -> Result<Since> {
    let next = "write a span like `\"7d\"`, a moment like `\"2026-03-01T08:00:00Z\"`, or `\"trigger\"`";
    let text = place.text(next)?;
    if text == "trigger" {
        return Ok(Since::Trigger);
    }
    if let Some(moment) = span::moment(text) {
        return Ok(Since::At(moment));
    }
    span::read(text).map(Since::Ago).map_err(|_| place.error(format!("`{text}` is no moment"), next))
}

/// Reads `{"newer_than": "7d"}` or `{"older_than": "7d"}`.
pub(super) fn age(place: &Place<'_>) -> Result<Age> {
    place.only(&["newer_than", "older_than"])?;
    match place.one_of(&["newer_than", "older_than"])? {
        Some(("newer_than", span)) => read_span(&span).map(Age::NewerThan),
        Some((_, span)) => read_span(&span).map(Age::OlderThan),
        None => Err(place.error("nothing says how long ago", "use `newer_than` or `older_than`")),
    }
}

pub(super) fn read_span(place: &Place<'_>) -> Result<std::time::Duration> {
    let text = place.text("write a span of time, like `\"7d\"`")?;
    span::read(text).map_err(|next| place.error(format!("`{text}` is no span of time"), next))
}
