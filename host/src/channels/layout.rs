//! How templates and contents go together: which texts of a channel a template may say, what it may speak of, and where in the content
//! its texts belong.

use serde_json::{Map, Value};

use super::Message;
use crate::domain::{Json, Rendered, TextForm, Timestamp};

/// The member of a content that names a template.
pub(super) const TEMPLATE: &str = "template";
/// The member with the template's values.
const DATA: &str = "data";
/// The member with the address at which one click ends the messages.
const UNSUBSCRIBE_URL: &str = "unsubscribe_url";

/// What a channel's templates are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// What the body is.
    pub form: TextForm,
    /// The content's member that the body becomes.
    body: &'static str,
    /// The content's members that may stand in the head; none where any may.
    head: Option<&'static [&'static str]>,
}

/// What templates of that channel are like.
pub fn layout(channel: &str) -> Layout {
    let plain = |head| Layout { form: TextForm::Plain, body: "body", head };
    match channel {
        "email" => Layout {
            form: TextForm::Html,
            body: "html",
            head: Some(&["subject", "sender", "preheader", "body", UNSUBSCRIBE_URL]),
        },
        "push" | "web-push" => plain(Some(&["title", "deep_link", "image"])),
        "sms" => plain(Some(&[])),
        _ => plain(None),
    }
}

impl Layout {
    /// Whether these names may stand in a head.
    pub fn check_head(&self, names: &[String]) -> Result<(), String> {
        let Some(known) = self.head else { return Ok(()) };
        let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
        let known = if known.is_empty() { "nothing".to_owned() } else { format!("`{}`", known.join("`, `")) };
        Err(format!("`{name}` in the head is no text of this channel's: {known} may stand there"))
    }

    /// The content with the rendered texts in it, in place of the template and its values.
    pub fn fill(&self, content: &Json, rendered: Rendered) -> Json {
        let mut members = object(content);
        members.remove(TEMPLATE);
        members.remove(DATA);
        let texts = rendered.head.into_iter().chain([(self.body.to_owned(), rendered.body)]);
        members.extend(texts.map(|(name, text)| (name, Value::from(text))));
        Json::from(&Value::Object(members))
    }
}

/// What a template may speak of.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// The content, whose `data` stands under its own names.
    pub content: &'a Json,
    /// What the tenant calls the person.
    pub person: &'a str,
    /// What is known of the person, as one object.
    pub traits: Option<&'a Json>,
    /// The campaign that instructed the message.
    pub campaign: &'a str,
    /// The campaign's step.
    pub step: &'a str,
    /// The channel.
    pub channel: &'a str,
    /// The message's id.
    pub message_id: &'a str,
    /// The only clock there is.
    pub now: Timestamp,
}

impl<'a> Occasion<'a> {
    pub(super) fn of(message: &'a Message) -> Self {
        Self {
            content: &message.content,
            person: message.user_id.as_deref().unwrap_or(message.profile.as_str()),
            traits: message.traits.as_ref(),
            campaign: message.campaign.as_str(),
            step: &message.step,
            channel: &message.channel,
            message_id: message.id.as_str(),
            now: message.at,
        }
    }

    /// All of it by the names under which templates know it, as one object.
    pub fn values(&self) -> Json {
        let content = object(self.content);
        let mut values = content.get(DATA).and_then(Value::as_object).cloned().unwrap_or_default();
        let mut person = self.traits.map(object).unwrap_or_default();
        person.insert("id".to_owned(), self.person.into());
        let own = [
            ("person", Value::Object(person)),
            ("campaign", self.campaign.into()),
            ("step", self.step.into()),
            ("channel", self.channel.into()),
            ("message_id", self.message_id.into()),
            ("now", self.now.to_string().into()),
        ];
        let unsubscribe_url = content.get(UNSUBSCRIBE_URL).cloned().map(|url| (UNSUBSCRIBE_URL, url));
        values.extend(own.into_iter().chain(unsubscribe_url).map(|(name, value)| (name.to_owned(), value)));
        Json::from(&Value::Object(values))
    }
}

pub(super) fn object(document: &Json) -> Map<String, Value> {
    match document.value() {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_says_what_may_stand_in_a_head() {
        let refused = |channel, name: &str| layout(channel).check_head(&[name.to_owned()]).unwrap_err();
        let told = "`title` in the head is no text of this channel's: \
                    `subject`, `sender`, `preheader`, `body`, `unsubscribe_url` may stand there";
        assert_eq!(refused("email", "title"), told);
        assert_eq!(
            refused("sms", "title"),
            "`title` in the head is no text of this channel's: nothing may stand there"
        );
        assert_eq!(layout("push").check_head(&["title".to_owned()]), Ok(()));
        assert_eq!(layout("carrier-pigeon").check_head(&["anything".to_owned()]), Ok(()));
    }
}
