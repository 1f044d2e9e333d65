//! What was worthless before it could go out does not go out.

use super::case::Case;
use super::court::Court;
use super::{Objection, Rule};

/// The name in verdicts.
pub(super) const EXPIRY: &str = "expiry";

pub(super) struct Expiry;

impl Rule for Expiry {
    fn name(&self) -> &'static str {
        EXPIRY
    }

    fn judge(&self, court: &Court<'_>, case: &mut Case<'_>) -> Result<(), Objection> {
        match case.candidate.instruction.expires {
            Some(expires) if expires < court.moment.now => {
                Err(Objection::Drop(format!("it was worth sending until {expires}")))
            }
            _ => Ok(()),
        }
    }
}
