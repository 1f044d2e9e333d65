//! The recipe, told as what happens to one person: the three lines, what restarts them, what ends them.

use rekindle_guest::EngagementKind::{Clicked, Delivered, Opened};
use rekindle_guest::testing::Run;
use serde_json::{Value, json};
use three_lines::ThreeLines;

fn person() -> Run<ThreeLines> {
    Run::of::<ThreeLines>(json!({}))
}

fn shoes() -> Value {
    json!({ "cart_id": "c1", "product_id": "p1", "name": "Blue shoes", "price": 59.95, "quantity": 1, "currency": "EUR" })
}

fn hat() -> Value {
    json!({ "cart_id": "c1", "product_id": "p2", "name": "Red hat", "price": "20", "quantity": "2" })
}

fn order() -> Value {
    json!({ "order_id": "o1", "revenue": "99.95", "total": 110, "currency": "EUR" })
}

/// Shoes in the cart, the push sent and received.
fn push_received() -> Run<ThreeLines> {
    person().event("Product Added", shoes()).wait("1h").engagement(Delivered, "push")
}

/// The e-mail, too.
fn email_delivered() -> Run<ThreeLines> {
    push_received().wait("1h").engagement(Delivered, "email")
}

mod the_three_lines {
    use super::*;

    #[test]
    fn follow_each_other_when_each_message_is_received_and_not_opened() {
        let run = email_delivered().wait("10d");
        assert_eq!(
            run.timeline(),
            "+0s entered\n\
             +1h push over push\n\
             +2h email over email\n\
             +3h ads over ads\n\
             +3h exited: all lines used\n"
        );
        assert!(run.timers().is_empty());
    }

    #[test]
    fn nothing_is_sent_before_the_wait_is_over() {
        assert_eq!(person().event("Product Added", shoes()).wait("3599s").timeline(), "+0s entered\n");
    }

    #[test]
    fn the_email_waits_for_the_push_to_be_received() {
        let run = person().event("Product Added", shoes()).wait("10d");
        assert_eq!(run.timeline(), "+0s entered\n+1h push over push\n");
    }

    #[test]
    fn the_audience_waits_for_the_email_to_be_delivered() {
        assert_eq!(push_received().wait("10d").last().step, "email");
    }

    #[test]
    fn a_message_received_late_is_waited_for_from_then() {
        let run = person().event("Product Added", shoes()).wait("1h").wait("30m");
        let run = run.engagement(Delivered, "push").wait("10d");
        assert!(run.timeline().ends_with("+150m email over email\n"), "{}", run.timeline());
    }

    #[test]
    fn received_twice_is_received_once() {
        let run = push_received().wait("30m").engagement(Delivered, "push").wait("10d");
        assert_eq!(run.instructions().len(), 2);
        assert!(run.timeline().ends_with("+2h email over email\n"), "{}", run.timeline());
    }

    #[test]
    fn a_provider_that_names_no_step_is_understood_by_its_channel() {
        let run = person().event("Product Added", shoes()).wait("1h");
        let run = run.engagement_over(Delivered, "push").wait("1h");
        assert_eq!(run.last().step, "email");
    }

    #[test]
    fn what_becomes_of_other_campaigns_messages_is_of_no_interest() {
        let run = person().event("Product Added", shoes()).wait("1h");
        let run = run.foreign_engagement(Delivered, "push", "newsletter").wait("10d");
        assert_eq!(run.last().step, "push");
    }
}

mod messages {
    use super::*;

    #[test]
    fn the_push_tells_the_carts_content_and_the_coupon() {
        let run = person().event("Product Added", shoes()).event("Product Added", hat()).wait("1h");
        assert_eq!(
            run.last().content,
            json!({
                "title": "You left something behind",
                "body": "Still in your cart: Blue shoes and Red hat × 2. Take COMEBACK10 at the checkout.",
                "data": {
                    "items": [
                        { "id": "p1", "name": "Blue shoes", "quantity": 1, "price": 59.95 },
                        { "id": "p2", "name": "Red hat", "quantity": 2, "price": 20.0 },
                    ],
                    "count": 3, "total": 99.95, "currency": "EUR", "coupon": "COMEBACK10",
                },
            })
        );
    }

    #[test]
    fn the_email_speaks_of_what_was_added_since_the_push() {
        let run = push_received().event("Product Added", hat()).wait("1h");
        let content = &run.last().content;
        assert_eq!(content["subject"], "Your cart is waiting: Blue shoes");
        assert!(content["body"].as_str().unwrap().contains("Blue shoes and Red hat × 2"));
        assert_eq!(content["data"]["items"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn the_third_line_adds_to_the_audience() {
        let run = email_delivered().wait("1h");
        assert_eq!(run.last().content, json!({ "action": "add", "audience": "abandoned-cart" }));
    }

    #[test]
    fn more_of_a_product_adds_up_whatever_the_casing_and_the_price_is_the_latest() {
        let again = json!({ "productId": "p1", "Name": "Blue shoes", "Price": "49.95", "quantity": "2" });
        let run = person().event("Product Added", shoes()).event("Product Added", again).wait("1h");
        assert_eq!(
            run.last().content["data"]["items"],
            json!([{ "id": "p1", "name": "Blue shoes", "quantity": 3, "price": 49.95 }])
        );
    }

    #[test]
    fn a_total_is_left_out_when_a_price_is_not_known() {
        let run = person().event("Product Added", shoes());
        let run = run.event("Product Added", json!({ "sku": "S-1" })).wait("1h");
        let data = &run.last().content["data"];
        assert_eq!((&data["total"], &data["count"]), (&Value::Null, &json!(2)));
        assert_eq!(data["items"][1], json!({ "id": "S-1", "name": "S-1", "quantity": 1 }));
    }

    #[test]
    fn a_price_that_is_none_is_not_known() {
        for price in [json!(-1), json!(1e300), json!("free"), Value::Null] {
            let run = person().event("Product Added", json!({ "name": "Hat", "price": price }));
            assert_eq!(run.wait("1h").last().content["data"].get("total"), None);
        }
    }

    #[test]
    fn an_event_that_says_nothing_still_is_a_product() {
        let run = person().event("Product Added", json!({})).wait("1h");
        assert!(run.last().content["body"].as_str().unwrap().contains("an item"));
        let run = person().event("Product Added", Value::Null).wait("1h");
        assert_eq!(run.last().step, "push");
    }

    #[test]
    fn many_products_are_named_five_at_most() {
        let run = (1..=8).fold(person(), |run, number| {
            run.event("Product Added", json!({ "product_id": number, "name": format!("n{number}") }))
        });
        let run = run.wait("1h");
        let body = run.last().content["body"].as_str().unwrap();
        assert!(body.contains("n1, n2, n3, n4, n5 and 3 more"), "{body}");
    }

    #[test]
    fn the_first_picture_is_the_pushs() {
        let pictured = json!({ "product_id": "p3", "name": "Bag", "image_url": "https://shop.example/bag.png" });
        let run = person().event("Product Added", shoes()).event("Product Added", pictured).wait("1h");
        assert_eq!(run.last().content["image"], "https://shop.example/bag.png");
    }
}

mod another_product_added {
    use super::*;

    #[test]
    fn restarts_the_wait_for_the_push() {
        let run = person().event("Product Added", shoes()).wait("50m");
        let run = run.event("Product Added", hat()).wait("10d");
        assert_eq!(run.timeline(), "+0s entered\n+110m push over push\n");
    }

    #[test]
    fn restarts_the_wait_for_the_email() {
        let run = push_received().wait("50m").event("Product Added", hat()).wait("10d");
        assert_eq!(run.timeline(), "+0s entered\n+1h push over push\n+170m email over email\n");
    }

    #[test]
    fn restarts_the_wait_for_the_audience() {
        let run = email_delivered().wait("50m").event("Product Added", hat()).wait("10d");
        assert!(run.timeline().ends_with("+230m ads over ads\n+230m exited: all lines used\n"));
    }

    #[test]
    fn before_the_push_is_received_moves_the_email_and_nothing_else() {
        let run = person().event("Product Added", shoes()).wait("1h");
        let run = run.event("Product Added", hat()).wait("10m").engagement(Delivered, "push");
        let run = run.wait("10d");
        assert_eq!(run.timeline(), "+0s entered\n+1h push over push\n+130m email over email\n");
    }

    #[test]
    fn tries_a_push_again_that_was_never_received() {
        let run = person().event("Product Added", shoes()).wait("3d");
        let run = run.event("Product Added", hat()).wait("1h");
        assert_eq!(run.instructions().len(), 2);
        assert_eq!(run.last().content["data"]["count"], 3);
        let run = run.engagement(Delivered, "push").wait("1h");
        assert_eq!(run.last().step, "email");
    }

    #[test]
    fn after_all_three_lines_begins_again_and_joins_the_audience_once() {
        let run = email_delivered().wait("1d").event("Product Added", hat()).wait("1h");
        assert_eq!(run.last().step, "push");
        let run = run.engagement(Delivered, "push").wait("1h").engagement(Delivered, "email").wait("1h");
        let joined = run.instructions().iter().filter(|sent| sent.step == "ads").count();
        assert_eq!(joined, 1);
    }
}

mod the_person_came_back {
    use super::*;

    #[test]
    fn an_opened_push_ends_the_run() {
        let run = push_received().engagement(Opened, "push").wait("10d");
        assert_eq!(run.timeline(), "+0s entered\n+1h push over push\n+1h exited: opened push\n");
        assert!(run.timers().is_empty());
    }

    #[test]
    fn a_push_opened_before_it_was_said_to_be_received_ends_the_run() {
        let run = person().event("Product Added", shoes()).wait("1h");
        let run = run.engagement(Opened, "push").engagement(Delivered, "push").wait("10d");
        assert!(run.timeline().ends_with("exited: opened push\n"), "{}", run.timeline());
    }

    #[test]
    fn a_clicked_email_ends_the_run() {
        let run = email_delivered().engagement(Clicked, "email").wait("10d");
        assert!(run.timeline().ends_with("+2h exited: clicked email\n"), "{}", run.timeline());
    }

    #[test]
    fn what_machines_open_does_not_count() {
        let run = email_delivered().machine_engagement(Opened, "email").wait("1h");
        assert_eq!(run.last().step, "ads");
    }

    #[test]
    fn a_product_added_later_begins_a_new_run_about_all_that_is_in_the_cart() {
        let run = push_received().engagement(Opened, "push").wait("1d");
        let run = run.event("Product Added", hat()).wait("1h");
        assert_eq!(run.last().step, "push");
        assert_eq!(run.last().content["data"]["count"], 3);
        assert_eq!(run.timeline().matches("entered").count(), 2);
    }

    #[test]
    fn an_old_message_opened_while_the_push_still_waits_changes_nothing() {
        let run = push_received().engagement(Opened, "push").event("Product Added", hat());
        let run = run.engagement(Clicked, "push").wait("1h");
        assert_eq!(run.instructions().len(), 2);
    }
}

mod the_order {
    use super::*;

    #[test]
    fn within_the_wait_ends_the_run_before_any_message() {
        let run = person().event("Product Added", shoes()).wait("30m");
        let run = run.event("Order Completed", order()).wait("10d");
        assert_eq!(run.timeline(), "+0s entered\n+30m exited: ordered\n");
        assert!(run.timers().is_empty());
        assert_eq!(run.state_bytes(), None, "nothing is left to remember");
    }

    #[test]
    fn after_a_message_counts_as_converted() {
        let run = push_received().event("Order Completed", order()).wait("10d");
        assert!(run.timeline().ends_with("+1h exited: ordered\n+1h converted: 99.95\n"));
        assert_eq!(run.state_bytes(), None);
    }

    #[test]
    fn after_an_opened_message_counts_as_converted_too() {
        let run = push_received().engagement(Opened, "push").event("Order Completed", order());
        assert!(run.timeline().ends_with("+1h exited: opened push\n+1h converted: 99.95\n"));
    }

    #[test]
    fn takes_the_person_out_of_the_audience() {
        let run = email_delivered().wait("5d").event("Order Completed", order());
        assert_eq!(run.last().step, "ads-remove");
        assert_eq!(run.last().content, json!({ "action": "remove", "audience": "abandoned-cart" }));
        assert_eq!(run.state_bytes(), None);
    }

    #[test]
    fn of_someone_who_is_in_no_run_says_nothing() {
        let run = person().event("Order Completed", order());
        assert_eq!((run.timeline().as_str(), run.state_bytes()), ("", None));
    }

    #[test]
    fn a_product_added_before_it_that_arrives_after_it_begins_nothing() {
        let run = person().event("Order Completed", order());
        let run = run.late_event("Product Added", shoes(), "10m").wait("10d");
        assert_eq!((run.timeline().as_str(), run.state_bytes()), ("", None));
    }

    #[test]
    fn is_known_from_before_the_campaign_was_published() {
        let run = person().past_event("Order Completed", "10m");
        let run = run.late_event("Product Added", shoes(), "20m").wait("10d");
        assert_eq!(run.timeline(), "");
    }

    #[test]
    fn a_product_added_after_it_begins_a_new_run_without_what_was_bought() {
        let run = push_received().event("Order Completed", order()).wait("1d");
        let run = run.event("Product Added", hat()).wait("1h");
        assert_eq!(run.last().content["data"]["items"][0]["name"], "Red hat");
        assert_eq!(run.last().content["data"]["count"], 2);
    }

    #[test]
    fn that_arrives_late_closes_only_what_was_in_the_cart_then() {
        let run = person().event("Product Added", shoes()).wait("40m");
        let run = run.event("Product Added", hat()).late_event("Order Completed", order(), "20m");
        let run = run.wait("1h");
        assert_eq!(run.last().step, "push");
        assert_eq!(run.last().content["data"]["items"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn from_before_everything_in_the_cart_leaves_the_run_alone() {
        let run = person().event("Product Added", shoes());
        let run = run.late_event("Order Completed", order(), "1h").wait("1h");
        assert_eq!(run.timeline(), "+0s entered\n+1h push over push\n");
    }

    #[test]
    fn that_the_campaign_was_not_told_of_still_stops_the_message() {
        let run = person().event("Product Added", shoes()).wait("30m");
        let run = run.past_event("Order Completed", "10m").wait("10d");
        assert_eq!(run.timeline(), "+0s entered\n+1h exited: ordered\n");
    }
}

mod an_order_while_the_campaign_was_paused {
    use super::*;

    #[test]
    fn takes_the_person_out_of_the_audience_as_soon_as_it_is_noticed() {
        let run = email_delivered().wait("1d").event("Product Added", hat()).wait("30m");
        let run = run.past_event("Order Completed", "10m").wait("1h");
        assert_eq!(run.last().step, "ads-remove");
        assert_eq!(run.state_bytes(), None);
    }
}

mod a_product_removed {
    use super::*;

    #[test]
    fn is_not_spoken_of() {
        let run = person().event("Product Added", shoes()).event("Product Added", hat());
        let run = run.event("Product Removed", json!({ "product_id": "p2" })).wait("1h");
        assert!(run.last().content["body"].as_str().unwrap().contains("in your cart: Blue shoes."));
    }

    #[test]
    fn takes_out_as_many_as_it_says() {
        let run = person().event("Product Added", hat());
        let run = run.event("Product Removed", json!({ "product_id": "p2", "quantity": 1 })).wait("1h");
        assert_eq!(run.last().content["data"]["count"], 1);
    }

    #[test]
    fn that_empties_the_cart_ends_the_run() {
        let run = person().event("Product Added", shoes()).wait("10m");
        let run = run.event("Product Removed", shoes()).wait("10d");
        assert_eq!(run.timeline(), "+0s entered\n+10m exited: cart emptied\n");
        assert_eq!(run.state_bytes(), None);
    }

    #[test]
    fn from_before_it_was_added_again_came_late_and_changes_nothing() {
        let run = person().event("Product Added", shoes()).wait("10m");
        let run = run.event("Product Added", shoes()).late_event("Product Removed", shoes(), "5m");
        assert_eq!(run.wait("1h").last().content["data"]["count"], 2);
    }

    #[test]
    fn that_was_never_added_changes_nothing() {
        let run = person().event("Product Removed", shoes());
        assert_eq!((run.timeline().as_str(), run.state_bytes()), ("", None));
    }
}

mod lateness {
    use super::*;

    #[test]
    fn the_wait_counts_from_when_it_happened() {
        let run = person().late_event("Product Added", shoes(), "20m").wait("40m");
        assert_eq!(run.timeline(), "+0s entered\n+40m push over push\n");
    }

    #[test]
    fn an_older_product_does_not_bring_the_message_forward() {
        let run = person().event("Product Added", shoes()).late_event("Product Added", hat(), "30m");
        assert_eq!(run.wait("10d").timeline(), "+0s entered\n+1h push over push\n");
    }
}

mod memory {
    use super::*;

    #[test]
    fn stays_within_its_bound_whatever_shops_send() {
        let run = (0..200).fold(person(), |run, number| {
            let hostile = json!({
                "product_id": format!("{number}-{}", "\\\"\u{1}".repeat(500)),
                "name": format!("{number}-{}", "\"\\é".repeat(500)),
                "image_url": format!("https://shop.example/{number}/{}", "x".repeat(170)),
                "price": 123_456_789.123_456_78, "quantity": 4_000_000_000_u32,
                "currency": "\"\"\"\"\"",
            });
            run.event("Product Added", hostile)
        });
        // `Run` itself refuses more than the contract's 16 KiB.
        assert!(run.state_bytes().unwrap() > 8000);
        let run = run.wait("1h");
        assert_eq!(run.last().content["data"]["items"].as_array().unwrap().len(), 20);
    }

    #[test]
    fn of_an_earlier_version_without_todays_members_is_read() {
        let state: three_lines::State = serde_json::from_str("{}").unwrap();
        assert_eq!(state, three_lines::State::default());
    }
}
