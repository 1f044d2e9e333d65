//! The simulation: a month of many people's lives, lived in the house's real rooms on a clock that is moved by hand, with campaigns that compete, and
//! a judge who knows nothing of ledger or counters. From the raw events, the provider's own record and the campaigns' documents alone
//! it recounts what the reports say, and looks for promises that were broken. `cargo xtask simulate` runs it.

mod act;
mod broken;
mod calendar;
mod chance;
mod documents;
mod effects;
mod explanations;
mod figures;
mod house;
mod judge;
mod life;
mod people;
mod provider;
mod report;
mod reports;
mod tape;
mod truth;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use rekindle::domain::Stopwatch;

use chance::Chance;
use documents::Documents;
use figures::Figures;
use house::House;
use life::Life;
use provider::Taken;
use tape::Tape;

pub use broken::Broken;
pub use report::Report;

/// What is to be simulated.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many people.
    pub people: u32,
    /// For how many days; in the last eight, nobody begins anything.
    pub days: u32,
    /// From which everything follows that chance decides.
    pub seed: u64,
    /// Where the components are.
    pub components: PathBuf,
    /// What is wrong on purpose, one after the other, once the judge has judged what is right: each has to be noticed.
    pub broken: Vec<Broken>,
}

/// Lives it, and judges.
pub async fn simulate(options: &Options) -> Result<Report> {
    let folder = tempfile::Builder::new().prefix("rekindle-simulation-").tempdir()?;
    let documents = Documents::read()?;
    let module = options.components.join("journey.wasm");
    let module = std::fs::read(&module).with_context(|| format!("cannot read `{}`", module.display()))?;
    let (chance, record) = (Chance(options.seed), Arc::new(Mutex::new(Vec::new())));
    let mut house = House::open(folder.path(), &module, &documents, (chance, &record))?;
    let mut tape = Tape::begin(&folder.path().join("tape"))?;
    let mut life = Life::new(chance, (options.people, options.days), &record);
    let stopwatch = Stopwatch::start();
    life.live(&mut house, &mut tape).await?;
    let lived = stopwatch.elapsed();
    let record = std::mem::take(&mut *record.lock().unwrap_or_else(PoisonError::into_inner));
    let reported = reports::read(&house)?;
    let judgement = judge::judge(tape.play()?, &record, &documents)?;
    let rebuilt = reports::rebuild(&house).await?;
    let is_same_after = reports::read(&house)? == reported;
    Ok(Report {
        lived,
        calls: tape.calls,
        messages: record.len(),
        people: judgement.people,
        figures: judgement.figures.len(),
        differences: judgement.figures.differences(&reported).iter().map(ToString::to_string).collect(),
        estimates: truth::estimates(&reported, &judgement.parts, &life.moved, chance),
        promises: judgement.kept,
        rebuilt,
        is_same_after,
        unnoticed: unnoticed(&options.broken, &mut tape, (&record, &documents), &reported)?,
        explanations: explanations::collect(&house)?,
    })
}

/// What was wrong on purpose, and the judge agreed with the house all the same.
fn unnoticed(
    broken: &[Broken],
    tape: &mut Tape,
    (record, documents): (&[Taken], &Documents),
    reported: &Figures,
) -> Result<Vec<Broken>> {
    let mut unnoticed = Vec::new();
    for broken in broken {
        let documents = broken.documents(documents);
        let judged = judge::judge(broken.calls(tape.play()?), broken.record(record), &documents)?;
        if judged.kept.broken.is_empty() && judged.figures == *reported {
            unnoticed.push(*broken);
        }
    }
    Ok(unnoticed)
}
