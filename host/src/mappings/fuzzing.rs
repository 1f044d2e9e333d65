//! Target `mapping`: a document is a mapping that reads back as it is written, or is refused with a place and with what would do;
//! and an event is read the same by mappings that do not speak of it.

use serde_json::Value;

use super::{Mapping, Mappings};

/// Bytes of a refusal: it repeats a name of the document's, which may be all of it, escaped.
const REFUSAL_BYTES_MAX: usize = 64 << 10;

pub(crate) fn mapping(input: &[u8]) {
    let Ok(document) = serde_json::from_slice::<Value>(input) else { return };
    match Mapping::read(&document) {
        Ok(mapping) => check(&mapping),
        Err(err) => {
            let said = err.to_string();
            assert!(!err.what.is_empty() && !err.next.is_empty() && said.len() <= REFUSAL_BYTES_MAX, "{said}");
        }
    }
}

fn check(mapping: &Mapping) {
    let document = mapping.document();
    assert_eq!(Mapping::read(&document).as_ref(), Ok(mapping), "{document}");
    let ready = Mappings::of([("one", mapping)]).expect("one mapping should clash with none");
    assert!(!ready.is_empty());
    let clash = Mappings::of([("one", mapping), ("other", mapping)]).expect_err("the same twice should clash");
    assert_eq!((clash.one.as_str(), clash.other.as_str()), ("one", "other"));
    let found = match mapping {
        Mapping::Event(mapping) => ready.event(&mapping.event) == Some(mapping),
        Mapping::Campaign(mapping) => {
            let steps: Vec<String> = mapping.step.iter().cloned().collect();
            ready.ours(std::slice::from_ref(&mapping.campaign), &steps) == Some(&mapping.is)
        }
        Mapping::Consent(mapping) => ready.channels(&mapping.category) == mapping.channels,
    };
    assert!(found, "{document} should be found by its own words");
}
