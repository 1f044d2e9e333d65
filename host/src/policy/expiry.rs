//! What was worthless before it could go out does not go out.

use super::{Moment, Objection, Rule};

pub(super) struct Expiry;

impl Rule for Expiry {
    fn name(&self) -> &'static str {
        "expiry"
    }

    fn judge(&self, moment: &Moment<'_>, _: usize) -> Result<(), Objection> {
        match moment.instruction.expires {
            Some(expires) if expires < moment.now => Err(Objection(format!("it was worth sending until {expires}"))),
            _ => Ok(()),
        }
    }
}
