//! What is counted, and how much of it.

use std::collections::BTreeMap;
use std::ops::{AddAssign, SubAssign};

use serde::{Deserialize, Serialize};

/// What is counted. The order is the record's own: what is new comes last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Measure {
    /// Runs that began.
    Entered,
    /// Runs that ended.
    Exited,
    /// Causes about which the campaign was not asked.
    NotAsked,
    /// Causes about which it failed.
    Failed,
    /// Messages that were instructed, those of who is held out among them.
    Instructed,
    /// Messages that were held before they were sent, or not.
    Held,
    /// Messages that were not sent, by the rule that spoke against it.
    NotSent(String),
    /// Messages that a provider accepted.
    Sent,
    /// Messages that were given up.
    GivenUp,
    /// Messages that arrived, as was told.
    Delivered,
    /// Messages that were seen without being opened.
    Viewed,
    /// Messages that people opened.
    Opened,
    /// Messages that machines opened.
    OpenedByMachines,
    /// Clicks of people.
    Clicked,
    /// Clicks of machines.
    ClickedByMachines,
    /// Messages that were put away.
    Dismissed,
    /// Messages that came back.
    Bounced,
    /// Messages that did not arrive for another reason, as was told.
    Undelivered,
    /// Complaints.
    Complained,
    /// People who unsubscribed.
    Unsubscribed,
    /// People who take part in an experiment.
    People,
    /// Those among them who converted.
    PeopleConverted,
    /// Conversions that count.
    Conversions,
    /// What they are worth, in millionths.
    ValueMicros,
    /// What each person's are worth in hundredths, rounded once for the person.
    ValueHundredths,
    /// The sum of the squares of that.
    ValueSquares,
    /// Conversions that are credited to a message.
    Credited,
    /// What they are worth, in millionths.
    CreditedMicros,
    /// Conversions that the campaign marked by itself.
    Marked,
    /// What they are worth, in millionths.
    MarkedMicros,
}

impl Measure {
    /// Every measure but `NotSent`, of which there is one for each rule.
    pub const PLAIN: [Self; 29] = [
        Self::Entered,
        Self::Exited,
        Self::NotAsked,
        Self::Failed,
        Self::Instructed,
        Self::Held,
        Self::Sent,
        Self::GivenUp,
        Self::Delivered,
        Self::Viewed,
        Self::Opened,
        Self::OpenedByMachines,
        Self::Clicked,
        Self::ClickedByMachines,
        Self::Dismissed,
        Self::Bounced,
        Self::Undelivered,
        Self::Complained,
        Self::Unsubscribed,
        Self::People,
        Self::PeopleConverted,
        Self::Conversions,
        Self::ValueMicros,
        Self::ValueHundredths,
        Self::ValueSquares,
        Self::Credited,
        Self::CreditedMicros,
        Self::Marked,
        Self::MarkedMicros,
    ];

    /// The name in reports.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Entered => "entered",
            Self::Exited => "exited",
            Self::NotAsked => "not_asked",
            Self::Failed => "failed",
            Self::Instructed => "instructed",
            Self::Held => "held",
            Self::NotSent(rule) => rule,
            Self::Sent => "sent",
            Self::GivenUp => "given_up",
            Self::Delivered => "delivered",
            Self::Viewed => "viewed",
            Self::Opened => "opened",
            Self::OpenedByMachines => "opened_by_machines",
            Self::Clicked => "clicked",
            Self::ClickedByMachines => "clicked_by_machines",
            Self::Dismissed => "dismissed",
            Self::Bounced => "bounced",
            Self::Undelivered => "undelivered",
            Self::Complained => "complained",
            Self::Unsubscribed => "unsubscribed",
            Self::People => "people",
            Self::PeopleConverted => "people_converted",
            Self::Conversions => "conversions",
            Self::ValueMicros => "value_micros",
            Self::ValueHundredths => "value_hundredths",
            Self::ValueSquares => "value_squares",
            Self::Credited => "credited",
            Self::CreditedMicros => "credited_micros",
            Self::Marked => "marked",
            Self::MarkedMicros => "marked_micros",
        }
    }
}

/// How much of what. What comes to nothing is not there, so that equal figures are equal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Figures(BTreeMap<Measure, i128>);

impl Figures {
    /// So much of one thing.
    pub fn of(measure: Measure, count: i128) -> Self {
        let mut figures = Self::default();
        figures.add(measure, count);
        figures
    }

    /// Adds so much of one thing.
    pub fn add(&mut self, measure: Measure, count: i128) {
        let sum = self.get(&measure).saturating_add(count);
        self.0.insert(measure, sum);
        self.0.retain(|_, sum| *sum != 0);
    }

    /// How much there is of one thing.
    pub fn get(&self, measure: &Measure) -> i128 {
        self.0.get(measure).copied().unwrap_or_default()
    }

    /// All that there is.
    pub fn iter(&self) -> impl Iterator<Item = (&Measure, i128)> {
        self.0.iter().map(|(measure, count)| (measure, *count))
    }

    /// How many messages were not sent, by the rule that spoke against it.
    pub fn not_sent(&self) -> impl Iterator<Item = (&str, i128)> {
        self.iter().filter_map(|(measure, count)| match measure {
            Measure::NotSent(rule) => Some((rule.as_str(), count)),
            _ => None,
        })
    }

    /// Whether it says something of the people of an experiment.
    pub(super) fn is_of_people(&self) -> bool {
        [Measure::People, Measure::PeopleConverted, Measure::ValueHundredths]
            .iter()
            .any(|measure| self.get(measure) != 0)
    }

    /// Whether it all comes to nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same, taken back.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self(self.iter().map(|(measure, count)| (measure.clone(), count.saturating_neg())).collect())
    }
}

impl AddAssign<&Self> for Figures {
    fn add_assign(&mut self, more: &Self) {
        more.iter().for_each(|(measure, count)| self.add(measure.clone(), count));
    }
}

impl SubAssign<&Self> for Figures {
    fn sub_assign(&mut self, less: &Self) {
        less.iter().for_each(|(measure, count)| self.add(measure.clone(), count.saturating_neg()));
    }
}
