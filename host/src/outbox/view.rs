//! An entry as lists show it. Without addresses: a list of what is stuck is no list of people.

use serde_json::{Value, json};

use super::Entry;
use crate::domain::Timestamp;

impl Entry {
    /// The entry as a row of `outbox list`. `due` is when it is tried next; a dead letter has no such moment.
    pub fn view(&self, due: Option<Timestamp>) -> Value {
        json!({
            "id": self.id.as_str(),
            "state": if self.dead.is_some() { "dead" } else { "waiting" },
            "campaign": self.campaign.as_str(),
            "step": self.step,
            "channel": self.channel,
            "profile": self.profile.as_str(),
            "content": self.content.value(),
            "promised_at": self.promised_at.to_string(),
            "expires": self.expires.map(|expires| expires.to_string()),
            "due": due.map(|due| due.to_string()),
            "attempts": self.attempts,
            "last_error": self.last_error,
            "dead": self.dead.map(|dead| json!({ "cause": dead.cause.as_str(), "at": dead.at.to_string() })),
        })
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::outbox::DeathCause;
    use crate::outbox::entry::tests::{entry, second};

    #[test]
    fn an_entry_that_waits_says_for_what() {
        let entry = Entry { attempts: 1, last_error: Some("could not connect".to_owned()), ..entry() };
        expect![[r#"
            {
              "attempts": 1,
              "campaign": "three-lines",
              "channel": "push",
              "content": {
                "discount": 1.5,
                "title": "Your cart"
              },
              "dead": null,
              "due": "1970-01-01T00:16:45.000Z",
              "expires": null,
              "id": "msg_00112233445566778899aabbccddeeff",
              "last_error": "could not connect",
              "profile": "u1",
              "promised_at": "1970-01-01T00:16:40.000Z",
              "state": "waiting",
              "step": "push"
            }"#]]
        .assert_eq(&format!("{:#}", entry.view(Some(second(1_005)))));
    }

    #[test]
    fn a_dead_letter_says_of_what() {
        let view = entry().died(DeathCause::Exhausted, second(2_000)).view(None);
        assert_eq!(view["state"], "dead");
        assert_eq!(view["dead"], json!({ "cause": "exhausted", "at": "1970-01-01T00:33:20.000Z" }));
        assert_eq!(view["due"], Value::Null);
    }

    #[test]
    fn no_list_shows_an_address() {
        assert!(!entry().view(None).to_string().contains("token-1"));
    }
}
