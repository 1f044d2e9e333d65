//! The gate: loops that have somebody dear to serve pass one at a time, or as many as leave half of the machine to everybody else. Whose
//! causes are short then waits for one dear cause at the most, on a processor that others do not need for theirs. *Dear* is, for a while, who
//! had a cause that took long, at whichever loop: the others need not find it out by another like it, all at one time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::domain::{TenantId, limits};

/// Loops that want to pass, in the order in which they asked.
pub struct Gate {
    queue: Mutex<VecDeque<u16>>,
    /// So many may be through it at a time.
    width: usize,
    /// Who is dear, and after how many causes that are not they are not any more.
    dear: Mutex<BTreeMap<TenantId, u32>>,
}

/// For half of the machine.
impl Default for Gate {
    fn default() -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Self { queue: Mutex::default(), width: (processors / 2).max(1), dear: Mutex::default() }
    }
}

impl Gate {
    fn dear(&self) -> MutexGuard<'_, BTreeMap<TenantId, u32>> {
        self.dear.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Whose next cause is likely to take long.
    pub(super) fn dear(&self) -> BTreeSet<TenantId> {
        self.gate.dear().keys().cloned().collect()
    }

    /// The tenant's last cause cost that much. Whether that was dear.
    pub(super) fn note(&self, tenant: &TenantId, cost: Duration) -> bool {
        let mut dear = self.gate.dear();
        if cost >= limits::DEAR_COST {
            dear.insert(tenant.clone(), limits::DEAR_FOR_CAUSES);
            return true;
        }
        if let Some(left) = dear.get_mut(tenant) {
            *left -= 1;
            if *left == 0 {
                dear.remove(tenant);
            }
        }
        false
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
    fn who_is_dear_at_one_loop_is_dear_at_all_until_enough_causes_were_not() {
        let gate = Arc::new(Gate::default());
        let [here, there] = [0, 64].map(|number| Place::new(Arc::clone(&gate), number));
        let tenant = TenantId::parse("shop").unwrap();
        assert!(here.note(&tenant, limits::DEAR_COST));
        for _ in 0..limits::DEAR_FOR_CAUSES {
            assert!(there.dear().contains(&tenant));
            assert!(!there.note(&tenant, limits::DEAR_COST / 2));
        }
        assert!(here.dear().is_empty());
    }

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
