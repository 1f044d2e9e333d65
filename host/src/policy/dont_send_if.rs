//! What the tenant does not want to be sent by then is not sent.

use super::case::Case;
use super::court::Court;
use super::{Objection, Rule};

/// The rule that ends a run.
pub const DONT_SEND_IF: &str = "dont-send-if";

pub(super) struct DontSendIf;

impl Rule for DontSendIf {
    fn name(&self) -> &'static str {
        DONT_SEND_IF
    }

    fn judge(&self, _: &Court<'_>, case: &mut Case<'_>) -> Result<(), Objection> {
        match case.candidate.is_unwanted {
            true => Err(Objection::Drop("the campaign's `dont_send_if` holds".to_owned())),
            false => Ok(()),
        }
    }
}
