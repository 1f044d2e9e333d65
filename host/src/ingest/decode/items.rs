//! What an event of Segment's ecommerce specification tells about items: what somebody did with them, and what the shop's page
//! said of them.

use super::fields::Fields;
use crate::domain::{Attributes, ItemDeed, ItemFacts, ItemId, attribute, limits};

/// The events that are about items, and whether the page that sent them showed the items as the shop offers them: a price
/// in an order or a cart may be one customer's own.
const EVENTS: &[(&str, ItemDeed, Shown)] = &[
    ("Product List Viewed", ItemDeed::Passes, Shown::AsOffered),
    ("Product Clicked", ItemDeed::Views, Shown::AsOffered),
    ("Product Viewed", ItemDeed::Views, Shown::AsOffered),
    ("Product Added", ItemDeed::PutsIntoCart, Shown::AsOffered),
    ("Product Removed", ItemDeed::TakesOutOfCart, Shown::Otherwise),
    ("Cart Viewed", ItemDeed::ShowsCart, Shown::Otherwise),
    ("Checkout Started", ItemDeed::PutsIntoCart, Shown::Otherwise),
    ("Order Completed", ItemDeed::Buys, Shown::Otherwise),
    ("Product Added to Wishlist", ItemDeed::Views, Shown::AsOffered),
    ("Wishlist Product Added to Cart", ItemDeed::PutsIntoCart, Shown::AsOffered),
];

/// By which names an item is called, the best first.
const IDS: [&str; 3] = ["product_id", "sku", "id"];
/// What is taken from an event.
const ATTRIBUTES: [&str; 9] = ["name", "price", "currency", "brand", "category", "variant", "sku", "url", "image_url"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    AsOffered,
    Otherwise,
}

/// What a track call tells about items; none where it is about none.
pub(crate) fn items(name: &str, call: Fields<'_>) -> Option<ItemFacts> {
    let (_, deed, shown) = EVENTS.iter().find(|(known, ..)| *known == name)?;
    let properties = call.within("properties");
    let listed = properties.list("products").iter().map(Fields::of);
    let all = std::iter::once(properties).chain(listed);
    let known = all.filter_map(|product| Some((id(product)?, attributes(product, *shown))));
    let items: Vec<_> = known.take(limits::EVENT_ITEMS_MAX).collect();
    let is_about_none = items.is_empty() && *deed != ItemDeed::Buys;
    (!is_about_none).then_some(ItemFacts { deed: *deed, items })
}

fn id(product: Fields<'_>) -> Option<ItemId> {
    IDS.iter().find_map(|name| ItemId::parse(&product.text(name)?).ok())
}

/// What is too long, or no value, is passed over.
fn attributes(product: Fields<'_>, shown: Shown) -> Attributes {
    if shown == Shown::Otherwise {
        return Attributes::new();
    }
    let found = |name: &str| {
        let value = product.get(ATTRIBUTES.iter().find(|known| **known == name)?)?;
        let is_empty = value.as_str().is_some_and(|text| text.trim().is_empty());
        attribute(name, value).ok().filter(|_| !is_empty)
    };
    ATTRIBUTES.iter().filter_map(|name| Some(((*name).to_owned(), found(name)?))).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::{Value, json};

    use super::*;

    fn check(name: &str, properties: Value, expected: Expect) {
        let call = json!({"properties": properties});
        let facts = items(name, Fields::of(&call));
        let picture = facts.map_or("nothing".to_owned(), |facts| format!("{:?} {:?}", facts.deed, facts.items));
        expected.assert_eq(&picture);
    }

    #[test]
    fn a_product_is_read_in_any_spelling_and_what_is_no_value_is_passed_over() {
        let mug =
            json!({"productId": "mug", "Name": "Mug", "price": "9.50", "quantity": 2, "url": "", "brand": {"a": 1}});
        check("Product Viewed", mug.clone(), expect![[r#"Views [(ItemId("mug"), {"name": "Mug", "price": "9.50"})]"#]]);
        check("Product Removed", mug.clone(), expect![[r#"TakesOutOfCart [(ItemId("mug"), {})]"#]]);
        check("Product Removed from Wishlist", mug, expect!["nothing"]);
        check("Product Viewed", json!({"name": "Mug"}), expect!["nothing"]);
        check("Product Viewed", json!({"product_id": 17}), expect![[r#"Views [(ItemId("17"), {})]"#]]);
    }

    #[test]
    fn a_list_tells_of_each_of_its_products() {
        let products = json!({"category": "mugs", "products": [{"sku": "a", "price": 1}, {"name": "nameless"}, {"product_id": "b"}]});
        check(
            "Product List Viewed",
            products.clone(),
            expect![[r#"Passes [(ItemId("a"), {"price": 1, "sku": "a"}), (ItemId("b"), {})]"#]],
        );
        check("Order Completed", products, expect![[r#"Buys [(ItemId("a"), {}), (ItemId("b"), {})]"#]]);
        check("Order Completed", json!({}), expect!["Buys []"]);
        check("Cart Viewed", json!({}), expect!["nothing"]);
        let many: Vec<Value> = (0..200).map(|number| json!({"product_id": number})).collect();
        let call = json!({"properties": {"products": many}});
        assert_eq!(items("Cart Viewed", Fields::of(&call)).unwrap().items.len(), limits::EVENT_ITEMS_MAX);
    }
}
