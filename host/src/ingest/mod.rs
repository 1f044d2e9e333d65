//! The door: bounded raw body → credentials → raw split → signature → decode each → append → answer. It is the only
//! room that knows Segment's shapes; behind it are events in our words and elements in quarantine, nothing else.
//!
//! A 4xx is lost for good at Segment, and a batch shares one answer. So an element that cannot be read is kept in
//! quarantine and its request succeeds; what may pass is answered 408, 429 or 503; only a wrong address, credential, size or
//! encoding is refused.

mod answer;
mod audience;
mod body;
mod credentials;
mod decode;
mod digest;
mod door;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod intake;
mod outline;
mod pressure;
mod quotas;
mod reception;
mod shares;
mod signature;
mod split;
#[cfg(test)]
mod testing;

pub(crate) use answer::Answer;
pub(crate) use body::drain_after;
pub(crate) use decode::{Fields, document};
pub use decode::{Unreadable, decode};
pub use door::{Door, router};
pub use intake::Intake;
pub(crate) use intake::judge;
pub use pressure::{Pressure, Space};
pub use quotas::Rates;
pub(crate) use reception::quarantined;
pub(crate) use split::{TooMany, split};
