//! Nobody is written to over a channel that they left, or over one that needs an address which they do not have.

use super::{Moment, Objection, Rule};
use crate::profiles::Obstacle;

pub(super) struct Reach;

impl Rule for Reach {
    fn name(&self) -> &'static str {
        "reach"
    }

    fn judge(&self, moment: &Moment<'_>, delivery: usize) -> Result<(), Objection> {
        let channel = &moment.instruction.deliveries[delivery].channel;
        match moment.profile.obstacle(channel, moment.known_by[delivery]) {
            Some(Obstacle::Left(since)) => Err(Objection(format!("the person left `{channel}` on {since}"))),
            Some(Obstacle::NoAddress) => Err(Objection(format!("the person has no usable address for `{channel}`"))),
            None => Ok(()),
        }
    }
}
