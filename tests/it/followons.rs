//! Journeys that follow other campaigns: a provider's event about a message goes in, and who is meant gets what follows; the same event of
//! another campaign, or of another step where a step is meant, begins nothing.

use std::path::Path;
use std::process::Command;

use rekindle_tests::{component_path, program};
use serde_json::{Value, json};

/// An interaction: its name, what the journey waits for, and the event by which a provider tells of it.
pub(crate) struct Interaction(pub(crate) &'static str, pub(crate) Value, pub(crate) &'static str, pub(crate) Value);

/// Interactions with a message of the campaign `parent` and its step `first`.
pub(crate) fn interactions() -> Vec<Interaction> {
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
        Interaction("receive webhook", about("sent", step(), "webhook"), "Webhook Sent", none()),
        Interaction(
            "click push button",
            detail("clicked", of(), "push", "buy"),
            "Push Notification Button Clicked",
            json!({"button_id": "buy"}),
        ),
        Interaction(
            "click push story page",
            detail("clicked", step(), "push", "page-2"),
            "Push Story Page Clicked",
            json!({"story_page": "page-2"}),
        ),
        Interaction("click shortened SMS link", about("clicked", label(), "sms"), "SMS Short Link Clicks", none()),
        Interaction("view content card", about("viewed", of(), "content-card"), "Content Card Viewed", none()),
        Interaction("click content card", about("clicked", of(), "content-card"), "Content Card Clicked", none()),
        Interaction(
            "dismiss content card",
            about("dismissed", label(), "content-card"),
            "Content Card Dismissed",
            none(),
        ),
        Interaction("view news-feed card", about("viewed", of(), "news-feed"), "News Feed Card Viewed", none()),
        Interaction("click news-feed card", about("clicked", label(), "news-feed"), "News Feed Card Clicked", none()),
        Interaction(
            "enter the control group",
            json!({"engagement": "held-out", "of": of()}),
            "Campaign Control Group Enrolled",
            none(),
        ),
        Interaction("convert over a channel", about("converted", of(), "email"), "Email Converted", none()),
        Interaction("convert", json!({"engagement": "converted", "of": label()}), "Campaign Converted", none()),
    ]
}

/// The journey of one interaction, for the people of that interaction alone: some events are several interactions.
fn follower(number: usize, interaction: &Interaction) -> Value {
    let text = json!([{"channel": "webhook", "said": interaction.0}]);
    json!({"campaign": format!("follow-{number}"), "configuration": {
        "trigger": interaction.1,
        "filter": {"trait": "interaction", "equals": number},
        "steps": [{"wait": "5m"}, {"message": "follow", "to": text}],
    }})
}

/// Ada interacts with the step that is meant, Bob with another campaign's, Eve with another step: over the channel and with the detail that
/// are meant.
fn interact(number: usize, interaction: &Interaction) -> Vec<Value> {
    let Interaction(_, _, event, properties) = interaction;
    let about = [("ada", "Parent", "first"), ("bob", "stranger", "first"), ("eve", "Parent", "second")];
    let steps = about.into_iter().flat_map(|(name, campaign, step)| {
        let person = format!("{name}-{number}");
        let mut properties = properties.clone();
        (properties["campaign_name"], properties["step"]) = (campaign.into(), step.into());
        [
            json!({"person": person, "traits": {"interaction": number}}),
            json!({"person": person, "event": event, "properties": properties}),
        ]
    });
    steps.collect()
}

fn outcome(number: usize, Interaction(name, trigger, ..): &Interaction) -> Vec<Value> {
    let campaign = format!("follow-{number}");
    let person = |name: &str| format!("{name}-{number}");
    let gets = |name: &str, said: &str| json!({"expect": {"person": person(name), "campaign": campaign, "step": "follow", "at": "5m", "content": {"said": said}}});
    let gets_nothing = |name: &str| json!({"expect_none": {"person": person(name), "campaign": campaign, "because": "nobody was asked"}});
    let is_of_step = trigger["of"]["step"].is_string();
    vec![gets("ada", name), gets_nothing("bob"), if is_of_step { gets_nothing("eve") } else { gets("eve", name) }]
}

#[test]
fn every_interaction_begins_the_journey_that_follows_it() {
    let interactions = interactions();
    let parent = json!({"campaign": "parent", "settings": {"labels": ["parents"]}, "configuration": {
        "trigger": {"event": "Signed Up"},
        "steps": [{"message": "first", "to": [{"channel": "webhook", "said": "hello"}]}],
    }});
    let numbered = || interactions.iter().enumerate();
    let followers = numbered().map(|(number, interaction)| follower(number, interaction));
    let interact = numbered().flat_map(|(number, interaction)| interact(number, interaction));
    let outcome = numbered().flat_map(|(number, interaction)| outcome(number, interaction));
    let document = json!({
        "module": "journey",
        "campaigns": std::iter::once(parent).chain(followers).collect::<Vec<_>>(),
        "scenarios": [{
            "name": "who interacts gets what follows",
            "steps": interact.chain([json!({"wait": "5m"})]).chain(outcome).collect::<Vec<_>>(),
        }],
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
