//! Stored records as the API shows them: moments as RFC 3339, bytes as their number.

use serde_json::{Map, Value, json};

use super::problem::{Kind, Problem};
use crate::catalogue;
use crate::domain::{Medium, ProfileId, Timestamp};
use crate::ledger::{FailureRow, LedgerRow};
use crate::outbox;
use crate::profiles::{self, Dated, HOUSE_TIMER, Interest, Kept, Profile, Run};
use crate::store::{Book, RowKey, StoreError};
use crate::worker::{Busy, ErasureRow, MessageRow, QuarantineRow};

/// A record that this version cannot read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error(transparent)]
    Profile(#[from] profiles::RecordError),
    #[error(transparent)]
    Entry(#[from] outbox::RecordError),
    #[error(transparent)]
    Item(#[from] catalogue::RecordError),
    #[error(transparent)]
    Row(#[from] serde_json::Error),
}

impl From<Unreadable> for Problem {
    fn from(err: Unreadable) -> Self {
        Self::internal(&err)
    }
}

impl From<StoreError> for Problem {
    fn from(err: StoreError) -> Self {
        Self::internal(&err)
    }
}

impl From<Busy> for Problem {
    fn from(err: Busy) -> Self {
        Self::new(&Kind::BUSY, err)
    }
}

/// A person as a line of a list; none where somebody was erased.
pub(super) fn profile_item(id: &ProfileId, record: &[u8]) -> Result<Option<Value>, Unreadable> {
    Ok(match Kept::decode(record)? {
        Kept::Person(person) => Some(item(id, &person)),
        Kept::Moved(to) => Some(json!({ "profile": id.as_str(), "moved_to": to.as_str() })),
        Kept::Erased(_) => None,
    })
}

fn item(id: &ProfileId, profile: &Profile) -> Value {
    json!({
        "profile": id.as_str(),
        "events": profile.events,
        "first_seen": profile.first_seen.map(|at| at.to_string()),
        "last_seen": profile.last_seen.map(|at| at.to_string()),
    })
}

/// A person, whole.
pub(super) fn profile(id: &ProfileId, profile: &Profile) -> Value {
    let mut view = item(id, profile);
    let said = |dated: &Option<Dated<String>>| dated.as_ref().map(|dated| dated.value.clone());
    let usable = |medium| profile.addresses.usable(medium);
    let lost = |medium| -> Value {
        profile.addresses.lost(medium).map(|(address, at)| (address.to_owned(), at.to_string())).collect()
    };
    view["identities"] = json!({
        "user_id": said(&profile.user_id),
        "anonymous_id": said(&profile.anonymous_id),
        "email": usable(Medium::Email).first(),
        "linked": profile.linked.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    let by_medium = |show: &dyn Fn(Medium) -> Value| -> Value {
        Medium::ALL.into_iter().map(|medium| (medium.as_str().to_owned(), show(medium))).collect()
    };
    view["addresses"] = by_medium(&|medium| json!(usable(medium)));
    view["lost_addresses"] = by_medium(&lost);
    view["time_zone"] = json!(said(&profile.time_zone));
    view["traits"] = profile.traits.iter().map(|(name, value)| (name.clone(), value.value.value())).collect();
    view["items"] =
        profile.interests.every().map(|(id, interest)| (id.to_string(), interest_view(&interest))).collect();
    view["audiences"] =
        profile.audiences.iter().filter(|(_, said)| said.value).map(|(name, _)| name.as_str()).collect();
    view["opted_out"] = profile.consents.left().map(|(channel, at)| (channel.to_owned(), at.to_string())).collect();
    view["suppressed_since"] = json!(profile.consents.suppressed().map(|at| at.to_string()));
    view["campaigns"] = profile.runs.iter().map(|(campaign, run)| (campaign.to_string(), run_view(run))).collect();
    view
}

fn interest_view(interest: &Interest) -> Value {
    let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
    json!({"viewed": text(interest.viewed), "in_cart_since": text(interest.carted)})
}

/// A timer's name as people see it: the house's own begins with something that cannot be seen.
fn shown(name: &str) -> &str {
    name.trim_start_matches(HOUSE_TIMER)
}

fn run_view(run: &Run) -> Value {
    let timers: Map<String, Value> =
        run.timers.iter().map(|(name, at)| (shown(name).to_owned(), at.to_string().into())).collect();
    json!({"waits_for": timers, "state_bytes": run.state.as_ref().map_or(0, Vec::len)})
}

/// A row of a book.
pub(super) fn row(book: Book, body: &[u8]) -> Result<Value, Unreadable> {
    let (mut view, at) = match book {
        Book::Ledger => {
            let row = LedgerRow::decode(body)?;
            let mut view = serde_json::to_value(&row)?;
            view["detail"] = row.sentence().into();
            (view, row.at)
        }
        Book::Messages => {
            let row = MessageRow::decode(body)?;
            (serde_json::to_value(&row)?, row.at)
        }
        Book::Quarantine => {
            let row = QuarantineRow::decode(body)?;
            (serde_json::to_value(&row)?, row.at)
        }
        Book::Failures => {
            let row = FailureRow::decode(body)?;
            (serde_json::to_value(&row)?, row.at)
        }
        Book::Erasures => {
            let row = ErasureRow::decode(body)?;
            (serde_json::to_value(&row)?, row.at)
        }
        // What is, not what happened: they have no moment of their own.
        Book::Swept | Book::Sweeps | Book::Schedules | Book::Items | Book::Interests | Book::Recounts => {
            return Ok(serde_json::from_slice(body)?);
        }
        Book::Counters => unreachable!("counters are read by the reports"),
    };
    view["at"] = Timestamp::from_millis(at).to_string().into();
    Ok(view)
}

/// What a page that ends with this row says about where the next begins.
pub(super) fn cursor(key: &RowKey) -> String {
    format!("{}/{}", key.at, key.id)
}

/// Where a cursor points.
pub(super) fn place(cursor: &str) -> Result<(i64, String), Problem> {
    let parts = cursor.split_once('/').and_then(|(at, id)| Some((at.parse().ok()?, id.to_owned())));
    parts.ok_or_else(|| Problem::new(&Kind::MALFORMED, "the cursor is not valid: use the `next` of the page before"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TenantId;

    #[test]
    fn a_cursor_leads_back_to_its_row() {
        let tenant = TenantId::parse("shop").unwrap();
        let key = RowKey { tenant, page: String::new(), at: -7, id: "a/b".to_owned() };
        assert_eq!(place(&cursor(&key)).unwrap(), (-7, "a/b".to_owned()));
        assert!(place("nonsense").is_err());
    }
}
