//! What providers report by themselves: `/callbacks/{tenant}/{channel}`, beside Segment's door and on the same intake. Plain SendGrid,
//! Mandrill and Mailchimp have no source at Segment that tells of opens, clicks, bounces and complaints; these are their words.
//!
//! A reporter knows how its provider signs and what it calls things, and nothing else: it is pure. What it reads becomes a track
//! call in the words of Segment's specification (`report`), which `ingest` decodes like any other: so the same thing means the
//! same, whoever tells it, and there is one table of spellings. Who reports is known by the key that the tenant's channel has in
//! its setting `callback_key`.
//!
//! Braze and Batch are not among them. Braze reports through Currents or Segment, and its webhooks are messages that a campaign sends
//! (braze.com/docs, `creating_a_webhook`). Batch has webhooks as a paid option that its staff sets up, told by a secret header
//! (doc.batch.com/api/webhooks); the forms of their bodies could not be confirmed.

mod customer_io;
mod door;
mod form;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod line;
mod mailchimp;
mod mandrill;
mod reception;
mod report;
mod sendgrid;
mod verification;

#[cfg(test)]
mod tests;

use crate::ingest::{self, Fields, TooMany};

pub(crate) use door::{Callbacks, router};

use report::Told;
use verification::{Request, Unverified};

/// Every provider that reports by itself. To add one: a file, and its line here.
const REPORTERS: &[&dyn Reporter] =
    &[&customer_io::CustomerIo, &mailchimp::Mailchimp, &mandrill::Mandrill, &sendgrid::SendGrid];

/// A provider that reports by itself.
trait Reporter: Sync {
    /// Its name in channels' settings and in metrics.
    fn name(&self) -> &'static str;

    /// Its name as the sender of an event.
    fn vendor(&self) -> &'static str;

    /// The channels that its words speak of.
    fn channels(&self) -> &'static [&'static str];

    /// Whether the request is the provider's, by the key that the tenant was given there.
    fn verify(&self, key: &str, request: &Request) -> Result<(), Unverified>;

    /// The raw reports of a body, each a JSON document where it is one.
    fn reports(&self, body: &[u8]) -> Result<Vec<Vec<u8>>, Excess>;

    /// What one report tells; or why it cannot be read.
    fn told(&self, report: Fields<'_>) -> Result<Told, &'static str>;
}

/// A body holds more than one callback may.
#[derive(Debug, thiserror::Error)]
enum Excess {
    /// Reports.
    #[error(transparent)]
    Reports(#[from] TooMany),
    /// Parameters of its form.
    #[error(transparent)]
    Parameters(#[from] form::TooManyParameters),
}

/// The raw elements of a JSON array, or the whole where it is something else.
fn elements(text: &[u8]) -> Result<Vec<Vec<u8>>, Excess> {
    let batch = ingest::split(text)?;
    Ok(batch.elements.into_iter().map(|element| element.text.into_owned()).collect())
}
