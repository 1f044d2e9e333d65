//! Facebook Custom Audiences: puts people into an audience of Meta's and takes them out again, many in one request.
//!
//! `POST` and `DELETE` of `/{audience}/users` take the same body: a schema, and a row of hashes for each person, 10,000 at the
//! most. Both can be repeated without harm, so an attempt of which nobody knows is tried again; Meta takes no id of ours, and
//! gives none back. Changes of one audience go out in the order in which they came, one request at a time, or one of each kind
//! where a batch has both: nobody is in both of them (`change`). What failed and is tried again later may come after what was
//! promised after it; Meta has no way to say which of two changes is the older.
//!
//! Sources: Meta, "Custom Audiences" and the reference of `/{custom-audience-id}/users`; segmentio/action-destinations,
//! `facebook-custom-audiences` (the same calls, columns and order). A change takes up to 24 hours to show, Meta says.

mod answer;
mod change;
mod person;
mod regions;
mod settings;
mod usage;

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use super::ads::{Action, Content};
use super::bulk::{self, Bulk, Sending};
use super::{Channel, Http, Message, Provider, Reach, Receipt, SettingsError};
use crate::domain::Timestamp;
use change::Change;
use person::Row;
use settings::Settings;

const NAME: &str = "facebook";

/// Rows of one request.
const ROWS_MAX: usize = 10_000;

pub(super) struct Facebook;

impl Provider for Facebook {
    fn name(&self) -> &'static str {
        NAME
    }

    fn secrets(&self) -> &'static [&'static str] {
        settings::SECRETS
    }

    fn validate(&self, settings: &Value, reach: &Reach) -> Result<Value, SettingsError> {
        Settings::parse(settings, reach).map(|(_, kept)| kept)
    }

    fn open(&self, settings: &Value, http: &Http) -> Result<Arc<dyn Channel>, SettingsError> {
        let (settings, _) = Settings::parse(settings, http.reach())?;
        Ok(bulk::gathering(Opened { settings, http: http.clone() }))
    }
}

struct Opened {
    settings: Settings,
    http: Http,
}

impl Bulk for Opened {
    /// Meta's id of the audience.
    type Request = String;
    type Part = Change;

    fn provider(&self) -> &'static str {
        NAME
    }

    fn sort(&self, message: &Message) -> Result<(String, Change), Receipt> {
        let content = Content::of(message, NAME)?;
        let audience = self.settings.audiences.named_in(&content)?;
        Ok((audience, Change::of(message, &content)?))
    }

    fn request_max(&self, _: &String) -> usize {
        ROWS_MAX
    }

    fn send<'a>(&'a self, audience: &'a String, changes: Vec<Change>, at: Timestamp) -> Sending<'a> {
        Box::pin(self.change(audience, changes, at))
    }
}

impl Opened {
    async fn change(&self, audience: &str, changes: Vec<Change>, at: Timestamp) -> Vec<Receipt> {
        let overtaken = Receipt::Accepted { note: Some("a later message about the same person counts".to_owned()) };
        let mut receipts = vec![overtaken; changes.len()];
        let (added, removed): (Vec<usize>, Vec<usize>) =
            change::that_count(&changes).into_iter().partition(|place| changes[*place].action == Action::Add);
        let rows = |places: &[usize]| places.iter().map(|place| &changes[*place].row).collect::<Vec<_>>();
        let (adding, removing) = tokio::join!(
            self.call(Method::POST, audience, rows(&added), at),
            self.call(Method::DELETE, audience, rows(&removed), at),
        );
        for (place, receipt) in added.into_iter().zip(adding).chain(removed.into_iter().zip(removing)) {
            receipts[place] = receipt;
        }
        receipts
    }

    /// A receipt for each row.
    async fn call(&self, method: Method, audience: &str, rows: Vec<&Row>, at: Timestamp) -> Vec<Receipt> {
        if rows.is_empty() {
            return Vec::new();
        }
        let request = self
            .http
            .request(method, self.settings.people_of(audience))
            .bearer_auth(&self.settings.access_token)
            .json(&body(&rows));
        match self.http.send_heeding(request, at, usage::asked_wait).await {
            Ok(answer) => answer::receipts(&answer, &rows),
            Err(receipt) => vec![receipt; rows.len()],
        }
    }
}

fn body(rows: &[&Row]) -> Value {
    let data: Vec<_> = rows.iter().map(|row| row.cells()).collect();
    json!({"payload": {"schema": person::schema(), "data": data}})
}

#[cfg(test)]
pub(super) mod tests;
