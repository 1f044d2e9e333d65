//! Experiments in the house's words: who is tried on what, what a message did to them, and what their share is in the figures.

use std::ops::{AddAssign, SubAssign};
use std::time::Duration;

use super::{Engagement, EngagementKind, Timestamp, VariationName};

/// Millionths in a hundredth.
const MILLIONTHS: i64 = 10_000;

/// Which share somebody is held out by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HoldOut {
    /// The tenant's: held out of every campaign.
    Tenant,
    /// The campaign's own.
    Campaign,
}

impl HoldOut {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Tenant, Self::Campaign];

    /// The name in records and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Campaign => "campaign",
        }
    }

    /// The share of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|share| share.as_str() == text)
    }
}

/// Where an experiment puts somebody. Who is held out has a variation, too: the one whose messages are kept from them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Arm {
    /// The variation; none where the campaign has none.
    pub variation: Option<VariationName>,
    /// The share that the person is held out by, if any.
    pub hold_out: Option<HoldOut>,
}

impl Arm {
    /// Among whom the person counts.
    pub fn group(&self) -> Group {
        match self.hold_out {
            Some(share) => Group::HeldOut(share),
            None => Group::Treated(self.variation.clone()),
        }
    }
}

/// People who are compared with others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Who gets a variation's messages; those of a campaign that has none.
    Treated(Option<VariationName>),
    /// Who gets nothing, of whatever variation.
    HeldOut(HoldOut),
}

/// What a message did to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum TouchKind {
    /// It was sent.
    Send,
    /// The person opened it.
    Open,
    /// The person clicked in it.
    #[default]
    Click,
}

impl TouchKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Send, Self::Open, Self::Click];

    /// The name in settings and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Open => "open",
            Self::Click => "click",
        }
    }

    /// The kind of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What an engagement did to the person; what a machine opens or clicks does nothing.
    pub fn of(engagement: &Engagement) -> Option<Self> {
        match engagement.kind {
            EngagementKind::Sent => Some(Self::Send),
            EngagementKind::Opened if !engagement.by_machine => Some(Self::Open),
            EngagementKind::Clicked if !engagement.by_machine => Some(Self::Click),
            _ => None,
        }
    }
}

/// What a conversion is credited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribution {
    /// How long after a touch, or after the enrolment, a conversion counts.
    pub window: Duration,
    /// Which touches are credited.
    pub to: TouchKind,
}

impl Default for Attribution {
    fn default() -> Self {
        Self { window: Duration::from_secs(7 * 24 * 3600), to: TouchKind::default() }
    }
}

impl Attribution {
    /// Whether something happened within the window that begins at `start`.
    pub fn covers(&self, start: Timestamp, at: Timestamp) -> bool {
        start <= at && at.since(start) <= self.window
    }
}

/// What is counted of a group. Differences are counted, too, so that a number may be negative; sums of them are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// People who were enrolled.
    pub people: i64,
    /// Those among them who converted.
    pub converted: i64,
    /// What their conversions were worth, in hundredths.
    pub value_sum: i128,
    /// The sum of the squares of what each person's were worth, in hundredths of hundredths.
    pub value_squares: i128,
}

impl Figures {
    /// What somebody counts for who did so often what a campaign is for; what that was worth, in millionths, is rounded to hundredths once, a
    /// half away from nought.
    pub fn of_person(conversions: u64, value: i64) -> Self {
        let half = if value < 0 { -MILLIONTHS / 2 } else { MILLIONTHS / 2 };
        let hundredths = i128::from(value.saturating_add(half) / MILLIONTHS);
        Self {
            people: 1,
            converted: i64::from(conversions > 0),
            value_sum: hundredths,
            value_squares: hundredths * hundredths,
        }
    }
}

impl AddAssign for Figures {
    fn add_assign(&mut self, more: Self) {
        self.people += more.people;
        self.converted += more.converted;
        self.value_sum += more.value_sum;
        self.value_squares += more.value_squares;
    }
}

impl SubAssign for Figures {
    fn sub_assign(&mut self, less: Self) {
        self.people -= less.people;
        self.converted -= less.converted;
        self.value_sum -= less.value_sum;
        self.value_squares -= less.value_squares;
    }
}
