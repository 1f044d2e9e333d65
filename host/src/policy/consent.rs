//! Nobody is written to over a channel that they left. Nothing is exempt from this.

use super::case::Case;
use super::court::Court;
use super::{Objection, Rule};

pub(super) struct Consent;

impl Rule for Consent {
    fn name(&self) -> &'static str {
        "consent"
    }

    fn judge(&self, court: &Court<'_>, case: &mut Case<'_>) -> Result<(), Objection> {
        let deliveries = &case.candidate.instruction.deliveries;
        case.close(|way| {
            let channel = &deliveries[way].channel;
            let since = court.moment.profile.consents.refused(channel)?;
            Some(format!("the person left `{channel}` on {since}"))
        })
    }
}
