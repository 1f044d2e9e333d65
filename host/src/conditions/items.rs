//! Conditions about items of the catalogue, and about what the person has to do with them.

use super::comparison;
use super::error::ConditionError;
use super::parse::{Place, read_since};
use super::tree::{Node, Operand, Source};

type Result<T> = std::result::Result<T, ConditionError>;

/// Where an item's attribute is found: `{"item": "price", "of": "mug"}`.
pub(super) fn source(place: &Place<'_>) -> Result<Source> {
    let about = place.member("item").expect("the subject should have been found");
    let attribute = about.text("name an attribute, like `\"price\"`")?.to_owned();
    let missing =
        || place.error("nothing says which item is meant", "name it by `of`, as an id or as `{\"trigger\": …}`");
    let of = place.member("of").ok_or_else(missing)?;
    Ok(Source::Item { attribute, of: Box::new(id(&of)?) })
}

/// Reads `{"cart": true}`, or `{"cart": true, "has": "mug"}`.
pub(super) fn cart(place: &Place<'_>) -> Result<Node> {
    place.only(&["cart", "has"])?;
    let wanted = place.member("cart").expect("the subject should have been found").boolean()?;
    let has = place.member("has").map(|has| id(&has)).transpose()?;
    Ok(Node::Cart { wanted, has })
}

/// Reads `{"viewed": "mug"}`, or with `since`.
pub(super) fn viewed(place: &Place<'_>) -> Result<Node> {
    place.only(&["viewed", "since"])?;
    let item = id(&place.member("viewed").expect("the subject should have been found"))?;
    let since = place.member("since").map(|since| read_since(&since)).transpose()?;
    Ok(Node::Viewed { item, since })
}

/// An item's id, or where to find it.
fn id(place: &Place<'_>) -> Result<Operand> {
    let operand = comparison::operand(place)?;
    match &operand {
        Operand::Literal(value) if !value.is_number() && value.as_str().is_none_or(str::is_empty) => {
            Err(place.error("it names no item", "write an item's id, or `{\"trigger\": \"product_id\"}`"))
        }
        _ => Ok(operand),
    }
}
