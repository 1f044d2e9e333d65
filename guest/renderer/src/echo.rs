//! What a template writes of values: escaped in HTML, unless the template says `raw`. The paper escapes whatever it is given by others
//! than the tags of this file, so that no way around them leads to it.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Write};
use std::rc::Rc;
use std::str;

use liquid_core::error::{ResultLiquidExt, ResultLiquidReplaceExt};
use liquid_core::parser::FilterChain;
use liquid_core::{Error, Language, ParseTag, Renderable, Result, Runtime, TagReflection, TagTokenIter, ValueView};

use crate::outputs::TEXT;

/// How values are written.
#[derive(Default)]
pub(crate) struct Writing {
    /// The text is HTML.
    pub(crate) escapes: bool,
    /// The value that is written went through the filter `raw`.
    pub(crate) is_raw: bool,
    /// What is written now is as it should be.
    pub(crate) is_trusted: Rc<Cell<bool>>,
}

/// Writes what is as it should be.
fn write_trusted(writer: &mut dyn Write, runtime: &dyn Runtime, text: &str) -> Result<()> {
    let is_trusted = Rc::clone(&runtime.registers().get_mut::<Writing>().is_trusted);
    is_trusted.set(true);
    let written = writer.write_all(text.as_bytes());
    is_trusted.set(false);
    written.replace("Failed to render")
}

/// `{% echo … %}`, and so `{{ … }}`.
#[derive(Clone, Copy)]
pub(crate) struct EchoTag;

impl TagReflection for EchoTag {
    fn tag(&self) -> &str {
        "echo"
    }

    fn description(&self) -> &str {
        "writes a value"
    }
}

impl ParseTag for EchoTag {
    fn parse(&self, mut arguments: TagTokenIter<'_>, options: &Language) -> Result<Box<dyn Renderable>> {
        let value = arguments.expect_next("Value expected.")?.expect_filter_chain(options).into_result()?;
        arguments.expect_nothing()?;
        Ok(Box::new(Echo(value)))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self
    }
}

#[derive(Debug)]
struct Echo(FilterChain);

impl Renderable for Echo {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        runtime.registers().get_mut::<Writing>().is_raw = false;
        let value = self.0.evaluate(runtime).trace_with(|| format!("{{{{ {} }}}}", self.0).into())?;
        let Writing { escapes, is_raw, .. } = *runtime.registers().get_mut::<Writing>();
        let text = value.render().to_string();
        write_trusted(writer, runtime, &if escapes && !is_raw { escaped(&text) } else { text })
    }
}

/// The texts that stand between the tags.
#[derive(Default)]
pub(crate) struct Texts(pub(crate) Vec<String>);

/// Writes one of them.
#[derive(Clone, Copy)]
pub(crate) struct TextTag;

impl TagReflection for TextTag {
    fn tag(&self) -> &str {
        TEXT
    }

    fn description(&self) -> &str {
        "writes a text"
    }
}

impl ParseTag for TextTag {
    fn parse(&self, mut arguments: TagTokenIter<'_>, _: &Language) -> Result<Box<dyn Renderable>> {
        let number = arguments.expect_next("Number expected.")?.expect_literal().into_result()?;
        arguments.expect_nothing()?;
        let number =
            number.as_scalar().and_then(|number| number.to_integer()).and_then(|number| number.try_into().ok());
        number
            .map(|number| Box::new(TextAt(number)) as Box<dyn Renderable>)
            .ok_or_else(|| Error::with_msg("Number expected."))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self
    }
}

#[derive(Debug)]
struct TextAt(usize);

impl Renderable for TextAt {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let text = runtime.registers().get_mut::<Texts>().0.get(self.0).cloned().unwrap_or_default();
        write_trusted(writer, runtime, &text)
    }
}

/// A tag that writes values by itself, made to escape them in HTML.
#[derive(Clone)]
pub(crate) struct Escaped(pub(crate) Box<dyn ParseTag>);

impl ParseTag for Escaped {
    fn parse(&self, arguments: TagTokenIter<'_>, options: &Language) -> Result<Box<dyn Renderable>> {
        Ok(Box::new(EscapedElement(self.0.parse(arguments, options)?)))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self.0.reflection()
    }
}

struct EscapedElement(Box<dyn Renderable>);

impl fmt::Debug for EscapedElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Renderable for EscapedElement {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let escapes = runtime.registers().get_mut::<Writing>().escapes;
        match escapes {
            true => self.0.render_to(&mut Escaping(writer), runtime),
            false => self.0.render_to(writer, runtime),
        }
    }
}

/// Escapes each text that is written at once.
pub(crate) struct Escaping<'w>(pub(crate) &'w mut dyn Write);

impl Write for Escaping<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = str::from_utf8(bytes).map_err(|err| io::Error::new(io::ErrorKind::InvalidData, err))?;
        self.0.write_all(escaped(text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The text as HTML shows it. What is escaped already stays, so that a template's own `escape`, or a capture, is not escaped twice.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '&' if !begins_entity(&text[at + 1..]) => escaped.push_str("&amp;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Letters and digits, or `#` and a number, up to a semicolon.
fn begins_entity(text: &str) -> bool {
    /// The longest name, `CounterClockwiseContourIntegral`, has 31.
    const NAME_BYTES_MAX: usize = 32;
    let Some(end) = text.bytes().take(NAME_BYTES_MAX + 1).position(|byte| byte == b';') else { return false };
    let (name, is_fit): (_, fn(&u8) -> bool) = match text[..end].strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(number) => (number, u8::is_ascii_hexdigit),
            None => (number, u8::is_ascii_digit),
        },
        None => (&text[..end], u8::is_ascii_alphanumeric),
    };
    !name.is_empty() && name.as_bytes().iter().all(is_fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_html_would_read_is_escaped_once() {
        for (text, html) in [
            ("<b a=\"x\">'&'</b>", "&lt;b a=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/b&gt;"),
            ("&lt;b&gt; &amp; &#39; &#39x; &;", "&lt;b&gt; &amp; &#39; &amp;#39x; &amp;;"),
            ("a & b; c", "a &amp; b; c"),
            ("é & ü;", "é &amp; ü;"),
            ("&frac12;&#8212;&#x2014;", "&frac12;&#8212;&#x2014;"),
            ("&", "&amp;"),
        ] {
            assert_eq!(escaped(text), html);
            assert_eq!(escaped(html), html, "what is escaped stays");
        }
    }
}
