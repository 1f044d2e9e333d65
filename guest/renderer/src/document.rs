//! A template's document: between two lines of `---`, a line for each member of the head, `name: text`; below, the body. Without the
//! first line, all of it is the body.

/// What opens the head, and what closes it.
const FENCE: &str = "---";

/// A template, taken apart.
#[derive(Debug, PartialEq)]
pub(crate) struct Document<'t> {
    pub(crate) head: Vec<Line<'t>>,
    pub(crate) body: &'t str,
    /// The body's first line, from 1.
    pub(crate) body_line: usize,
}

/// A line of the head.
#[derive(Debug, PartialEq)]
pub(crate) struct Line<'t> {
    pub(crate) name: &'t str,
    pub(crate) text: &'t str,
    /// Where it stands, from 1.
    pub(crate) number: usize,
}

impl<'t> Document<'t> {
    /// The error names the line and says what would do.
    pub(crate) fn read(template: &'t str) -> Result<Self, String> {
        // What editors on some systems write in front.
        let template = template.strip_prefix('\u{feff}').unwrap_or(template);
        let mut lines = template.split_inclusive('\n');
        if lines.next().map(str::trim_end) != Some(FENCE) {
            return Ok(Self { head: Vec::new(), body: template, body_line: 1 });
        }
        let mut document = Self { head: Vec::new(), body: "", body_line: 1 };
        let mut bytes = template.split_inclusive('\n').next().map_or(0, str::len);
        for (number, line) in (2..).zip(lines) {
            bytes += line.len();
            if line.trim_end() == FENCE {
                (document.body, document.body_line) = (&template[bytes..], number + 1);
                return Ok(document);
            }
            document.take(line.trim(), number)?;
        }
        Err(format!("the head, which line 1 opens, has no end: close it with a line `{FENCE}`"))
    }

    fn take(&mut self, line: &'t str, number: usize) -> Result<(), String> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let Some((name, text)) = line.split_once(':').map(|(name, text)| (name.trim_end(), unquoted(text.trim())))
        else {
            return Err(format!("line {number}: write `name: text`"));
        };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(format!("line {number}: `{name}` is no name: use letters, digits and `_`"));
        }
        if let Some(before) = self.head.iter().find(|line| line.name == name) {
            return Err(format!("line {number}: `{name}` stands in line {} already", before.number));
        }
        self.head.push(Line { name, text, number });
        Ok(())
    }
}

/// Quotes around the whole text are for tools that want them.
fn unquoted(text: &str) -> &str {
    let inside = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote).filter(|inside| !inside.contains(quote));
    inside('"').or_else(|| inside('\'')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_of_lines_and_a_body() {
        let document = Document::read(
            "---\r\nsubject: {{ name }}: your cart\n# a note\n\nsender: \"Shop <a@example.com>\"\n---\nHello\n---\n",
        );
        let line = |name, text, number| Line { name, text, number };
        let head = vec![line("subject", "{{ name }}: your cart", 2), line("sender", "Shop <a@example.com>", 5)];
        assert_eq!(document, Ok(Document { head, body: "Hello\n---\n", body_line: 7 }));
        assert_eq!(Document::read("\u{feff}---\na: b\n---\nHello").map(|document| document.body), Ok("Hello"));
        for whole in ["Hello", "", "Hello\n---\nsubject: x\n---\n"] {
            assert_eq!(Document::read(whole), Ok(Document { head: vec![], body: whole, body_line: 1 }));
        }
    }

    #[test]
    fn quotes_are_taken_off_where_they_hold_the_whole_text() {
        for (written, text) in
            [("\"a\"", "a"), ("'a'", "a"), ("\"a\" b \"c\"", "\"a\" b \"c\""), ("\"", "\""), ("a\"", "a\"")]
        {
            assert_eq!(unquoted(written), text);
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let wrong = |template| Document::read(template).unwrap_err();
        assert_eq!(wrong("---\nsubject: x\n"), "the head, which line 1 opens, has no end: close it with a line `---`");
        assert_eq!(wrong("---\nsubject\n---\n"), "line 2: write `name: text`");
        assert_eq!(wrong("---\nmy subject: x\n---\n"), "line 2: `my subject` is no name: use letters, digits and `_`");
        assert_eq!(wrong("---\na: x\na: y\n---\n"), "line 3: `a` stands in line 2 already");
    }
}
