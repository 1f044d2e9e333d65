//! JSON's outline: strings, brackets and commas, and nothing else. It cuts a text into raw slices before anything is
//! parsed, without recursion and without trust: what is no JSON is still cut somewhere, and the parser says so later.

use std::ops::Range;

/// What is too much about a text, and where it becomes so.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Excess {
    Depth(usize),
    Values(usize),
}

/// Where nesting first goes deeper than `levels`, or the text holds more than `values`, at any level.
pub(crate) fn excess(text: &[u8], levels: usize, values: usize) -> Option<Excess> {
    let mut depth = 0_usize;
    let mut count = 0_usize;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => at = string_end(text, at) - 1,
            b'[' | b'{' if depth == levels => return Some(Excess::Depth(at)),
            // Each begins a value or follows one.
            b'[' | b'{' | b',' if count == values => return Some(Excess::Values(at)),
            b'[' | b'{' => (depth, count) = (depth + 1, count + 1),
            b',' => count += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The elements of an array or the members of an object: what stands between the outer commas. None for another text.
pub(crate) fn items(text: &[u8]) -> Option<Items<'_>> {
    let start = skip_blanks(text, 0);
    let closer = match text.get(start)? {
        b'[' => b']',
        b'{' => b'}',
        _ => return None,
    };
    Some(Items { text, closer, at: start + 1, stage: Stage::Opened })
}

/// A member's key (with its quotes) and its value. None when the item is no member.
pub(crate) fn member(item: &[u8]) -> Option<(&[u8], &[u8])> {
    item.first().filter(|byte| **byte == b'"')?;
    let key_end = string_end(item, 0);
    let colon = skip_blanks(item, key_end);
    item.get(colon).filter(|byte| **byte == b':')?;
    Some((&item[..key_end], trim(&item[colon + 1..])))
}

/// The text without blanks around it, as JSON knows them.
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    let start = skip_blanks(text, 0);
    &text[start..trimmed_end(text, start..text.len())]
}

/// Walks over items. What stands behind the closing bracket is one more item, so that nothing is lost in silence.
pub(crate) struct Items<'a> {
    text: &'a [u8],
    closer: u8,
    at: usize,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Opened,
    Between,
    Closed,
    Done,
}

impl Iterator for Items<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let mut start = skip_blanks(self.text, self.at);
        if self.stage == Stage::Opened && self.text.get(start) == Some(&self.closer) {
            self.stage = Stage::Closed;
            start = skip_blanks(self.text, start + 1);
        }
        match self.stage {
            Stage::Done => None,
            Stage::Closed => {
                self.stage = Stage::Done;
                (start < self.text.len()).then(|| start..trimmed_end(self.text, start..self.text.len()))
            }
            Stage::Opened | Stage::Between => Some(self.item_from(start)),
        }
    }
}

impl Items<'_> {
    fn item_from(&mut self, start: usize) -> Range<usize> {
        let end = self.item_end(start);
        self.at = end + 1;
        self.stage = match self.text.get(end) {
            Some(b',') => Stage::Between,
            Some(_) => Stage::Closed,
            None => Stage::Done,
        };
        start..trimmed_end(self.text, start..end)
    }

    /// Where the comma or the closing bracket is; behind the text when neither comes, or the wrong bracket does.
    fn item_end(&self, start: usize) -> usize {
        let mut depth = 0_usize;
        let mut at = start;
        while let Some(&byte) = self.text.get(at) {
            match byte {
                b'"' => at = string_end(self.text, at) - 1,
                b'[' | b'{' => depth += 1,
                b',' if depth == 0 => return at,
                b']' | b'}' if depth > 0 => depth -= 1,
                b']' | b'}' if byte == self.closer => return at,
                b']' | b'}' => return self.text.len(),
                _ => {}
            }
            at += 1;
        }
        self.text.len()
    }
}

/// Just behind the string that begins at `start`; behind the text when the string does not end.
fn string_end(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

fn skip_blanks(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    rest.iter().position(|byte| !is_blank(*byte)).map_or(text.len(), |blanks| from + blanks)
}

fn trimmed_end(text: &[u8], range: Range<usize>) -> usize {
    let kept = text[range.clone()].iter().rposition(|byte| !is_blank(*byte)).map_or(0, |last| last + 1);
    range.start + kept
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        items(text.as_bytes()).unwrap().map(|item| &text[item]).collect()
    }

    #[test]
    fn commas_and_brackets_inside_strings_cut_nothing() {
        assert_eq!(cut(r#"[ {"a":"],\"}"} , [1,2] ,"x,y"]"#), [r#"{"a":"],\"}"}"#, "[1,2]", r#""x,y""#]);
        assert_eq!(cut(r#"{"a":1,"b":{"c":[2,3]}}"#), [r#""a":1"#, r#""b":{"c":[2,3]}"#]);
    }

    #[test]
    fn nothing_is_lost_in_silence() {
        assert_eq!(cut("[]"), [""; 0]);
        assert_eq!(cut(" [ ] "), [""; 0]);
        assert_eq!(cut("[,]"), ["", ""]);
        assert_eq!(cut("[1,]"), ["1", ""]);
        assert_eq!(cut("[1] rest "), ["1", "rest"]);
        assert_eq!(cut("[] rest"), ["rest"]);
        assert_eq!(cut(r#"[1,{"a":"#), ["1", r#"{"a":"#]);
        assert_eq!(cut("[1}, 2]"), ["1}, 2]"]);
        assert_eq!(cut(r#"["\"#), [r#""\"#]);
        assert!(items(b"text").is_none());
    }

    #[test]
    fn values_are_counted_at_every_level() {
        assert_eq!(excess(br#"{"a":[1,2],"b":",,["}"#, 9, 4), None);
        assert_eq!(excess(br#"{"a":[1,2],"b":",,["}"#, 9, 3), Some(Excess::Values(10)));
        assert_eq!(excess("[1,".repeat(100_000).as_bytes(), 64, 20), Some(Excess::Values(30)));
    }

    #[test]
    fn depth_counts_brackets_outside_of_strings() {
        let too_deep_at = |text: &[u8], levels| match excess(text, levels, usize::MAX) {
            Some(Excess::Depth(at)) => Some(at),
            _ => None,
        };
        assert_eq!(too_deep_at(b"[[[]]]", 3), None);
        assert_eq!(too_deep_at(b"[[ [[]]]]", 3), Some(4));
        assert_eq!(too_deep_at(br#"["[[[[\"[[["]"#, 1), None);
        assert_eq!(too_deep_at("[".repeat(100_000).as_bytes(), 64), Some(64));
    }

    #[test]
    fn a_member_is_a_key_and_a_value() {
        assert_eq!(member(br#""a:b" : {"c":1}"#), Some((&br#""a:b""#[..], &br#"{"c":1}"#[..])));
        assert_eq!(member(br#""a""#), None);
        assert_eq!(member(b"1"), None);
        assert_eq!(member(b""), None);
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<i64>().prop_map(Into::into),
            r#"[\\\[\]{},:" a-z\u{80}-\u{2ff}]{0,12}"#.prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                proptest::collection::vec(("[a\\[\"]{0,4}", inner), 0..5)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_cuts_where_the_parser_cuts(elements in proptest::collection::vec(json(), 0..6), pretty: bool) {
            let array = serde_json::Value::from(elements);
            let text = if pretty { format!("{array:#}") } else { array.to_string() };
            let parsed: Vec<&RawValue> = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(cut(&text), parsed.iter().map(|raw| raw.get()).collect::<Vec<_>>());
        }

        #[test]
        fn no_bytes_make_it_panic(text in proptest::collection::vec(prop_oneof![Just(b'"'), Just(b'\\'), Just(b'['), Just(b'}'), Just(b','), any::<u8>()], 0..40)) {
            excess(&text, 3, 9);
            for item in items(&text).into_iter().flatten() {
                member(&text[item]);
            }
        }
    }
}
