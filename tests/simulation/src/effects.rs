//! What campaigns really do to people: known here, and to nobody else in the run. Who takes part in one of these campaigns converts by themselves with
//! a probability; who would not, and really gets a message of it in time, does with another, which depends on the variation.

use crate::calendar::{DAY, Tick};

/// What one campaign does.
#[derive(Debug)]
pub(crate) struct Effect {
    pub(crate) campaign: &'static str,
    /// The event that it is for.
    pub(crate) event: &'static str,
    /// The probability to convert without it, and what that is worth on average.
    pub(crate) base: Pull,
    /// By variation, what a message adds.
    pub(crate) variations: &'static [(&'static str, Pull)],
}

/// A probability, and the mean of what a conversion is worth then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pull {
    pub(crate) probability: f64,
    pub(crate) mean: f64,
}

const fn pull(probability: f64, mean: f64) -> Pull {
    Pull { probability, mean }
}

/// Every campaign that is tried.
pub(crate) const EFFECTS: [Effect; 3] = [
    Effect {
        campaign: "cart",
        event: "Order Completed",
        base: pull(0.15, 40.0),
        variations: &[("plain", pull(0.02, 40.0)), ("bold", pull(0.09, 45.0)), ("warm", pull(0.05, 30.0))],
    },
    Effect {
        campaign: "browse",
        event: "Booking Made",
        base: pull(0.06, 120.0),
        variations: &[("calm", pull(0.04, 120.0)), ("loud", pull(0.0, 120.0))],
    },
    Effect {
        campaign: "upgrade",
        event: "Trial Started",
        base: pull(0.20, 0.0),
        variations: &[("long", pull(0.05, 0.0)), ("short", pull(0.10, 0.0)), ("video", pull(0.02, 0.0))],
    },
];

/// How long after they begin people convert by themselves, and how long after a message that came in time; with the second time that some do, all
/// of it is within every campaign's window.
pub(crate) const BY_THEMSELVES: Tick = 3 * DAY;
pub(crate) const IN_TIME: Tick = 2 * DAY;
pub(crate) const MOVED: Tick = DAY;
pub(crate) const AGAIN: Tick = DAY;
/// Thousandths of those who convert who do a second time.
pub(crate) const TWICE: u32 = 200;

impl Effect {
    pub(crate) fn of(campaign: &str) -> Option<&'static Self> {
        EFFECTS.iter().find(|effect| effect.campaign == campaign)
    }

    pub(crate) fn pull(&self, variation: &str) -> Pull {
        self.variations.iter().find(|(name, _)| *name == variation).map_or(pull(0.0, 0.0), |(_, pull)| *pull)
    }
}
