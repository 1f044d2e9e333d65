//! What a tenant wants to try with a campaign.

use serde_json::{Map, Value, json};

use crate::domain::{
    Attribution, Call, CampaignName, Event, Group, HoldOut, Json, VariationName, limits, pointer, spelling,
};

/// An experiment. That of a campaign for which nothing was said has one group, and holds nobody out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Design {
    /// None, or at least two; the first is what others are compared with where nobody is held out.
    pub variations: Vec<Variation>,
    /// The share of people who get nothing.
    pub hold_out_percent: u8,
    /// Tells an experiment from the campaign's others; where nothing is said, it is the campaign's name.
    pub salt: Option<String>,
    /// What the campaign is for.
    pub conversion: Option<Metric>,
    /// What a conversion is credited to.
    pub attribution: Attribution,
    /// When a variation has won.
    pub winner: WinnerRule,
}

/// One of the things that are tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variation {
    /// What the module is told.
    pub name: VariationName,
    /// Its part of all weights is the share of people who get it.
    pub weight: u32,
}

/// An event that a campaign is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// The track event's name.
    pub event: String,
    /// Where the event says what it is worth: a property's name, or a JSON Pointer from the event's root.
    pub value: Option<String>,
}

/// What variations are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Measure {
    /// The share of people who convert.
    #[default]
    Rate,
    /// What a person is worth.
    Value,
}

/// When a variation has won.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WinnerRule {
    /// What variations are compared by.
    pub by: Measure,
    /// How probable it has to be that it is the best.
    pub probability_percent: u8,
    /// How many days the experiment has to run.
    pub days: u16,
    /// How many people each variation has to have.
    pub people: u32,
    /// Whether the house gives everybody the winner.
    pub apply: bool,
}

impl Default for WinnerRule {
    fn default() -> Self {
        Self { by: Measure::Rate, probability_percent: 95, days: 14, people: 1_000, apply: false }
    }
}

impl Measure {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Rate, Self::Value];

    /// The name in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::Value => "value",
        }
    }
}

impl Metric {
    /// What an event is worth as a conversion, in millionths; none where it is none. What is no number, or absurdly great, is worth
    /// nothing.
    pub fn measure(&self, event: &Event) -> Option<i64> {
        let is_meant = event.call == Call::Track && spelling::is_same(&event.name, &self.event);
        is_meant.then(|| self.value.as_deref().map_or(0, |word| worth(event, word)))
    }
}

fn worth(event: &Event, word: &str) -> i64 {
    let body = event.body.value();
    let found = pointer::find(&body, &pointer::of_property(word)).value.map(Json::from);
    let number = found.and_then(|value| value.number()).filter(|number| number.abs() <= limits::CONVERSION_VALUE_MAX);
    number.map_or(0, |number| (number * 1e6).round() as i64)
}

impl Design {
    /// What tells the experiment from the campaign's others.
    pub fn salt<'a>(&'a self, campaign: &'a CampaignName) -> &'a str {
        self.salt.as_deref().unwrap_or(campaign.as_str())
    }

    /// Everybody's groups, in the order in which they are shown.
    pub fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<Group> =
            self.variations.iter().map(|variation| Group::Treated(Some(variation.name.clone()))).collect();
        if groups.is_empty() {
            groups.push(Group::Treated(None));
        }
        groups.extend(HoldOut::ALL.map(Group::HeldOut));
        groups
    }

    /// The same with everybody who is yet to be enrolled in one variation; who is held out stays so.
    #[must_use]
    pub fn with_all_on(&self, winner: &VariationName) -> Self {
        let mut design = self.clone();
        for variation in &mut design.variations {
            variation.weight = u32::from(variation.name == *winner);
        }
        design
    }

    /// The document that reads as this: what is usual is left out.
    pub fn document(&self) -> Value {
        let mut members = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            value.map(|value| members.insert(name.to_owned(), value));
        };
        put("variations", self.variations_document());
        put("hold_out_percent", (self.hold_out_percent > 0).then(|| self.hold_out_percent.into()));
        put("salt", self.salt.clone().map(Value::from));
        put("conversion", self.conversion.as_ref().map(Metric::document));
        put("attribution", (self.attribution != Attribution::default()).then(|| attribution(&self.attribution)));
        put("winner", (self.winner != WinnerRule::default()).then(|| self.winner.document()));
        members.into()
    }

    /// An object where its order, which is by name, is the stated one.
    fn variations_document(&self) -> Option<Value> {
        let variations = &self.variations;
        let pair = |variation: &Variation| (variation.name.to_string(), variation.weight.into());
        let element = |variation: &Variation| json!({"name": variation.name.as_str(), "weight": variation.weight});
        (!variations.is_empty()).then(|| match variations.is_sorted_by(|one, other| one.name < other.name) {
            true => Value::Object(variations.iter().map(pair).collect()),
            false => variations.iter().map(element).collect(),
        })
    }
}

impl Metric {
    fn document(&self) -> Value {
        match &self.value {
            Some(value) => json!({"event": self.event, "value": value}),
            None => json!({"event": self.event}),
        }
    }
}

fn attribution(Attribution { window, to }: &Attribution) -> Value {
    let usual = Attribution::default();
    let mut members = Map::new();
    let hours = window.as_secs() / 3600;
    match hours % 24 {
        _ if *window == usual.window => None,
        0 => members.insert("days".to_owned(), (hours / 24).into()),
        _ => members.insert("hours".to_owned(), hours.into()),
    };
    if *to != usual.to {
        members.insert("to".to_owned(), to.as_str().into());
    }
    members.into()
}

impl WinnerRule {
    fn document(&self) -> Value {
        let usual = Self::default();
        let all = [
            ("by", (self.by != usual.by).then(|| self.by.as_str().into())),
            (
                "probability_percent",
                (self.probability_percent != usual.probability_percent).then(|| self.probability_percent.into()),
            ),
            ("days", (self.days != usual.days).then(|| self.days.into())),
            ("people", (self.people != usual.people).then(|| self.people.into())),
            ("apply", self.apply.then_some(Value::Bool(true))),
        ];
        let said = all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(said.collect())
    }
}
