//! What begins a run: how it is written, what it is called in the manifest, and whether a cause is it.

use rekindle_guest::{Call, Cause, Change, Condition, Context, EngagementKind, Error, Target, Trigger as Asked};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::form::named;
use crate::item::{Interest, ItemTrigger, Margin, Movement};

/// What begins a run: `{"event": "Product Added"}`, `{"call": "identify"}`, `{"engagement": "clicked", "of": {"campaign": "welcome"}}`,
/// `{"trait": "plan", "from": "Bronze", "to": "Silver"}`, `{"item": "price", "change": "drop"}` or `{"schedule": {…}}`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "TriggerForm")]
pub enum Trigger {
    /// A track event.
    Event(String),
    /// A call of Segment's.
    Call(Call),
    /// What became of a message.
    Engagement {
        /// What.
        kind: EngagementKind,
        /// Of whose.
        target: Target,
        /// The whole of it, for the host: it alone knows labels and how providers spell names.
        happening: Condition,
    },
    /// A trait that changed, and from what to what.
    Trait {
        /// Its name.
        name: String,
        /// What it was; anything, if missing.
        from: Option<Value>,
        /// What it is; anything, if missing.
        to: Option<Value>,
    },
    /// An attribute of an item that changed.
    Item(ItemTrigger),
    /// A moment, or moments that come again; the host reads them.
    Schedule(Value),
}

impl Trigger {
    /// What the host is to ask about.
    pub(crate) fn asked(&self) -> Asked {
        match self {
            Self::Event(name) => Asked::Event(name.clone()),
            Self::Call(call) => Asked::Call(call.as_str().to_owned()),
            Self::Engagement { kind, target, .. } => Asked::Engagement(kind.clone(), target.clone()),
            Self::Trait { name, .. } => Asked::TraitChanged(name.clone()),
            Self::Item(item) => Asked::ItemChanged(item.attribute.clone()),
            Self::Schedule(moments) => Asked::Schedule(moments.clone()),
        }
    }

    /// Whether the cause is this: a condition of the journey's may have wanted to be asked about it, too.
    pub(crate) fn is(&self, cause: &Cause, ctx: &Context) -> Result<bool, Error> {
        Ok(match (self, cause) {
            (Self::Event(name), Cause::Event(event)) => {
                event.call == Call::Track && event.name.eq_ignore_ascii_case(name)
            }
            (Self::Call(call), Cause::Event(event)) => event.call == *call,
            (Self::Engagement { kind, happening, .. }, Cause::Engagement(engagement)) => {
                *kind == engagement.kind && !engagement.by_machine && ctx.holds(happening, &Value::Null)?
            }
            (Self::Trait { name, from, to }, Cause::TraitChanged(change)) => {
                let is = |wanted: &Option<Value>, value: &Option<Value>| wanted.is_none() || wanted == value;
                *name == change.subject && is(from, &change.before) && is(to, &change.after)
            }
            (Self::Item(item), Cause::ItemChanged(change)) => item.is(change, ctx),
            (Self::Schedule(_), Cause::Schedule(_)) => true,
            _ => false,
        })
    }
}

/// What a change tells, as the properties of an event that nobody sent.
pub(crate) fn properties(change: &Change, about: &str) -> Value {
    json!({ about: change.subject, "before": change.before, "after": change.after })
}

/// What begins a run, as it is written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TriggerForm {
    /// A track event, by name.
    event: Option<String>,
    /// A call of Segment's: `identify`, `page`, `screen`, `group`, `alias` or `track`.
    call: Option<String>,
    /// What became of a message, like `clicked`.
    engagement: Option<String>,
    /// An attribute of the catalogue's items, by name.
    item: Option<String>,
    /// Moments, as `docs/schedules.md` writes them.
    schedule: Option<Value>,
    /// A trait that changed, by name.
    #[serde(rename = "trait")]
    attribute: Option<String>,
    /// With `engagement`, whose message: `"mine"`, or an object with `channel`, with `label`, or with `campaign` and perhaps `step`; anybody's,
    /// if missing. With `item`, who is meant: `cart`, who has it there; `viewed`, who looked at it; `any`, which is usual.
    of: Option<Value>,
    /// The message's channel; any, if missing.
    channel: Option<String>,
    /// The button, link, link alias or story page; any, if missing.
    detail: Option<String>,
    /// What the trait was; anything, if missing.
    from: Option<Value>,
    /// What the trait is; anything, if missing.
    to: Option<Value>,
    /// `drop`, `rise`, or `any`, which is usual.
    change: Option<Movement>,
    /// At least by so much: `"10%"`, or a number.
    by: Option<Margin>,
}

/// What a trigger may be about, with the members that go with it.
const FORMS: [(&str, &[&str]); 6] = [
    ("event", &[]),
    ("call", &[]),
    ("engagement", &["of", "channel", "detail"]),
    ("trait", &["from", "to"]),
    ("item", &["change", "by", "of"]),
    ("schedule", &[]),
];

impl TriggerForm {
    /// The members that are there.
    fn members(&self) -> impl Iterator<Item = &'static str> {
        let members = [
            ("event", self.event.is_some()),
            ("call", self.call.is_some()),
            ("engagement", self.engagement.is_some()),
            ("item", self.item.is_some()),
            ("schedule", self.schedule.is_some()),
            ("trait", self.attribute.is_some()),
            ("of", self.of.is_some()),
            ("channel", self.channel.is_some()),
            ("detail", self.detail.is_some()),
            ("from", self.from.is_some()),
            ("to", self.to.is_some()),
            ("change", self.change.is_some()),
            ("by", self.by.is_some()),
        ];
        members.into_iter().filter_map(|(name, is_there)| is_there.then_some(name))
    }

    /// Refuses members that do not go together.
    fn check(&self) -> Result<(), String> {
        let mut forms = FORMS.iter().filter(|(about, _)| self.members().any(|member| member == *about));
        let Some((about, with)) = forms.next() else {
            let known: Vec<String> = FORMS.iter().map(|(about, _)| format!("`{about}`")).collect();
            return Err(format!("nothing says what begins a run: write one of {}", known.join(", ")));
        };
        let Some(odd) = self.members().find(|member| member != about && !with.contains(member)) else { return Ok(()) };
        Err(match with {
            [] => format!("`{odd}` does not go with `{about}`, which stands alone"),
            with => format!("`{odd}` does not go with `{about}`; these do: {}", with.join(", ")),
        })
    }
}

impl TryFrom<TriggerForm> for Trigger {
    type Error = String;

    fn try_from(form: TriggerForm) -> Result<Self, String> {
        form.check()?;
        let TriggerForm { event, call, engagement, item, schedule, attribute, .. } = &form;
        if let Some(name) = event {
            return named(name.clone(), "the event's name").map(Self::Event);
        }
        if let Some(word) = call {
            return match Call::from(word.as_str()) {
                Call::Other(_) => Err(format!("the call `{word}` is not known; `identify` and `page` are some")),
                call => Ok(Self::Call(call)),
            };
        }
        if let Some(kind) = engagement {
            return engagement_trigger(kind, &form);
        }
        if let Some(attribute) = item {
            let attribute = named(attribute.clone(), "the attribute's name")?;
            let interest = form.of.as_ref().map_or(Ok(Interest::Any), Interest::read)?;
            return ItemTrigger::new(attribute, (form.change, form.by), interest).map(Self::Item);
        }
        if let Some(moments) = schedule {
            return Ok(Self::Schedule(moments.clone()));
        }
        let name = named(attribute.clone().unwrap_or_default(), "the trait's name")?;
        Ok(Self::Trait { name, from: form.from, to: form.to })
    }
}

fn engagement_trigger(word: &str, form: &TriggerForm) -> Result<Trigger, String> {
    let kind = EngagementKind::from(word);
    if let EngagementKind::Other(word) = &kind {
        return Err(format!("the engagement `{word}` is not known; `delivered`, `opened` and `clicked` are some"));
    }
    let target = match (&form.of, &form.channel) {
        (Some(of), _) => target(of).ok_or(
            "`of` is `\"mine\"`, or an object with `channel`, with `label`, or with `campaign` and perhaps `step`",
        )?,
        (None, Some(channel)) => Target::Channel(channel.clone()),
        (None, None) => Target::Any,
    };
    let mut happening = json!({ "engagement": word });
    let members = [
        ("of", form.of.clone()),
        ("channel", form.channel.clone().map(Value::from)),
        ("detail", form.detail.clone().map(Value::from)),
    ];
    for (name, value) in members {
        value.into_iter().for_each(|value| happening[name] = value);
    }
    let happening = Condition::new(json!({ "happening": happening })).map_err(|err| err.to_string())?;
    Ok(Trigger::Engagement { kind, target, happening })
}

/// Whose messages are meant, as conditions write it too.
pub(crate) fn target(of: &Value) -> Option<Target> {
    let name = |member: &str| of.get(member).and_then(Value::as_str).map(str::to_owned);
    if of == "mine" {
        return Some(Target::Mine);
    }
    match (name("channel"), name("label"), name("campaign"), name("step")) {
        (Some(channel), None, None, None) => Some(Target::Channel(channel)),
        (None, Some(label), None, None) => Some(Target::Label(label)),
        (None, None, Some(campaign), Some(step)) => Some(Target::Step { campaign, step }),
        (None, None, Some(campaign), None) => Some(Target::Campaign(campaign)),
        _ => None,
    }
}
