//! What happened, next to what should have.

use std::io::Write;

use anyhow::Result;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Value, json};

use super::day::{self, Person};

/// What was read back from the server at the end of the day.
pub(super) struct Happened {
    pub(super) messages: Vec<Value>,
    pub(super) quarantined: Vec<Value>,
    pub(super) ledgers: Vec<(&'static Person, Vec<Value>)>,
    pub(super) answers: Answers,
}

/// What the door answered, summed.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers {
    accepted: u64,
    duplicate: u64,
    quarantined: u64,
    kills: u64,
}

impl Answers {
    pub(super) fn add(&mut self, answer: &Value, after_kill: bool) {
        self.accepted += answer["accepted"].as_u64().unwrap_or(0);
        self.duplicate += answer["duplicate"].as_u64().unwrap_or(0);
        self.quarantined += answer["quarantined"].as_u64().unwrap_or(0);
        self.kills += u64::from(after_kill);
    }
}

/// Every difference between what happened and what should have, in words.
pub(super) fn deviations(happened: &Happened) -> Vec<String> {
    let mut deviations: Vec<String> = day::PEOPLE.iter().filter_map(|person| deviation(happened, person)).collect();
    let strangers =
        happened.messages.iter().filter(|message| day::PEOPLE.iter().all(|person| message["profile"] != person.id));
    deviations.extend(strangers.map(|message| format!("a message to somebody unheard of: {message}")));
    if happened.quarantined.len() != day::QUARANTINED {
        deviations.push(format!("{} elements were quarantined, not {}", happened.quarantined.len(), day::QUARANTINED));
    }
    deviations
}

fn deviation(happened: &Happened, person: &Person) -> Option<String> {
    let expected: Vec<(String, String)> =
        person.expected.iter().map(|(step, minute)| ((*step).to_owned(), day::time_of_day(*minute))).collect();
    let got: Vec<(String, String)> =
        messages_to(happened, person).map(|message| (field(message, "step"), clock_time(message))).collect();
    (got != expected).then(|| format!("`{}` should have got {expected:?} and got {got:?}", person.id))
}

fn messages_to<'a>(happened: &'a Happened, person: &'a Person) -> impl Iterator<Item = &'a Value> {
    happened.messages.iter().filter(|message| message["profile"] == person.id)
}

fn field(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

/// Hours and minutes of a row's moment.
fn clock_time(row: &Value) -> String {
    field(row, "at").get(11..16).unwrap_or("?").to_owned()
}

/// Writes the report.
pub(super) fn write(out: &mut dyn Write, happened: &Happened, deviations: &[String], as_json: bool) -> Result<()> {
    if as_json {
        let Answers { accepted, duplicate, quarantined, kills } = happened.answers;
        let answers = json!({"accepted": accepted, "duplicate": duplicate, "quarantined": quarantined});
        let report = json!({
            "messages": happened.messages, "quarantine": happened.quarantined, "answers": answers, "kills": kills,
            "deviations": deviations,
        });
        return Ok(writeln!(out, "{report}")?);
    }
    writeln!(out, "A shop's day, Monday 2 March 2026 (UTC). Three lines of defence, each after an hour.\n")?;
    writeln!(out, "Who got what\n{}\n", sent_table(happened))?;
    writeln!(out, "Why nothing (more) went out\n{}\n", silence_table(happened))?;
    for row in &happened.quarantined {
        writeln!(out, "Quarantined at {}: {}", clock_time(row), field(row, "reason"))?;
    }
    let Answers { accepted, duplicate, quarantined, kills } = happened.answers;
    writeln!(
        out,
        "Events: {accepted} accepted, {duplicate} duplicate, {quarantined} quarantined; the server was killed {kills} times."
    )?;
    for deviation in deviations {
        writeln!(out, "NOT AS IT SHOULD BE: {deviation}")?;
    }
    if deviations.is_empty() {
        writeln!(
            out,
            "All of it is as it should be: {} messages to {} of {} people.",
            happened.messages.len(),
            day::PEOPLE.iter().filter(|person| messages_to(happened, person).next().is_some()).count(),
            day::PEOPLE.len()
        )?;
    }
    Ok(())
}

fn table(header: [&str; 4]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_BORDERS_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    table
}

fn sent_table(happened: &Happened) -> Table {
    let mut table = table(["when", "who", "step", "what"]);
    for message in &happened.messages {
        let content = &message["content"];
        let words = ["subject", "body", "audience"].iter().find_map(|member| content[*member].as_str());
        let what = words.map_or_else(|| content.to_string(), str::to_owned);
        table.add_row([clock_time(message), field(message, "profile"), field(message, "step"), what]);
    }
    table
}

fn silence_table(happened: &Happened) -> Table {
    let mut table = table(["who", "story", "last asked", "the ledger's last word"]);
    for (person, ledger) in &happened.ledgers {
        let decided = ledger.iter().rev().find(|row| row["what"] != "sent");
        let (when, last) = decided.map_or_else(
            || ("never".to_owned(), "no campaign was ever concerned".to_owned()),
            |row| (clock_time(row), field(row, "detail")),
        );
        table.add_row([person.id.to_owned(), person.story.to_owned(), when, last]);
    }
    table
}
