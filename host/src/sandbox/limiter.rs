//! What one instance may take of the machine, summed over all its memories and tables: the engine's own limiter bounds
//! each memory alone.

use wasmtime::ResourceLimiter;

use super::failure::Excess;
use crate::domain::limits;

/// Growths that a memory's or table's own maximum forbids, in one call. Each is free of fuel, so a loop of them is cut.
const REFUSALS_MAX: u32 = 100;

/// A running account.
#[derive(Debug)]
pub(super) struct Limiter {
    memory_bytes_left: usize,
    table_elements_left: usize,
    refusals_left: u32,
}

impl Limiter {
    /// Allows that much linear memory.
    pub(super) fn new(memory_bytes: usize) -> Self {
        Self {
            memory_bytes_left: memory_bytes,
            table_elements_left: limits::GUEST_TABLE_ELEMENTS_MAX,
            refusals_left: REFUSALS_MAX,
        }
    }

    fn refuse(&mut self) -> wasmtime::Result<bool> {
        self.refusals_left = self.refusals_left.checked_sub(1).ok_or_else(Excess::memory)?;
        Ok(false)
    }
}

/// Above the limit it traps and does not refuse: the backtrace then says who asked.
impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return self.refuse();
        }
        let more = desired.saturating_sub(current);
        self.memory_bytes_left = self.memory_bytes_left.checked_sub(more).ok_or_else(Excess::memory)?;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return self.refuse();
        }
        let more = desired.saturating_sub(current);
        self.table_elements_left = self.table_elements_left.checked_sub(more).ok_or_else(Excess::table)?;
        Ok(true)
    }

    fn instances(&self) -> usize {
        limits::CORE_INSTANCES_MAX as usize
    }

    fn tables(&self) -> usize {
        limits::GUEST_TABLES_MAX as usize
    }

    fn memories(&self) -> usize {
        limits::GUEST_MEMORIES_MAX as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_are_summed_and_a_refused_growth_counts_nothing() {
        let mut limiter = Limiter::new(100);
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(!limiter.memory_growing(60, 90, Some(80)).unwrap());
        assert!(limiter.memory_growing(0, 40, None).unwrap());
        let error = limiter.memory_growing(40, 41, None).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Excess::Memory));
    }

    #[test]
    fn tables_are_summed() {
        let mut limiter = Limiter::new(0);
        assert!(limiter.table_growing(0, 15_000, None).unwrap());
        let error = limiter.table_growing(0, 15_000, None).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Excess::Table));
    }

    #[test]
    fn refusals_end() {
        let mut limiter = Limiter::new(100);
        for _ in 0..REFUSALS_MAX {
            assert!(!limiter.memory_growing(0, 20, Some(10)).unwrap());
        }
        assert!(limiter.memory_growing(0, 20, Some(10)).is_err());
    }
}
