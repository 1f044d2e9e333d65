//! Texts with placeholders, `{{items}}`. Parsed once, when the campaign is configured, so that a
//! misspelt placeholder is an error of the configuration and not a message to thousands.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest text, in bytes: far below what one decision may hand over.
const TEMPLATE_BYTES_MAX: usize = 4000;

/// A text with placeholders.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Template {
    #[schemars(length(max = 4000))]
    source: String,
    #[schemars(skip)]
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Value(Placeholder),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Placeholder {
    Items,
    FirstItem,
    Count,
    Total,
    Coupon,
}

/// Every placeholder that a text may hold.
const PLACEHOLDERS: [(&str, Placeholder); 5] = [
    ("items", Placeholder::Items),
    ("first_item", Placeholder::FirstItem),
    ("count", Placeholder::Count),
    ("total", Placeholder::Total),
    ("coupon", Placeholder::Coupon),
];

/// What the placeholders stand for, for one person at one moment.
#[derive(Debug)]
pub(crate) struct Values {
    pub(crate) items: String,
    pub(crate) first_item: String,
    pub(crate) count: u32,
    pub(crate) total: String,
    pub(crate) coupon: String,
}

impl Template {
    /// Fills in the placeholders; what is filled in is never read as a template again.
    pub(crate) fn render(&self, values: &Values) -> String {
        let mut text = String::with_capacity(self.source.len() + values.items.len());
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Value(Placeholder::Items) => text.push_str(&values.items),
                Part::Value(Placeholder::FirstItem) => text.push_str(&values.first_item),
                Part::Value(Placeholder::Count) => {
                    write!(text, "{}", values.count).expect("a string should take text");
                }
                Part::Value(Placeholder::Total) => text.push_str(&values.total),
                Part::Value(Placeholder::Coupon) => text.push_str(&values.coupon),
            }
        }
        text
    }

    pub(crate) fn speaks_of_coupon(&self) -> bool {
        self.parts.contains(&Part::Value(Placeholder::Coupon))
    }

    /// A text that this crate itself gives as a default.
    pub(crate) fn preset(source: &str) -> Self {
        Self::try_from(source.to_owned()).expect("a default text should be a template")
    }
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(source: String) -> Result<Self, String> {
        if source.len() > TEMPLATE_BYTES_MAX {
            return Err(format!("a text of {} bytes is too long; at most {TEMPLATE_BYTES_MAX}", source.len()));
        }
        let parts = parse(&source)?;
        Ok(Self { source, parts })
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.source
    }
}

fn parse(source: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = source;
    while let Some((text, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else {
            return Err(format!(
                "the placeholder that begins with `{{{{{}` has no end; write `}}}}`",
                after.chars().take(20).collect::<String>()
            ));
        };
        parts.push(Part::Text(text.to_owned()));
        parts.push(Part::Value(placeholder(name.trim())?));
        rest = after;
    }
    parts.push(Part::Text(rest.to_owned()));
    Ok(parts)
}

fn placeholder(name: &str) -> Result<Placeholder, String> {
    let found = PLACEHOLDERS.iter().find(|(known, _)| *known == name);
    found.map(|(_, placeholder)| *placeholder).ok_or_else(|| {
        let known = PLACEHOLDERS.map(|(known, _)| format!("`{{{{{known}}}}}`"));
        format!("unknown placeholder `{{{{{name}}}}}`; write one of {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(source: &str) -> Result<String, String> {
        let values = Values {
            items: "shoes and hat".to_owned(),
            first_item: "{{coupon}}".to_owned(),
            count: 2,
            total: "12.00 EUR".to_owned(),
            coupon: "TEN".to_owned(),
        };
        Template::try_from(source.to_owned()).map(|template| template.render(&values))
    }

    #[test]
    fn placeholders_are_filled_in() {
        let text = render("{{items}}: {{ count }} for {{total}} with {{coupon}}");
        assert_eq!(text.as_deref(), Ok("shoes and hat: 2 for 12.00 EUR with TEN"));
    }

    #[test]
    fn what_is_filled_in_is_no_template() {
        assert_eq!(render("{{first_item}}").as_deref(), Ok("{{coupon}}"));
    }

    #[test]
    fn braces_that_open_nothing_are_text() {
        assert_eq!(render("{a} }} {").as_deref(), Ok("{a} }} {"));
    }

    #[test]
    fn a_misspelt_placeholder_is_an_error_that_names_the_right_ones() {
        let err = render("Dear {{name}}").unwrap_err();
        assert!(err.contains("`{{name}}`") && err.contains("`{{first_item}}`"), "{err}");
    }

    #[test]
    fn a_placeholder_without_an_end_is_an_error() {
        let err = render("Dear {{items").unwrap_err();
        assert!(err.contains("`{{items`"), "{err}");
    }
}
