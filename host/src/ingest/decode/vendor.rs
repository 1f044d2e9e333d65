//! Who sent an event into Segment, as far as it says so: some vendors' names mean something in their own events only.

use super::fields::Fields;
use crate::domain::spelling;

pub(crate) fn is_airship(call: Fields<'_>) -> bool {
    is_of(call, &["airship", "urbanairship"])
}

/// Vendors whose plain `Subscribed` is about messages.
pub(crate) fn says_subscribed(call: Fields<'_>) -> bool {
    is_of(call, &["iterable", "engage", "twilio", "sendgrid", "klaviyo", "customerio", "customer.io"])
}

fn is_of(call: Fields<'_>, vendors: &[&str]) -> bool {
    let context = call.within("context");
    let names = [context.within("integration").text("name"), context.within("library").text("name")];
    let names = names.into_iter().flatten().map(|name| spelling::folded(&name));
    names.into_iter().any(|name| vendors.iter().any(|vendor| name.starts_with(vendor)))
}
