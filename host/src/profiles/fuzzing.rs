//! Of target `stored`: bytes are read as what is kept of a person, and as what stands in such a record, whose checksum then fits.

use super::record::{BODY_AT, Kept, seal};

pub(crate) fn record(input: &[u8]) {
    for record in [input.to_vec(), seal([&[0; BODY_AT], input].concat())] {
        let Ok(kept) = Kept::decode(&record) else { continue };
        let written = match &kept {
            Kept::Person(person) => person.encode(),
            Kept::Moved(to) => Kept::moved(to),
            Kept::Erased(at) => Kept::erased(*at),
        };
        assert_eq!(Kept::decode(&written).expect("what was written should be readable"), kept);
    }
}
