//! People of the run whose stories differ, and what the house says of each: the same lines as `rekindle explain` prints.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Result;
use rekindle::domain::{ProfileId, ProfileKey, Timestamp, limits};
use rekindle::explain::{Case, Known, explain};
use rekindle::ledger::{Decided, Judged, LedgerRow, What};
use rekindle::profiles::{HOUSE_TIMER, Kept, Profile};
use rekindle::store::{Book, Page, Reports, Store};
use rekindle::worker::{Enlisted, Standing};

use crate::house::{House, known_by};

/// People among whom stories are looked for; ids that somebody was known by before are passed over beyond that.
const PEOPLE_MAX: usize = 5_000;
/// People who are read at one time.
const PEOPLE_AT_ONCE: usize = 200;
/// What is particular about an id that somebody was known by before.
const MOVED: &str = "known by another id now";

/// Somebody's story, and how the house tells it.
#[derive(Debug)]
pub(crate) struct Explanation {
    /// What is particular about it.
    pub(crate) reason: String,
    person: String,
    campaign: String,
    lines: Vec<String>,
}

/// One of each reason that occurs, the shortest that there is.
pub(crate) fn collect(house: &House) -> Result<Vec<Explanation>> {
    let mut found: BTreeMap<String, Explanation> = BTreeMap::new();
    let (reports, mut after, mut seen) = (house.store.reports(), None, 0);
    loop {
        let people = reports.profiles(&house.tenant, after.as_ref(), PEOPLE_AT_ONCE)?;
        let Some((last, _)) = people.last() else { break };
        after = Some(last.clone());
        for (id, record) in &people {
            let kept = Kept::decode(record)?;
            seen += usize::from(matches!(kept, Kept::Person(_)));
            if matches!(kept, Kept::Moved(_)) && found.contains_key(MOVED) {
                continue;
            }
            for explanation in of_person(house, reports.as_ref(), (id, &kept))? {
                let known = found.get(&explanation.reason);
                if known.is_none_or(|known| known.lines.len() > explanation.lines.len()) {
                    found.insert(explanation.reason.clone(), explanation);
                }
            }
        }
        if seen >= PEOPLE_MAX {
            break;
        }
    }
    Ok(found.into_values().collect())
}

/// What is particular about somebody, campaign by campaign.
fn of_person(house: &House, reports: &dyn Reports, (id, kept): (&ProfileId, &Kept)) -> Result<Vec<Explanation>> {
    let (home, has_moved) = match kept {
        Kept::Person(_) => (id.clone(), false),
        Kept::Moved(to) => (to.clone(), true),
        Kept::Erased(_) => return Ok(Vec::new()),
    };
    let key = ProfileKey { tenant: house.tenant.clone(), profile: home };
    let Some(Kept::Person(person)) = reports.profile(&key)?.as_deref().map(Kept::decode).transpose()? else {
        return Ok(Vec::new());
    };
    let page = Page { tenant: house.tenant.clone(), page: key.profile.to_string(), after: None };
    let rows = reports.rows(Book::Ledger, &page, limits::LEDGER_ROWS_MAX as usize)?;
    let rows: Vec<LedgerRow> = rows.iter().map(|row| LedgerRow::decode(&row.body)).collect::<Result<_, _>>()?;
    let case = Case { person: &person, rows: &rows, step: None };
    let mut explanations = Vec::new();
    for campaign in &house.campaigns {
        let reasons = match has_moved {
            true if rows.iter().any(|row| row.campaign == campaign.name.as_str()) => {
                vec![MOVED.to_owned()]
            }
            true => Vec::new(),
            false => reasons(&case, campaign),
        };
        explanations.extend(reasons.into_iter().map(|reason| told(id, reason, campaign, &case)));
    }
    Ok(explanations)
}

fn told(id: &ProfileId, reason: String, campaign: &Enlisted, case: &Case<'_>) -> Explanation {
    let channels = campaign.manifest.channels.iter();
    let known = Known {
        name: &campaign.name,
        idle: (campaign.standing != Standing::Active).then(|| "paused".to_owned()),
        triggers: &campaign.manifest.triggers,
        channels: channels.map(|channel| (channel.as_str(), known_by(channel))).collect(),
    };
    let lines = explain(case, &known).into_iter().map(|line| {
        let at = line.at.map_or_else(|| "now".to_owned(), |at| Timestamp::from_millis(at).to_string());
        format!("{at:<24}  {}", line.text)
    });
    Explanation { reason, person: id.to_string(), campaign: campaign.name.to_string(), lines: lines.collect() }
}

/// What became of one message.
#[derive(Default)]
struct Course<'a> {
    held: Option<&'a str>,
    end: String,
}

/// What is particular about one person in one campaign.
fn reasons(case: &Case<'_>, campaign: &Enlisted) -> Vec<String> {
    let rows: Vec<&LedgerRow> = case.rows.iter().filter(|row| row.campaign == campaign.name.as_str()).collect();
    if rows.is_empty() {
        return vec!["never asked".to_owned()];
    }
    let mut courses: BTreeMap<&str, Course<'_>> = BTreeMap::new();
    let mut reasons: Vec<String> = rows.iter().filter_map(|row| of_row(row, &mut courses)).collect();
    reasons.extend(courses.into_values().map(|course| match course.held {
        Some(rule) if !course.end.contains("held") => format!("held by {rule}, then {}", course.end),
        _ => course.end,
    }));
    if waits(case.person, campaign) {
        reasons.push("waiting".to_owned());
    }
    reasons
}

fn of_row<'a>(row: &'a LedgerRow, courses: &mut BTreeMap<&'a str, Course<'a>>) -> Option<String> {
    match &row.what {
        What::Decided(Decided { held_out: Some(share), verdicts, .. }) => {
            return (!verdicts.is_empty()).then(|| format!("held out by the share of the {share}"));
        }
        What::Decided(decided) => decided.verdicts.iter().for_each(|judged| judge(judged, courses)),
        What::Released(released) => judge(&released.judged, courses),
        What::Sent(fate) => {
            let attempt = if fate.attempts > 1 { "sent at a later attempt" } else { "sent" };
            attempt.clone_into(&mut courses.entry(&fate.id).or_default().end);
        }
        What::Retried(fate) => "retrying".clone_into(&mut courses.entry(&fate.id).or_default().end),
        What::Dead(fate) => "given up".clone_into(&mut courses.entry(&fate.id).or_default().end),
        What::NotAsked { reason, .. } if reason.contains("paused") => return Some("not asked: paused".to_owned()),
        What::NotAsked { .. } => return Some("not asked: too old".to_owned()),
        What::Failed(_) => return Some("failed".to_owned()),
        What::Credited(_) => return Some("credited anew: a click was told late".to_owned()),
        _ => {}
    }
    None
}

fn judge<'a>(judged: &'a Judged, courses: &mut BTreeMap<&'a str, Course<'a>>) {
    let course = courses.entry(&judged.id).or_default();
    let rule = judged.rule.as_deref();
    match judged.verdict.as_str() {
        "hold" => {
            course.held = course.held.or(rule);
            course.end = format!("still held by {}", rule.unwrap_or_default());
        }
        "drop" => course.end = format!("not sent: {}", rule.unwrap_or_default()),
        _ => "on its way".clone_into(&mut course.end),
    }
}

fn waits(person: &Profile, campaign: &Enlisted) -> bool {
    let run = person.runs.get(&campaign.name);
    run.is_some_and(|run| run.timers.keys().any(|name| !name.starts_with(HOUSE_TIMER)))
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reason, person, campaign, lines } = self;
        writeln!(f, "{reason}: {person}, {campaign}")?;
        lines.iter().try_for_each(|line| writeln!(f, "    {line}"))
    }
}
