//! A tenant's audiences: conditions by name, which other conditions may name. None leads back to itself, so asking ends.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::{ConditionError, nearest};
use super::tree::{Condition, Node};
use crate::domain::limits;

/// Conditions by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Audiences(BTreeMap<String, Condition>);

/// Why an audience cannot be kept, or cannot go.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AudienceError {
    /// Its condition is none.
    #[error(transparent)]
    Condition(#[from] ConditionError),
    /// It names one that there is not.
    #[error("the audience `{name}` is not known: {next}")]
    Unknown {
        /// The name.
        name: String,
        /// What would do.
        next: String,
    },
    /// It would be in itself.
    #[error("`{0}` would lead back to itself: leave one of the audiences on the way out")]
    Circle(String),
    /// Asking it would take too long.
    #[error("`{0}` is made of more than {max} conditions, with those of the audiences that it names: say it with fewer", max = limits::AUDIENCE_NODES_MAX)]
    TooMuch(String),
    /// Others name it.
    #[error("`{name}` is named by {by}: change that first")]
    InUse {
        /// The name.
        name: String,
        /// Who names it.
        by: String,
    },
}

impl Audiences {
    /// Those that were kept. One that cannot be read any more holds for nobody.
    pub fn kept<'a>(conditions: impl IntoIterator<Item = (&'a str, Value)>) -> Self {
        let read = |(name, json): (&str, Value)| Some((name.to_owned(), Condition::parse(&json).ok()?));
        Self(conditions.into_iter().filter_map(read).collect())
    }

    /// Reads several at once, whatever their order. The error says about which.
    pub fn read<'a>(
        conditions: impl IntoIterator<Item = (&'a str, &'a Value)>,
    ) -> Result<Self, (String, AudienceError)> {
        let mut audiences = Self::default();
        for (name, json) in conditions {
            let condition = Condition::parse(json).map_err(|err| (name.to_owned(), err.into()))?;
            audiences.0.insert(name.to_owned(), condition);
        }
        for (name, condition) in &audiences.0 {
            let checked = audiences.check(condition).and_then(|()| audiences.size(name, &mut Vec::new()));
            checked.map_err(|err| (name.clone(), err))?;
        }
        Ok(audiences)
    }

    /// The condition of that name.
    pub fn get(&self, name: &str) -> Option<&Condition> {
        self.0.get(name)
    }

    /// Sets one. Every name in it has to be known, and nothing may lead back.
    pub fn set(&mut self, name: &str, json: &Value) -> Result<(), AudienceError> {
        let mut next = self.clone();
        next.0.insert(name.to_owned(), Condition::parse(json)?);
        next.check(&next.0[name])?;
        for name in next.0.keys() {
            next.size(name, &mut Vec::new())?;
        }
        *self = next;
        Ok(())
    }

    /// Whether one may go: what names it would hold for nobody.
    pub fn check_removal(&self, name: &str) -> Result<(), AudienceError> {
        match self.0.iter().find(|(_, condition)| condition.audiences().contains(&name)) {
            Some((by, _)) => Err(AudienceError::InUse { name: name.to_owned(), by: format!("the audience `{by}`") }),
            None => Ok(()),
        }
    }

    /// Whether there are all that a condition names.
    fn check(&self, condition: &Condition) -> Result<(), AudienceError> {
        condition.audiences().into_iter().try_for_each(|name| self.check_name(name))
    }

    /// Whether there is one of that name.
    pub fn check_name(&self, name: &str) -> Result<(), AudienceError> {
        if self.0.contains_key(name) {
            return Ok(());
        }
        let next = match nearest(name, self.0.keys().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "`audience list` shows those there are".to_owned(),
        };
        Err(AudienceError::Unknown { name: name.to_owned(), next })
    }

    /// Of how many conditions one is made, all within all. `way` is how it was come to.
    fn size<'a>(&'a self, name: &'a str, way: &mut Vec<&'a str>) -> Result<usize, AudienceError> {
        if way.contains(&name) {
            return Err(AudienceError::Circle(name.to_owned()));
        }
        let Some(condition) = self.0.get(name) else { return Ok(0) };
        way.push(name);
        let mut size = condition.nodes();
        for named in condition.audiences() {
            size += self.size(named, way)?;
            if size > limits::AUDIENCE_NODES_MAX {
                return Err(AudienceError::TooMuch(name.to_owned()));
            }
        }
        way.pop();
        Ok(size)
    }
}

impl Condition {
    /// The audiences that it names, in order, each as often as it is asked.
    pub fn audiences(&self) -> Vec<&str> {
        let mut names = Vec::new();
        collect(&self.root, &mut names);
        names
    }
}

fn collect<'a>(node: &'a Node, names: &mut Vec<&'a str>) {
    match node {
        Node::All(nodes) | Node::Any(nodes) => nodes.iter().for_each(|node| collect(node, names)),
        Node::Not(node) => collect(node, names),
        Node::InAudience(name) => names.push(name),
        Node::Happening(_)
        | Node::Happened { .. }
        | Node::Compares { .. }
        | Node::Cart { .. }
        | Node::Viewed { .. }
        | Node::Reachable(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(audiences: &mut Audiences, name: &str, json: &Value) -> String {
        let before = audiences.clone();
        let error = audiences.set(name, json).unwrap_err();
        assert_eq!(*audiences, before, "what is refused changes nothing");
        error.to_string()
    }

    #[test]
    fn audiences_may_name_others_but_never_lead_back() {
        let mut audiences = Audiences::default();
        audiences.set("gold", &json!({"trait": "plan", "equals": "Gold"})).unwrap();
        audiences.set("vip", &json!({"any": [{"audience": "gold"}, {"trait": "vip", "equals": true}]})).unwrap();
        audiences.set("plain", &json!({"not": {"audience": "vip"}})).unwrap();
        let circle = refused(&mut audiences, "gold", &json!({"audience": "plain"}));
        assert_eq!(circle, "`gold` would lead back to itself: leave one of the audiences on the way out");
        let unknown = refused(&mut audiences, "other", &json!({"all": [{"audience": "golt"}]}));
        assert_eq!(unknown, "the audience `golt` is not known: did you mean `gold`?");
        let malformed = refused(&mut audiences, "other", &json!({"audiense": "gold"}));
        assert_eq!(malformed, "at `/audiense`: `audiense` is not known here: did you mean `audience`?");
        let used = audiences.check_removal("gold").unwrap_err().to_string();
        assert_eq!(used, "`gold` is named by the audience `vip`: change that first");
        audiences.check_removal("plain").unwrap();
    }

    #[test]
    fn what_audiences_are_made_of_is_bounded_with_all_that_they_name() {
        let mut audiences = Audiences::default();
        audiences.set("a0", &json!({"trait": "plan", "exists": true})).unwrap();
        let mut number = 0;
        let refused = loop {
            let twice = json!({"all": vec![json!({"audience": format!("a{number}")}); 10]});
            number += 1;
            if let Err(err) = audiences.set(&format!("a{number}"), &twice) {
                break err;
            }
        };
        assert!(matches!(refused, AudienceError::TooMuch(_)), "{refused}");
        assert!(number <= 4, "it should have been refused soon");
    }
}
