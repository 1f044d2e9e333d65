//! Event names of Segment's specification (ecommerce v2, mobile, email, A/B testing), so that a campaign need ask for one
//! spelling only. Names that the specification does not know stay as they came.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::domain::{limits, spelling};

/// The specification's own spellings.
const SPECIFIED: &[&str] = &[
    // Ecommerce
    "Products Searched",
    "Product List Viewed",
    "Product List Filtered",
    "Promotion Viewed",
    "Promotion Clicked",
    "Product Clicked",
    "Product Viewed",
    "Product Added",
    "Product Removed",
    "Cart Viewed",
    "Checkout Started",
    "Checkout Step Viewed",
    "Checkout Step Completed",
    "Payment Info Entered",
    "Order Updated",
    "Order Completed",
    "Order Refunded",
    "Order Cancelled",
    "Coupon Entered",
    "Coupon Applied",
    "Coupon Denied",
    "Coupon Removed",
    "Product Added to Wishlist",
    "Product Removed from Wishlist",
    "Wishlist Product Added to Cart",
    "Product Shared",
    "Cart Shared",
    "Product Reviewed",
    // Mobile
    "Application Installed",
    "Application Opened",
    "Application Backgrounded",
    "Application Foregrounded",
    "Application Updated",
    "Application Uninstalled",
    "Application Crashed",
    "Install Attributed",
    "Push Notification Received",
    "Push Notification Tapped",
    "Push Notification Bounced",
    "Deep Link Opened",
    "Deep Link Clicked",
    // Email
    "Email Delivered",
    "Email Opened",
    "Email Link Clicked",
    "Email Bounced",
    "Email Marked as Spam",
    "Unsubscribed",
    // A/B testing
    "Experiment Viewed",
];

/// Names of the first ecommerce specification, and what they are called in the second; one American spelling.
const OLDER: &[(&str, &str)] = &[
    ("Viewed Product Category", "Product List Viewed"),
    ("Viewed Promotion", "Promotion Viewed"),
    ("Clicked Promotion", "Promotion Clicked"),
    ("Clicked Product", "Product Clicked"),
    ("Viewed Product", "Product Viewed"),
    ("Added Product", "Product Added"),
    ("Removed Product", "Product Removed"),
    ("Viewed Cart", "Cart Viewed"),
    ("Started Order", "Checkout Started"),
    ("Viewed Checkout Step", "Checkout Step Viewed"),
    ("Completed Checkout Step", "Checkout Step Completed"),
    ("Updated Order", "Order Updated"),
    ("Completed Order", "Order Completed"),
    ("Order Canceled", "Order Cancelled"),
];

static BY_SPELLING: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let specified = SPECIFIED.iter().map(|name| (*name, *name));
    let all = specified.chain(OLDER.iter().copied());
    all.map(|(spelling, name)| (spelling::folded(spelling), name)).collect()
});

/// The name without what is too long.
pub(crate) fn cut(name: &str) -> &str {
    name[..name.floor_char_boundary(limits::EVENT_NAME_BYTES_MAX)].trim()
}

/// The name as the house keeps it: the specification's spelling where there is one.
pub(crate) fn resolved(name: &str) -> String {
    let name = cut(name);
    BY_SPELLING.get(&spelling::folded(name)).map_or(name, |specified| specified).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_spelling_of_a_specified_name_becomes_the_specifications() {
        for (came, kept) in [
            ("Order Completed", "Order Completed"),
            ("order completed", "Order Completed"),
            ("order_completed", "Order Completed"),
            ("orderCompleted", "Order Completed"),
            (" ORDER-COMPLETED ", "Order Completed"),
            ("Completed Order", "Order Completed"),
            ("added_product", "Product Added"),
            ("Email Marked As Spam", "Email Marked as Spam"),
            ("push_notification_tapped", "Push Notification Tapped"),
        ] {
            assert_eq!(resolved(came), kept, "{came}");
        }
    }

    #[test]
    fn an_unknown_name_stays_as_it_came() {
        for name in ["Order Completed!", "purchased a 🍱", "new", "point_add"] {
            assert_eq!(resolved(name), name);
        }
        assert_eq!(resolved(&"é".repeat(200)), "é".repeat(128));
    }

    #[test]
    fn no_two_names_share_a_spelling() {
        assert_eq!(BY_SPELLING.len(), SPECIFIED.len() + OLDER.len());
        for (_, name) in OLDER {
            assert!(SPECIFIED.contains(name), "{name}");
        }
    }
}
