//! What figures are about.

/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 3_600_000;

/// What figures of an hour are about. Nought and empty where they are about none in particular.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Subject {
    /// Of the campaign.
    pub revision: u32,
    /// Which of its experiments: only of what people count for in it.
    pub experiment: String,
    /// Whose messages.
    pub variation: String,
    /// By which share people are held out.
    pub held_out: String,
    /// Of the campaign.
    pub step: String,
    /// Over which messages go.
    pub channel: String,
}

impl Subject {
    /// As it stands in a key: text without NUL.
    pub fn encode(&self) -> String {
        let Self { revision, experiment, variation, held_out, step, channel } = self;
        serde_json::to_string(&(revision, experiment, variation, held_out, step, channel))
            .expect("a subject should be storable")
    }

    /// Reads it.
    pub fn decode(text: &str) -> Result<Self, serde_json::Error> {
        let (revision, experiment, variation, held_out, step, channel) = serde_json::from_str(text)?;
        Ok(Self { revision, experiment, variation, held_out, step, channel })
    }
}

/// The beginning of the hour in which something happened, in UTC.
pub fn hour_of(at_ms: i64) -> i64 {
    at_ms.div_euclid(HOUR_MS).saturating_mul(HOUR_MS)
}
