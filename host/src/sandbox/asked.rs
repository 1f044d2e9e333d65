//! Conditions that a campaign asks about, parsed: a journey asks the same few whenever anything happens to anybody. Whether one is
//! remembered changes neither an answer nor its price in fuel, only the time that it takes.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::conditions::Condition;
use crate::domain::limits;

/// What one published campaign asked. The first are remembered: whoever makes up new ones all the time gains nothing and loses
/// nothing.
#[derive(Default)]
pub(super) struct Asked(RwLock<HashMap<Box<str>, Arc<Condition>>>);

impl Asked {
    /// The condition of a text.
    pub(super) fn read(&self, text: &str) -> Result<Arc<Condition>, String> {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return Ok(Arc::clone(known));
        }
        let condition = Arc::new(parse(text)?);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if text.len() <= limits::CONDITION_REMEMBERED_BYTES_MAX && known.len() < limits::CONDITIONS_REMEMBERED_MAX {
            known.insert(text.into(), Arc::clone(&condition));
        }
        Ok(condition)
    }
}

/// Reads a condition. The error names the place and says what would do.
pub(super) fn parse(text: &str) -> Result<Condition, String> {
    let document = serde_json::from_str(text).map_err(|err| format!("the condition is no JSON: {err}"))?;
    Condition::parse(&document).map_err(|err| err.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(event: &str) -> String {
        format!(r#"{{"event": "{event}"}}"#)
    }

    #[test]
    fn what_is_asked_again_is_not_parsed_again() {
        let asked = Asked::default();
        let first = asked.read(&about("Order Completed")).unwrap();
        assert!(Arc::ptr_eq(&first, &asked.read(&about("Order Completed")).unwrap()));
        assert_eq!(*first, parse(&about("Order Completed")).unwrap());
        assert_eq!(asked.read("{").unwrap_err(), parse("{").unwrap_err());
    }

    #[test]
    fn what_is_remembered_is_bounded_in_number_and_size() {
        let asked = Asked::default();
        for number in 0..=limits::CONDITIONS_REMEMBERED_MAX {
            asked.read(&about(&number.to_string())).unwrap();
        }
        let is_kept = |text: &str| Arc::ptr_eq(&asked.read(text).unwrap(), &asked.read(text).unwrap());
        assert!(is_kept(&about("0")));
        assert!(!is_kept(&about(&limits::CONDITIONS_REMEMBERED_MAX.to_string())));
        let roomy = Asked::default();
        let long = about(&"a".repeat(limits::CONDITION_REMEMBERED_BYTES_MAX));
        assert!(!Arc::ptr_eq(&roomy.read(&long).unwrap(), &roomy.read(&long).unwrap()));
    }
}
