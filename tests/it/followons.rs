//! Journeys that follow other campaigns: a provider's event about a message goes in, and who is meant gets what follows; the same event of
//! another campaign, and another of the same, begin nothing.

use std::path::Path;
use std::process::Command;

use rekindle_tests::{component_path, program};
use serde_json::{Value, json};

/// An interaction: its name, what the journey waits for, and the event by which a provider tells of it.
struct Interaction(&'static str, Value, &'static str, Value);

/// Interactions with a message of the campaign `parent` and its step `first`.
fn interactions() -> Vec<Interaction> {
    let of = || json!({"campaign": "parent"});
    let step = || json!({"campaign": "parent", "step": "first"});
    let label = || json!({"label": "parents"});
    let about = |kind: &str, of: Value, channel: &str| json!({"engagement": kind, "of": of, "channel": channel});
    let detail = |kind: &str, of: Value, channel: &str, detail: &str| json!({"engagement": kind, "of": of, "channel": channel, "detail": detail});
    let none = || json!({});
    vec![
        Interaction("view in-app", about("viewed", of(), "in-app"), "In-App Message Viewed", none()),
        Interaction("click in-app", about("clicked", step(), "in-app"), "In-App Message Clicked", none()),
        Interaction(
            "click in-app buttons",
            detail("clicked", of(), "in-app", "1"),
            "In-App Message Clicked",
            json!({"button_id": "1"}),
        ),
        Interaction("click e-mail", about("clicked", label(), "email"), "Email Link Clicked", none()),
        Interaction(
            "click alias in e-mail",
            detail("clicked", step(), "email", "to-the-shop"),
            "Email Link Clicked",
            json!({"link_alias": "to-the-shop"}),
        ),
        Interaction("open e-mail", about("opened", of(), "email"), "Email Opened", none()),
        Interaction("directly open push", about("opened", label(), "push"), "Push Notification Tapped", none()),
        Interaction("receive e-mail", about("delivered", of(), "email"), "Email Delivered", none()),
        Interaction("receive SMS", about("delivered", step(), "sms"), "SMS Delivered", none()),
        Interaction("receive push", about("delivered", of(), "push"), "Push Notification Received", none()),
        Interaction("click shortened SMS link", about("clicked", label(), "sms"), "SMS Short Link Clicks", none()),
        Interaction("view content card", about("viewed", of(), "content-card"), "Content Card Viewed", none()),
        Interaction("click content card", about("clicked", of(), "content-card"), "Content Card Clicked", none()),
        Interaction(
            "dismiss content card",
            about("dismissed", label(), "content-card"),
            "Content Card Dismissed",
            none(),
        ),
        Interaction("conversion", about("converted", of(), "email"), "Email Converted", none()),
    ]
}

fn follower(number: usize, interaction: &Interaction) -> Value {
    let text = json!([{"channel": "webhook", "said": interaction.0}]);
    let steps = json!([{"wait": "5m"}, {"message": format!("follow-{number}"), "to": text}]);
    json!({"campaign": format!("follow-{number}"), "configuration": {"trigger": interaction.1, "steps": steps}})
}

/// Ada interacts with the parent's message, Bob with another campaign's, over the channel and with the detail that are meant.
fn scenario(number: usize, interaction: &Interaction) -> Value {
    let Interaction(name, _, event, properties) = interaction;
    let of = |campaign: &str| {
        let mut properties = properties.clone();
        (properties["campaign_name"], properties["step"]) = (campaign.into(), "first".into());
        properties
    };
    let campaign = format!("follow-{number}");
    json!({"name": name, "steps": [
        {"person": "ada", "event": event, "properties": of("Parent")},
        {"person": "bob", "event": event, "properties": of("stranger")},
        {"wait": "4m"},
        {"expect_none": {"person": "ada", "campaign": campaign, "because": "waits for"}},
        {"expect_none": {"person": "bob", "campaign": campaign, "because": "nobody was asked"}},
    ]})
}

#[test]
fn every_interaction_begins_the_journey_that_follows_it() {
    let interactions = interactions();
    let parent = json!({"campaign": "parent", "settings": {"labels": ["parents"]}, "configuration": {
        "trigger": {"event": "Signed Up"},
        "steps": [{"message": "first", "to": [{"channel": "webhook", "said": "hello"}]}],
    }});
    let followers = interactions.iter().enumerate().map(|(number, interaction)| follower(number, interaction));
    let scenarios = interactions.iter().enumerate().map(|(number, interaction)| scenario(number, interaction));
    let document = json!({
        "module": "journey",
        "campaigns": std::iter::once(parent).chain(followers).collect::<Vec<_>>(),
        "scenarios": scenarios.collect::<Vec<_>>(),
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("followons.scenario.json");
    std::fs::write(&file, document.to_string()).unwrap();
    play(&file);
}

fn play(file: &Path) {
    let components = component_path("journey");
    let output = Command::new(program())
        .args(["test", "--components"])
        .arg(components.parent().unwrap())
        .arg(file)
        .output()
        .expect("the program should run");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
