//! Segment's Tracking API: a message becomes a `track` call of a source of the tenant's, from where Segment takes it to all that the tenant
//! connected. Over the channel `segment` goes what became of messages (`Echo`), and events of their own that campaigns instruct.
//!
//! Sources: segmentio/segment-docs, `connections/sources/catalog/libraries/server/http-api` (address, key, limits, 429) and
//! `guides/regional-segment` (the address of EU workspaces); segmentio/analytics-next, `packages/node/src/plugins/segmentio` (480 KB, what
//! is tried again). At most 50 requests a second is what `partners/streams` asks for.
//!
//! 2xx is said to nearly everything, a wrong write key included: the source's debugger shows what arrived. What is above the limits is
//! dropped under a 200 too, so they are kept here. UNCONFIRMED: how long Segment recognises a repeated `messageId` (about 24 h, by
//! its pages), and whether 32 KB are 32,000 bytes; the smaller is taken.

mod call;
mod echo;
mod names;
mod pieces;
mod settings;

use std::collections::VecDeque;
use std::sync::Arc;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::Value;

use super::bulk::{Bulk, Sending, gathering};
use super::{Channel, Http, Message, Provider, Reach, Receipt, SettingsError, common};
use crate::domain::{Timestamp, limits};
use pieces::pieces;
use settings::Settings;

pub use echo::Echo;

pub(super) const NAME: &str = "segment";

/// What Segment's own libraries try again besides what everybody does.
const PASSING: [u16; 2] = [410, 460];

pub(super) struct Segment;

impl Provider for Segment {
    fn name(&self) -> &'static str {
        NAME
    }

    fn secrets(&self) -> &'static [&'static str] {
        settings::SECRETS
    }

    fn validate(&self, settings: &Value, reach: &Reach) -> Result<Value, SettingsError> {
        Settings::parse(settings, reach).map(|(_, kept)| kept)
    }

    fn open(&self, settings: &Value, http: &Http) -> Result<Arc<dyn Channel>, SettingsError> {
        let (settings, _) = Settings::parse(settings, http.reach())?;
        Ok(gathering(Source { settings, http: http.clone() }))
    }
}

/// A way to one source of Segment's.
struct Source {
    settings: Settings,
    http: Http,
}

impl Bulk for Source {
    /// All calls go to one place.
    type Request = ();
    /// A call, as text.
    type Part = String;

    fn provider(&self) -> &'static str {
        NAME
    }

    fn sort(&self, message: &Message) -> Result<((), String), Receipt> {
        call::of(message).map(|call| ((), call)).map_err(|reason| Receipt::Refused { reason })
    }

    fn request_max(&self, (): &()) -> usize {
        limits::SEGMENT_REQUEST_CALLS_MAX
    }

    fn send<'a>(&'a self, (): &'a (), calls: Vec<String>, at: Timestamp) -> Sending<'a> {
        Box::pin(async move { self.send_all(&calls, at).await })
    }
}

impl Source {
    /// One request after another, each as large as may be. One that is to be tried again speaks for those behind it. Of several calls that
    /// are refused together, each half is sent alone, until the one is found that is to blame; where many are, others' turn comes
    /// with the next attempt.
    async fn send_all(&self, calls: &[String], at: Timestamp) -> Vec<Receipt> {
        let mut receipts = Vec::with_capacity(calls.len());
        let mut waiting: VecDeque<&[String]> = pieces(calls).into();
        let mut last = Receipt::Retry { reason: "Segment refused it together with others".to_owned(), after: None };
        for _ in 0..limits::SEGMENT_REQUESTS_IN_A_ROW_MAX {
            let Some(piece) = waiting.pop_front() else { break };
            let (receipt, ()) = tokio::join!(self.post(piece, at), tokio::time::sleep(limits::SEGMENT_REQUEST_PACE));
            match receipt {
                Receipt::Retry { .. } => {
                    last = receipt;
                    break;
                }
                Receipt::Refused { .. } if piece.len() > 1 => {
                    let (first, second) = piece.split_at(piece.len() / 2);
                    waiting.push_front(second);
                    waiting.push_front(first);
                }
                receipt => receipts.resize(receipts.len() + piece.len(), receipt),
            }
        }
        receipts.resize(calls.len(), last);
        receipts
    }

    async fn post(&self, calls: &[String], at: Timestamp) -> Receipt {
        let request = self.http.post(self.settings.url.clone());
        let request = request.header(AUTHORIZATION, self.settings.authorization.clone());
        let request = request.header(CONTENT_TYPE, "application/json").body(pieces::body(calls));
        let answer = match self.http.send(request, at).await {
            Ok(answer) => answer,
            Err(receipt) => return receipt,
        };
        match common::failure("Segment", &answer, &["/message", "/error/message", "/code"]) {
            None => Receipt::Accepted { note: Some(format!("Segment answered {}", answer.status)) },
            Some(Receipt::Refused { reason }) if PASSING.contains(&answer.status.as_u16()) => {
                Receipt::Retry { reason, after: answer.retry_after }
            }
            Some(receipt) => receipt,
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
