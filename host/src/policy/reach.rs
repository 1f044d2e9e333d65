//! Nobody is written to over a channel that they left.

use super::{Moment, Objection, Rule};

pub(super) struct Reach;

impl Rule for Reach {
    fn name(&self) -> &'static str {
        "reach"
    }

    fn judge(&self, moment: &Moment<'_>, delivery: usize) -> Result<(), Objection> {
        let channel = &moment.instruction.deliveries[delivery].channel;
        match moment.profile.opted_out.get(channel) {
            Some(since) => Err(Objection(format!("the person left `{channel}` on {since}"))),
            None => Ok(()),
        }
    }
}
