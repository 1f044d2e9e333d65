//! What this room counts. Labels are names from tables: never a tenant, an id, an address or a reason.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use crate::channels::Receipt;

const ATTEMPTS: &str = "rekindle_outbox_attempts_total";
const ATTEMPT_SECONDS: &str = "rekindle_outbox_attempt_seconds";
const RESTS: &str = "rekindle_outbox_rests_total";
const DISPATCHED: &str = "rekindle_outbox_dispatched";

/// Tells the recorder what the outbox's metrics mean; once, after it was installed.
pub fn describe_metrics() {
    describe_counter!(ATTEMPTS, "Attempts to deliver a message, by provider and outcome");
    describe_histogram!(ATTEMPT_SECONDS, Unit::Seconds, "How long an attempt took, by provider");
    describe_counter!(
        RESTS,
        "Times that a provider was left alone for a while, after failures in a row or because it asked for it"
    );
    describe_gauge!(DISPATCHED, "Entries that were handed to a channel and whose fate is not committed yet");
}

pub(super) fn attempted(provider: &'static str, receipt: &Receipt, took: Duration) {
    counter!(ATTEMPTS, "provider" => provider, "outcome" => receipt.outcome()).increment(1);
    histogram!(ATTEMPT_SECONDS, "provider" => provider).record(took);
}

pub(super) fn rest_begun() {
    counter!(RESTS).increment(1);
}

pub(super) fn place_taken() {
    gauge!(DISPATCHED).increment(1.0);
}

pub(super) fn place_left() {
    gauge!(DISPATCHED).decrement(1.0);
}
