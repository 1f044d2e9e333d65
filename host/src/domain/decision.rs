//! What a campaign answers.

use super::{Json, Timestamp};

/// The whole answer. Nothing in it has happened yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decision {
    /// What to send.
    pub instructions: Vec<Instruction>,
    /// What to wait for.
    pub timers: Vec<TimerChange>,
    /// What to remember.
    pub state: StateChange,
    /// What the reports count.
    pub marks: Vec<Mark>,
}

/// "Send this step, over the first of these deliveries whose channel can reach the person."
#[derive(Debug, Clone, PartialEq)]
pub struct Instruction {
    /// Names the step.
    pub step: String,
    /// In order of preference; never empty.
    pub deliveries: Vec<Delivery>,
    /// Worthless after this moment.
    pub expires: Option<Timestamp>,
}

/// One way to send an instruction.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The channel's name.
    pub channel: String,
    /// What the channel is to say.
    pub content: Json,
}

/// A wish about a timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimerChange {
    /// Sets the named timer, replacing one of the same name.
    Set {
        /// The campaign's own name for it.
        name: String,
        /// When it is due.
        at: Timestamp,
    },
    /// Takes the named timer back.
    Cancel(String),
    /// Takes all of them back.
    CancelAll,
}

/// A wish about the campaign's memory of this person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StateChange {
    /// As it was.
    #[default]
    Keep,
    /// This instead.
    Replace(Vec<u8>),
    /// Nothing.
    Forget,
}

/// What a report counts.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// A run began.
    Entered,
    /// A run ended, and why.
    Exited(String),
    /// The run did what it was for; its value.
    Converted(f64),
    /// A campaign's own, by name.
    Other(String, Json),
}
