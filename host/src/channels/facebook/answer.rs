//! What Meta's answers mean. An error has a code, which counts before the status: Meta says with 400 what others say with 401,
//! 403 or 429.
//!
//! | code | receipt |
//! | --- | --- |
//! | 102, 190: no token, or one that is over | retry: it is put right while the ladder lasts |
//! | 4, 17, 32, 341, 613, 80000 to 80014: too many calls | retry, not before Meta wants it |
//! | 1, 2, 368, and whatever has `is_transient` | retry |
//! | 3, 10, 200 to 299: not permitted; 100, 105: bad parameters; 2650: the audience takes no such rows | refused |
//! | every other, and none | by the status, as `common` says |
//!
//! A success says how many rows it could not read, and shows some. Whoever is shown is refused; where none was read, all are.
//!
//! Sources: Meta, "Handling Errors"; "Rate Limits"; the reference of `/{custom-audience-id}/users` (`num_received`,
//! `num_invalid_entries`, `invalid_entry_samples`, a map of texts). Not confirmed: whether a sample is named by its value or by
//! the text beside it, so both are looked through; whether one bad cell makes a row invalid.

use serde::Deserialize;
use serde_json::Value;

use super::NAME;
use super::person::Row;
use crate::channels::http::Answer;
use crate::channels::{Receipt, common};

#[derive(Deserialize)]
struct Failed {
    error: GraphError,
}

#[derive(Deserialize)]
struct GraphError {
    code: u32,
    error_subcode: Option<u32>,
    #[serde(default)]
    is_transient: bool,
}

#[derive(Deserialize)]
struct Took {
    num_received: usize,
    #[serde(default)]
    num_invalid_entries: usize,
    #[serde(default)]
    invalid_entry_samples: Value,
}

enum Outlook {
    NewToken,
    Passing,
    Lasting,
    /// The status knows.
    Unknown,
}

/// A receipt for each row that was sent.
pub(super) fn receipts(answer: &Answer, rows: &[&Row]) -> Vec<Receipt> {
    if let Some(receipt) = failure(answer) {
        return vec![receipt; rows.len()];
    }
    match serde_json::from_slice::<Took>(&answer.body) {
        Ok(took) => rows.iter().map(|row| took.receipt(row, rows.len())).collect(),
        Err(_) => vec![common::malformed(NAME); rows.len()],
    }
}

fn failure(answer: &Answer) -> Option<Receipt> {
    let receipt = common::failure(NAME, answer, &["/error/error_user_msg", "/error/message"])?;
    let Ok(Failed { error }) = serde_json::from_slice(&answer.body) else { return Some(receipt) };
    let (Receipt::Retry { reason, .. } | Receipt::Refused { reason }) = receipt.clone() else { return Some(receipt) };
    let reason = format!("{reason} ({})", error.numbers());
    let after = answer.retry_after;
    Some(match error.outlook() {
        Outlook::NewToken => Receipt::Retry { reason: reason + "; set a new `access_token`", after },
        Outlook::Passing => Receipt::Retry { reason, after },
        Outlook::Lasting => Receipt::Refused { reason },
        Outlook::Unknown => receipt,
    })
}

impl GraphError {
    fn outlook(&self) -> Outlook {
        match self.code {
            102 | 190 => Outlook::NewToken,
            _ if self.is_transient => Outlook::Passing,
            1 | 2 | 368 => Outlook::Passing,
            4 | 17 | 32 | 341 | 613 | 80_000..=80_014 => Outlook::Passing,
            3 | 10 | 200..=299 | 100 | 105 | 2650 => Outlook::Lasting,
            _ => Outlook::Unknown,
        }
    }

    fn numbers(&self) -> String {
        match self.error_subcode {
            Some(subcode) => format!("code {}, subcode {subcode}", self.code),
            None => format!("code {}", self.code),
        }
    }
}

impl Took {
    fn receipt(&self, row: &Row, rows: usize) -> Receipt {
        let Self { num_received: received, num_invalid_entries: invalid, .. } = self;
        if *invalid > 0 && (*invalid >= rows || self.shows(row)) {
            return Receipt::Refused { reason: format!("{NAME} could read nothing of who this is") };
        }
        let note = match invalid {
            0 => format!("{NAME} received {received} of {rows} people"),
            _ => format!("{NAME} received {received} of {rows} people, {invalid} of whom it could not read"),
        };
        Receipt::Accepted { note: Some(note) }
    }

    /// Whether the row is among the samples of what could not be read.
    fn shows(&self, row: &Row) -> bool {
        let Value::Object(samples) = &self.invalid_entry_samples else { return false };
        let said = samples.iter().flat_map(|(name, sample)| [Some(name.as_str()), sample.as_str()]).flatten();
        let mut values = said.flat_map(|text| text.split([' ', ',', ';', '|', '"', '[', ']']));
        values.any(|value| row.identifiers().any(|(_, cell)| cell == value))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::StatusCode;
    use serde_json::json;

    use super::*;
    use crate::channels::asked::Asked;
    use crate::channels::conformance;
    use crate::domain::Json;

    fn row(user_id: &str) -> Row {
        let message = conformance::message(1);
        let content = Json::parse(r#"{"action": "add", "audience": "1"}"#).unwrap();
        let message = crate::channels::Message { user_id: Some(user_id.to_owned()), content, ..message };
        Row::of(&message, &serde_json::Map::new()).unwrap()
    }

    fn said(status: u16, body: &Value, people: &[&str]) -> Vec<Receipt> {
        let rows: Vec<Row> = people.iter().map(|who| row(who)).collect();
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: Some(Duration::from_secs(60)),
            body: body.to_string().into_bytes(),
            asked: Asked::nothing(),
        };
        receipts(&answer, &rows.iter().collect::<Vec<_>>())
    }

    #[test]
    fn a_code_counts_before_the_status() {
        for (status, code, is_retried) in [
            (400, 190, true),
            (401, 190, true),
            (400, 102, true),
            (400, 4, true),
            (403, 4, true),
            (400, 17, true),
            (400, 32, true),
            (400, 341, true),
            (400, 613, true),
            (400, 80_000, true),
            (400, 80_003, true),
            (400, 80_014, true),
            (400, 1, true),
            (500, 1, true),
            (503, 2, true),
            (400, 368, true),
            (400, 100, false),
            (400, 105, false),
            (400, 2650, false),
            (403, 3, false),
            (403, 10, false),
            (403, 200, false),
            (400, 294, false),
            (400, 299, false),
            (400, 80_015, false),
            (400, 4711, false),
            (500, 4711, true),
        ] {
            let body = json!({"error": {"message": "no", "type": "OAuthException", "code": code, "fbtrace_id": "A"}});
            let [receipt] = &said(status, &body, &["u1"])[..] else { panic!("one receipt for one row") };
            match receipt {
                Receipt::Retry { after, .. } => {
                    assert!(is_retried, "{status}, {code}: {receipt:?}");
                    assert_eq!(*after, Some(Duration::from_secs(60)));
                }
                _ => {
                    assert!(!is_retried && matches!(receipt, Receipt::Refused { .. }), "{status}, {code}: {receipt:?}")
                }
            }
        }
    }

    #[test]
    fn what_meta_calls_transient_is_tried_again() {
        let body =
            json!({"error": {"message": "busy", "code": 2650, "error_subcode": 1_870_145, "is_transient": true}});
        let reason = "facebook answered 400 Bad Request: busy (code 2650, subcode 1870145)".to_owned();
        assert_eq!(said(400, &body, &["u1"]), [Receipt::Retry { reason, after: Some(Duration::from_secs(60)) }]);
    }

    #[test]
    fn reasons_say_what_to_do() {
        let body = json!({"error": {"message": "Error validating access token", "code": 190, "error_subcode": 463}});
        let Receipt::Retry { reason, .. } = &said(400, &body, &["u1"])[0] else { panic!("it should be tried again") };
        assert_eq!(
            reason,
            "facebook answered 400 Bad Request: Error validating access token (code 190, subcode 463); set a new `access_token`"
        );
    }

    #[test]
    fn only_those_whom_meta_could_not_read_are_refused() {
        let refused = Receipt::Refused { reason: "facebook could read nothing of who this is".to_owned() };
        let accepted = |note: &str| Receipt::Accepted { note: Some(note.to_owned()) };
        let all = "facebook received 2 of 2 people";
        let took = |invalid: usize, samples: Value| json!({"audience_id": "1", "session_id": "2", "num_received": 2, "num_invalid_entries": invalid, "invalid_entry_samples": samples});
        let people = ["user-1", "user-2"];
        assert_eq!(said(200, &took(0, json!({})), &people), [accepted(all), accepted(all)]);
        assert_eq!(said(200, &took(0, json!([])), &people), [accepted(all), accepted(all)]);

        let one = "facebook received 2 of 2 people, 1 of whom it could not read";
        let shown = json!({"user-2": "not a known format"});
        assert_eq!(said(200, &took(1, shown), &people), [accepted(one), refused.clone()]);
        let beside = json!({"0": "[\"user-1\", \"\"], user-22"});
        assert_eq!(said(200, &took(1, beside), &people), [refused.clone(), accepted(one)]);
        let nobody = json!({"0": "somebody else"});
        assert_eq!(said(200, &took(1, nobody), &people), [accepted(one), accepted(one)]);
        assert_eq!(said(200, &took(2, json!({})), &people), [refused.clone(), refused]);
    }

    #[test]
    fn a_success_that_says_nothing_is_none() {
        for body in [json!({}), json!([]), json!("ok"), json!({"num_received": "2"}), json!({"success": true})] {
            assert_eq!(said(200, &body, &["u1"]), [common::malformed(NAME)], "{body}");
        }
    }
}
