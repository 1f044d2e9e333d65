//! The three lines of defence, and what each of them says.

use rekindle_guest::{Ads, AdsAction, Email, Instruction, Push};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::ThreeLines;
use crate::cart::{Cart, Item};
use crate::template::{Template, Values};

/// The step with which a person leaves the audience.
pub(crate) const ADS_REMOVE: &str = "ads-remove";

/// How many products `{{items}}` names.
const NAMES_MAX: usize = 5;

/// A line of defence. Its name is that of its step, and of the timer that waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Line {
    Push,
    Email,
    Ads,
}

impl Line {
    pub(crate) const ALL: [Self; 3] = [Self::Push, Self::Email, Self::Ads];

    pub(crate) const fn step(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Email => "email",
            Self::Ads => "ads",
        }
    }

    pub(crate) fn named(step: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|line| line.step() == step)
    }

    /// The line behind this one.
    pub(crate) const fn next(self) -> Option<Self> {
        match self {
            Self::Push => Some(Self::Email),
            Self::Email => Some(Self::Ads),
            Self::Ads => None,
        }
    }
}

impl ThreeLines {
    pub(crate) fn push(&self, cart: &Cart) -> Instruction {
        let line = &self.configuration.push;
        let values = self.values(cart);
        let push = Push {
            title: line.title.render(&values),
            body: line.body.render(&values),
            deep_link: line.deep_link.as_ref().map(|link: &Template| link.render(&values)),
            image: cart.items().iter().find_map(|item| item.image_url.clone()),
            data: self.data(cart),
        };
        Instruction::new(Line::Push.step()).deliver_over(line.channel.as_str(), &push)
    }

    pub(crate) fn email(&self, cart: &Cart) -> Instruction {
        let line = &self.configuration.email;
        let values = self.values(cart);
        let template = line.template.as_ref().map(|name| name.as_str().to_owned());
        let email = Email {
            subject: line.subject.render(&values),
            body: template.is_none().then(|| line.body.render(&values)),
            template,
            data: self.data(cart),
        };
        Instruction::new(Line::Email.step()).deliver_over(line.channel.as_str(), &email)
    }

    pub(crate) fn ads(&self, action: AdsAction, audience: &str) -> Instruction {
        let step = match action {
            AdsAction::Add => Line::Ads.step(),
            AdsAction::Remove => ADS_REMOVE,
        };
        let membership = Ads { action, audience: audience.to_owned() };
        Instruction::new(step).deliver_over(self.configuration.ads.channel.as_str(), &membership)
    }

    fn values(&self, cart: &Cart) -> Values {
        let first = cart.items().first();
        let currency = cart.currency().map(|currency| format!(" {currency}"));
        let total = cart.total().map(|total| format!("{total:.2}{}", currency.unwrap_or_default()));
        Values {
            items: names(cart.items()),
            first_item: first.map(|item| item.name.clone()).unwrap_or_default(),
            count: cart.count(),
            total: total.unwrap_or_default(),
            coupon: self.configuration.coupon.clone(),
        }
    }

    /// The cart, for apps and for templates at the provider.
    fn data(&self, cart: &Cart) -> Map<String, Value> {
        let mut data = Map::new();
        data.insert("items".to_owned(), cart.items().iter().map(item_data).collect());
        data.insert("count".to_owned(), cart.count().into());
        if let Some(total) = cart.total() {
            data.insert("total".to_owned(), rounded(total).into());
        }
        if let Some(currency) = cart.currency() {
            data.insert("currency".to_owned(), currency.into());
        }
        if !self.configuration.coupon.is_empty() {
            data.insert("coupon".to_owned(), self.configuration.coupon.as_str().into());
        }
        data
    }
}

fn item_data(item: &Item) -> Value {
    let mut data = json!({ "id": item.key, "name": item.name, "quantity": item.quantity });
    if let Some(price) = item.price {
        data["price"] = price.into();
    }
    if let Some(image_url) = &item.image_url {
        data["image_url"] = image_url.as_str().into();
    }
    data
}

/// `shoes`, `shoes × 2 and hat`, `shoes, hat and 3 more`.
fn names(items: &[Item]) -> String {
    let mut names: Vec<String> = items.iter().take(NAMES_MAX).map(name).collect();
    if items.len() > NAMES_MAX {
        names.push(format!("{} more", items.len() - NAMES_MAX));
    }
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

fn name(item: &Item) -> String {
    match item.quantity {
        1 => item.name.clone(),
        quantity => format!("{} × {quantity}", item.name),
    }
}

/// To cents: sums of prices as floating point carry dust.
fn rounded(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}
