//! From a template and values to the texts of a message. Pure: the same template, values and moment give the same texts.

use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;

use liquid_core::error::Error;
use liquid_core::model::{KString, Object, Value};
use liquid_core::parser;
use liquid_core::runtime::{RuntimeBuilder, Template};
use liquid_core::{Language, Renderable, Runtime};

use crate::document::{Document, Line};
use crate::echo::{Escaping, Texts, Writing, escaped};
use crate::language::language;
use crate::lenient::{Lenient, Missing};
use crate::outputs::{self, Tags};

/// The most bytes of all texts of a message. Mail programs cut what is longer than 102 KB.
const RENDERED_BYTES_MAX: usize = 256 << 10;
/// The member of the head that stands in front of the body's text, where mail programs show its beginning.
const PREHEADER: &str = "preheader";

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// What is written of values is escaped.
    Html,
    /// It is not.
    Text,
}

/// A message's texts.
#[derive(Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The head's, by name.
    pub head: Vec<(String, String)>,
    /// The text below the head.
    pub body: String,
    /// What the template asked for and was not there.
    pub missing: Vec<String>,
}

/// Whether a text is a template; the names in its head where it is. The error names the place and says what would do.
pub fn check(template: &str, form: Form) -> Result<Vec<String>, String> {
    let (document, language) = (Document::read(template)?, language());
    for line in &document.head {
        Ready::of_line(line, &language)?;
    }
    Ready::of_body(&document, form, &language)?;
    Ok(document.head.iter().map(|line| line.name.to_owned()).collect())
}

/// Renders a template. `values` is a JSON object, with the moment as `now`. A member of the head is a variable to what follows.
pub fn render(template: &str, form: Form, values: &str) -> Result<Rendered, String> {
    let document = Document::read(template)?;
    let values: Object = serde_json::from_str(values).map_err(|err| format!("the values are no JSON object: {err}"))?;
    let language = language();
    let mut printing = Printing { values, missing: Missing::default(), bytes_left: RENDERED_BYTES_MAX };
    let mut head = Vec::with_capacity(document.head.len());
    for line in &document.head {
        // Headers are of one line, whatever a person is called.
        let text = printing.print(Ready::of_line(line, &language)?)?.replace(['\r', '\n'], " ");
        printing.values.insert(KString::from_ref(line.name), Value::scalar(text.clone()));
        head.push((line.name.to_owned(), text));
    }
    let mut body = printing.print(Ready::of_body(&document, form, &language)?)?;
    if form == Form::Html
        && let Some(at) = head.iter().position(|(name, _)| name == PREHEADER)
    {
        let hidden = hidden(&head.remove(at).1);
        printing.pay(hidden.len())?;
        body.insert_str(beginning(&body), &hidden);
    }
    Ok(Rendered { head, body, missing: printing.missing.take() })
}

/// A template that was read, and where it stands.
struct Ready {
    place: String,
    form: Form,
    source: String,
    template: Template,
    texts: Vec<String>,
}

impl Ready {
    fn of_line(line: &Line<'_>, language: &Language) -> Result<Self, String> {
        Self::read(line.text, Form::Text, format!("`{}` in line {}", line.name, line.number), language)
    }

    fn of_body(document: &Document<'_>, form: Form, language: &Language) -> Result<Self, String> {
        let place = match document.body_line {
            1 => "the template".to_owned(),
            line => format!("the body, whose first line is line {line}"),
        };
        Self::read(document.body, form, place, language)
    }

    /// What cannot be read is read again as it was written, so that the error shows that.
    fn read(text: &str, form: Form, place: String, language: &Language) -> Result<Self, String> {
        let tags = outputs::as_tags(text).ok_or_else(|| "a mark of Liquid's stands where none should".to_owned());
        let read = tags.and_then(|Tags { source, texts }| match parser::parse(&source, language) {
            Ok(elements) => Ok((Template::new(elements), texts)),
            Err(err) => Err(words_of_reading(&err)),
        });
        // What the library makes of some texts that are no Liquid in part ends it.
        let read_whole = || parser::parse(text, language).err();
        let as_written = |words| match outputs::is_liquid(text).then(read_whole).flatten() {
            Some(err) => words_of_reading(&err),
            None => words,
        };
        let (template, texts) = read.map_err(|words| format!("{place}: {}", as_written(words)))?;
        Ok(Self { place, form, source: text.to_owned(), template, texts })
    }
}

/// What one message's texts are printed with.
struct Printing {
    values: Object,
    missing: Missing,
    bytes_left: usize,
}

impl Printing {
    fn print(&mut self, ready: Ready) -> Result<String, String> {
        let Ready { place, form, source, template, texts } = ready;
        let runtime = RuntimeBuilder::new().set_globals(&self.values).build();
        self.missing.template = source;
        let writing = Writing { escapes: form == Form::Html, ..Writing::default() };
        let mut paper = Paper::new(self.bytes_left, &writing);
        *runtime.registers().get_mut() = writing;
        *runtime.registers().get_mut() = Texts(texts);
        std::mem::swap(&mut *runtime.registers().get_mut(), &mut self.missing);
        let printed = template.render_to(&mut paper, &Lenient { runtime: &runtime, notes: true });
        std::mem::swap(&mut *runtime.registers().get_mut(), &mut self.missing);
        drop(runtime);
        self.pay(paper.bytes.len())?;
        printed.map_err(|err| format!("{place}: {}", words_of_rendering(&err)))?;
        String::from_utf8(paper.bytes).map_err(|err| err.to_string())
    }

    fn pay(&mut self, bytes: usize) -> Result<(), String> {
        let left = self.bytes_left.checked_sub(bytes);
        self.bytes_left =
            left.ok_or_else(|| format!("the message has more than {RENDERED_BYTES_MAX} bytes: write less"))?;
        Ok(())
    }
}

/// Takes so many bytes, and no more. In HTML, it escapes what it is not told to trust.
struct Paper {
    bytes: Vec<u8>,
    bytes_left: usize,
    escapes: bool,
    is_trusted: Rc<Cell<bool>>,
}

impl Paper {
    fn new(bytes_left: usize, writing: &Writing) -> Self {
        Self { bytes: Vec::new(), bytes_left, escapes: writing.escapes, is_trusted: Rc::clone(&writing.is_trusted) }
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.escapes && !self.is_trusted.get() {
            true => Escaping(&mut self.bytes).write_all(bytes)?,
            false => self.bytes.extend_from_slice(bytes),
        }
        match self.bytes.len() <= self.bytes_left {
            true => Ok(bytes.len()),
            false => Err(io::ErrorKind::FileTooLarge.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The library's words of a text that it cannot read: they show the text.
fn words_of_reading(err: &Error) -> String {
    let err = err.to_string();
    let is_told = |line: &&str| line.trim() != "with:" && !line.trim_start().starts_with("available");
    let lines = err.lines().filter(is_told).map(|line| line.trim_start_matches("liquid: ").trim_end());
    lines.collect::<Vec<_>>().join("\n").trim_start().to_owned()
}

/// The library's words of a rendering that failed: what it says in general, and where in the template. The rest repeats values, which are
/// the person's.
fn words_of_rendering(err: &Error) -> String {
    let err = err.to_string();
    let said = err.lines().next().unwrap_or_default().trim_start_matches("liquid: ");
    let said = said.split_once(", found `").map_or(said, |(said, _)| said);
    let is_place = |line: &&str| line.starts_with("from: {");
    let places: Vec<&str> = err.lines().filter(is_place).collect();
    [&[said], places.as_slice()].concat().join("\n")
}

/// What mail programs show beside the subject, hidden in the mail itself.
fn hidden(preheader: &str) -> String {
    let preheader = escaped(preheader.trim());
    match preheader.is_empty() {
        true => preheader,
        false => format!("<div style=\"display:none;max-height:0;overflow:hidden\">{preheader}</div>"),
    }
}

/// Where the body's content begins: behind its tag; without one, behind what makes a page of it.
fn beginning(html: &str) -> usize {
    let html = html.to_ascii_lowercase();
    let behind = |tag: &str| html.find(tag).and_then(|at| Some(at + html[at..].find('>')? + 1));
    behind("<body")
        .or_else(|| behind("</head"))
        .or_else(|| behind("<html"))
        .or_else(|| behind("<!doctype"))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn html(template: &str, values: &str) -> Result<Rendered, String> {
        render(template, Form::Html, values)
    }

    fn body(template: &str, values: &str) -> String {
        html(template, values).map_or_else(|err| err, |rendered| rendered.body)
    }

    const LETTER: &str = "---\nsubject: {{ person.name | default: 'friend' }}, {{ items | size }} waiting\n---\n\
        <ul>{% for item in items %}<li>{{ item.name }}{% unless forloop.last %},{% endunless %}</li>{% endfor %}</ul>\n\
        {% if coupon == 'A' %}A{% elsif coupon %}{{ coupon }}{% else %}none{% endif %}\n";

    #[test]
    fn a_letter() {
        let values = r#"{"person": {"name": "Ada & Co"}, "items": [{"name": "<mug>"}, {"name": "pot"}]}"#;
        let rendered = html(LETTER, values).unwrap();
        assert_eq!(rendered.head, [("subject".to_owned(), "Ada & Co, 2 waiting".to_owned())]);
        assert_eq!(rendered.body, "<ul><li>&lt;mug&gt;,</li><li>pot</li></ul>\nnone\n");
        assert_eq!(check(LETTER, Form::Html), Ok(vec!["subject".to_owned()]));
    }

    #[test]
    fn what_is_not_there_is_nothing_and_is_told() {
        let rendered = html(LETTER, r#"{"items": [{}]}"#).unwrap();
        assert_eq!(rendered.head[0].1, "friend, 1 waiting");
        assert_eq!(rendered.body, "<ul><li></li></ul>\nnone\n");
        assert_eq!(rendered.missing, ["item.name"], "what has a default is not missing, nor what is asked for");
        for (template, values) in [
            ("{% if a %}x{% endif %}", "{}"),
            ("{% unless a %}{% endunless %}", "{}"),
            ("{{ a.b | default: 'x' }}", "{}"),
            ("{{ a }}", r#"{"a": null}"#),
            ("{% if a contains 'x' %}{% endif %}{% if a == b.c or a != blank %}{% endif %}", "{}"),
            ("{% if a contains 'x' %}{% endif %}", r#"{"a": null}"#),
            ("{% case a %}{% when 1 %}{% endcase %}", "{}"),
            ("{{ a | capitalize | default: 'x' }}", "{}"),
        ] {
            assert_eq!(html(template, values).unwrap().missing, [] as [&str; 0], "{template}");
        }
        for (template, missing) in [
            ("{{ a.b[0].c }}", "a.b.0.c"),
            ("{% assign x = a.b %}{{ x }}", "a.b"),
            ("{% for x in a %}{% endfor %}", "a"),
            ("{% for x in (1..2) %}{{ x | plus: b.c }}{% endfor %}", "b.c"),
            ("{{ list[secret] }}{{ secret | size }}", "list.[…]"),
            ("{{ 'x' | append: a }}", "a"),
        ] {
            let rendered = html(template, r#"{"secret": "hush", "list": {}}"#).unwrap();
            assert_eq!(rendered.missing, [missing], "{template}");
        }
        let forgiven = html("{{ b }}{{ n | default: 'd' }}", r#"{"n": null}"#).unwrap();
        assert_eq!((forgiven.body.as_str(), forgiven.missing.as_slice()), ("d", &["b".to_owned()][..]));
    }

    #[test]
    fn nothing_makes_nothing_of_a_filter_that_wants_something() {
        for filters in
            ["times: 2", "plus: 1", "first", "join: ','", "map: 'x'", "where: 'x'", "round", "concat: b", "sort | last"]
        {
            assert_eq!(body(&format!("[{{{{ a | {filters} }}}}]"), "{}"), "[]", "{filters}");
        }
        assert_eq!(body("[{{ 3 | times: a }}{{ 'x' | append: a }}]", "{}"), "[x]");
        assert_eq!(body("[{{ 'x' | times: 2 }}]", "{}").lines().next(), Some("the template: Invalid argument"));
    }

    #[test]
    fn html_is_escaped_however_a_value_gets_there() {
        let values = r#"{"x": "<i>&", "list": ["<i>"], "object": {"<i>": "<i>"}}"#;
        for template in [
            "{{ x }}",
            "{{ x | append: x | upcase }}",
            "{{ x | escape | append: x }}",
            "{{ 'a' | replace: 'a', x }}",
            "{{ '&amp;' | append: x }}",
            "{% assign y = x %}{{ y }}",
            "{% capture y %}{{ x }}{% endcapture %}{{ y }}",
            "{% for y in list %}{{ y }}{% endfor %}",
            "{% for y in object %}{{ y[0] }}{{ y }}{% endfor %}",
            "{% comment %} it's {{ x's }} {% don't %}{% endcomment %}{{ x }}",
            "{% comment %}{% endcomment %}{{ x }}{% comment %}{{ can't }}{% endcomment %}",
            "{% raw %}'{% endraw %}{{ x }}{% raw %}{{ '{% endraw %}",
            "{% cycle x, x %}",
            "{% echo x %}",
            "{{ list }}{{ object }}{{ list | join: x }}",
            "{{ x | raw }}{{ x }}{{ x | append: x }}",
            "{%- if x -%}{{- x -}}{%- endif -%}",
        ] {
            let written = body(template, values);
            let as_it_is = template.matches("| raw").count();
            assert!(written.contains("&lt;") || written.contains("&LT;"), "{template}: {written}");
            assert_eq!(written.matches("<i>").count(), as_it_is, "{template}: {written}");
        }
        let text = render("{{ x }}", Form::Text, values).unwrap();
        assert_eq!(text.body, "<i>&");
        assert_eq!(body("{% capture y %}{{ x }}{% endcapture %}{{ y }}", values), "&lt;i&gt;&amp;", "once");
        assert_eq!(body("{% raw %}{{ x }}{% endraw %}", values), "{{ x }}");
    }

    #[test]
    fn the_head_is_variables_to_what_follows_and_the_preheader_is_hidden_in_front() {
        let template = "---\nunsubscribe_url: https://example.com/u?p={{ id | url_encode }}\npreheader: 3 < 4\n---\n\
            <html><Body class=\"x\"><a href=\"{{ unsubscribe_url }}\">leave</a></body></html>";
        let rendered = html(template, r#"{"id": "a b"}"#).unwrap();
        assert_eq!(rendered.head, [("unsubscribe_url".to_owned(), "https://example.com/u?p=a%20b".to_owned())]);
        assert_eq!(
            rendered.body,
            "<html><Body class=\"x\"><div style=\"display:none;max-height:0;overflow:hidden\">3 &lt; 4</div>\
             <a href=\"https://example.com/u?p=a%20b\">leave</a></body></html>"
        );
    }

    #[test]
    fn now_is_the_messages() {
        let noon = r#"{"now": "2026-03-01T12:00:00Z"}"#;
        assert_eq!(body("{{ 'now' | date: '%Y-%m-%d %H:%M' }} {{ now | date: '%B' }}", noon), "2026-03-01 12:00 March");
        let when = r#"{"when": "2025-12-24T18:05:06.789+01:00"}"#;
        assert_eq!(
            body("{{ when | date: '%d.%m. %H:%M:%S %z' }}", when),
            "24.12. 18:05:06 +0100",
            "as RFC 3339 has it"
        );
        assert_eq!(body("{{ '2025-12-24' | date: '%d.%m.' }} {{ 1766599506 | date: '%Y' }}", "{}"), "24.12. 2025");
    }

    #[test]
    fn errors_name_the_place_and_repeat_no_values() {
        use expect_test::expect;
        let told = |template: &str| body(template, r#"{"name": "hush\nhush", "list": {"hush": 1}}"#);
        let all = [
            "Hello {{ name",
            "---\nsubject: {{ name | shout }}\n---\n",
            "---\nsubject: x\n---\n\n{% if %}x{% endif %}",
            "{% for x in name %}{% endfor %}",
            "{% for x in (1..name) %}{% endfor %}",
            "{{ name | join: name }}",
            "{{ list[list] }}",
            "{{ x %}'{{ name }}' }}",
            "{% if name %}",
            "{{ name | times: 2 }}",
            "{% include 'other' %}",
            "{{ 'x' | date: '%Q%8' }}{{ '2025-12-24' | date: '%!' }}",
        ]
        .map(told)
        .join("\n\n");
        assert!(!all.contains("hush"), "{all}");
        expect![[r#"
            the template: --> 1:10
              |
            1 | Hello {{ name
              |          ^---
              |
              = expected Literal

            `subject` in line 2: Unknown filter
                requested filter=shout

            the body, whose first line is line 4: --> 2:6
              |
            2 | {% if %}x{% endif %}
              |      ^---
              |
              = Value expected.

            the template: Expected array

            the template: Expected whole number
            from: {% for x in (1..name)  %}

            the template: Invalid input
            from: {{ name | join : name }}

            the template: Expected scalar
            from: {{ list[list] |  }}

            the template: --> 1:4
              |
            1 | {{ x %}'{{ name }}' }}
              |    ^---
              |
              = expected Literal

            the template: --> 1:14
              |
            1 |
              | ^
              |
              = Unclosed block. {% endif %} tag expected.

            the template: Invalid argument
            from: {{ name | times : 2 }}

            the template: --> 1:4
              |
            1 | {% include 'other' %}
              |    ^-----^
              |
              = Unknown tag.
                requested=include

            the template: The format of a date is none that `strftime` knows
            from: {{ "2025-12-24" | date : "%!" }}"#]]
        .assert_eq(&all);
    }

    /// As the library writes it, which reads outputs and texts itself.
    fn by_the_library(template: &str, values: &Object) -> String {
        let elements = Template::new(parser::parse(template, &language()).unwrap());
        let runtime = RuntimeBuilder::new().set_globals(values).build();
        let mut written = Vec::new();
        elements.render_to(&mut written, &Lenient { runtime: &runtime, notes: true }).unwrap();
        String::from_utf8(written).unwrap()
    }

    fn piece() -> impl Strategy<Value = String> {
        let text = prop::collection::vec(
            prop::sample::select(&[" ", "\n", "  ", "a", "é", "}", "{ ", "%}", "-", "\r\n", "\""]),
            0..6,
        );
        let text = text.prop_map(|parts| parts.concat());
        let output = (
            any::<bool>(),
            any::<bool>(),
            prop::sample::select(&["a", "b.c", "list | join: '}}'", "'%}' | append: \"{{\"", "none"]),
        )
            .prop_map(|(opens, closes, value)| format!("{{{{{} {value} {}}}}}", dash(opens), dash(closes)));
        prop_oneof![text, output].boxed().prop_recursive(3, 24, 4, |inner| {
            let body = prop::collection::vec(inner, 0..4).prop_map(|pieces| pieces.concat());
            let tags = prop::sample::select(&[
                ("if a", "endif"),
                ("unless a", "endunless"),
                ("for x in list", "endfor"),
                ("raw", "endraw"),
                ("comment", "endcomment"),
                ("capture b", "endcapture"),
                ("if none %}{% else", "endif"),
                ("case a %}\n{% when 1", "endcase"),
            ]);
            (tags, any::<[bool; 4]>(), body).prop_map(|((start, end), [a, b, c, d], body)| {
                // In a raw text, the library leaves blanks behind what looks like a tag with a dash.
                let c = c && start != "raw";
                format!("{{%{} {start} {}%}}{body}{{%{} {end} {}%}}", dash(a), dash(b), dash(c), dash(d))
            })
        })
    }

    fn dash(is_there: bool) -> &'static str {
        if is_there { "-" } else { "" }
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_the_library_writes(pieces in prop::collection::vec(piece(), 0..6)) {
            let (template, values) = (pieces.concat(), r#"{"a": 1, "b": {"c": "<&>"}, "list": ["x", "y"]}"#);
            let known: Object = serde_json::from_str(values).unwrap();
            prop_assume!(parser::parse(&template, &language()).is_ok() && !template.starts_with("---"));
            let rendered = render(&template, Form::Text, values).unwrap();
            prop_assert_eq!(rendered.body, by_the_library(&template, &known));
        }

        #[test]
        fn no_value_is_written_as_it_is(pieces in prop::collection::vec(prop_oneof![
            piece(),
            prop::sample::select(&["'", "\"", "{{", "}}", "{%", "%}", "{% comment %}", "{% endcomment %}", "{% raw %}", "{% endraw %}", "{{ a %}"]).prop_map(str::to_owned),
        ], 0..9)) {
            let (template, values) = (pieces.concat(), r#"{"a": "<i>", "b": {"c": "<i>"}, "list": ["<i>", "<i>"], "none": "<i>"}"#);
            if let Ok(rendered) = render(&template, Form::Html, values) {
                prop_assert!(!rendered.body.contains("<i>"), "{}", rendered.body);
            }
        }
    }

    #[test]
    fn a_message_has_so_many_bytes() {
        let told = body("{% for x in (1..100000) %}0123456789{% endfor %}", "{}");
        assert_eq!(told, "the message has more than 262144 bytes: write less");
    }
}
