//! A template as the library is to read it: all of it tags. `{{ … }}` becomes `{% echo … %}`, which means the same in Liquid, and is
//! ours, so that it can escape what it writes. Text becomes a tag that names its place in a list: the library reads text letter by
//! letter, and of most templates that is most.

/// The tag that stands for a text.
pub(crate) const TEXT: &str = "_text";

/// A template, for the library.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Tags {
    pub(crate) source: String,
    /// What `TEXT` and a number stands for.
    pub(crate) texts: Vec<String>,
}

/// The template as tags. It has to be one that the library would read as it is: this looks for marks, and does not judge.
pub(crate) fn as_tags(template: &str) -> Tags {
    let (mut tags, mut rest, mut is_trimmed) = (Tags::default(), template, false);
    while let Some(start) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        let (text, after) = rest.split_at(start);
        let trims = after[2..].starts_with('-');
        tags.text(trimmed(text, is_trimmed, trims));
        let bytes = if after.starts_with("{{") { tags.output(after) } else { tags.tag(after) };
        (rest, is_trimmed) = (&after[bytes..], after[..bytes].trim_end_matches(['}', '%']).ends_with('-'));
    }
    tags.text(trimmed(rest, is_trimmed, false));
    tags
}

/// The text between two marks that may take the blanks beside them away.
fn trimmed(text: &str, at_start: bool, at_end: bool) -> &str {
    /// What the library calls blank.
    const BLANKS: [char; 3] = [' ', '\n', '\r'];
    let text = if at_start { text.trim_start_matches(BLANKS) } else { text };
    if at_end { text.trim_end_matches(BLANKS) } else { text }
}

impl Tags {
    /// Blanks stay: between some tags nothing else may stand.
    fn text(&mut self, text: &str) {
        if text.trim().is_empty() {
            return self.source.push_str(text);
        }
        self.source += &format!("{{% {TEXT} {} %}}", self.texts.len());
        self.texts.push(text.to_owned());
    }

    /// Writes the output that stands in front, and says how many bytes it had.
    fn output(&mut self, text: &str) -> usize {
        let Some(end) = end_of(text, "}}") else { return self.verbatim(text, text.len()) };
        let inner = &text["{{".len()..end - "}}".len()];
        let inner = inner.strip_prefix('-').unwrap_or(inner);
        let inner = inner.strip_suffix('-').unwrap_or(inner);
        self.source.extend(["{% echo ", inner.trim(), " %}"]);
        end
    }

    /// Writes the tag that stands in front; with one of `raw`, all up to its end.
    fn tag(&mut self, text: &str) -> usize {
        let Some(end) = end_of(text, "%}") else { return self.verbatim(text, text.len()) };
        let end = if is_named(&text[..end], "raw") { end + end_of_raw(&text[end..]) } else { end };
        self.verbatim(text, end)
    }

    fn verbatim(&mut self, text: &str, bytes: usize) -> usize {
        self.source.push_str(&text[..bytes]);
        bytes
    }
}

/// Where a mark ends, outside of quotes.
fn end_of(text: &str, mark: &str) -> Option<usize> {
    let mut quote = None;
    for (at, letter) in text.char_indices().skip(2) {
        match quote {
            Some(open) if open == letter => quote = None,
            Some(_) => {}
            None if matches!(letter, '"' | '\'') => quote = Some(letter),
            None if text[at..].starts_with(mark) => return Some(at + mark.len()),
            None => {}
        }
    }
    None
}

/// Where a text ends in which nothing is Liquid.
fn end_of_raw(text: &str) -> usize {
    let ends = text.match_indices("{%").filter_map(|(at, _)| Some((at, at + end_of(&text[at..], "%}")?)));
    ends.filter(|&(at, end)| is_named(&text[at..end], "endraw")).map(|(_, end)| end).next().unwrap_or(text.len())
}

fn is_named(tag: &str, name: &str) -> bool {
    let inner = tag.trim_start_matches("{%").trim_start_matches('-').trim_start();
    inner.strip_prefix(name).is_some_and(|rest| rest.trim_start().trim_start_matches('-').starts_with("%}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_and_texts_become_tags() {
        for (template, source, texts) in [
            ("Hello {{ name | upcase }}!", "{% _text 0 %}{% echo name | upcase %}{% _text 1 %}", &["Hello ", "!"][..]),
            ("{{a}}{{-b-}}{{- c }}", "{% echo a %}{% echo b %}{% echo c %}", &[]),
            (
                " x {{- a -}} y {%- if a -%} z ",
                "{% _text 0 %}{% echo a %}{% _text 1 %}{%- if a -%}{% _text 2 %}",
                &[" x", "y", "z "],
            ),
            ("{{ '}}' }}{{ \"%}{{\" }}", "{% echo '}}' %}{% echo \"%}{{\" %}", &[]),
            ("{% case a %}\n{% when 1 %}b", "{% case a %}\n{% when 1 %}{% _text 0 %}", &["b"]),
            ("{% assign a = '{{' %}{{ a }}", "{% assign a = '{{' %}{% echo a %}", &[]),
            (
                "{%- raw -%}{{ a }}{% if %}{%-endraw-%}{{ b }}",
                "{%- raw -%}{{ a }}{% if %}{%-endraw-%}{% echo b %}",
                &[],
            ),
            ("é{{ é }}{ { } }}", "{% _text 0 %}{% echo é %}{% _text 1 %}", &["é", "{ { } }}"]),
            ("a{{ b", "{% _text 0 %}{{ b", &["a"]),
            ("", "", &[]),
        ] {
            let texts = texts.iter().map(|&text| text.to_owned()).collect();
            assert_eq!(as_tags(template), Tags { source: source.to_owned(), texts }, "{template}");
        }
    }
}
