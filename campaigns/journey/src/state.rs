//! What is remembered of one person: the runs that wait.

use rekindle_guest::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Runs that one person may have at a time; the oldest ends for another.
pub(crate) const RUNS_MAX: usize = 8;
/// Names that `{{items}}` lists before it says how many more there are.
const ITEMS_LISTED_MAX: usize = 5;
/// Bytes of a name in that list.
const ITEM_BYTES_MAX: usize = 80;

/// Everything that is remembered of one person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) runs: Vec<Run>,
}

/// One run, between two steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Run {
    /// Tells it from the others, and names its timer.
    pub(crate) number: u32,
    /// The value that it is parallel by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<Value>,
    /// The way that it goes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) way: String,
    /// The step that it stands at.
    pub(crate) step: usize,
    /// When it began to wait there.
    pub(crate) since: Timestamp,
    /// The event that began it, as far as conditions and texts ask for it.
    pub(crate) trigger: Value,
    /// How often the trigger came.
    pub(crate) count: u32,
    /// What is listed of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) items: Vec<String>,
    /// How many more there were.
    #[serde(default)]
    pub(crate) more: u32,
}

impl State {
    /// The number of the next run.
    pub(crate) fn next_number(&self) -> u32 {
        self.runs.iter().map(|run| run.number + 1).max().unwrap_or_default()
    }
}

impl Run {
    /// The name of its timer.
    pub(crate) fn timer(&self) -> String {
        format!("run-{}", self.number)
    }

    /// Lists another item, once.
    pub(crate) fn list(&mut self, item: String) {
        let end = (0..=ITEM_BYTES_MAX.min(item.len())).rev().find(|end| item.is_char_boundary(*end)).unwrap_or(0);
        let item = item[..end].to_owned();
        if self.items.contains(&item) {
            return;
        }
        if self.items.len() < ITEMS_LISTED_MAX {
            self.items.push(item);
        } else {
            self.more += 1;
        }
    }

    /// The list in words: `hat, shoes and 3 more`.
    pub(crate) fn items(&self) -> Option<String> {
        let (last, others) = self.items.split_last()?;
        Some(match (others, self.more) {
            ([], 0) => last.clone(),
            (others, 0) => format!("{} and {last}", others.join(", ")),
            (_, more) => format!("{} and {more} more", self.items.join(", ")),
        })
    }
}
