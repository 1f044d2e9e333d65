//! Braze renders texts as Liquid templates, which can fetch from anywhere and read all that it knows of the person. What a message
//! says may come from outside (an item's name, a trait), and the contract knows no templates: so a text says what it says.
//!
//! Unconfirmed: that the texts of `messages/send` are rendered, as those of campaigns are. If they are not, braces are shown with these
//! signs around them.

/// A template that renders to the text.
pub(super) fn literal(text: &str) -> String {
    let mut template = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = opening(rest) {
        let (before, after) = rest.split_at(at);
        let (opening, after) = after.split_at(2);
        template.push_str(before);
        template.push_str("{{ '");
        template.push_str(opening);
        template.push_str("' }}");
        rest = after;
    }
    template.push_str(rest);
    template
}

/// Where the first tag or output begins.
fn opening(text: &str) -> Option<usize> {
    [text.find("{{"), text.find("{%")].into_iter().flatten().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_a_tag_is_shown() {
        let check = |text: &str, template: &str| assert_eq!(literal(text), template);
        check("Ada's {cart}: 50 % }} off", "Ada's {cart}: 50 % }} off");
        check("{{${email_address}}}", "{{ '{{' }}${email_address}}}");
        check("ä{% connected_content http://x/ %}", "ä{{ '{%' }} connected_content http://x/ %}");
        check("{{{%", "{{ '{{' }}{{ '{%' }}");
        check("{{%", "{{ '{{' }}%");
    }
}
