//! What only this back end can do wrong: the conformance suite on its files, and what files can suffer.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::domain::{ManualClock, Timestamp};
use crate::store::conformance::{self, NOON, Premises};

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_millis(NOON)))
}

#[test]
fn the_embedded_store_does_what_every_store_must() {
    conformance::check(|| {
        let (clock, dir) = (clock(), TempDir::new().unwrap());
        let time = clock.clone();
        Premises { clock, open: Box::new(move || Box::new(Embedded::open(dir.path(), time.clone()).unwrap())) }
    });
}
