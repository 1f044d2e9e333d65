//! A template as the library is to read it: all of it tags. `{{ … }}` becomes `{% echo … %}`, which means the same in Liquid, and is
//! ours, so that it can escape what it writes. Text becomes a tag that names its place in a list: the library reads text letter by
//! letter, and of most templates that is most. What stands in `raw` is text, and comments go.

/// The tag that stands for a text.
pub(crate) const TEXT: &str = "_text";
/// What the library calls blank.
const BLANKS: [char; 3] = [' ', '\n', '\r'];

/// A template, for the library.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Tags {
    pub(crate) source: String,
    /// What `TEXT` and a number stands for.
    pub(crate) texts: Vec<String>,
}

/// The template as tags; none where marks stand in it as the library would not read them.
pub(crate) fn as_tags(template: &str) -> Option<Tags> {
    let (mut tags, mut rest, mut is_trimmed) = (Tags::default(), template, false);
    while let Some(start) = next_mark(rest) {
        let (text, marked) = rest.split_at(start);
        tags.text(trimmed(text, is_trimmed, marked[2..].starts_with('-')));
        let end = if marked.starts_with("{{") { tags.output(marked)? } else { tags.tag(marked)? };
        is_trimmed = marked[..end - "%}".len()].ends_with('-');
        rest = &marked[end..];
    }
    tags.text(trimmed(rest, is_trimmed, false));
    Some(tags)
}

/// Whether all of it is Liquid: nothing in it is raw, or a comment.
pub(crate) fn is_liquid(template: &str) -> bool {
    let is_other = |text: &str| ["raw", "comment"].iter().any(|block| named(text, block).is_some());
    !template.match_indices("{%").any(|(at, _)| is_other(&template[at..]))
}

/// Where the next output or tag begins.
fn next_mark(text: &str) -> Option<usize> {
    text.match_indices('{').map(|(at, _)| at).find(|&at| text[at + 1..].starts_with(['{', '%']))
}

/// The text between two marks that may take the blanks beside them away.
fn trimmed(text: &str, at_start: bool, at_end: bool) -> &str {
    let text = if at_start { text.trim_start_matches(BLANKS) } else { text };
    if at_end { text.trim_end_matches(BLANKS) } else { text }
}

impl Tags {
    fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.source += &format!("{{% {TEXT} {} %}}", self.texts.len());
            self.texts.push(text.to_owned());
        }
    }

    /// Writes the output that stands in front, and says how many bytes it had.
    fn output(&mut self, text: &str) -> Option<usize> {
        let end = end_of(text, "}}")?;
        let inner = &text["{{".len()..end - "}}".len()];
        let inner = inner.strip_prefix('-').unwrap_or(inner);
        let inner = inner.strip_suffix('-').unwrap_or(inner).trim();
        // It would end the tag before its time.
        if end_of(&format!("{{%{inner}"), "%}").is_some() {
            return None;
        }
        self.source.extend(["{% echo ", inner, " %}"]);
        Some(end)
    }

    /// Writes the tag that stands in front, and says how many bytes it had; with one that begins what is no Liquid, all up to its end.
    fn tag(&mut self, text: &str) -> Option<usize> {
        if let Some(start) = named(text, "raw") {
            let (body, end) = up_to(&text[start..], "raw", |_| 0)?;
            let is_trimmed = text[..start - "%}".len()].ends_with('-');
            self.text(trimmed(body, is_trimmed, text[start + body.len() + 2..].starts_with('-')));
            return Some(start + end);
        }
        if let Some(start) = named(text, "comment") {
            let is_another = |text: &str| usize::from(named(text, "comment").is_some());
            return Some(start + up_to(&text[start..], "comment", is_another)?.1);
        }
        let end = end_of(text, "%}")?;
        self.source.push_str(&text[..end]);
        (!text[2..].trim_start_matches('-').trim_start().starts_with(TEXT)).then_some(end)
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

/// What stands before the tag that ends a block, and where that tag ends. `deeper` counts blocks of the same kind that begin within.
fn up_to<'t>(text: &'t str, block: &str, deeper: impl Fn(&str) -> usize) -> Option<(&'t str, usize)> {
    let (end, mut open) = (format!("end{block}"), 1);
    for (at, _) in text.match_indices("{%") {
        let Some(bytes) = named(&text[at..], &end) else {
            open += deeper(&text[at..]);
            continue;
        };
        open -= 1;
        if open == 0 {
            return Some((&text[..at], at + bytes));
        }
    }
    None
}

/// How many bytes the tag in front has, where it is of that name and nothing else.
fn named(text: &str, name: &str) -> Option<usize> {
    let inner = text.strip_prefix("{%")?;
    let inner = inner.strip_prefix('-').unwrap_or(inner).trim_start_matches(BLANKS).strip_prefix(name)?;
    let inner = inner.trim_start_matches(BLANKS);
    let rest = inner.strip_prefix('-').unwrap_or(inner).strip_prefix("%}")?;
    Some(text.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_and_texts_become_tags_and_comments_go() {
        for (template, source, texts) in [
            ("Hello {{ name | upcase }}!", "{% _text 0 %}{% echo name | upcase %}{% _text 1 %}", &["Hello ", "!"][..]),
            ("{{a}}{{-b-}}{{- c }}", "{% echo a %}{% echo b %}{% echo c %}", &[]),
            (
                " x {{- a -}} y {%- if a -%} z ",
                "{% _text 0 %}{% echo a %}{% _text 1 %}{%- if a -%}{% _text 2 %}",
                &[" x", "y", "z "],
            ),
            ("{{ '}}' }}{{ \"%}{{\" }}", "{% echo '}}' %}{% echo \"%}{{\" %}", &[]),
            ("{% case a %}\n{% when 1 %}b", "{% case a %}{% _text 0 %}{% when 1 %}{% _text 1 %}", &["\n", "b"]),
            ("{% assign a = '{{' %}{{ a }}", "{% assign a = '{{' %}{% echo a %}", &[]),
            ("{%- raw -%} {{ a }}{% if %} {%-endraw-%}{{ b }}", "{% _text 0 %}{% echo b %}", &["{{ a }}{% if %}"]),
            (
                "a {%- comment %} it's {{ x's }} {% don't %}{% endcomment -%} b",
                "{% _text 0 %}{% _text 1 %}",
                &["a", "b"],
            ),
            ("{% comment %}{% comment %}{% endcomment %}{{ a }}{% endcomment %}b", "{% _text 0 %}", &["b"]),
            ("é{{ é }}{ { } }}", "{% _text 0 %}{% echo é %}{% _text 1 %}", &["é", "{ { } }}"]),
            ("", "", &[]),
        ] {
            let texts = texts.iter().map(|&text| text.to_owned()).collect();
            assert_eq!(as_tags(template), Some(Tags { source: source.to_owned(), texts }), "{template}");
        }
        for odd in [
            "a{{ b",
            "{{ x %}\"{{ y }}\" }}",
            "{% comment %}{{ a }}",
            "{% raw %}",
            "{% _text 0 %}a",
            "{{ don't }}'{% if",
        ] {
            assert_eq!(as_tags(odd), None, "{odd}");
        }
    }
}
