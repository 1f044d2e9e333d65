//! How a line to a provider is doing: whether it is left alone, and how many messages may be under way on it. Pure.
//!
//! Where nothing but failures came back for a while, or where the provider asks for it, the line *rests*: its messages stay due and
//! lose no attempt. Then one is tried; with every message that the provider answers, twice as many may be under way, so that
//! nobody is run over who has just got up. A line that fails again rests twice as long as before.

use std::time::Duration;

use super::settle::bounded;
use crate::channels::Receipt;
use crate::domain::{Timestamp, limits};

/// A while for which a line is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    /// When it began.
    pub since: Timestamp,
    /// When one message is tried.
    pub until: Timestamp,
    /// What went wrong last: a receipt's words, so nothing of a message and no secret.
    pub reason: String,
}

/// Of a line that does not do well. What is not noted does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Health {
    /// Since the provider last answered.
    failures: u32,
    /// How many may be under way, as far as the channel allows it.
    window: usize,
    /// The last one, over or not.
    rest: Option<Rest>,
}

/// Of a line that nothing is noted of.
const WELL: Health = Health { failures: 0, window: usize::MAX, rest: None };

impl Health {
    /// What is noted after a receipt that came at `now`; nothing, where all is well.
    pub(super) fn after(known: Option<Self>, receipt: &Receipt, now: Timestamp) -> Option<Self> {
        match receipt {
            Receipt::Retry { reason, after } => Some(known.unwrap_or(WELL).failed(reason, *after, now)),
            Receipt::Accepted { .. } | Receipt::Refused { .. } | Receipt::Partly { .. } | Receipt::Gone { .. } => {
                known.and_then(Self::answered)
            }
        }
    }

    /// The rest that the line has at `now`.
    pub(super) fn rest(&self, now: Timestamp) -> Option<&Rest> {
        self.rest.as_ref().filter(|rest| rest.until > now)
    }

    /// How many messages may be under way.
    pub(super) fn window(&self) -> usize {
        self.window
    }

    fn failed(self, reason: &str, asked: Option<Duration>, now: Timestamp) -> Self {
        let failed = Self { failures: self.failures.saturating_add(1), ..self };
        let is_due = asked.is_some() || failed.failures >= limits::FAILURES_BEFORE_REST;
        // What was under way when the rest began says nothing new.
        if !is_due || failed.rest(now).is_some() {
            return failed;
        }
        let twice = |last: &Rest| last.until.since(last.since).saturating_mul(2);
        let longer = failed.rest.as_ref().map_or(limits::LINE_REST_MIN, twice);
        let length = longer.max(asked.unwrap_or_default()).min(limits::LINE_REST_MAX);
        let rest = Rest { since: now, until: now.plus(length), reason: bounded(reason).to_owned() };
        Self { window: 1, rest: Some(rest), ..failed }
    }

    /// Well again, once as many may be under way as any channel admits.
    fn answered(self) -> Option<Self> {
        let window = self.window.saturating_mul(2);
        (window <= limits::GATHERED_PER_CHANNEL_MAX).then_some(Self { failures: 0, window, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::entry::tests::second;

    const FAILED: Receipt = Receipt::Retry { reason: String::new(), after: None };
    const TAKEN: Receipt = Receipt::Accepted { note: None };

    fn after(mut health: Option<Health>, receipt: &Receipt, times: u32, now: i64) -> Option<Health> {
        for _ in 0..times {
            health = Health::after(health, receipt, second(now));
        }
        health
    }

    fn rests(health: Option<&Health>, now: i64) -> Option<Timestamp> {
        Some(health?.rest(second(now))?.until)
    }

    #[test]
    fn a_line_rests_after_failures_in_a_row_and_not_before() {
        let almost = after(None, &FAILED, limits::FAILURES_BEFORE_REST - 1, 100);
        assert_eq!(rests(almost.as_ref(), 100), None);
        let resting = after(almost.clone(), &FAILED, 1, 100);
        assert_eq!(rests(resting.as_ref(), 100), Some(second(100).plus(limits::LINE_REST_MIN)));
        let answered = after(almost, &TAKEN, 1, 100);
        assert_eq!(rests(after(answered, &FAILED, 1, 100).as_ref(), 100), None);
    }

    #[test]
    fn what_was_under_way_when_a_rest_began_does_not_prolong_it() {
        let resting = after(None, &FAILED, 3 * limits::FAILURES_BEFORE_REST, 100);
        assert_eq!(rests(resting.as_ref(), 100), Some(second(100).plus(limits::LINE_REST_MIN)));
        assert_eq!(rests(resting.as_ref(), 100 + limits::LINE_REST_MIN.as_secs() as i64), None);
    }

    #[test]
    fn after_a_rest_one_is_tried_and_then_twice_as_many() {
        let mut health = after(None, &FAILED, limits::FAILURES_BEFORE_REST, 100);
        let mut windows = Vec::new();
        while let Some(known) = &health {
            windows.push(known.window());
            health = after(health, &TAKEN, 1, 200);
        }
        assert_eq!(windows, [1, 2, 4, 8, 16, 32, 64, 128], "then nothing is noted any more");
    }

    #[test]
    fn a_line_that_fails_again_rests_twice_as_long_up_to_a_bound() {
        let (mut health, mut now, mut waits) = (None, 100, Vec::new());
        for _ in 0..9 {
            health = after(health, &FAILED, limits::FAILURES_BEFORE_REST, now);
            let until = rests(health.as_ref(), now).unwrap();
            waits.push(until.since(second(now)).as_secs());
            now = until.as_millis() / 1_000;
        }
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
    }

    #[test]
    fn a_provider_that_asks_for_it_is_left_alone_at_once_and_for_so_long() {
        let asks = |seconds| Receipt::Retry { reason: String::new(), after: Some(Duration::from_secs(seconds)) };
        let until = |seconds| rests(after(None, &asks(seconds), 1, 100).as_ref(), 100);
        assert_eq!(until(60), Some(second(160)));
        assert_eq!(until(1), Some(second(105)));
        assert_eq!(until(315_360_000), Some(second(100).plus(limits::LINE_REST_MAX)));
    }

    #[test]
    fn a_rest_says_since_when_and_why_in_the_last_words_before_it() {
        let failed = |reason: &str| Receipt::Retry { reason: reason.to_owned(), after: None };
        let almost = after(None, &failed("down"), limits::FAILURES_BEFORE_REST - 1, 100);
        let resting = after(almost, &failed("still down"), 1, 110);
        let late = after(resting, &failed("down all the same"), 1, 111).unwrap();
        let rest = Rest { since: second(110), until: second(115), reason: "still down".to_owned() };
        assert_eq!((late.rest(second(114)), late.rest(second(115))), (Some(&rest), None));
    }

    #[test]
    fn of_a_line_that_does_well_nothing_is_noted() {
        for receipt in [TAKEN, Receipt::Refused { reason: String::new() }] {
            assert_eq!(after(None, &receipt, 5, 100), None);
        }
    }
}
