//! A scenario file, read: which campaigns run, and the scenarios with their steps. Plain data; `docs/scenarios.md` is its grammar.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::expectation::{Expected, Silence};
use super::segment::{Happening, Person};
use crate::conditions::Audiences;
use crate::domain::{self, Attributes, CampaignName, ItemId, Json, Timestamp, limits};
use crate::form::{Place, Result, unknown};
use crate::mappings::{Mapping, Mappings};
use crate::policy::TenantPolicy;
use crate::settings::Settings;

/// When scenarios begin that do not say when: Monday, 2 March 2026, 08:00 UTC.
const START: Timestamp = Timestamp::from_millis(1_772_438_400_000);
/// What a step can be.
const STEPS: &str =
    "a step has one of `wait`, `event`, `traits`, `segment`, `item`, `channel`, `expect` and `expect_none`";

/// A file of scenarios.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) campaigns: Vec<Staged>,
    /// The tenant's audiences, in every scenario of the file.
    pub(super) audiences: Arc<Audiences>,
    /// What the tenant mapped, in every scenario of the file.
    pub(super) mappings: Arc<Mappings>,
    /// What all messages are judged by.
    pub(super) policy: Arc<TenantPolicy>,
    pub(super) start: Timestamp,
    /// The catalogue at the beginning of each scenario.
    pub(super) items: Vec<(ItemId, Attributes)>,
    pub(super) scenarios: Vec<Scenario>,
}

/// A campaign that runs in every scenario of the file.
#[derive(Debug)]
pub(super) struct Staged {
    pub(super) pointer: String,
    pub(super) name: CampaignName,
    /// None where the command line names it.
    pub(super) module: Option<String>,
    pub(super) configuration: Configuration,
    pub(super) settings: Settings,
}

/// What a campaign is configured with.
#[derive(Debug)]
pub(super) enum Configuration {
    /// A file, relative to the scenarios'.
    File(String),
    /// The document itself.
    Inline(Value),
}

/// What happens, and what should come of it.
#[derive(Debug)]
pub(super) struct Scenario {
    pub(super) name: String,
    pub(super) steps: Vec<Step>,
}

/// One step, and where it stands in the file.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) pointer: String,
    pub(super) action: Action,
}

#[derive(Debug)]
pub(super) enum Action {
    Wait(Duration),
    /// Somebody does something, so long before it is heard of.
    Happens {
        person: Person,
        what: Happening,
        ago: Duration,
    },
    /// A call of Segment's, as it is.
    Segment(Value),
    /// From now on, an item has these attributes too.
    Item {
        item: ItemId,
        amendments: BTreeMap<String, Option<Json>>,
    },
    /// From now on, a channel's provider answers so.
    Channel {
        channel: String,
        answers: Answers,
    },
    Expect(Expected),
    ExpectNone(Silence),
}

/// What a provider says to every message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    Accepts,
    Refuses,
    Fails,
}

impl Script {
    /// Reads a document.
    pub(super) fn read(document: &Value) -> Result<Self> {
        /// What a file may say.
        const MEMBERS: [&str; 11] = [
            "module",
            "configuration",
            "settings",
            "campaign",
            "campaigns",
            "audiences",
            "mappings",
            "policy",
            "start",
            "items",
            "scenarios",
        ];
        let root = Place::root(document);
        root.object(&MEMBERS)?;
        let module = root.text_member("module")?;
        let campaigns = match root.member("campaigns") {
            None => vec![staged(&root, module.as_ref())?],
            Some(list) => {
                if let Some(place) = ["configuration", "settings", "campaign"].iter().find_map(|name| root.member(name))
                {
                    return Err(place.error("it belongs into one of `campaigns` here", "move it there"));
                }
                let read = |place: Place<'_>| {
                    place.object(&["module", "configuration", "settings", "campaign"])?;
                    staged(&place, module.as_ref())
                };
                list.list(limits::SCENARIOS_MAX)?.into_iter().map(read).collect::<Result<_>>()?
            }
        };
        let start = root.member("start").map_or(Ok(START), |place| place.moment())?;
        let scenarios =
            root.required("scenarios")?.list(limits::SCENARIOS_MAX)?.iter().map(scenario).collect::<Result<_>>()?;
        let items = root.member("items").map_or(Ok(Vec::new()), |place| catalogue(&place))?;
        let audiences = root.member("audiences").map_or(Ok(Audiences::default()), |place| audiences(&place))?;
        let mappings =
            root.member("mappings").map_or_else(|| Ok(Mappings::default()), |place| mappings(&place, &campaigns))?;
        let policy =
            root.member("policy").map_or_else(|| Ok(TenantPolicy::default()), |place| TenantPolicy::read_at(&place))?;
        let (audiences, mappings, policy) = (Arc::new(audiences), Arc::new(mappings), Arc::new(policy));
        Ok(Self { campaigns, audiences, mappings, policy, start, items, scenarios })
    }
}

fn audiences(place: &Place<'_>) -> Result<Audiences> {
    let conditions = object(place)?;
    Audiences::read(conditions.iter().map(|(name, condition)| (name.as_str(), condition))).map_err(|(name, err)| {
        let at = place.member(&name).unwrap_or_else(|| place.clone());
        at.error(err.to_string(), "write a condition as `docs/conditions.md` says")
    })
}

/// As with the server, each leads to a campaign that is there, and maps what no other does.
fn mappings(place: &Place<'_>, campaigns: &[Staged]) -> Result<Mappings> {
    let mut mappings = BTreeMap::new();
    for (name, place) in place.members()? {
        let mapping = Mapping::read_at(&place)?;
        let known = campaigns.iter().map(|staged| staged.name.as_str());
        mapping.check_campaign(known).map_err(|err| place.beneath(err))?;
        mappings.insert(name, mapping);
    }
    Mappings::of(mappings.iter().map(|(name, mapping)| (*name, mapping))).map_err(|clash| {
        let at = place.member(&clash.other).unwrap_or_else(|| place.clone());
        at.error(format!("it maps the same as `{}`", clash.one), "leave one of the two out")
    })
}

fn staged(place: &Place<'_>, module: Option<&String>) -> Result<Staged> {
    let name = place.required("campaign")?;
    let parsed = CampaignName::parse(name.text()?).map_err(|err| name.error(err.to_string(), "use another name"))?;
    let configuration = match place.member("configuration") {
        None => Configuration::Inline(Value::Object(Map::new())),
        Some(given) => match given.value {
            Value::String(_) => Configuration::File(given.text()?.to_owned()),
            inline => Configuration::Inline(inline.clone()),
        },
    };
    let module = place.text_member("module")?.or_else(|| module.cloned());
    let settings =
        place.member("settings").map_or_else(|| Ok(Settings::default()), |place| Settings::read_at(&place))?;
    Ok(Staged { pointer: place.pointer.clone(), name: parsed, module, configuration, settings })
}

fn catalogue(place: &Place<'_>) -> Result<Vec<(ItemId, Attributes)>> {
    let items = place.members()?;
    items.iter().map(|(id, place)| Ok((item_id(id, place)?, attributes_of(place)?))).collect()
}

fn item_id(id: &str, place: &Place<'_>) -> Result<ItemId> {
    ItemId::parse(id).map_err(|err| place.error(err.to_string(), "use another id"))
}

fn attributes_of(place: &Place<'_>) -> Result<Attributes> {
    let next = "write an object of texts and numbers, like `{\"price\": 9.5}`";
    domain::attributes(place.value).map_err(|err| place.error(err.to_string(), next))
}

fn scenario(place: &Place<'_>) -> Result<Scenario> {
    place.object(&["name", "steps"])?;
    let name = place.required("name")?.text()?.to_owned();
    let steps = place.required("steps")?.list(limits::SCENARIOS_MAX)?.iter().map(step).collect::<Result<_>>()?;
    Ok(Scenario { name, steps })
}

fn step(place: &Place<'_>) -> Result<Step> {
    type Read = fn(&Place<'_>) -> Result<Action>;
    /// What a step is about, and the members that go with it.
    const FORMS: [(&str, &[&str], Read); 8] = [
        ("wait", &["wait"], |place| Ok(Action::Wait(place.required("wait")?.span()?))),
        ("event", &["event", "person", "properties", "ago"], event),
        ("traits", &["traits", "person", "ago"], identify),
        ("segment", &["segment"], |place| Ok(Action::Segment(place.required("segment")?.value.clone()))),
        ("item", &["item", "attributes"], item),
        ("channel", &["channel", "answers"], channel),
        ("expect", &["expect"], |place| Ok(Action::Expect(Expected::read(&place.required("expect")?)?))),
        ("expect_none", &["expect_none"], |place| {
            Ok(Action::ExpectNone(Silence::read(&place.required("expect_none")?)?))
        }),
    ];
    let all: Vec<&str> = FORMS.iter().flat_map(|(_, members, _)| members.iter().copied()).collect();
    place.object(&all)?;
    let mut is = FORMS.iter().filter(|(about, ..)| place.member(about).is_some());
    let Some((_, members, read)) = is.next() else { return Err(place.error("the step says nothing to do", STEPS)) };
    if is.next().is_some() {
        return Err(place.error("the step is two at once", STEPS));
    }
    place.object(members)?;
    Ok(Step { pointer: place.pointer.clone(), action: read(place)? })
}

fn event(place: &Place<'_>) -> Result<Action> {
    let name = place.required("event")?.text()?.to_owned();
    let properties = place.member("properties").map_or(Ok(Map::new()), |place| object(&place))?;
    happens(place, Happening::Track { name, properties })
}

fn identify(place: &Place<'_>) -> Result<Action> {
    happens(place, Happening::Identify { traits: object(&place.required("traits")?)? })
}

fn happens(place: &Place<'_>, what: Happening) -> Result<Action> {
    let person = Person(place.required("person")?.text()?.to_owned());
    let ago = place.member("ago").map_or(Ok(Duration::ZERO), |place| place.span())?;
    Ok(Action::Happens { person, what, ago })
}

fn item(place: &Place<'_>) -> Result<Action> {
    let id = place.required("item")?;
    let given = place.required("attributes")?;
    let next = "write an object of texts and numbers, `null` for one that is no more";
    let amendments = domain::amendments(given.value).map_err(|err| given.error(err.to_string(), next))?;
    Ok(Action::Item { item: item_id(id.text()?, &id)?, amendments })
}

fn object(place: &Place<'_>) -> Result<Map<String, Value>> {
    place
        .value
        .as_object()
        .cloned()
        .ok_or_else(|| place.error("it is no object", "write an object, like `{\"name\": \"mug\"}`"))
}

fn channel(place: &Place<'_>) -> Result<Action> {
    const ANSWERS: [(&str, Answers); 3] =
        [("accepts", Answers::Accepts), ("refuses", Answers::Refuses), ("fails", Answers::Fails)];
    let channel = place.required("channel")?.text()?.to_owned();
    let given = place.required("answers")?;
    let text = given.text()?;
    let answers = ANSWERS.iter().find(|(name, _)| *name == text).map(|(_, answers)| *answers);
    let known = ANSWERS.iter().map(|(name, _)| *name);
    let answers =
        answers.ok_or_else(|| unknown(given.pointer.clone(), format!("no provider `{text}`"), text, known))?;
    Ok(Action::Channel { channel, answers })
}
