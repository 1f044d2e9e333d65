//! What a tenant may set. Every key has a default, so that `{}` is a whole configuration. The doc
//! comments are what the tenant reads in the JSON Schema.

use rekindle_guest::{Error, Wait};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lines::Line;
use crate::template::Template;

/// The longest channel, audience or template name, in bytes: state carries the audience's.
const NAME_BYTES_MAX: usize = 100;

/// Abandoned cart in three lines of defence: a push, then an e-mail, then an ads audience.
///
/// Texts may hold the placeholders `{{items}}` (the names of all that is in the cart, five at most, and
/// how many more), `{{first_item}}`, `{{count}}` (pieces), `{{total}}` (with the currency; empty
/// when a price is not known) and `{{coupon}}`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Configuration {
    /// How long each line waits, unless it says otherwise itself.
    pub wait: Wait,
    /// The coupon that the texts offer. When it is empty, no text may speak of it.
    pub coupon: String,
    /// The first line: sent when nothing was ordered within the wait after the last product was added.
    pub push: PushLine,
    /// The second line: sent when the push was received and not opened within the wait.
    pub email: EmailLine,
    /// The third line: the person joins the audience when the e-mail was delivered and not opened within
    /// the wait, and leaves it with the next order.
    pub ads: AdsLine,
}

/// The first line.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PushLine {
    /// The channel that it goes out over.
    pub channel: Name,
    /// How long it waits; if missing, as long as the campaign says.
    pub wait: Option<Wait>,
    /// Its title.
    pub title: Template,
    /// Its text.
    pub body: Template,
    /// Where a tap leads.
    pub deep_link: Option<Template>,
}

/// The second line.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EmailLine {
    /// The channel that it goes out over.
    pub channel: Name,
    /// How long it waits; if missing, as long as the campaign says.
    pub wait: Option<Wait>,
    /// Its subject.
    pub subject: Template,
    /// Its text, plain.
    pub body: Template,
    /// A template at the provider, in the place of the text; it is given the cart as data.
    pub template: Option<Name>,
}

/// The third line.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdsLine {
    /// The channel that it goes out over.
    pub channel: Name,
    /// How long it waits; if missing, as long as the campaign says.
    pub wait: Option<Wait>,
    /// The audience's name or id at the provider.
    pub audience: Name,
}

/// The name of a channel, an audience or a template: never empty, at most 100 bytes.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Name(#[schemars(length(min = 1, max = 100))] String);

impl Configuration {
    /// How long the line waits.
    pub(crate) fn wait(&self, line: Line) -> Wait {
        let own = match line {
            Line::Push => self.push.wait,
            Line::Email => self.email.wait,
            Line::Ads => self.ads.wait,
        };
        own.unwrap_or(self.wait)
    }

    /// The channel that the line goes out over.
    pub(crate) fn channel(&self, line: Line) -> &str {
        match line {
            Line::Push => self.push.channel.as_str(),
            Line::Email => self.email.channel.as_str(),
            Line::Ads => self.ads.channel.as_str(),
        }
    }

    /// No text may offer a coupon that there is none of.
    pub(crate) fn check_coupon(&self) -> Result<(), Error> {
        let texts = [
            ("push.title", Some(&self.push.title)),
            ("push.body", Some(&self.push.body)),
            ("push.deep_link", self.push.deep_link.as_ref()),
            ("email.subject", Some(&self.email.subject)),
            ("email.body", Some(&self.email.body)),
        ];
        let offer = texts.iter().find(|(_, text)| text.is_some_and(Template::speaks_of_coupon));
        match offer {
            Some((path, _)) if self.coupon.is_empty() => Err(Error::new(format!(
                "configuration at `{path}`: the text speaks of `{{{{coupon}}}}`, and `coupon` is empty; set it, or \
                 write a text without it"
            ))),
            _ => Ok(()),
        }
    }
}

impl Name {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A name that this crate itself gives as a default.
    fn preset(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        if name.trim().is_empty() {
            return Err("a name is needed here, and this one is empty".to_owned());
        }
        if name.len() > NAME_BYTES_MAX {
            return Err(format!("a name of {} bytes is too long; at most {NAME_BYTES_MAX}", name.len()));
        }
        Ok(Self(name))
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            wait: Wait::hours(1),
            coupon: "COMEBACK10".to_owned(),
            push: PushLine::default(),
            email: EmailLine::default(),
            ads: AdsLine::default(),
        }
    }
}

impl Default for PushLine {
    fn default() -> Self {
        Self {
            channel: Name::preset("push"),
            wait: None,
            title: Template::preset("You left something behind"),
            body: Template::preset("Still in your cart: {{items}}. Take {{coupon}} at the checkout."),
            deep_link: None,
        }
    }
}

impl Default for EmailLine {
    fn default() -> Self {
        Self {
            channel: Name::preset("email"),
            wait: None,
            subject: Template::preset("Your cart is waiting: {{first_item}}"),
            body: Template::preset(
                "Hello,\n\nthis is still in your cart: {{items}}.\n\nUse the coupon {{coupon}} at the checkout.",
            ),
            template: None,
        }
    }
}

impl Default for AdsLine {
    fn default() -> Self {
        Self { channel: Name::preset("ads"), wait: None, audience: Name::preset("abandoned-cart") }
    }
}
