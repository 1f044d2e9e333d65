//! The messaging objects of `messages/send`: a push message for both platforms or for the web, or an e-mail.
//!
//! `data` goes along as texts (`extra`, `extras`): Braze has no properties for a person in this call, so templates at Braze see none of
//! it.

use serde_json::{Value, json};

use super::liquid::literal;
use super::settings::Settings;
use crate::channels::content::{Content, as_text, refused};
use crate::channels::properties::{Properties, data, names};
use crate::channels::{Message, Receipt};

/// The channel whose push messages go to browsers.
const WEB_PUSH: &str = "web-push";
/// What Apple's notifications keep for themselves: Braze refuses a message that has them.
const RESERVED: [&str; 2] = ["ab", "aps"];
/// By the ending of an image's address, what Apple's devices are told that it is.
const IMAGES: &[(&str, &str)] = &[(".png", "png"), (".jpg", "jpg"), (".jpeg", "jpg"), (".gif", "gif")];

pub(super) fn messages(settings: &Settings, message: &Message, content: &Content) -> Result<Value, Receipt> {
    match content.text("subject")? {
        Some(subject) => email(settings, message, content, subject),
        None => push(message, content),
    }
}

fn push(message: &Message, content: &Content) -> Result<Value, Receipt> {
    let (Some(title), Some(body)) = (content.text("title")?, content.text("body")?) else {
        return Err(refused(
            "the content should have `title` and `body`, or `subject`, or else name a `campaign_id`, `canvas_id` or `event` under `braze`",
        ));
    };
    let push = Push {
        title: literal(title),
        body: literal(body),
        deep_link: content.text("deep_link")?.map(literal),
        image: content.text("image")?.map(literal),
        extra: extra(message, content)?,
    };
    match message.channel.as_str() {
        WEB_PUSH => Ok(json!({"web_push": push.web()})),
        _ if RESERVED.iter().any(|name| push.extra.contains_key(*name)) => {
            Err(refused("the content's `data` should have no member `ab` or `aps`"))
        }
        _ => Ok(json!({"android_push": push.android(), "apple_push": push.apple()})),
    }
}

struct Push {
    title: String,
    body: String,
    deep_link: Option<String>,
    image: Option<String>,
    extra: Properties,
}

impl Push {
    fn apple(&self) -> Value {
        // An image whose kind nobody knows is left out: Braze wants to be told.
        let image = self.image.as_deref().and_then(|url| Some((url, image_kind(url)?)));
        present(json!({
            "alert": {"title": self.title, "body": self.body},
            "custom_uri": self.deep_link,
            "asset_url": image.map(|(url, _)| url),
            "asset_file_type": image.map(|(_, kind)| kind),
            "extra": self.extra,
        }))
    }

    fn android(&self) -> Value {
        let mut extra = self.extra.clone();
        if let Some(image) = &self.image {
            extra.insert("appboy_image_url".to_owned(), image.as_str().into());
        }
        present(json!({"title": self.title, "alert": self.body, "custom_uri": self.deep_link, "extra": extra}))
    }

    fn web(&self) -> Value {
        present(json!({
            "title": self.title,
            "alert": self.body,
            "custom_uri": self.deep_link,
            "large_image_url": self.image,
            "extra": self.extra,
        }))
    }
}

fn image_kind(url: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next()?.to_lowercase();
    IMAGES.iter().find(|(ending, _)| path.ends_with(ending)).map(|(_, kind)| *kind)
}

fn email(settings: &Settings, message: &Message, content: &Content, subject: &str) -> Result<Value, Receipt> {
    let Some(sender) = &settings.sender else {
        return Err(refused(
            "e-mail needs the settings `app_id` and `from`, or a `campaign_id` under the content's `braze`",
        ));
    };
    let (body, template) = (content.text("body")?, content.text("template")?);
    let html = content.text("html")?.map(literal).or(body.map(html));
    if html.is_none() && template.is_none() {
        return Err(refused("the content should have a `body` or a `template`"));
    }
    let from =
        crate::channels::email::sender(content)?.map_or_else(|| sender.from.clone(), |sender| sender.to_string());
    let email = json!({
        "app_id": sender.app_id,
        "from": from,
        "subject": literal(subject),
        "email_template_id": template,
        // A body takes the place of the template's.
        "body": html.filter(|_| template.is_none()),
        "plaintext_body": body.map(literal),
        "extras": extra(message, content)?,
    });
    Ok(json!({"email": present(email)}))
}

/// A plain text as HTML, which Braze requires of a body.
fn html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    literal(&escaped).replace('\n', "<br>\n")
}

/// Keys and values that come along: texts only.
fn extra(message: &Message, content: &Content) -> Result<Properties, Receipt> {
    let mut extra = data(content)?;
    extra.values_mut().for_each(|value| *value = literal(&as_text(value)).into());
    extra.extend(names(message));
    Ok(extra)
}

/// An object without the members that have no value.
fn present(mut object: Value) -> Value {
    object.as_object_mut().into_iter().for_each(|members| members.retain(|_, value| !value.is_null()));
    object
}
