//! Target `callback`: what providers report, on bytes from anywhere. The first byte says whose it is.

use std::sync::Arc;

use super::REPORTERS;
use super::line::Line;
use super::reception;
use crate::domain::{ChannelName, Event, Inbound, Secret, Substance, TenantId, Timestamp, limits};

/// When everything arrives: 2026-01-02T03:05:00Z.
const ARRIVED: Timestamp = Timestamp::from_millis(1_767_323_100_000);
/// Bytes of the reason with which a report goes into quarantine.
const REASON_BYTES_MAX: usize = 512;

/// Every report of a body is kept, within bounds and the same whenever it is read, or has a reason why not.
pub(crate) fn callback(input: &[u8]) {
    let Some((whose, body)) = input.split_first() else { return };
    let reporter = REPORTERS[usize::from(*whose) % REPORTERS.len()];
    let line = Line {
        tenant: TenantId::parse("shop").expect("a plain word should be a tenant"),
        channel: ChannelName::parse("email").expect("a plain word should be a channel"),
        reporter,
        key: Secret::new("key".to_owned()),
        mappings: Arc::default(),
    };
    let Ok(reports) = reporter.reports(body) else { return };
    let received = reception::read_all(&line, &reports, ARRIVED);
    assert_eq!(received.inbounds.len() + received.ignored.len(), reports.len(), "no report is lost");
    assert_eq!(received.inbounds, reception::read_all(&line, &reports, ARRIVED).inbounds);
    received.inbounds.iter().for_each(check);
}

fn check(inbound: &Inbound) {
    match &inbound.substance {
        Substance::Event { event, .. } => check_event(event),
        Substance::Quarantined(quarantined) => assert!(quarantined.reason.len() <= REASON_BYTES_MAX),
        Substance::Told(_) | Substance::Item(_) => panic!("no provider tells so"),
    }
}

fn check_event(event: &Event) {
    assert!(event.at > Timestamp::EPOCH && event.at <= ARRIVED, "it happened at {}", event.at);
    assert!(event.body.as_str().len() <= limits::EVENT_BYTES_MAX);
    assert!(event.engagement.is_some() || !event.facts.consents.is_empty(), "`{}` means nothing", event.name);
}
