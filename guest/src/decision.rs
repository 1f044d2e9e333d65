//! What a campaign answers: instructions, timers and marks. What it remembers is not here: the state is
//! changed in place, and written back by [`dispatch`](crate::dispatch).

use serde::Serialize;
use serde_json::Value;

use crate::{Content, Timestamp};

/// What a campaign answers. It sends nothing itself: the host judges, records and delivers.
///
/// ```
/// # use rekindle_guest::{Decision, Instruction, Mark, Push, Timestamp, Wait};
/// # let now = Timestamp::from_millis(0);
/// let push = Push { title: "Still there?".into(), body: "Your cart waits.".into(), ..Push::default() };
/// Decision::none()
///     .instruct(Instruction::new("reminder").deliver(&push))
///     .set_timer("second reminder", now + Wait::hours(2))
///     .mark(Mark::Entered);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct Decision {
    pub(crate) instructions: Vec<Instruction>,
    pub(crate) timers: Vec<TimerChange>,
    pub(crate) marks: Vec<Mark>,
}

/// "Send this step, over the first of these deliveries whose channel can reach the person."
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Instruction {
    pub(crate) step: String,
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) expires: Option<Timestamp>,
}

/// One way to deliver an instruction.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Delivery {
    pub(crate) channel: String,
    pub(crate) content: Value,
}

/// What happens to this campaign's timers for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TimerChange {
    Set(String, Timestamp),
    Cancel(String),
    CancelAll,
}

/// What the reports count.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Mark {
    /// A run began for the person.
    Entered,
    /// The run ended, and why.
    Exited(String),
    /// The person did what the campaign is for; worth this much, 0 when that is not known.
    Converted(f64),
    /// A count of the campaign's own.
    Other {
        /// Its name.
        name: String,
        /// Its value.
        value: Value,
    },
}

impl Decision {
    /// Nothing is to happen.
    pub fn none() -> Self {
        Self::default()
    }

    /// Sends this, too.
    pub fn instruct(mut self, instruction: Instruction) -> Self {
        self.instructions.push(instruction);
        self
    }

    /// Sets the timer, in the place of one of the same name.
    pub fn set_timer(mut self, name: impl Into<String>, at: Timestamp) -> Self {
        self.timers.push(TimerChange::Set(name.into(), at));
        self
    }

    /// Cancels the timer, if it is set.
    pub fn cancel_timer(mut self, name: impl Into<String>) -> Self {
        self.timers.push(TimerChange::Cancel(name.into()));
        self
    }

    /// Cancels every timer that this campaign set for the person.
    pub fn cancel_all_timers(mut self) -> Self {
        self.timers.push(TimerChange::CancelAll);
        self
    }

    /// Counts this in the reports.
    pub fn mark(mut self, mark: Mark) -> Self {
        self.marks.push(mark);
        self
    }
}

impl Instruction {
    /// For this step, which the manifest names; it needs at least one delivery.
    pub fn new(step: impl Into<String>) -> Self {
        Self { step: step.into(), deliveries: Vec::new(), expires: None }
    }

    /// Over the content's own channel, if none of the earlier deliveries reaches the person.
    pub fn deliver<C: Content>(self, content: &C) -> Self {
        self.deliver_over(C::CHANNEL, content)
    }

    /// Over a channel by name: another one that takes the same content, or a tenant's own.
    ///
    /// # Panics
    /// If the content cannot be JSON: a map whose keys are not text.
    pub fn deliver_over(mut self, channel: impl Into<String>, content: &impl Serialize) -> Self {
        self.deliveries.push(Delivery {
            channel: channel.into(),
            content: serde_json::to_value(content).expect("content should be JSON"),
        });
        self
    }

    /// Worthless after this moment: dropped then, and the drop is recorded.
    pub fn expires(mut self, at: Timestamp) -> Self {
        self.expires = Some(at);
        self
    }
}

impl Mark {
    /// The run ended, and why.
    pub fn exited(reason: impl Into<String>) -> Self {
        Self::Exited(reason.into())
    }
}
