//! Target `feed`: bytes are read as a feed in either form. It ends; its lines have numbers that go up; what is an item keeps every
//! bound and reads back; what is none has a reason. A line of JSON Lines is the same wherever it stands.

use super::{Feed, FeedForm, FeedLine};
use crate::domain::{attributes, attributes_json, limits};

/// Bytes of a reason: it repeats at most a value's name.
const REASON_BYTES_MAX: usize = 2 * limits::FEED_LINE_BYTES_MAX;
/// Lines that are read once more, alone.
const LINES_ALONE_MAX: usize = 16;

pub(crate) fn feed(input: &[u8]) {
    for form in [FeedForm::Csv, FeedForm::JsonLines] {
        let lines = lines(form, input);
        assert!(lines.len() <= input.len() + 1, "{form:?} has more lines than bytes");
        assert!(lines.is_sorted_by(|one, next| one.number <= next.number), "{lines:?}");
        lines.iter().for_each(check);
    }
    check_alone(input);
}

fn lines(form: FeedForm, input: &[u8]) -> Vec<FeedLine> {
    let Ok(mut feed) = Feed::open(form, input) else { return Vec::new() };
    let mut lines = Vec::new();
    while let Some(line) = feed.next_line().expect("bytes in memory should be readable") {
        lines.push(line);
    }
    lines
}

fn check(line: &FeedLine) {
    match &line.attributes {
        Ok(said) => {
            assert!(line.item.is_some() && said.len() <= limits::ATTRIBUTES_MAX, "{line:?}");
            let again = attributes(&attributes_json(said).value());
            assert_eq!(again.as_ref(), Ok(said), "what was read should be readable");
        }
        Err(err) => {
            let reason = err.to_string();
            assert!(!reason.is_empty() && reason.len() <= REASON_BYTES_MAX, "{reason}");
        }
    }
}

fn check_alone(input: &[u8]) {
    let together = lines(FeedForm::JsonLines, input);
    let alone = input.split_inclusive(|byte| *byte == b'\n').enumerate();
    let alone = alone.flat_map(|(before, line)| {
        let line = lines(FeedForm::JsonLines, line).pop();
        line.map(|line| FeedLine { number: line.number + before as u64, ..line })
    });
    alone.zip(together).take(LINES_ALONE_MAX).for_each(|(alone, together)| assert_eq!(alone, together));
}
