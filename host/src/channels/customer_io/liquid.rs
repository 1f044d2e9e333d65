//! Texts where Customer.io expects templates: it runs every subject, title and body through Liquid, and a campaign's texts are no
//! templates. Whatever begins one is written as a literal that stands for itself.
//!
//! That a literal may hold such a beginning is how Liquid's own documentation shows it; Customer.io's Liquid is a make of its own,
//! where it is unconfirmed. Texts without `{{` and `{%`, almost all, go out as they are.

/// What begins a template: of one length.
const BEGINNINGS: [&str; 2] = ["{{", "{%"];

/// The text, so that Liquid gives it back as it was.
pub(super) fn literal(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = BEGINNINGS.iter().filter_map(|beginning| rest.find(beginning)).min() {
        let (before, from) = rest.split_at(start);
        let (beginning, after) = from.split_at(BEGINNINGS[0].len());
        written = written + before + "{{ '" + beginning + "' }}";
        rest = after;
    }
    written + rest
}

/// The plain text as HTML that looks the same.
pub(super) fn html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    escaped.replace('\n', "<br>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_a_template_stands_for_itself() {
        let check = |text: &str, written: &str| assert_eq!(literal(text), written, "{text}");
        check("20 % off {today}", "20 % off {today}");
        check("{{customer.email}}", "{{ '{{' }}customer.email}}");
        check("a {% raw %} b", "a {{ '{%' }} raw %} b");
        check("{{{ä{%", "{{ '{{' }}{ä{{ '{%' }}");
        check("", "");
    }

    #[test]
    fn a_text_becomes_html_that_says_nothing_else() {
        assert_eq!(html("a < b & \"c\"\n<script>"), "a &lt; b &amp; &quot;c&quot;<br>\n&lt;script&gt;");
    }
}
