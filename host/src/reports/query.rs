//! What is asked of the figures: sums by one thing that they are about, by the steps of a campaign, and by the arms of its experiment.

use std::collections::BTreeMap;

use super::figures::{Figures, Measure};
use super::subject::Subject;
use crate::domain::{self, Group, HoldOut, Timestamp, VariationName};
use crate::zones::Zone;

/// What figures are told apart by.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum By {
    /// The hour, in UTC.
    Hour,
    /// The day, as the clocks of a zone show it; an hour counts for the day in which it begins.
    Day(Zone),
    /// The campaign's revision.
    Revision,
    /// The variation, and who is held out.
    Variation,
    /// The step.
    Step,
    /// The channel.
    Channel,
}

impl By {
    /// What can be asked for, by name.
    pub(crate) const NAMES: [&'static str; 6] = ["hour", "day", "revision", "variation", "step", "channel"];

    /// What is named so; days are those of that zone.
    pub(crate) fn parse(text: &str, zone: &Zone) -> Option<Self> {
        Some(match text {
            "hour" => Self::Hour,
            "day" => Self::Day(zone.clone()),
            "revision" => Self::Revision,
            "variation" => Self::Variation,
            "step" => Self::Step,
            "channel" => Self::Channel,
            _ => return None,
        })
    }

    fn label(&self, hour: i64, subject: &Subject) -> Label {
        let at = Timestamp::from_millis(hour);
        match self {
            Self::Hour => Label::Text(at.to_string()),
            Self::Day(zone) => Label::Text(zone.civil(at).date().to_string()),
            Self::Revision => Label::Number(subject.revision),
            Self::Variation => Label::Arm(subject.variation.clone(), subject.held_out.clone()),
            Self::Step => Label::Text(subject.step.clone()),
            Self::Channel => Label::Text(subject.channel.clone()),
        }
    }
}

/// One of the things by which figures are told apart. In the order in which they are shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Label {
    /// By number.
    Number(u32),
    /// By name.
    Text(String),
    /// A variation, and by which share people are held out.
    Arm(String, String),
}

impl Label {
    /// As it is shown; empty for what is about none in particular.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Number(0) => String::new(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
            Self::Arm(variation, held_out) if held_out.is_empty() => variation.clone(),
            Self::Arm(variation, held_out) => format!("{variation} held out ({held_out})").trim_start().to_owned(),
        }
    }
}

/// Sums of a campaign's figures.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// All of it.
    pub(crate) total: Figures,
    /// By what was asked for.
    pub(crate) groups: BTreeMap<Label, Figures>,
    /// By step.
    pub(crate) steps: BTreeMap<String, Figures>,
    arms: BTreeMap<Group, domain::Figures>,
}

/// What is asked for.
#[derive(Debug, Default)]
pub(crate) struct Question {
    /// What figures are told apart by; none where only sums are wanted.
    pub(crate) by: Option<By>,
    /// The campaign's experiment, whose arms are compared.
    pub(crate) experiment: String,
}

impl Report {
    /// Takes figures in.
    pub(crate) fn add(&mut self, question: &Question, (hour, subject): (i64, &Subject), figures: &Figures) {
        self.total += figures;
        if let Some(by) = &question.by {
            *self.groups.entry(by.label(hour, subject)).or_default() += figures;
        }
        if !subject.step.is_empty() {
            *self.steps.entry(subject.step.clone()).or_default() += figures;
        }
        if subject.experiment == question.experiment && figures.is_of_people() {
            *self.arms.entry(group(subject)).or_default() += people(figures);
        }
    }

    /// The arms of the experiment, and what is counted of their people: those of `variations` first, in their order.
    pub(crate) fn arms(&self, variations: &[VariationName]) -> Vec<(Group, domain::Figures)> {
        let place = |group: &Group| match group {
            Group::Treated(Some(name)) => variations.iter().position(|known| known == name).unwrap_or(usize::MAX - 2),
            Group::Treated(None) => usize::MAX - 2,
            Group::HeldOut(_) => usize::MAX - 1,
        };
        let mut arms: Vec<_> = self.arms.iter().map(|(group, figures)| (group.clone(), *figures)).collect();
        arms.sort_by_key(|(group, _)| (place(group), group.clone()));
        arms
    }
}

fn group(subject: &Subject) -> Group {
    match HoldOut::parse(&subject.held_out) {
        Some(share) => Group::HeldOut(share),
        None => Group::Treated(VariationName::parse(&subject.variation).ok()),
    }
}

fn people(figures: &Figures) -> domain::Figures {
    let count = |measure: &Measure| i64::try_from(figures.get(measure)).unwrap_or(i64::MAX);
    domain::Figures {
        people: count(&Measure::People),
        converted: count(&Measure::PeopleConverted),
        value_sum: figures.get(&Measure::ValueHundredths),
        value_squares: figures.get(&Measure::ValueSquares),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(step: &str, variation: &str, held_out: &str) -> Subject {
        let (step, variation, held_out) = (step.to_owned(), variation.to_owned(), held_out.to_owned());
        Subject { revision: 2, variation, held_out, step, channel: "push".to_owned(), ..Subject::default() }
    }

    fn report(by: &str, zone: &str) -> Vec<(String, i128)> {
        let question = Question { by: By::parse(by, &Zone::find(zone).unwrap()), experiment: String::new() };
        let mut report = Report::default();
        let sent = |count| Figures::of(Measure::Sent, count);
        // 1970-01-01T23:00Z and the hour after.
        report.add(&question, (23 * 3_600_000, &subject("first", "a", "")), &sent(1));
        report.add(&question, (24 * 3_600_000, &subject("second", "b", "")), &sent(2));
        report.add(&question, (24 * 3_600_000, &subject("second", "b", "campaign")), &sent(4));
        assert_eq!(report.total, sent(7));
        report.groups.iter().map(|(label, figures)| (label.text(), figures.get(&Measure::Sent))).collect()
    }

    #[test]
    fn figures_are_told_apart_by_what_is_asked_for() {
        let of =
            |groups: &[(&str, i128)]| groups.iter().map(|(label, sum)| ((*label).to_owned(), *sum)).collect::<Vec<_>>();
        let hours = [("1970-01-01T23:00:00.000Z", 1), ("1970-01-02T00:00:00.000Z", 6)];
        assert_eq!(report("hour", "UTC"), of(&hours));
        assert_eq!(report("day", "UTC"), of(&[("1970-01-01", 1), ("1970-01-02", 6)]));
        assert_eq!(report("day", "Europe/Berlin"), of(&[("1970-01-02", 7)]));
        assert_eq!(report("revision", "UTC"), of(&[("2", 7)]));
        assert_eq!(report("variation", "UTC"), of(&[("a", 1), ("b", 2), ("b held out (campaign)", 4)]));
        assert_eq!(report("step", "UTC"), of(&[("first", 1), ("second", 6)]));
        assert_eq!(report("channel", "UTC"), of(&[("push", 7)]));
        assert_eq!(By::parse("moon", &Zone::utc()), None);
    }

    #[test]
    fn arms_are_those_of_the_experiment_in_its_order() {
        let question = Question { by: None, experiment: "spring".to_owned() };
        let mut report = Report::default();
        let arm = |variation: &str, held_out: &str, experiment: &str| Subject {
            experiment: experiment.to_owned(),
            ..subject("", variation, held_out)
        };
        for (variation, held_out, experiment, people) in
            [("b", "", "spring", 3), ("a", "", "spring", 2), ("a", "campaign", "spring", 1), ("a", "", "winter", 9)]
        {
            report.add(&question, (0, &arm(variation, held_out, experiment)), &Figures::of(Measure::People, people));
        }
        let names = ["b", "a"].map(|name| VariationName::parse(name).unwrap());
        let arms = report.arms(&names);
        let people: Vec<_> = arms.iter().map(|(group, figures)| (group.clone(), figures.people)).collect();
        let treated = |name: &VariationName| Group::Treated(Some(name.clone()));
        let expected = [(treated(&names[0]), 3), (treated(&names[1]), 2), (Group::HeldOut(HoldOut::Campaign), 1)];
        assert_eq!(people, expected);
    }
}
