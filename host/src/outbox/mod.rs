//! What is promised and not yet delivered. The worker promises entries in the commit that holds the decision; after a
//! sync its loop offers those that are due to a `Lane`, which has a channel attempt them on the runtime; the receipt
//! comes back to the same loop, `settle` says what it means, and the loop commits that. So the store's row is the only
//! truth: a lost attempt, a crash, a drop of everything here only means that the row is due again, with the same id.
//!
//! This room alone knows the ladder of retries, what a dead letter is and the form of an entry's record. It knows
//! neither campaigns nor policy, and no provider.

mod dispatcher;
mod entry;
mod health;
mod places;
mod record;
mod settle;
mod telemetry;
mod view;

pub use dispatcher::{Dispatcher, Lane, Rests, Settled, Settlement};
#[cfg(test)]
pub(crate) use entry::tests::{entry, second};
pub use entry::{Dead, DeathCause, Entry, Expired, Matter};
pub use health::Rest;
pub use places::{Declined, Place};
pub use record::RecordError;
pub use settle::{Fate, settle};
pub use telemetry::describe_metrics;
