//! Messages as changes of one audience, and which of them count.

use std::collections::HashMap;

use super::person::Row;
use crate::channels::ads::{Action, Content};
use crate::channels::content::refused;
use crate::channels::{Message, Receipt};
use crate::domain::Timestamp;

/// A message, as far as Meta is told of it.
pub(super) struct Change {
    pub(super) action: Action,
    pub(super) row: Row,
    profile: String,
    promised_at: Timestamp,
}

impl Change {
    pub(super) fn of(message: &Message, content: &Content) -> Result<Self, Receipt> {
        let row = Row::of(message, &content.own).map_err(|problem| refused(&problem))?;
        if row.identifiers().next().is_none() {
            return Err(refused(
                "neither a user id nor an e-mail address nor a telephone number of the person is known",
            ));
        }
        let profile = message.profile.as_str().to_owned();
        Ok(Self { action: content.action, row, profile, promised_at: message.promised_at })
    }
}

/// What was decided of whom.
#[derive(PartialEq, Eq, Hash)]
enum Somebody<'a> {
    Profile(&'a str),
    KnownBy(&'static str, &'a str),
}

/// The places of the changes that count, in their order: of several for one person the last that was promised, and of several at
/// one time the last that came. Two profiles that share an address are one person where one is added and the other removed:
/// so nobody whom the changes that count add is whom others of them remove, and it is the same in which order Meta hears of both.
pub(super) fn that_count(changes: &[Change]) -> Vec<usize> {
    let mut latest_first: Vec<usize> = (0..changes.len()).collect();
    latest_first.sort_by_key(|place| changes[*place].promised_at);
    latest_first.reverse();
    let mut decided: HashMap<Somebody<'_>, Action> = HashMap::new();
    let mut places = Vec::new();
    for place in latest_first {
        let Change { action, row, profile, .. } = &changes[place];
        let profile = Somebody::Profile(profile);
        let known_by = || row.identifiers().map(|(column, cell)| Somebody::KnownBy(column, cell));
        let is_contradicted = known_by().any(|somebody| decided.get(&somebody).is_some_and(|other| other != action));
        if is_contradicted || decided.contains_key(&profile) {
            continue;
        }
        decided.extend(known_by().chain([profile]).map(|somebody| (somebody, *action)));
        places.push(place);
    }
    places.sort_unstable();
    places
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::channels::Addresses;
    use crate::channels::conformance;
    use crate::domain::{Json, ProfileId};

    fn read(message: &Message) -> Result<Change, Receipt> {
        Change::of(message, &Content::of(message, "facebook")?)
    }

    /// Of `who`, known by an address, `action` after so many seconds.
    fn change(who: &str, address: &str, action: &str, seconds: u64) -> Change {
        let message = conformance::message(1);
        let message = Message {
            profile: ProfileId::parse(who).unwrap(),
            user_id: None,
            addresses: Addresses { email: Some(address.to_owned()), ..Addresses::default() },
            content: Json::parse(&format!(r#"{{"action": "{action}", "audience": "1"}}"#)).unwrap(),
            promised_at: message.promised_at.plus(Duration::from_secs(seconds)),
            ..message
        };
        read(&message).unwrap()
    }

    #[test]
    fn of_several_for_one_person_the_last_counts() {
        let added_then_removed = [change("ada", "a@x.example", "add", 0), change("ada", "a@x.example", "remove", 1)];
        assert_eq!(that_count(&added_then_removed), [1]);
        let tried_again = [change("ada", "a@x.example", "remove", 1), change("ada", "a@x.example", "add", 0)];
        assert_eq!(that_count(&tried_again), [0], "an older one that comes later does not overtake");
        let at_once = [change("ada", "a@x.example", "remove", 0), change("ada", "a@x.example", "add", 0)];
        assert_eq!(that_count(&at_once), [1]);
        let moved = [change("ada", "a@x.example", "add", 0), change("ada", "b@x.example", "add", 1)];
        assert_eq!(that_count(&moved), [1]);
    }

    #[test]
    fn nobody_is_added_and_removed_by_one_address() {
        let shared = [change("ada", "a@x.example", "add", 0), change("bob", "A@x.example ", "remove", 1)];
        assert_eq!(that_count(&shared), [1]);
        let alike = [change("ada", "a@x.example", "add", 0), change("bob", "a@x.example", "add", 1)];
        assert_eq!(that_count(&alike), [0, 1], "who share an address are told of both");
        let strangers = [change("ada", "a@x.example", "add", 0), change("bob", "b@x.example", "remove", 1)];
        assert_eq!(that_count(&strangers), [0, 1]);
    }

    #[test]
    fn who_cannot_be_known_is_refused() {
        let message = conformance::message(1);
        let nobody = Message {
            user_id: None,
            addresses: Addresses { push_tokens: vec!["token".to_owned()], ..Addresses::default() },
            content: Json::parse(r#"{"action": "add", "audience": "1"}"#).unwrap(),
            ..message
        };
        let Err(Receipt::Refused { reason }) = read(&nobody) else { panic!("it should be refused") };
        assert!(reason.contains("neither a user id"), "{reason}");
        let all_zero = Addresses { phone: Some("+000".to_owned()), ..Addresses::default() };
        assert!(read(&Message { addresses: all_zero, ..nobody }).is_err(), "a number of zeros is none");
    }
}
