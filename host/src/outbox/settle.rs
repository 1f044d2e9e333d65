//! What a receipt means for an entry. Pure: the same entry, receipt and moment give the same fate, after a crash too.

use std::time::Duration;

use super::{DeathCause, Entry};
use crate::channels::Receipt;
use crate::domain::{InstructionId, Timestamp, limits};

/// How far an attempt may be moved off its step of the ladder, to either side, in percent.
const JITTER_PERCENT: u64 = 20;

/// What becomes of an entry after an attempt. Plain data, to be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The provider took it: it leaves the outbox.
    Delivered {
        /// The entry, this attempt counted.
        entry: Entry,
        /// What the provider said, for the eye.
        note: Option<String>,
    },
    /// It is tried again.
    Moved {
        /// The entry, this attempt counted, with what went wrong.
        entry: Entry,
        /// When. Never before `now`, never after it expires.
        due: Timestamp,
    },
    /// It is a dead letter: it stays, for its owner to look at and to redeliver.
    Dead {
        /// The entry, this attempt counted, with what went wrong.
        entry: Entry,
    },
}

/// Says what a receipt that came at `now` means.
pub fn settle(entry: Entry, receipt: Receipt, now: Timestamp) -> Fate {
    let entry = Entry { attempts: entry.attempts.saturating_add(1), ..entry };
    match receipt {
        Receipt::Accepted { note } | Receipt::Partly { note, .. } => Fate::Delivered {
            entry: Entry { last_error: None, ..entry },
            note: note.map(|note| bounded(&note).to_owned()),
        },
        Receipt::Refused { reason } | Receipt::Gone { reason, .. } => {
            dead(failed(entry, &reason), DeathCause::Refused, now)
        }
        Receipt::Retry { reason, after } => again(failed(entry, &reason), after, now),
    }
}

fn again(entry: Entry, after: Option<Duration>, now: Timestamp) -> Fate {
    let Some(step) = ladder_step(&entry.id, entry.attempts) else {
        return dead(entry, DeathCause::Exhausted, now);
    };
    let asked = after.unwrap_or_default().min(limits::RETRY_AFTER_MAX);
    let due = now.plus(step.max(asked));
    if entry.is_expired(due) { dead(entry, DeathCause::Expired, now) } else { Fate::Moved { entry, due } }
}

fn dead(entry: Entry, cause: DeathCause, now: Timestamp) -> Fate {
    Fate::Dead { entry: entry.died(cause, now) }
}

fn failed(entry: Entry, reason: &str) -> Entry {
    Entry { last_error: Some(bounded(reason).to_owned()), ..entry }
}

/// As much of a reason, or of a note, as is kept.
pub(super) fn bounded(words: &str) -> &str {
    &words[..words.floor_char_boundary(limits::REASON_BYTES_MAX)]
}

/// How long to wait after that many failed attempts; none when there is no further step.
fn ladder_step(id: &InstructionId, attempts: u32) -> Option<Duration> {
    let step_index = usize::try_from(attempts.checked_sub(1)?).ok()?;
    let step = *limits::RETRY_SCHEDULE.get(step_index)?;
    Some(step * jittered_percent(id) / 100)
}

/// Spreads messages that failed together. One factor for a message's whole ladder: with one for each attempt a later step
/// could be shorter than the one before (14 h less a fifth is below 10 h and a fifth). The id is a digest already, so
/// its checksum is as even as chance, and needs none.
fn jittered_percent(id: &InstructionId) -> u32 {
    let chance = u64::from(crc32c::crc32c(id.as_str().as_bytes()));
    let percent = 100 - JITTER_PERCENT + chance % (2 * JITTER_PERCENT + 1);
    u32::try_from(percent).expect("a percentage should fit")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::outbox::entry::tests::{entry, second};

    const HOUR: u64 = 3_600;

    fn retry(after: Option<u64>) -> Receipt {
        Receipt::Retry { reason: "the receiver answered 500".to_owned(), after: after.map(Duration::from_secs) }
    }

    /// The seconds until the next attempt.
    fn wait(fate: &Fate, now: Timestamp) -> u64 {
        match fate {
            Fate::Moved { due, .. } => due.since(now).as_secs(),
            other => panic!("should be tried again: {other:?}"),
        }
    }

    fn dead_entry(fate: Fate) -> Entry {
        match fate {
            Fate::Dead { entry } => entry,
            other => panic!("should be dead: {other:?}"),
        }
    }

    fn cause(entry: &Entry) -> DeathCause {
        entry.dead.expect("a dead letter should have a cause").cause
    }

    #[test]
    fn what_the_provider_took_is_delivered() {
        let tried = Entry { attempts: 2, last_error: Some("the receiver answered 500".to_owned()), ..entry() };
        let note = Some("the receiver answered 200 OK".to_owned());
        let fate = settle(tried, Receipt::Accepted { note: note.clone() }, second(2_000));
        assert_eq!(fate, Fate::Delivered { entry: Entry { attempts: 3, ..entry() }, note });
    }

    #[test]
    fn what_the_provider_took_late_is_delivered_all_the_same() {
        let entry = Entry { expires: Some(second(1_500)), ..entry() };
        assert!(matches!(settle(entry, Receipt::Accepted { note: None }, second(2_000)), Fate::Delivered { .. }));
    }

    #[test]
    fn what_the_provider_refuses_is_dead_at_once_with_the_cause() {
        let refused = Receipt::Refused { reason: "the receiver answered 410 Gone".to_owned() };
        let dead = dead_entry(settle(entry(), refused, second(2_000)));
        assert_eq!((cause(&dead), dead.attempts), (DeathCause::Refused, 1));
        assert_eq!(dead.last_error.as_deref(), Some("the receiver answered 410 Gone"));
    }

    #[test]
    fn ten_attempts_fail_before_an_entry_is_dead() {
        let (mut entry, mut now, mut waits) = (entry(), second(1_000), Vec::new());
        let dead = loop {
            match settle(entry, retry(None), now) {
                Fate::Moved { entry: moved, due } => {
                    waits.push(due.since(now).as_secs());
                    (entry, now) = (moved, due);
                }
                other => break dead_entry(other),
            }
        };
        assert_eq!(
            (cause(&dead), dead.attempts, dead.last_error.as_deref()),
            (DeathCause::Exhausted, 10, Some("the receiver answered 500"))
        );
        let percent = u64::from(jittered_percent(&dead.id));
        let schedule = [5, 300, 1_800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
        assert_eq!(waits, schedule.map(|seconds| seconds * percent / 100));
    }

    #[test]
    fn a_provider_is_left_alone_for_as_long_as_it_asks_and_at_least_as_long_as_the_ladder_says() {
        let now = second(1_000);
        assert_eq!(wait(&settle(entry(), retry(Some(120)), now), now), 120);
        let tried = Entry { attempts: 3, ..entry() };
        assert!(wait(&settle(tried, retry(Some(120)), now), now) > HOUR);
    }

    #[test]
    fn nobody_is_left_alone_for_more_than_a_day() {
        let now = second(1_000);
        for ten_years_or_more in [315_360_000, u64::MAX] {
            assert_eq!(wait(&settle(entry(), retry(Some(ten_years_or_more)), now), now), 24 * HOUR);
        }
    }

    #[test]
    fn what_would_come_too_late_is_dead_at_once() {
        let expiring = |expires| Entry { attempts: 1, expires: Some(second(expires)), ..entry() };
        let dead = dead_entry(settle(expiring(1_100), retry(None), second(1_000)));
        assert_eq!(cause(&dead), DeathCause::Expired);
        assert_eq!(dead.last_error.as_deref(), Some("the receiver answered 500"));
        assert!(matches!(settle(expiring(2_000), retry(None), second(1_000)), Fate::Moved { .. }));
        let dead = dead_entry(settle(expiring(2_000), retry(Some(1_001)), second(1_000)));
        assert_eq!(cause(&dead), DeathCause::Expired);
    }

    #[test]
    fn a_long_reason_is_cut_between_letters() {
        let reason = "é".repeat(limits::REASON_BYTES_MAX);
        let dead = dead_entry(settle(entry(), Receipt::Refused { reason }, second(1_000)));
        assert_eq!(dead.last_error, Some("é".repeat(limits::REASON_BYTES_MAX / 2)));
    }

    #[test]
    fn messages_that_failed_together_are_spread_over_the_whole_jitter() {
        let ids = (0..2_000_u32).map(|n| InstructionId::parse(&format!("msg_{n:032x}")).unwrap());
        let percents: BTreeSet<u32> = ids.map(|id| jittered_percent(&id)).collect();
        assert_eq!(percents, (80..=120).collect());
    }

    prop_compose! {
        fn any_id()(digits in any::<u128>()) -> InstructionId {
            InstructionId::parse(&format!("msg_{digits:032x}")).unwrap()
        }
    }

    proptest! {
        #[test]
        fn the_next_attempt_is_never_in_the_past_and_never_after_the_expiry(
            id in any_id(), attempts in 0..12_u32, after in proptest::option::of(any::<u64>()),
            now in 0..i64::MAX / 2, valid_ms in proptest::option::of(0..200_000_000_i64),
        ) {
            let now = Timestamp::from_millis(now);
            let expires = valid_ms.map(|ms| Timestamp::from_millis(now.as_millis() + ms));
            match settle(Entry { id, attempts, expires, ..entry() }, retry(after), now) {
                Fate::Moved { entry, due } => {
                    prop_assert!(due > now);
                    prop_assert!(!entry.is_expired(due));
                    prop_assert!(entry.dead.is_none());
                    prop_assert!(due.since(now) <= limits::RETRY_AFTER_MAX * 120 / 100);
                }
                Fate::Dead { entry } => prop_assert_eq!(entry.dead.map(|dead| dead.at), Some(now)),
                Fate::Delivered { .. } => prop_assert!(false, "nobody accepted it"),
            }
        }

        #[test]
        fn each_step_of_the_ladder_is_longer_than_the_one_before(id in any_id()) {
            let steps: Vec<_> = (1..).map_while(|attempts| ladder_step(&id, attempts)).collect();
            prop_assert_eq!(steps.len(), limits::RETRY_SCHEDULE.len());
            prop_assert!(steps.is_sorted_by(|a, b| a < b));
        }

        #[test]
        fn each_step_stays_within_a_fifth_of_the_schedule(id in any_id()) {
            for (step, scheduled) in (1..).map_while(|n| ladder_step(&id, n)).zip(limits::RETRY_SCHEDULE) {
                prop_assert!(step >= scheduled * 80 / 100 && step <= scheduled * 120 / 100);
            }
        }
    }
}
