//! What a change of a trial comes to for those who count.

use super::{Conversion, Touch};
use crate::domain::{Arm, Figures, MessageId, Timestamp};

/// What somebody did that a campaign is for, all in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcome {
    /// How many times.
    pub conversions: u64,
    /// What it is worth, in millionths.
    pub value: i64,
}

/// A person's part in the figures of an experiment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Which experiment of the campaign.
    pub salt: String,
    /// Where the person belongs.
    pub arm: Arm,
    /// What they did.
    pub outcome: Outcome,
}

/// What a conversion is credited to, and for whom it counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Credit {
    /// Where the person belongs.
    pub arm: Arm,
    /// The touch.
    pub touch: Touch,
}

/// A conversion is credited to something else than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recredit {
    /// The event.
    pub event: MessageId,
    /// When it happened.
    pub at: Timestamp,
    /// What it is worth, in millionths.
    pub value: i64,
    /// What it was credited to.
    pub from: Option<Credit>,
    /// What it is credited to.
    pub to: Option<Credit>,
}

/// What has to be corrected: figures lose what is taken and get what is given, and credits move.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recount {
    /// Parts that no longer count.
    pub taken: Vec<Share>,
    /// Parts that count instead, or are new.
    pub given: Vec<Share>,
    /// Conversions whose credit changed.
    pub credits: Vec<Recredit>,
}

impl Outcome {
    /// Adds a conversion.
    pub(super) fn add(&mut self, value: i64) {
        self.conversions += 1;
        self.value = self.value.saturating_add(value);
    }

    /// Adds what the same person did under another id.
    pub(super) fn join(&mut self, other: Self) {
        self.conversions += other.conversions;
        self.value = self.value.saturating_add(other.value);
    }
}

impl Share {
    /// What one person adds to the figures of their group.
    pub fn figures(&self) -> Figures {
        Figures::of_person(self.outcome.conversions, self.outcome.value)
    }
}

impl Recredit {
    /// What a conversion is credited to, where that differs from before.
    pub(super) fn of(event: &MessageId, conversion: &Conversion, arm: &Arm, before: Option<Touch>) -> Option<Self> {
        let credit = |touch| Credit { arm: arm.clone(), touch };
        let Conversion { at, value, credit: after } = conversion;
        (before != *after).then(|| Self {
            event: event.clone(),
            at: *at,
            value: *value,
            from: before.map(credit),
            to: after.clone().map(credit),
        })
    }
}

impl Recount {
    /// One person's part changed.
    pub(super) fn between(before: Share, after: Share) -> Self {
        if before == after {
            return Self::default();
        }
        Self { taken: vec![before], given: vec![after], credits: Vec::new() }
    }

    /// Whether nothing has to be corrected.
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty() && self.given.is_empty() && self.credits.is_empty()
    }
}
