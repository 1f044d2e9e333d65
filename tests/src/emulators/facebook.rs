//! Meta's Graph API, as far as the people of one custom audience need it.
//!
//! Sources: Meta, *Custom Audiences* and the reference of `/{custom-audience-id}/users` (methods, payload, 10,000 rows, answer), *Customer
//! Information Parameters* (columns, which of them are SHA-256 in small letters), *Handling Errors* and *Rate Limits* (codes). It tells
//! nobody what becomes of people.

use std::collections::BTreeSet;

use hyper::Method;
use serde_json::{Value, json};

use super::fields::Fields;
use super::request::{Fault, Reply, Request};
use super::{Api, Execution, Order};

const ROWS_MAX: usize = 10_000;
/// Columns that go as they are.
const PLAIN: &[&str] = &["EXTERN_ID", "MADID"];
const HASHED: &[&str] =
    &["EMAIL", "PHONE", "DOBY", "DOBM", "DOBD", "LN", "FN", "FI", "GEN", "CT", "ST", "ZIP", "COUNTRY"];
/// What Meta finds people by.
const IDENTIFYING: &[&str] = &["EXTERN_ID", "EMAIL", "PHONE", "MADID"];
const PAYLOAD_MEMBERS: &[&str] = &["schema", "data", "app_ids", "page_ids", "ig_account_ids"];

/// The API of an account with one audience.
pub struct Facebook;

impl Facebook {
    /// A token that may change the audience.
    pub const ACCESS_TOKEN: &str = "EAAB-token";
    /// What Meta calls the audience.
    pub const AUDIENCE_ID: &str = "23850000000000001";

    /// Who is in the audience once all of this was done.
    pub fn members(executions: &[Execution]) -> BTreeSet<String> {
        let mut members = BTreeSet::new();
        for Execution { order, .. } in executions {
            match order.what.as_str() {
                "add" => members.insert(order.person.clone()),
                _ => members.remove(&order.person),
            };
        }
        members
    }
}

impl Api for Facebook {
    fn read(&self, request: &Request) -> Result<Vec<Order>, Fault> {
        let what = if request.method == Method::DELETE { "remove" } else { "add" };
        let method = if what == "remove" { Method::DELETE } else { Method::POST };
        request.is_for(&method, &format!("/v25.0/{}/users", Self::AUDIENCE_ID))?;
        request.shows(&format!("Bearer {}", Self::ACCESS_TOKEN))?;
        let body = request.json()?;
        let fields = Fields::of("the body", &body, &["payload", "session"])?;
        fields.get("session").map_or(Ok(()), check_session)?;
        let payload = fields.get("payload").ok_or_else(|| fields.missing("payload"))?;
        let payload = Fields::of("payload", payload, PAYLOAD_MEMBERS)?;
        let schema = columns(&payload)?;
        let rows = payload.required_list("data")?;
        if rows.is_empty() || rows.len() > ROWS_MAX {
            return Err(Fault::bad(format!("there are {} rows", rows.len())));
        }
        rows.iter().map(|row| order(what, &schema, row)).collect()
    }

    fn success(&self, orders: &[Order], number: u64) -> Reply {
        let received = orders.len();
        Reply::new(
            200,
            json!({
                "audience_id": Self::AUDIENCE_ID, "session_id": number.to_string(), "num_received": received,
                "num_invalid_entries": 0, "invalid_entry_samples": {},
            }),
        )
    }

    /// Too many calls are a bad request to Meta, of a code of their own; from when on it would take more, it says in minutes.
    fn failure(&self, fault: &Fault) -> Reply {
        let (status, code, kind) = match fault.status {
            401 => (401, 190, "OAuthException"),
            429 => (400, 80_003, "OAuthException"),
            503 => (503, 2, "OAuthException"),
            500.. => (500, 1, "OAuthException"),
            other => (other, 100, "GraphMethodException"),
        };
        let error = json!({"message": fault.words, "type": kind, "code": code, "fbtrace_id": "AbCdEfGhIjK"});
        let reply = Reply::new(status, json!({ "error": error }));
        match code {
            80_003 => reply.with("x-business-use-case-usage", usage().to_string()),
            _ => reply,
        }
    }
}

fn usage() -> Value {
    json!({"1": [{
        "type": "custom_audience", "call_count": 100, "total_cputime": 25, "total_time": 25,
        "estimated_time_to_regain_access": 0,
    }]})
}

/// An upload in several requests says which of them this is.
fn check_session(session: &Value) -> Result<(), Fault> {
    let fields =
        Fields::of("session", session, &["session_id", "batch_seq", "last_batch_flag", "estimated_num_total"])?;
    let is_number = |name| fields.get(name).is_some_and(|value| value.as_u64().is_some_and(|number| number > 0));
    match is_number("session_id") && is_number("batch_seq") && fields.flag("last_batch_flag")?.is_some() {
        true => Ok(()),
        false => Err(Fault::bad("`session` should have `session_id`, `batch_seq` and `last_batch_flag`".to_owned())),
    }
}

fn columns<'a>(payload: &Fields<'a>) -> Result<Vec<&'a str>, Fault> {
    let schema = payload.required_list("schema")?;
    let columns: Vec<&str> = schema.iter().filter_map(Value::as_str).collect();
    let is_known = |column: &&str| PLAIN.contains(column) || HASHED.contains(column);
    let different: BTreeSet<&str> = columns.iter().copied().collect();
    match columns.len() == schema.len() && different.len() == schema.len() && columns.iter().all(is_known) {
        true => Ok(columns),
        false => Err(Fault::bad("`schema` has a column that is not known, or one twice".to_owned())),
    }
}

fn order(what: &str, schema: &[&str], row: &Value) -> Result<Order, Fault> {
    let cells: Vec<&str> = row.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if cells.len() != schema.len() || row.as_array().is_some_and(|row| row.len() != schema.len()) {
        return Err(Fault::bad("a row has other columns than `schema`".to_owned()));
    }
    let columns = || schema.iter().copied().zip(cells.iter().copied());
    if let Some((column, _)) = columns().find(|(column, cell)| !is_fit(column, cell)) {
        return Err(Fault::bad(format!("a cell of `{column}` is no digest in small letters")));
    }
    if !columns().any(|(column, cell)| IDENTIFYING.contains(&column) && !cell.is_empty()) {
        return Err(Fault::bad("a row says nothing of who it is".to_owned()));
    }
    let person = columns().find(|(column, cell)| *column == "EXTERN_ID" && !cell.is_empty());
    let (_, person) =
        person.ok_or_else(|| Fault::bad("everybody in the tests has an id, and a row none".to_owned()))?;
    Ok(Order { person: person.to_owned(), what: what.to_owned(), message: None, said: row.clone() })
}

fn is_fit(column: &str, cell: &str) -> bool {
    let is_digest = cell.len() == 64 && cell.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    cell.is_empty() || is_digest || PLAIN.contains(&column)
}
