//! The gate: loops that have somebody dear to serve pass one at a time, or as many as leave half of the machine to everybody else. Whose
//! causes are short then waits for one dear cause at the most, on a processor that others do not need for theirs.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Loops that want to pass, in the order in which they asked.
pub struct Gate {
    queue: Mutex<VecDeque<u16>>,
    /// So many may be through it at a time.
    width: usize,
}

/// For half of the machine.
impl Default for Gate {
    fn default() -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Self { queue: Mutex::default(), width: (processors / 2).max(1) }
    }
}

/// A loop's place before the gate. It is given up when this is dropped.
pub(super) struct Place {
    gate: Arc<Gate>,
    /// The first slot of the loop's partition.
    number: u16,
}

impl Place {
    pub(super) fn new(gate: Arc<Gate>, number: u16) -> Self {
        Self { gate, number }
    }

    /// Whether it is this loop's turn to pass; it keeps its place in the queue until it leaves.
    pub(super) fn may_pass(&self) -> bool {
        let mut queue = self.gate.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let place = queue.iter().position(|number| *number == self.number).unwrap_or_else(|| {
            queue.push_back(self.number);
            queue.len() - 1
        });
        place < self.gate.width
    }

    /// Whether it has asked and did not leave.
    pub(super) fn is_waiting(&self) -> bool {
        self.gate.queue.lock().unwrap_or_else(PoisonError::into_inner).contains(&self.number)
    }

    /// Makes room for the next.
    pub(super) fn leave(&self) {
        self.gate.queue.lock().unwrap_or_else(PoisonError::into_inner).retain(|number| *number != self.number);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_pass_in_the_order_in_which_they_asked_and_one_that_ends_holds_up_nobody() {
        let gate = Arc::new(Gate { width: 1, ..Gate::default() });
        let [first, second, third] = [0, 64, 128].map(|number| Place::new(Arc::clone(&gate), number));
        let asks = || [&first, &second, &third].map(Place::may_pass);
        assert_eq!((asks(), asks()), ([true, false, false], [true, false, false]));
        first.leave();
        assert_eq!((asks(), asks()), ([false, true, false], [false, true, false]), "who comes again is the last");
        second.leave();
        drop(third);
        assert!(first.may_pass());
    }
}
