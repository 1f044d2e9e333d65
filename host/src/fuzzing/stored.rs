//! Target `stored`: bytes are read as every kind of record that the worker keeps. What is read is written as something
//! that reads the same, and can be shown.

use crate::ledger::{FailureRow, LedgerRow};
use crate::outbox::Entry;
use crate::profiles;
use crate::reports::{Counted, Subject, fold};
use crate::worker::MessageRow;

pub(super) fn stored(input: &[u8]) {
    if let Ok(entry) = Entry::decode(input) {
        let again = Entry::decode(&entry.encode()).expect("what was written should be readable");
        assert_eq!(again, entry);
    }
    profiles::fuzzing::record(input);
    if let Ok(row) = LedgerRow::decode(input) {
        assert!(!row.sentence().is_empty());
        let again = LedgerRow::decode(&row.encode()).expect("what was written should be readable");
        assert_eq!(again, row);
        fold(&row).for_each(|(_, subject, _)| assert_eq!(Subject::decode(&subject.encode()).ok(), Some(subject)));
    }
    if let Ok(counted) = Counted::decode(input) {
        assert_eq!(Counted::decode(&counted.encode()).expect("what was written should be readable"), counted);
    }
    if let Ok(row) = FailureRow::decode(input) {
        let bytes = serde_json::to_vec(&row).expect("a row should be writable");
        assert_eq!(FailureRow::decode(&bytes).expect("what was written should be readable"), row);
    }
    if let Ok(row) = MessageRow::decode(input) {
        let bytes = serde_json::to_vec(&row).expect("a row should be writable");
        let again = MessageRow::decode(&bytes).expect("what was written should be readable");
        assert_eq!(format!("{again:?}"), format!("{row:?}"));
    }
}
