//! Segment's e-commerce events, as far as re-engagement needs them.

use super::{Body, Fields};

/// A product, as it appears in every event about products.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Product {
    /// The shop's id of the product (`product_id`; `id` in the first version of the spec).
    pub id: Option<String>,
    /// The stock keeping unit.
    pub sku: Option<String>,
    /// The name that people read.
    pub name: Option<String>,
    /// The brand.
    pub brand: Option<String>,
    /// The category.
    pub category: Option<String>,
    /// The variant: a colour, a size.
    pub variant: Option<String>,
    /// The price of one.
    pub price: Option<f64>,
    /// How many.
    pub quantity: Option<u32>,
    /// The coupon that applies to it.
    pub coupon: Option<String>,
    /// The URL of its page.
    pub url: Option<String>,
    /// The URL of its picture.
    pub image_url: Option<String>,
}

/// The person put a product into the cart.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ProductAdded {
    /// The cart. An order does not name it: an order closes a person's carts, not a cart.
    pub cart_id: Option<String>,
    /// What was added.
    pub product: Product,
    /// The currency of the price; not in the spec, but often there.
    pub currency: Option<String>,
}

/// The person took a product out of the cart.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ProductRemoved {
    /// The cart.
    pub cart_id: Option<String>,
    /// What was removed.
    pub product: Product,
}

/// The person looked at a product.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ProductViewed {
    /// What was looked at.
    pub product: Product,
    /// The currency of the price.
    pub currency: Option<String>,
    /// What the view is worth to the shop.
    pub value: Option<f64>,
}

/// The person looked at the cart.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CartViewed {
    /// The cart.
    pub cart_id: Option<String>,
    /// What is in it.
    pub products: Vec<Product>,
}

/// The person began to check out.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CheckoutStarted {
    /// The order to be.
    pub order_id: Option<String>,
    /// What it will be worth: with tax and shipping.
    pub value: Option<f64>,
    /// What the shop will earn: without tax and shipping.
    pub revenue: Option<f64>,
    /// The currency of both.
    pub currency: Option<String>,
    /// The coupon that applies to the order.
    pub coupon: Option<String>,
    /// What is to be ordered.
    pub products: Vec<Product>,
}

/// The person ordered.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct OrderCompleted {
    /// The order.
    pub order_id: Option<String>,
    /// The checkout that led to it.
    pub checkout_id: Option<String>,
    /// What the person pays.
    pub total: Option<f64>,
    /// What the shop earns: without tax and shipping.
    pub revenue: Option<f64>,
    /// The currency of both.
    pub currency: Option<String>,
    /// The coupon that applied to the order.
    pub coupon: Option<String>,
    /// What was ordered.
    pub products: Vec<Product>,
}

impl Product {
    /// What tells it from other products: its id, else its stock keeping unit, else its name.
    pub fn key(&self) -> Option<&str> {
        self.id.as_deref().or(self.sku.as_deref()).or(self.name.as_deref())
    }
}

impl OrderCompleted {
    /// What the order was worth: its revenue, else its total.
    pub fn worth(&self) -> Option<f64> {
        self.revenue.or(self.total)
    }
}

impl Body for Product {
    fn read(properties: &Fields) -> Self {
        Self {
            id: properties.text("product_id").or_else(|| properties.text("id")),
            sku: properties.text("sku"),
            name: properties.text("name"),
            brand: properties.text("brand"),
            category: properties.text("category"),
            variant: properties.text("variant"),
            price: properties.number("price"),
            quantity: properties.count("quantity"),
            coupon: properties.text("coupon"),
            url: properties.text("url"),
            image_url: properties.text("image_url"),
        }
    }
}

impl Body for ProductAdded {
    fn read(properties: &Fields) -> Self {
        Self {
            cart_id: properties.text("cart_id"),
            product: Product::read(properties),
            currency: properties.text("currency"),
        }
    }
}

impl Body for ProductRemoved {
    fn read(properties: &Fields) -> Self {
        Self { cart_id: properties.text("cart_id"), product: Product::read(properties) }
    }
}

impl Body for ProductViewed {
    fn read(properties: &Fields) -> Self {
        Self {
            product: Product::read(properties),
            currency: properties.text("currency"),
            value: properties.number("value"),
        }
    }
}

impl Body for CartViewed {
    fn read(properties: &Fields) -> Self {
        Self { cart_id: properties.text("cart_id"), products: products(properties) }
    }
}

impl Body for CheckoutStarted {
    fn read(properties: &Fields) -> Self {
        Self {
            order_id: properties.text("order_id"),
            value: properties.number("value"),
            revenue: properties.number("revenue"),
            currency: properties.text("currency"),
            coupon: properties.text("coupon"),
            products: products(properties),
        }
    }
}

impl Body for OrderCompleted {
    fn read(properties: &Fields) -> Self {
        Self {
            order_id: properties.text("order_id"),
            checkout_id: properties.text("checkout_id"),
            total: properties.number("total"),
            revenue: properties.number("revenue"),
            currency: properties.text("currency"),
            coupon: properties.text("coupon"),
            products: products(properties),
        }
    }
}

fn products(properties: &Fields) -> Vec<Product> {
    properties.list("products").iter().map(Product::read).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_order_as_segment_documents_it() {
        let order = OrderCompleted::read(&Fields::from(json!({
            "checkout_id": "fksdjfsdjfisjf9sdfjsd9f", "order_id": "50314b8e9bcf000000000000",
            "affiliation": "Google Store", "total": 27.5, "revenue": "25.00", "currency": "USD",
            "products": [
                { "product_id": "507f1f77bcf86cd799439011", "sku": "45790-32", "price": 19, "quantity": 1 },
                { "productId": 505, "sku": "46493-32", "price": "3", "quantity": "2" }
            ]
        })));
        assert_eq!(order.worth(), Some(25.0));
        assert_eq!(order.products.len(), 2);
        assert_eq!(order.products[1].key(), Some("505"));
        assert_eq!((order.products[1].price, order.products[1].quantity), (Some(3.0), Some(2)));
    }

    #[test]
    fn an_empty_body_reads_as_nothing_known() {
        assert_eq!(ProductAdded::read(&Fields::default()), ProductAdded::default());
        assert_eq!(CheckoutStarted::read(&Fields::default()), CheckoutStarted::default());
    }

    #[test]
    fn a_product_is_known_by_id_then_unit_then_name() {
        let key = |body| Product::read(&Fields::from(body)).key().map(str::to_owned);
        assert_eq!(key(json!({ "id": "i", "sku": "s", "name": "n" })).as_deref(), Some("i"));
        assert_eq!(key(json!({ "sku": "s", "name": "n" })).as_deref(), Some("s"));
        assert_eq!(key(json!({ "name": "n" })).as_deref(), Some("n"));
        assert_eq!(key(json!({})), None);
    }
}
