//! Feeds: a file with an item a line, as CSV with a heading or as JSON Lines. A bad line is told of by its number and holds up
//! none of the others.

use std::io::{self, BufRead, BufReader, Read};

use serde_json::{Map, Value};

use crate::domain::{Attributes, AttributesError, IdError, ItemId, attributes, limits};

/// The column, or member, that holds an item's id; the first that is there.
const IDS: [&str; 3] = ["id", "item_id", "product_id"];

/// How a feed is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedForm {
    /// Comma-separated values, the first line a heading. An empty cell is no attribute, and what spells a number is one.
    Csv,
    /// A JSON object a line.
    JsonLines,
}

/// One item of a feed, and the number of its line; the first is 1.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedLine {
    /// Where it stands.
    pub number: u64,
    /// The item that it names, if it names one; so much is known of some bad lines, too.
    pub item: Option<ItemId>,
    /// What it says of it.
    pub attributes: Result<Attributes, LineError>,
}

/// Why a line is no item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// It names no item.
    #[error("it names no item: give an `id`")]
    Nameless,
    /// The id is none.
    #[error(transparent)]
    Id(#[from] IdError),
    /// The attributes are none.
    #[error(transparent)]
    Attributes(#[from] AttributesError),
}

/// A feed being read.
pub struct Feed<R: Read>(Form<R>);

enum Form<R: Read> {
    Csv { reader: csv::Reader<R>, heading: csv::StringRecord },
    JsonLines { reader: BufReader<R>, number: u64 },
}

impl<R: Read> Feed<R> {
    /// Begins to read: of CSV, the heading.
    pub fn open(form: FeedForm, source: R) -> io::Result<Self> {
        Ok(Self(match form {
            FeedForm::JsonLines => Form::JsonLines { reader: BufReader::new(source), number: 0 },
            FeedForm::Csv => {
                let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(source);
                let heading = reader.headers().map_err(io::Error::from)?.clone();
                Form::Csv { reader, heading }
            }
        }))
    }

    /// The next line that is not empty; none at the end. An error is the source's.
    pub fn next_line(&mut self) -> io::Result<Option<FeedLine>> {
        match &mut self.0 {
            Form::Csv { reader, heading } => next_record(reader, heading),
            Form::JsonLines { reader, number } => next_object(reader, number),
        }
    }
}

fn next_record<R: Read>(reader: &mut csv::Reader<R>, heading: &csv::StringRecord) -> io::Result<Option<FeedLine>> {
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(false) => Ok(None),
        Ok(true) => {
            let number = record.position().map_or(0, csv::Position::line);
            let cells = heading.iter().zip(record.iter()).filter(|(name, cell)| !name.is_empty() && !cell.is_empty());
            let members = cells.map(|(name, cell)| (name.to_owned(), value(name, cell))).collect();
            Ok(Some(line(number, members)))
        }
        Err(err) if err.is_io_error() => Err(err.into()),
        Err(err) => {
            let number = err.position().map_or(0, csv::Position::line);
            Ok(Some(unreadable(number, reason(&err))))
        }
    }
}

fn reason(err: &csv::Error) -> String {
    match err.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} cells, and the heading has {expected_len}: put what holds a comma in quotes")
        }
        csv::ErrorKind::Utf8 { .. } => "it is not utf-8: save the file as utf-8".to_owned(),
        _ => err.to_string(),
    }
}

/// An id is a text, whatever it looks like; so is a number with a zero in front.
fn value(name: &str, cell: &str) -> Value {
    let number = cell.parse::<serde_json::Number>().ok().filter(|_| !IDS.contains(&name));
    number.map_or_else(|| cell.into(), Value::Number)
}

fn next_object<R: Read>(reader: &mut BufReader<R>, number: &mut u64) -> io::Result<Option<FeedLine>> {
    loop {
        let mut bytes = Vec::new();
        let max = limits::FEED_LINE_BYTES_MAX as u64;
        let taken = reader.by_ref().take(max + 1).read_until(b'\n', &mut bytes)?;
        if taken == 0 {
            return Ok(None);
        }
        *number += 1;
        if bytes.last() != Some(&b'\n') && taken as u64 > max {
            reader.skip_until(b'\n')?;
            return Ok(Some(unreadable(*number, format!("it is longer than {max} bytes"))));
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        return Ok(Some(match serde_json::from_slice::<Map<String, Value>>(&bytes) {
            Ok(members) => line(*number, members),
            Err(err) => unreadable(*number, format!("it is no json object: {err}")),
        }));
    }
}

fn unreadable(number: u64, reason: String) -> FeedLine {
    FeedLine { number, item: None, attributes: Err(LineError::Unreadable(reason)) }
}

fn line(number: u64, mut members: Map<String, Value>) -> FeedLine {
    let named = IDS.iter().find_map(|name| members.remove(*name));
    let id = match named {
        Some(Value::String(id)) => ItemId::parse(&id).map_err(LineError::from),
        Some(Value::Number(id)) => ItemId::parse(&id.to_string()).map_err(LineError::from),
        _ => Err(LineError::Nameless),
    };
    match id {
        Err(err) => FeedLine { number, item: None, attributes: Err(err) },
        Ok(item) => {
            let attributes = attributes(&Value::Object(members)).map_err(LineError::from);
            FeedLine { number, item: Some(item), attributes }
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(form: FeedForm, text: &[u8], expected: Expect) {
        let mut feed = Feed::open(form, text).unwrap();
        let mut picture = String::new();
        while let Some(FeedLine { number, item, attributes }) = feed.next_line().unwrap() {
            let item = item.map_or("-".to_owned(), |item| item.to_string());
            let said = attributes.map_or_else(|err| err.to_string(), |attributes| format!("{attributes:?}"));
            picture.push_str(&format!("{number} {item} {said}\n"));
        }
        expected.assert_eq(&picture);
    }

    #[test]
    fn a_table_has_a_heading_and_a_bad_line_holds_up_no_other() {
        let text = b"id, name, price\n007,\"Mug,\nred\", 9.50\nhat, Hat\n, Nameless, 1\npen,,0815\nb\xffd,x,1\n";
        check(
            FeedForm::Csv,
            text,
            expect![[r#"
                2 007 {"name": "Mug,\nred", "price": 9.5}
                4 - it has 2 cells, and the heading has 3: put what holds a comma in quotes
                5 - it names no item: give an `id`
                6 pen {"price": "0815"}
                7 - it is not utf-8: save the file as utf-8
            "#]],
        );
    }

    #[test]
    fn json_lines_are_objects_and_a_line_is_bounded() {
        let mut text = br#"{"id": "mug", "price": 9.5}

{"product_id": 17, "tags": []}
[1]
"#
        .to_vec();
        text.extend(vec![b'x'; limits::FEED_LINE_BYTES_MAX + 1]);
        text.extend(b"\n{\"item_id\": \"hat\", \"brand\": null}");
        check(
            FeedForm::JsonLines,
            &text,
            expect![[r#"
            1 mug {"price": 9.5}
            3 17 the attribute `tags` is neither text, number, true nor false: attributes are flat
            4 - it is no json object: invalid type: sequence, expected a map at line 1 column 0
            5 - it is longer than 65536 bytes
            6 hat {}
        "#]],
        );
    }

    #[test]
    fn no_bytes_make_the_reader_panic() {
        proptest::proptest!(|(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200))| {
            for form in [FeedForm::Csv, FeedForm::JsonLines] {
                let Ok(mut feed) = Feed::open(form, bytes.as_slice()) else { continue };
                while feed.next_line().is_ok_and(|line| line.is_some()) {}
            }
        });
    }
}
