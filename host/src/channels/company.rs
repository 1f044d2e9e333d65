//! Whom a message goes out with, at providers that take many messages in one request.
//!
//! The first time, a message goes out with whoever is there. A request that is refused as a whole says nothing of any single one of
//! its messages: they are all tried again, and from its second attempt on a message goes alone. So each hears what is said of it, and one
//! that the provider never takes holds up none of the others.

use super::{Message, Receipt};
use crate::domain::limits;

/// With whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Company {
    /// With whoever is there.
    Others,
    /// With nobody; those in one lane go one after the other.
    Nobody { lane: u8 },
}

impl Company {
    /// For messages that may go with others.
    pub(super) fn of(message: &Message) -> Self {
        if message.attempt > 1 { Self::nobody(message) } else { Self::Others }
    }

    /// For messages that never do.
    pub(super) fn nobody(message: &Message) -> Self {
        let [.., last] = message.id.bytes();
        Self::Nobody { lane: last % limits::LANES_MAX }
    }

    /// How many messages a request takes that would take `max`.
    pub(super) fn request_max(self, max: usize) -> usize {
        match self {
            Self::Others => max,
            Self::Nobody { .. } => 1,
        }
    }
}

/// What is said of a request as a whole, for each of its messages.
pub(super) fn said_of_all(receipt: Receipt, messages: usize) -> Vec<Receipt> {
    let each = match receipt {
        Receipt::Refused { reason } if messages > 1 => Receipt::Retry {
            reason: format!("{reason} (said of {messages} messages at once: each goes alone now)"),
            after: None,
        },
        receipt => receipt,
    };
    vec![each; messages]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::conformance::message;

    #[test]
    fn a_message_goes_with_others_the_first_time_and_alone_afterwards() {
        assert_eq!(Company::of(&message(1)), Company::Others);
        // The last byte of the id is 0xff.
        assert_eq!(Company::of(&message(2)), Company::Nobody { lane: 31 });
        assert_eq!(Company::Others.request_max(50), 50);
        assert_eq!(Company::nobody(&message(1)).request_max(50), 1);
    }

    #[test]
    fn only_a_refusal_of_several_is_tried_again() {
        let refused = Receipt::Refused { reason: "no".to_owned() };
        assert_eq!(said_of_all(refused.clone(), 1), std::slice::from_ref(&refused));
        let [first, second] = said_of_all(refused, 2).try_into().unwrap();
        assert!(
            matches!(&first, Receipt::Retry { reason, after: None } if reason.starts_with("no (said of 2 messages"))
        );
        assert_eq!(first, second);
        let retry = Receipt::Retry { reason: "busy".to_owned(), after: None };
        assert_eq!(said_of_all(retry.clone(), 2), [retry.clone(), retry]);
    }
}
