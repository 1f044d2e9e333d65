//! A JSON answer as a person reads it: fields in the server's order, every text harmless to a terminal.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

/// Stands for nothing.
const NOTHING: &str = "-";

/// A part of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// A value, as it is shown.
    Leaf(String),
    /// A list.
    Items(Vec<Node>),
    /// Named parts, in the order in which they came.
    Fields(Vec<(String, Node)>),
}

impl Node {
    /// The field of that name.
    pub(crate) fn field(&self, name: &str) -> Option<&Self> {
        self.fields().iter().find(|(field, _)| field == name).map(|(_, node)| node)
    }

    /// All fields; none where it has none.
    pub(crate) fn fields(&self) -> &[(String, Self)] {
        match self {
            Self::Fields(fields) => fields,
            Self::Leaf(_) | Self::Items(_) => &[],
        }
    }

    /// All items; none where it is no list.
    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::Items(items) => items,
            Self::Leaf(_) | Self::Fields(_) => &[],
        }
    }

    /// In one line.
    pub(crate) fn inline(&self) -> String {
        match self {
            Self::Leaf(text) => text.clone(),
            Self::Items(items) if items.is_empty() => NOTHING.to_owned(),
            Self::Items(items) => items.iter().map(Self::enclosed).collect::<Vec<_>>().join(", "),
            Self::Fields(fields) => inline_fields(fields.iter()),
        }
    }

    /// In `key: value` lines, what is nested indented.
    pub(crate) fn lines(&self) -> Vec<String> {
        match self {
            Self::Leaf(text) => vec![text.clone()],
            Self::Items(items) => items.iter().map(|item| format!("- {}", item.inline())).collect(),
            Self::Fields(fields) => fields.iter().flat_map(|(name, node)| named_lines(name, node)).collect(),
        }
    }

    /// In one line, as a part of another.
    fn enclosed(&self) -> String {
        match self {
            Self::Leaf(text) => text.clone(),
            Self::Items(_) => format!("[{}]", self.inline()),
            Self::Fields(_) => format!("{{{}}}", self.inline()),
        }
    }

    /// Whether it reads well behind its name.
    fn is_flat(&self) -> bool {
        match self {
            Self::Leaf(_) => true,
            Self::Items(items) => items.iter().all(|item| matches!(item, Self::Leaf(_))),
            Self::Fields(fields) => fields.is_empty(),
        }
    }
}

/// Fields in one line.
pub(crate) fn inline_fields<'a>(fields: impl Iterator<Item = &'a (String, Node)>) -> String {
    let parts: Vec<String> = fields.map(|(name, node)| format!("{name}: {}", node.enclosed())).collect();
    if parts.is_empty() { NOTHING.to_owned() } else { parts.join(", ") }
}

fn named_lines(name: &str, node: &Node) -> Vec<String> {
    if node.is_flat() {
        return vec![format!("{name}: {}", node.inline())];
    }
    let nested = node.lines().into_iter().map(|line| format!("  {line}"));
    std::iter::once(format!("{name}:")).chain(nested).collect()
}

/// The text with everything spelled out that a terminal would act upon: control characters, and marks that change
/// the direction of writing.
pub(crate) fn legible(text: &str) -> String {
    let mut legible = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                legible.extend(c.escape_unicode());
            }
            c if c.is_control() => legible.extend(c.escape_debug()),
            c => legible.push(c),
        }
    }
    legible
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Leaf(NOTHING.to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Leaf(if value { "yes" } else { "no" }.to_owned()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Leaf(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Leaf(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Leaf(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Leaf(legible(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Node::Items(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut fields = Vec::new();
        while let Some((name, node)) = map.next_entry::<String, Node>()? {
            fields.push((legible(&name), node));
        }
        Ok(Node::Fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::legible;

    #[test]
    fn nothing_that_a_terminal_acts_upon_reaches_it() {
        let hostile = "a\u{1b}]0;title\u{7}b\r\n\u{9b}31m\u{7f}\u{202e}\u{2066}\u{0}";
        let shown = legible(hostile);
        assert_eq!(shown, r"a\u{1b}]0;title\u{7}b\r\n\u{9b}31m\u{7f}\u{202e}\u{2066}\0");
        assert_eq!(legible("Ünïcode 👩‍👧 العربية"), "Ünïcode 👩‍👧 العربية");
    }
}
