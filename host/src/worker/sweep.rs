//! A sweep: one question to many people of a tenant in one partition. It is durable work: its record says what is asked, of whom, by
//! which campaigns, and after whom it goes on.

use serde::{Deserialize, Serialize};

use crate::domain::{CampaignName, Change, IdError, ItemId, Json, ProfileId, TenantId, Timestamp};
use crate::store::{Page, Row, RowKey};

/// A question to many, under way.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sweep {
    /// Tells it from others of the same moment; it follows from what began it, and is the same in every partition.
    pub(super) id: String,
    /// When it began: what arrives later finds it asked.
    pub(super) moment: Timestamp,
    pub(super) question: Question,
    pub(super) whom: Whom,
    pub(super) campaigns: Vec<CampaignName>,
    /// Who was passed last; none at the beginning.
    pub(super) after: Option<ProfileId>,
    /// How many were asked.
    pub(super) asked: u64,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Question {
    /// A schedule's occurrence has come.
    Schedule {
        /// Which occurrence.
        moment: Timestamp,
        /// When its schedule was published: what was before does not happen.
        published: Timestamp,
        /// The schedule, as the campaign's manifest has it.
        schedule: Json,
    },
    /// An item changed.
    ItemChanged(Change),
    /// What somebody did with others' messages before the campaign was published.
    CatchUp,
}

/// Who is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whom {
    Everybody,
    /// Who has to do with this item.
    Interested(ItemId),
}

/// A sweep's record, open or ended. Times are milliseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the names are the record's own and those of `sweep list`, described in docs/schedules.md"
)]
pub struct SweepRow {
    pub at: i64,
    pub sweep: String,
    pub campaigns: Vec<String>,
    pub question: QuestionRow,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    pub asked: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<i64>,
    /// Why it ended before everybody was asked, or did not begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What is asked, in a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the record's own")]
pub enum QuestionRow {
    Schedule { moment: i64, published: i64, schedule: String },
    ItemChanged { subject: String, before: Option<String>, after: Option<String> },
    CatchUp,
}

impl SweepRow {
    /// Reads a record.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a sweep should be storable")
    }
}

/// Why a record is no sweep.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SweepError {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Id(#[from] IdError),
}

/// The page of a tenant's sweeps, open or ended.
pub(super) fn page(tenant: &TenantId) -> Page {
    Page { tenant: tenant.clone(), page: String::new(), after: None }
}

/// Where it stands whether somebody has to do with an item.
pub(super) fn interest(tenant: &TenantId, item: &ItemId, profile: &ProfileId) -> RowKey {
    RowKey { tenant: tenant.clone(), page: item.to_string(), at: 0, id: profile.to_string() }
}

impl Sweep {
    pub(super) fn key(&self, tenant: &TenantId) -> RowKey {
        RowKey { tenant: tenant.clone(), page: String::new(), at: self.moment.as_millis(), id: self.id.clone() }
    }

    /// The row while it is open.
    pub(super) fn row(&self, tenant: &TenantId) -> Row {
        Row { key: self.key(tenant), body: self.record().encode() }
    }

    /// The row when it has ended, and why if not everybody was asked.
    pub(super) fn ended(&self, tenant: &TenantId, (now, reason): (Timestamp, Option<String>)) -> Row {
        let record = SweepRow { after: None, ended: Some(now.as_millis()), reason, ..self.record() };
        Row { key: self.key(tenant), body: record.encode() }
    }

    fn record(&self) -> SweepRow {
        let question = match &self.question {
            Question::Schedule { moment, published, schedule } => QuestionRow::Schedule {
                moment: moment.as_millis(),
                published: published.as_millis(),
                schedule: schedule.as_str().to_owned(),
            },
            Question::ItemChanged(Change { subject, before, after }) => {
                let text = |value: &Option<Json>| value.as_ref().map(|value| value.as_str().to_owned());
                QuestionRow::ItemChanged { subject: subject.clone(), before: text(before), after: text(after) }
            }
            Question::CatchUp => QuestionRow::CatchUp,
        };
        let item = match &self.whom {
            Whom::Everybody => None,
            Whom::Interested(item) => Some(item.to_string()),
        };
        SweepRow {
            at: self.moment.as_millis(),
            sweep: self.id.clone(),
            campaigns: self.campaigns.iter().map(ToString::to_string).collect(),
            question,
            item,
            after: self.after.as_ref().map(ToString::to_string),
            asked: self.asked,
            ended: None,
            reason: None,
        }
    }

    /// Reads an open sweep.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, SweepError> {
        let row = SweepRow::decode(bytes)?;
        let value = |text: Option<String>| text.map(|text| Json::parse(&text)).transpose();
        let question = match row.question {
            QuestionRow::Schedule { moment, published, schedule } => Question::Schedule {
                moment: Timestamp::from_millis(moment),
                published: Timestamp::from_millis(published),
                schedule: Json::parse(&schedule)?,
            },
            QuestionRow::ItemChanged { subject, before, after } => {
                Question::ItemChanged(Change { subject, before: value(before)?, after: value(after)? })
            }
            QuestionRow::CatchUp => Question::CatchUp,
        };
        Ok(Self {
            id: row.sweep,
            moment: Timestamp::from_millis(row.at),
            question,
            whom: row.item.map(|item| ItemId::parse(&item)).transpose()?.map_or(Whom::Everybody, Whom::Interested),
            campaigns: row.campaigns.iter().map(|name| CampaignName::parse(name)).collect::<Result<_, _>>()?,
            after: row.after.map(|id| ProfileId::parse(&id)).transpose()?,
            asked: row.asked,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_reads_back_as_it_was_written() {
        let value = |text: &str| Some(Json::parse(text).unwrap());
        let schedule = Sweep {
            id: "schedule/monday/0/7".into(),
            moment: Timestamp::from_millis(7),
            question: Question::Schedule {
                moment: Timestamp::from_millis(7),
                published: Timestamp::from_millis(3),
                schedule: Json::parse(r#"{"at": "2026-12-01T09:00"}"#).unwrap(),
            },
            whom: Whom::Everybody,
            campaigns: vec![CampaignName::parse("monday").unwrap()],
            after: Some(ProfileId::parse("u1").unwrap()),
            asked: 9,
        };
        let change = Change { subject: "i1/price".into(), before: value("20"), after: value("15") };
        let whom = Whom::Interested(ItemId::parse("i1").unwrap());
        let item = Sweep { question: Question::ItemChanged(change), whom, after: None, ..schedule.clone() };
        let catch_up = Sweep { question: Question::CatchUp, ..schedule.clone() };
        let tenant = TenantId::parse("shop").unwrap();
        for sweep in [schedule, item, catch_up] {
            assert_eq!(Sweep::decode(&sweep.row(&tenant).body).unwrap(), sweep);
        }
    }
}
