//! What came of a run, in a form that tests read well.

use serde_json::Value;

use crate::{Mark, Timestamp, Wait};

/// An instruction that the campaign gave.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Instructed {
    /// When.
    pub at: Timestamp,
    /// For which step.
    pub step: String,
    /// Over which channel it reached the person: the first of its deliveries that can, or none.
    pub channel: Option<String>,
    /// What it said over that channel; null when none reached.
    pub content: Value,
    /// When it becomes worthless.
    pub expires: Option<Timestamp>,
}

/// What a run's diary holds, in the order in which it happened.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    Instructed(usize),
    Marked(Timestamp, Mark),
}

/// One line of the timeline: how long after the start, and what.
pub(crate) fn line(entry: &Entry, start: Timestamp, instructions: &[Instructed]) -> String {
    match entry {
        Entry::Instructed(index) => {
            let instructed = &instructions[*index];
            let channel = instructed.channel.as_deref().unwrap_or("nothing");
            format!("+{} {} over {channel}\n", since(start, instructed.at), instructed.step)
        }
        Entry::Marked(at, mark) => format!("+{} {}\n", since(start, *at), words(mark)),
    }
}

fn words(mark: &Mark) -> String {
    match mark {
        Mark::Entered => "entered".to_owned(),
        Mark::Exited(reason) => format!("exited: {reason}"),
        Mark::Converted(value) => format!("converted: {value}"),
        Mark::Other { name, value } => format!("{name}: {value}"),
    }
}

/// `0s`, `1h`, `90m`: as a wait would be written; past its bound in seconds.
fn since(start: Timestamp, at: Timestamp) -> String {
    let seconds = (at.as_millis() - start.as_millis()) / 1000;
    Wait::parse(&format!("{seconds}s")).map_or_else(|_| format!("{seconds}s"), |wait| wait.to_string())
}
