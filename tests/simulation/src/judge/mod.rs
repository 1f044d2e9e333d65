//! The judge. It knows the tape, the provider's own record and the campaigns' documents, and nothing else: neither what the house kept of anybody, nor
//! what it counted.

mod belonging;
mod hearing;
mod plan;
mod promises;
mod recount;

use anyhow::Result;

use crate::documents::Documents;
use crate::figures::Figures;
use crate::provider::Taken;
use crate::tape::Call;
use plan::Plan;
use promises::Promises;

pub(crate) use belonging::Belonging;
pub(crate) use promises::Kept;

/// What the judge found out.
#[derive(Debug, Default)]
pub(crate) struct Judgement {
    /// What the figures ought to be.
    pub(crate) figures: Figures,
    pub(crate) kept: Kept,
    pub(crate) people: usize,
    /// Everybody who takes part in a campaign: its name, one of their ids, and where they belong.
    pub(crate) parts: Vec<(&'static str, String, Belonging)>,
}

/// Hears everything, and judges.
pub(crate) fn judge(
    calls: impl Iterator<Item = Result<Call>>,
    record: &[Taken],
    documents: &Documents,
) -> Result<Judgement> {
    let plans: Vec<Plan> =
        documents.campaigns.iter().map(|document| Plan::read(document, documents)).collect::<Result<_>>()?;
    let promises = Promises::read(documents)?;
    let mut judgement = Judgement::default();
    for person in hearing::listen(calls, record, documents)? {
        let parts = recount::parts(&person, &plans, documents);
        recount::count(&person, &parts, &plans, &mut judgement.figures);
        promises.check(&person, &parts, &plans, &mut judgement.kept);
        judgement.people += 1;
        let Some(first) = person.heard.first() else { continue };
        let named = parts
            .into_iter()
            .map(|(place, part)| (documents.campaigns[place].name, first.by.to_string(), part.belonging));
        judgement.parts.extend(named);
    }
    Ok(judgement)
}
