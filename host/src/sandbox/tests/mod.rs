//! The sandbox as its door shows it: modules go in, outcomes come out.

mod hostile;
mod life;
mod modules;
mod uploads;

use std::sync::{Arc, LazyLock};

use serde_json::Value;

use super::{Guest, Sandbox, View};
use crate::conditions::{self, Condition};
use crate::domain::{CampaignName, Cause, Context, Json, Occurrences, Outcome, ProfileId, Subject, Timestamp};

/// One sandbox for all tests, as a process has.
static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| Sandbox::new().unwrap());

/// A moment in 2026.
const NOW_MS: i64 = 1_767_323_045_678;

/// A person of whom little is known.
struct Person(Value);

impl View for Person {
    fn body(&self) -> Option<&Value> {
        Some(&self.0).filter(|body| !body.is_null())
    }

    fn holds(&self, _: &Condition, trigger: &Value) -> bool {
        trigger.is_null()
    }
}

impl conditions::Person for Person {
    fn occurrences(&self, subject: &Subject, since: Option<Timestamp>) -> Occurrences {
        let count = u32::from(*subject == Subject::Event("Product Added".to_owned()));
        Occurrences { count, first: since, last: None, saturated: count > 2 }
    }

    fn trait_value(&self, name: &str) -> Option<Json> {
        (name == "plan").then(|| Json::parse(r#""Gold""#).unwrap())
    }

    fn is_in_audience(&self, _: &str) -> bool {
        false
    }

    fn item(&self, _: &str) -> Option<Json> {
        None
    }

    fn viewed(&self, _: &str) -> Option<Timestamp> {
        None
    }

    fn has_in_cart(&self, _: Option<&str>) -> bool {
        false
    }

    fn reachable(&self, channel: &str) -> bool {
        channel == "push"
    }
}

fn person() -> Arc<dyn View> {
    Arc::new(Person(serde_json::json!({"event": "Product Added", "properties": {"Product Name": "Kettle"}})))
}

fn context() -> Context {
    Context {
        campaign: CampaignName::parse("sample").unwrap(),
        now: Timestamp::from_millis(NOW_MS),
        profile: ProfileId::parse("u1").unwrap(),
        variation: None,
        seed: 7,
        state: Some(b"before".to_vec()),
    }
}

/// Publishes a module with a configuration.
fn publish(module: &[u8], configuration: &str) -> Guest {
    let configured = SANDBOX.configure(module, configuration).unwrap();
    SANDBOX.load(&configured.component, &configured.manifest).unwrap()
}

/// Publishes a module and asks it because of a timer.
fn ask(module: &[u8]) -> Outcome {
    publish(module, "{}").decide(&context(), &Cause::Timer("wait".to_owned()), person())
}
