//! What the reports say, in the form in which it is compared; and that counting all of it again changes nothing.

use anyhow::{Context, Result};
use rekindle::reports::{Counted, Measure, Subject};
use rekindle::store::{Book, Page, Store};
use rekindle::worker;

use crate::figures::{COUNTED, Figures, Line};
use crate::house::House;

/// Counters of one campaign: more than there can be of a month.
const COUNTERS_MAX: usize = 10_000_000;

/// What counting again came to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rebuilt {
    pub(crate) rows: u64,
    pub(crate) compared: u64,
    pub(crate) differed: u64,
}

/// All that the reports say of what the judge recounts.
pub(crate) fn read(house: &House) -> Result<Figures> {
    let (mut figures, reports) = (Figures::default(), house.store.reports());
    for campaign in &house.campaigns {
        let page = Page { tenant: house.tenant.clone(), page: campaign.name.to_string(), after: None };
        for row in reports.rows(Book::Counters, &page, COUNTERS_MAX)? {
            let subject = Subject::decode(&row.key.id).context("what counters are about")?;
            let line = line(campaign.name.as_str(), &subject).on(row.key.at);
            let counted = Counted::decode(&row.body)?;
            let all = counted.all.iter().filter(|(measure, _)| is_recounted(measure));
            all.for_each(|(measure, count)| figures.add(line.clone(), measure.as_str(), count));
        }
    }
    Ok(figures)
}

/// Has everything counted again.
pub(crate) async fn rebuild(house: &House) -> Result<Rebuilt> {
    house.crew.recount(&house.tenant)?;
    house.settle().await?;
    let mut rebuilt = Rebuilt::default();
    for row in worker::recounts(house.store.reports().as_ref(), &house.tenant)? {
        anyhow::ensure!(row.ended.is_some(), "a recount has not ended");
        rebuilt.rows += row.rows;
        rebuilt.compared += row.compared;
        rebuilt.differed += row.differed;
    }
    Ok(rebuilt)
}

fn is_recounted(measure: &Measure) -> bool {
    !matches!(measure, Measure::NotSent(_)) && COUNTED.contains(&measure.as_str())
}

fn line(campaign: &str, subject: &Subject) -> Line {
    Line {
        campaign: campaign.to_owned(),
        variation: subject.variation.clone(),
        held_out: subject.held_out.clone(),
        step: subject.step.clone(),
        channel: subject.channel.clone(),
        day: 0,
    }
}
