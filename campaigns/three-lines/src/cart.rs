//! What is in a person's cart, as far as events told: merged by product, in the order first added, and
//! bounded, because it is remembered for every person.

use rekindle_guest::Timestamp;
use rekindle_guest::body::{Product, ProductAdded, ProductRemoved};
use serde::{Deserialize, Serialize};

/// The most different products remembered; the oldest goes first. With the bounds below, a person's
/// whole state stays under the contract's 16 KiB.
const ITEMS_MAX: usize = 20;
/// The longest key, in bytes; longer ones are cut.
const KEY_BYTES_MAX: usize = 64;
/// The longest name, in bytes; longer ones are cut.
const NAME_BYTES_MAX: usize = 100;
/// The longest picture's URL, in bytes; a longer one is left out, because a cut one leads nowhere.
const IMAGE_URL_BYTES_MAX: usize = 200;
/// The longest currency, in bytes: ISO 4217 has three letters.
const CURRENCY_BYTES_MAX: usize = 3;
/// The most pieces of one product: beyond, somebody is testing.
const QUANTITY_MAX: u32 = 9999;
/// Prices from here on are no prices: neither a sum nor a text could hold them.
const PRICE_BOUND: f64 = 1e9;
/// What a product is called that came without a name and without an id.
const NAMELESS: &str = "an item";

/// What is in the cart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Cart {
    items: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
}

/// One product in the cart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Item {
    /// What tells it from other products.
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) quantity: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) price: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) image_url: Option<String>,
    /// When it was last added.
    added_at: Timestamp,
}

impl Cart {
    /// Puts a product in; more of one that is there adds to its quantity.
    pub(crate) fn add(&mut self, added: &ProductAdded, at: Timestamp) {
        if let Some(currency) = &added.currency {
            self.currency = Some(clean(currency, CURRENCY_BYTES_MAX));
        }
        let new = Item::new(&added.product, at);
        if let Some(item) = self.items.iter_mut().find(|item| item.key == new.key) {
            item.merge(new);
            return;
        }
        if self.items.len() == ITEMS_MAX {
            self.items.remove(0);
        }
        self.items.push(new);
    }

    /// Takes a product out: so many pieces, or all when the event does not say. A removal from before
    /// the product was last added came late, and is ignored.
    pub(crate) fn remove(&mut self, removed: &ProductRemoved, at: Timestamp) {
        let key = key_of(&removed.product);
        let quantity = removed.product.quantity;
        self.keep(|item| {
            if item.key != key || at < item.added_at {
                return true;
            }
            item.quantity = quantity.map_or(0, |quantity| item.quantity.saturating_sub(quantity));
            item.quantity > 0
        });
    }

    /// Takes out what an order at that time bought, and says whether there was anything.
    pub(crate) fn close(&mut self, ordered_at: Timestamp) -> bool {
        let before = self.items.len();
        self.keep(|item| item.added_at > ordered_at);
        self.items.len() < before
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn items(&self) -> &[Item] {
        &self.items
    }

    /// When a product was last added.
    pub(crate) fn last_added_at(&self) -> Option<Timestamp> {
        self.items.iter().map(|item| item.added_at).max()
    }

    /// How many pieces.
    pub(crate) fn count(&self) -> u32 {
        self.items.iter().map(|item| item.quantity).sum()
    }

    /// What all of it costs; none when a price is not known.
    pub(crate) fn total(&self) -> Option<f64> {
        let costs = self.items.iter();
        costs.map(|item| Some(item.price? * f64::from(item.quantity))).sum()
    }

    pub(crate) fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    /// An empty cart is the default again, so that nothing is left to remember.
    fn keep(&mut self, stays: impl FnMut(&mut Item) -> bool) {
        self.items.retain_mut(stays);
        if self.items.is_empty() {
            self.currency = None;
        }
    }
}

impl Item {
    fn new(product: &Product, at: Timestamp) -> Self {
        let name = product.name.as_deref().or(product.key()).unwrap_or(NAMELESS);
        Self {
            key: key_of(product),
            name: clean(name, NAME_BYTES_MAX),
            quantity: product.quantity.unwrap_or(1).clamp(1, QUANTITY_MAX),
            price: product.price.filter(|price| (0.0..PRICE_BOUND).contains(price)),
            image_url: product.image_url.as_deref().and_then(checked_url),
            added_at: at,
        }
    }

    /// The newer event knows the price and the picture better, where it names them.
    fn merge(&mut self, newer: Self) {
        self.quantity = (self.quantity + newer.quantity).min(QUANTITY_MAX);
        self.name = newer.name;
        self.price = newer.price.or(self.price);
        self.image_url = newer.image_url.or(self.image_url.take());
        self.added_at = self.added_at.max(newer.added_at);
    }
}

fn key_of(product: &Product) -> String {
    clean(product.key().unwrap_or_default(), KEY_BYTES_MAX)
}

/// Without control characters, which cost six bytes each in JSON, and cut to so many bytes.
fn clean(text: &str, bytes_max: usize) -> String {
    let mut clean: String = text.chars().filter(|letter| !letter.is_control()).collect();
    clean.truncate(clean.floor_char_boundary(bytes_max));
    clean
}

fn checked_url(url: &str) -> Option<String> {
    let plain = url.chars().all(|letter| !letter.is_control() && !matches!(letter, '"' | '\\'));
    (plain && url.len() <= IMAGE_URL_BYTES_MAX).then(|| url.to_owned())
}
