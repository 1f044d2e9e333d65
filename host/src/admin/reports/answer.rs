//! How a report looks: figures by name, the funnel of the campaign's steps, the arms of its experiment; and a table.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::range::Asked;
use crate::admin::problem::Problem;
use crate::domain::{Group, Timestamp, VariationName};
use crate::experiments::{Assessed, Interval, Lift, assess};
use crate::reports::{Figures, Measure, Report};
use crate::tenants::Campaign;

/// What a campaign came to.
#[derive(Serialize, ToSchema)]
pub(super) struct ReportAnswer {
    campaign: String,
    /// The first hour that counts.
    from: String,
    /// Up to there; null where it goes up to now.
    to: Option<String>,
    /// What the items are told apart by; null where there are none.
    by: Option<String>,
    /// All figures, by name; `not_sent` is by the rule that spoke against it.
    #[schema(value_type = Object)]
    total: Value,
    /// The same of each group; `of` says of which, and is null for what is about none.
    #[schema(value_type = Vec<Object>)]
    items: Vec<Value>,
    /// The steps in the manifest's order, then those of earlier revisions.
    #[schema(value_type = Vec<Object>)]
    funnel: Vec<Value>,
    /// The arms of the campaign's experiment.
    arms: Vec<ArmAnswer>,
}

/// What came of one arm of an experiment.
#[derive(Serialize, ToSchema)]
struct ArmAnswer {
    /// The variation, or `held out`, and by which share; null for a campaign without variations.
    arm: Option<String>,
    people: i64,
    converted: i64,
    /// The share of people who converted.
    rate: Option<f64>,
    /// What a person is worth.
    value: Option<f64>,
    /// How much the rate is above the baseline's.
    rate_lift: Option<LiftAnswer>,
    /// How much the value is above the baseline's.
    value_lift: Option<LiftAnswer>,
    /// The probability that it is the best, by rate.
    best_by_rate: Option<f64>,
    /// The probability that it is the best, by value.
    best_by_value: Option<f64>,
}

/// How much better an arm is than the baseline; each as its lower end, middle and upper end, with a probability of 95 %.
#[derive(Serialize, ToSchema)]
struct LiftAnswer {
    absolute: [f64; 3],
    /// As a part of the baseline's.
    relative: Option<[f64; 3]>,
    /// The probability that it is better at all.
    better: f64,
}

impl ReportAnswer {
    pub(super) fn of(campaign: &Campaign, asked: &Asked, report: &Report) -> Self {
        let moment = |ms: i64| Timestamp::from_millis(ms).to_string();
        let items = report.groups.iter().map(|(label, figures)| {
            let of = Some(label.text()).filter(|text| !text.is_empty());
            named("of", of.into(), figures)
        });
        Self {
            campaign: campaign.name.to_string(),
            from: moment(asked.hours.start),
            to: Some(asked.hours.end).filter(|end| *end < i64::MAX).map(moment),
            by: asked.by.clone(),
            total: Value::Object(members(&report.total)),
            items: items.collect(),
            funnel: funnel(campaign, report),
            arms: arms(campaign, report),
        }
    }
}

/// The steps, and what people and providers did with their messages.
fn funnel(campaign: &Campaign, report: &Report) -> Vec<Value> {
    let known: Vec<&String> =
        campaign.current().map_or(Vec::new(), |published| published.manifest.steps.iter().collect());
    let earlier = report.steps.keys().filter(|step| !known.contains(step));
    let none = Figures::default();
    let steps = known.iter().copied().chain(earlier);
    steps.map(|step| named("step", step.clone().into(), report.steps.get(step).unwrap_or(&none))).collect()
}

fn arms(campaign: &Campaign, report: &Report) -> Vec<ArmAnswer> {
    let variations: Vec<VariationName> = campaign.current().map_or(Vec::new(), |published| {
        published.settings.experiment.variations.iter().map(|variation| variation.name.clone()).collect()
    });
    assess(&report.arms(&variations)).iter().map(ArmAnswer::from).collect()
}

impl From<&Assessed> for ArmAnswer {
    fn from(assessed: &Assessed) -> Self {
        let arm = match &assessed.group {
            Group::Treated(variation) => variation.as_ref().map(ToString::to_string),
            Group::HeldOut(share) => Some(format!("held out ({})", share.as_str())),
        };
        Self {
            arm,
            people: assessed.figures.people,
            converted: assessed.figures.converted,
            rate: assessed.rate,
            value: assessed.value,
            rate_lift: assessed.rate_lift.map(LiftAnswer::from),
            value_lift: assessed.value_lift.map(LiftAnswer::from),
            best_by_rate: assessed.best_by_rate,
            best_by_value: assessed.best_by_value,
        }
    }
}

impl From<Lift> for LiftAnswer {
    fn from(lift: Lift) -> Self {
        let ends = |Interval { low, middle, high }: Interval| [low, middle, high];
        Self { absolute: ends(lift.absolute), relative: lift.relative.map(ends), better: lift.better }
    }
}

fn named(name: &str, of: Value, figures: &Figures) -> Value {
    let first = std::iter::once((name.to_owned(), of));
    Value::Object(first.chain(members(figures)).collect())
}

/// All figures but those that only the statistics need.
fn members(figures: &Figures) -> Map<String, Value> {
    let mut members = Map::new();
    for measure in shown() {
        members.insert(measure.as_str().to_owned(), number(figures.get(measure)));
        if *measure == Measure::Instructed {
            let not_sent = figures.not_sent().map(|(rule, count)| (rule.to_owned(), number(count)));
            members.insert("not_sent".to_owned(), Value::Object(not_sent.collect()));
        }
    }
    members
}

fn shown() -> impl Iterator<Item = &'static Measure> {
    let of_statistics = [Measure::ValueHundredths, Measure::ValueSquares];
    Measure::PLAIN.iter().filter(move |measure| !of_statistics.contains(measure))
}

/// What is beyond every account is cut.
fn number(count: i128) -> Value {
    i64::try_from(count).unwrap_or(if count < 0 { i64::MIN } else { i64::MAX }).into()
}

/// A row for each group, or one for all; rules by which messages were not sent have a column each.
pub(super) fn csv(asked: &Asked, report: &Report) -> Result<Vec<u8>, Problem> {
    let rules: Vec<&str> = report.total.not_sent().map(|(rule, _)| rule).collect();
    let mut table = csv::Writer::from_writer(Vec::new());
    let head = std::iter::once(asked.by.clone().unwrap_or_else(|| "of".to_owned()));
    let names = shown().map(|measure| measure.as_str().to_owned());
    let head = head.chain(names).chain(rules.iter().map(|rule| format!("not_sent:{rule}")));
    table.write_record(head).map_err(|err| Problem::internal(&err))?;
    let all = [(String::new(), &report.total)];
    let groups = report.groups.iter().map(|(label, figures)| (label.text(), figures));
    let rows: Vec<_> = if asked.by.is_some() { groups.collect() } else { all.to_vec() };
    for (of, figures) in rows {
        let counts = shown().map(|measure| figures.get(measure));
        let not_sent = rules.iter().map(|rule| figures.get(&Measure::NotSent((*rule).to_owned())));
        let cells = counts.chain(not_sent).map(|count| count.to_string());
        table.write_record(std::iter::once(of).chain(cells)).map_err(|err| Problem::internal(&err))?;
    }
    table.into_inner().map_err(|err| Problem::internal(&err))
}
