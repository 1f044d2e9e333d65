//! What a message says: JSON whose texts may have places, `{{trigger.cart_id}}`. Parsed once, when the journey is
//! configured, so that a misspelt place is an error of the configuration and not a message to thousands.

use serde_json::{Map, Value};

/// The longest text, in bytes: far below what one decision may hand over.
const TEXT_BYTES_MAX: usize = 4_000;
/// What a place may be.
const PLACES: &str =
    "`{{count}}`, `{{items}}`, `{{trigger.…}}`, `{{item.…}}` or `{{trait.…}}`, perhaps with `| default: \"…\"`";

/// Content with its places found.
#[derive(Debug)]
pub(crate) enum Content {
    Plain(Value),
    Text(Vec<Part>),
    List(Vec<Content>),
    Object(Vec<(String, Content)>),
}

#[derive(Debug)]
pub(crate) enum Part {
    Literal(String),
    Place(Place, String),
}

/// Where a value is found.
#[derive(Debug, PartialEq)]
pub(crate) enum Place {
    /// How often the trigger came.
    Count,
    /// What is listed of the triggers.
    Items,
    /// A property of the trigger's event, by name or JSON Pointer.
    Trigger(String),
    /// An attribute of the item that changed.
    Item(String),
    /// A trait of the person.
    Trait(String),
}

/// Finds what places stand for.
pub(crate) trait Values {
    /// The text for a place; none where there is no value.
    fn value(&self, place: &Place) -> Option<String>;
}

impl Content {
    pub(crate) fn parse(value: Value) -> Result<Self, String> {
        Ok(match value {
            Value::String(text) if text.contains("{{") => Self::Text(parts(&text)?),
            Value::String(text) if text.len() > TEXT_BYTES_MAX => return Err(too_long(&text)),
            Value::Array(elements) => Self::List(elements.into_iter().map(Self::parse).collect::<Result<_, _>>()?),
            Value::Object(members) => {
                let member = |(name, value)| Ok((name, Self::parse(value)?));
                Self::Object(members.into_iter().map(member).collect::<Result<_, String>>()?)
            }
            plain => Self::Plain(plain),
        })
    }

    /// Fills the places in; what is filled in is never read as a template again.
    pub(crate) fn render(&self, values: &dyn Values) -> Value {
        match self {
            Self::Plain(value) => value.clone(),
            Self::Text(parts) => parts.iter().map(|part| part.render(values)).collect::<String>().into(),
            Self::List(elements) => elements.iter().map(|element| element.render(values)).collect(),
            Self::Object(members) => {
                let rendered = members.iter().map(|(name, content)| (name.clone(), content.render(values)));
                Value::Object(rendered.collect::<Map<_, _>>())
            }
        }
    }

    /// Every place in it.
    pub(crate) fn places(&self) -> Vec<&Place> {
        match self {
            Self::Plain(_) => Vec::new(),
            Self::Text(parts) => parts.iter().filter_map(Part::place).collect(),
            Self::List(elements) => elements.iter().flat_map(Self::places).collect(),
            Self::Object(members) => members.iter().flat_map(|(_, content)| content.places()).collect(),
        }
    }
}

impl Part {
    fn render(&self, values: &dyn Values) -> String {
        match self {
            Self::Literal(text) => text.clone(),
            Self::Place(place, fallback) => values.value(place).unwrap_or_else(|| fallback.clone()),
        }
    }

    fn place(&self) -> Option<&Place> {
        match self {
            Self::Literal(_) => None,
            Self::Place(place, _) => Some(place),
        }
    }
}

fn parts(text: &str) -> Result<Vec<Part>, String> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(too_long(text));
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((literal, after)) = rest.split_once("{{") {
        let beginning: String = after.chars().take(20).collect();
        let no_end = || format!("the place that begins with `{{{{{beginning}` has no end: write `}}}}`");
        let (place, after) = after.split_once("}}").ok_or_else(no_end)?;
        parts.push(Part::Literal(literal.to_owned()));
        parts.push(part(place.trim())?);
        rest = after;
    }
    parts.push(Part::Literal(rest.to_owned()));
    Ok(parts)
}

fn part(text: &str) -> Result<Part, String> {
    let (name, fallback) = match text.split_once('|') {
        Some((name, filter)) => (name.trim(), fallback(filter.trim())?),
        None => (text, String::new()),
    };
    let place = match name.split_once('.') {
        None if name == "count" => Place::Count,
        None if name == "items" => Place::Items,
        Some(("trigger", property)) if !property.is_empty() => Place::Trigger(property.to_owned()),
        Some(("item", attribute)) if !attribute.is_empty() => Place::Item(attribute.to_owned()),
        Some(("trait", name)) if !name.is_empty() => Place::Trait(name.to_owned()),
        _ => return Err(format!("the place `{{{{{name}}}}}` is not known; write {PLACES}")),
    };
    Ok(Part::Place(place, fallback))
}

fn fallback(filter: &str) -> Result<String, String> {
    let quoted = filter.strip_prefix("default:").map(str::trim);
    let text = quoted.and_then(|text| text.strip_prefix('"')?.strip_suffix('"'));
    let unknown = || format!("the filter `{filter}` is not known; write `| default: \"…\"`");
    text.map(str::to_owned).ok_or_else(unknown)
}

fn too_long(text: &str) -> String {
    format!("a text of {} bytes is too long; at most {TEXT_BYTES_MAX}", text.len())
}
