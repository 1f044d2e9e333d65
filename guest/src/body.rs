//! The bodies of the events that re-engagement lives on, typed. Senders follow Segment's e-commerce
//! spec loosely: names in any casing, numbers as text, members missing, null or of another type. So
//! reading never fails: what is not there, or makes no sense, is `None`.
//! Source: the E-commerce Spec v2 of Segment's documentation.

mod events;
mod fields;

pub use events::{CartViewed, CheckoutStarted, OrderCompleted, Product, ProductAdded, ProductRemoved, ProductViewed};
pub use fields::Fields;

/// A typed event body. Implement it for a tenant's own events.
pub trait Body {
    /// Reads an event's properties.
    fn read(properties: &Fields) -> Self;
}
