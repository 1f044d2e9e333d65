//! What one row counts. It looks at nothing but the row: so rows can be counted when they are entered, taken back when they go elsewhere,
//! and counted all over again, and it comes to the same.

use super::figures::{Figures, Measure};
use super::subject::{Subject, hour_of};
use crate::domain::{EngagementKind, Figures as PersonFigures};
use crate::ledger::{
    Converted, Credit, Credited, Decided, Enrolled, Fate, Judged, LedgerRow, Outcome, Part, Recounted, Released, Told,
    What,
};

/// Millionths of one.
const ONE: f64 = 1_000_000.0;
/// Under which rule messages stand that are kept from people for an experiment's sake.
const HOLD_OUT: &str = "hold-out";
/// Verdicts, as they are recorded.
const HOLD: &str = "hold";
const DROP: &str = "drop";

/// Figures of some subjects.
type Counts = Vec<(Subject, Figures)>;

/// What a row counts: figures by the hour and by what they are about.
pub fn fold(row: &LedgerRow) -> impl Iterator<Item = (i64, Subject, Figures)> + use<> {
    let hour = hour_of(row.happened());
    let counts = match &row.what {
        What::Decided(decided) => of_decision(decided),
        What::Released(released) => of_release(released),
        What::Failed(failed) => {
            vec![(Subject { revision: failed.revision, ..Subject::default() }, Figures::of(Measure::Failed, 1))]
        }
        What::NotAsked { .. } => vec![(Subject::default(), Figures::of(Measure::NotAsked, 1))],
        What::Sent(fate) => vec![(of_message(fate), Figures::of(Measure::Sent, 1))],
        What::Dead(fate) => vec![(of_message(fate), Figures::of(Measure::GivenUp, 1))],
        What::Retried(_) => Counts::new(),
        What::Told(told) => of_engagement(told),
        What::Enrolled(enrolled) => of_enrolment(enrolled),
        What::Converted(converted) => of_conversion(converted),
        What::Credited(credited) => of_credit(credited),
        What::Recounted(recounted) => of_recount(recounted),
    };
    counts
        .into_iter()
        .filter(|(_, figures)| !figures.is_empty())
        .map(move |(subject, figures)| (hour, subject, figures))
}

fn of_decision(decided: &Decided) -> Counts {
    let about = Subject {
        revision: decided.revision,
        variation: decided.variation.clone().unwrap_or_default(),
        held_out: decided.held_out.clone().unwrap_or_default(),
        ..Subject::default()
    };
    let mut figures = Figures::default();
    figures.add(Measure::Entered, i128::from(decided.has_entered()));
    figures.add(Measure::Exited, i128::from(decided.has_exited()));
    for value in decided.marked_values() {
        figures.add(Measure::Marked, 1);
        figures.add(Measure::MarkedMicros, micros(value));
    }
    let messages = decided.verdicts.iter().map(|judged| (of_step(judged, &about), of_verdict(judged, &about)));
    let messages: Counts = messages.collect();
    std::iter::once((about, figures)).chain(messages).collect()
}

fn of_step(judged: &Judged, about: &Subject) -> Subject {
    Subject { step: judged.step.clone(), channel: judged.channel.clone(), ..about.clone() }
}

fn of_verdict(judged: &Judged, about: &Subject) -> Figures {
    let mut figures = Figures::of(Measure::Instructed, 1);
    match judged.verdict.as_str() {
        _ if !about.held_out.is_empty() => figures.add(Measure::NotSent(HOLD_OUT.to_owned()), 1),
        DROP => figures.add(Measure::NotSent(judged.rule.clone().unwrap_or_default()), 1),
        HOLD => figures.add(Measure::Held, 1),
        _ => {}
    }
    figures
}

/// That it was held was counted when it was.
fn of_release(Released { revision, variation, judged, .. }: &Released) -> Counts {
    let variation = variation.clone().unwrap_or_default();
    let about = Subject { revision: *revision, variation, ..Subject::default() };
    match judged.verdict.as_str() {
        DROP => {
            let rule = judged.rule.clone().unwrap_or_default();
            vec![(of_step(judged, &about), Figures::of(Measure::NotSent(rule), 1))]
        }
        _ => Counts::new(),
    }
}

fn of_message(fate: &Fate) -> Subject {
    Subject {
        revision: fate.revision,
        variation: fate.variation.clone().unwrap_or_default(),
        step: fate.step.clone(),
        channel: fate.channel.clone(),
        ..Subject::default()
    }
}

fn of_engagement(told: &Told) -> Counts {
    let Some(measure) = EngagementKind::parse(&told.kind).and_then(|kind| measure(kind, told.by_machine)) else {
        return Counts::new();
    };
    let about = Subject {
        revision: told.revision,
        variation: told.variation.clone().unwrap_or_default(),
        step: told.step.clone(),
        channel: told.channel.clone(),
        ..Subject::default()
    };
    vec![(about, Figures::of(measure, 1))]
}

/// That a message was sent is known when it is; conversions and who is held out have rows of their own.
fn measure(kind: EngagementKind, by_machine: bool) -> Option<Measure> {
    match kind {
        EngagementKind::Delivered => Some(Measure::Delivered),
        EngagementKind::Viewed => Some(Measure::Viewed),
        EngagementKind::Opened if by_machine => Some(Measure::OpenedByMachines),
        EngagementKind::Opened => Some(Measure::Opened),
        EngagementKind::Clicked if by_machine => Some(Measure::ClickedByMachines),
        EngagementKind::Clicked => Some(Measure::Clicked),
        EngagementKind::Dismissed => Some(Measure::Dismissed),
        EngagementKind::Bounced => Some(Measure::Bounced),
        EngagementKind::Failed => Some(Measure::Undelivered),
        EngagementKind::Complained => Some(Measure::Complained),
        EngagementKind::Unsubscribed => Some(Measure::Unsubscribed),
        EngagementKind::Sent | EngagementKind::Converted | EngagementKind::HeldOut => None,
    }
}

fn of_enrolment(enrolled: &Enrolled) -> Counts {
    let Enrolled { experiment, revision, variation, held_out, .. } = enrolled;
    let part = Part {
        experiment: experiment.clone(),
        revision: *revision,
        variation: variation.clone(),
        held_out: held_out.clone(),
        outcome: Outcome::default(),
    };
    vec![(of_arm(&part), of_part(part.outcome))]
}

fn of_conversion(converted: &Converted) -> Counts {
    let Converted { before, after, .. } = converted;
    let about = Subject {
        revision: converted.revision,
        experiment: converted.experiment.clone(),
        variation: converted.variation.clone().unwrap_or_default(),
        held_out: converted.held_out.clone().unwrap_or_default(),
        ..Subject::default()
    };
    let mut figures = of_part(*after);
    figures -= &of_part(*before);
    let credit = converted.credit.iter().map(|credit| of_credited(credit, (1, converted.value_micros)));
    std::iter::once((about, figures)).chain(credit).collect()
}

fn of_credit(Credited { from, to, value_micros, .. }: &Credited) -> Counts {
    let taken = from.iter().map(|credit| of_credited(credit, (-1, *value_micros)));
    taken.chain(to.iter().map(|credit| of_credited(credit, (1, *value_micros)))).collect()
}

fn of_credited(credit: &Credit, (times, value_micros): (i128, i64)) -> (Subject, Figures) {
    let about = Subject {
        revision: credit.revision,
        variation: credit.variation.clone().unwrap_or_default(),
        step: credit.step.clone(),
        channel: credit.channel.clone(),
        ..Subject::default()
    };
    let mut figures = Figures::of(Measure::Credited, times);
    figures.add(Measure::CreditedMicros, times * i128::from(value_micros));
    (about, figures)
}

fn of_recount(Recounted { taken, given, .. }: &Recounted) -> Counts {
    let taken = taken.iter().map(|part| (of_arm(part), of_part(part.outcome).negated()));
    taken.chain(given.iter().map(|part| (of_arm(part), of_part(part.outcome)))).collect()
}

fn of_arm(part: &Part) -> Subject {
    Subject {
        revision: part.revision,
        experiment: part.experiment.clone(),
        variation: part.variation.clone().unwrap_or_default(),
        held_out: part.held_out.clone().unwrap_or_default(),
        ..Subject::default()
    }
}

/// What one person counts for.
fn of_part(Outcome { conversions, value_micros }: Outcome) -> Figures {
    let person = PersonFigures::of_person(conversions, value_micros);
    let mut figures = Figures::of(Measure::People, i128::from(person.people));
    figures.add(Measure::PeopleConverted, i128::from(person.converted));
    figures.add(Measure::Conversions, i128::from(conversions));
    figures.add(Measure::ValueMicros, i128::from(value_micros));
    figures.add(Measure::ValueHundredths, person.value_sum);
    figures.add(Measure::ValueSquares, person.value_squares);
    figures
}

/// A value that a campaign marked; one that is no number is worth nothing, and what is beyond every account is cut.
#[expect(clippy::cast_possible_truncation, reason = "the bounds are those of an `i64`, and a cast keeps to them")]
fn micros(value: f64) -> i128 {
    i128::from((value * ONE).round() as i64)
}

#[cfg(test)]
mod tests;
