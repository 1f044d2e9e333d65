//! The catalogue: what is known of a tenant's items and who said it; what changes when somebody says more; feeds, line by line.
//! Pure: who keeps an item, and who is told of its change, is the worker's affair.

mod feed;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod item;
mod record;

pub use feed::{Feed, FeedForm, FeedLine, LineError};
pub use item::Item;
pub use record::RecordError;
