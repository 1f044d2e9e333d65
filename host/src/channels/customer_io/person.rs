//! Whom a request is about. Customer.io takes exactly one identifier, and makes a person of whom it does not know.
//!
//! What an id looks like decides what it is, as in Segment's own destination (`customerio/utils.ts` in the repository
//! `segmentio/action-destinations`): `cio_…` is Customer.io's, what has an `@` is an address, all else is the tenant's.

use serde_json::{Value, json};

use super::settings::IdentifyBy;
use crate::channels::content::refused;
use crate::channels::{Message, Receipt};

pub(super) fn identifiers(message: &Message, by: IdentifyBy) -> Result<Value, Receipt> {
    let user_id = message.user_id.as_deref().filter(|_| by == IdentifyBy::Id);
    match (user_id, message.addresses.email.as_deref()) {
        (Some(id), _) => Ok(match id.strip_prefix("cio_") {
            Some(id) => json!({ "cio_id": id }),
            None if id.contains('@') => json!({ "email": id }),
            None => json!({ "id": id }),
        }),
        (None, Some(email)) => Ok(json!({ "email": email })),
        (None, None) => Err(refused(match by {
            IdentifyBy::Id => {
                "the person has neither a user id nor an e-mail address, and Customer.io knows people by these"
            }
            IdentifyBy::Email => "the person has no e-mail address, and `identify_by` says that people are known by it",
        })),
    }
}
