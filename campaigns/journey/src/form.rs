//! The forms in which steps and deliveries are written: objects whose one telling member says what they are.

use rekindle_guest::{Condition, Wait};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::configuration::{Action, Delivery, Message, Otherwise, Step};
use crate::content::Content;
use crate::interests::counted_if_any;

/// Five minutes: what is shorter is no wait but a delay.
const WAIT_MIN: Wait = Wait::minutes(5);
/// What a step can do.
const ACTIONS: &str = "`wait`, `wait_until`, `message`, `split` or `exit`";

/// One step, as it is written: `{"wait": "1h"}`, `{"wait_until": condition, "at_most": "7d"}`, `{"message": "first", "to": […]}`,
/// `{"split": condition, "yes": name, "no": name}` or `{"exit": reason}`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepForm {
    /// A name by which it can be gone to; a message has its own.
    name: Option<String>,
    /// Waits so long: 5 minutes to 90 days.
    wait: Option<Wait>,
    /// Waits until this holds; what somebody did counts from when the wait began.
    #[serde(default, deserialize_with = "counted_if_any")]
    wait_until: Option<Condition>,
    /// The longest that `wait_until` waits.
    at_most: Option<Wait>,
    /// What becomes of who waited in vain: `exit`, which is usual, `continue`, or the name of a step.
    otherwise: Option<String>,
    /// Ends the run while it waits here; what somebody did counts from when the wait began.
    #[serde(default, deserialize_with = "counted_if_any")]
    unless: Option<Condition>,
    /// Sends this step's message.
    message: Option<String>,
    /// Where it goes: the first of these that reaches.
    #[schemars(with = "Option<Vec<DeliveryForm>>")]
    to: Option<Vec<Delivery>>,
    /// Worthless so long after it was sent.
    expires: Option<Wait>,
    /// Goes one of two ways.
    split: Option<Condition>,
    /// The step to go to where `split` holds; the next, if missing.
    yes: Option<String>,
    /// The step to go to where it does not; the next, if missing.
    no: Option<String>,
    /// Ends the run, for this reason.
    exit: Option<String>,
}

impl TryFrom<StepForm> for Step {
    type Error = String;

    fn try_from(mut form: StepForm) -> Result<Self, String> {
        let name = form.name.take().map(|name| named(name, "a step's name")).transpose()?;
        let step = |action| Self { name, action };
        let action = if let Some(time) = form.wait.take() {
            Action::Wait { time: long_enough(time, "wait")?, unless: form.unless.take() }
        } else if let Some(condition) = form.wait_until.take() {
            wait_until(condition, &mut form)?
        } else if let Some(step) = form.message.take() {
            message(step, &mut form)?
        } else if let Some(condition) = form.split.take() {
            split(condition, &mut form)?
        } else if let Some(reason) = form.exit.take() {
            Action::Exit(named(reason, "a reason")?)
        } else {
            return Err(format!("a step needs one of {ACTIONS}"));
        };
        match form.left_over() {
            Some(member) => {
                Err(format!("`{member}` does not go with the rest of this step; a step has one of {ACTIONS}"))
            }
            None => Ok(step(action)),
        }
    }
}

impl StepForm {
    /// A member that no action took.
    fn left_over(&self) -> Option<&'static str> {
        let members = [
            ("wait", self.wait.is_some()),
            ("wait_until", self.wait_until.is_some()),
            ("at_most", self.at_most.is_some()),
            ("otherwise", self.otherwise.is_some()),
            ("unless", self.unless.is_some()),
            ("message", self.message.is_some()),
            ("to", self.to.is_some()),
            ("expires", self.expires.is_some()),
            ("split", self.split.is_some()),
            ("yes", self.yes.is_some()),
            ("no", self.no.is_some()),
            ("exit", self.exit.is_some()),
        ];
        members.into_iter().find_map(|(name, is_there)| is_there.then_some(name))
    }
}

fn wait_until(condition: Condition, form: &mut StepForm) -> Result<Action, String> {
    let at_most = form.at_most.take().ok_or("`wait_until` needs `at_most`: the longest that it waits")?;
    let otherwise = match form.otherwise.take().as_deref() {
        None | Some("exit") => Otherwise::Exit,
        Some("continue") => Otherwise::Continue,
        Some(step) => Otherwise::Go(step.to_owned()),
    };
    Ok(Action::WaitUntil {
        condition,
        at_most: long_enough(at_most, "at_most")?,
        unless: form.unless.take(),
        otherwise,
    })
}

fn message(step: String, form: &mut StepForm) -> Result<Action, String> {
    let deliveries = form.to.take().filter(|deliveries| !deliveries.is_empty());
    let deliveries =
        deliveries.ok_or("a message needs `to`: at least one delivery, like `{\"channel\": \"push\", …}`")?;
    Ok(Action::Message(Message { step: named(step, "a message's name")?, deliveries, expires: form.expires.take() }))
}

fn split(condition: Condition, form: &mut StepForm) -> Result<Action, String> {
    let (yes, no) = (form.yes.take(), form.no.take());
    if yes == no {
        return Err("both ways of the split are the same: name a step for `yes`, for `no`, or two for both".to_owned());
    }
    Ok(Action::Split { condition, yes, no })
}

fn long_enough(wait: Wait, member: &str) -> Result<Wait, String> {
    if wait < WAIT_MIN {
        return Err(format!("`{member}` of {wait} is too short; a journey waits 5 minutes to 90 days"));
    }
    Ok(wait)
}

/// A name, which has to be one.
pub(crate) fn named(name: String, what: &str) -> Result<String, String> {
    if name.trim().is_empty() { Err(format!("{what} is empty")) } else { Ok(name) }
}

/// One way to send a message, as it is written: its channel, and what that channel takes.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct DeliveryForm {
    /// `push`, `web-push`, `email`, `sms`, `ads`, `webhook`, or a channel of the tenant's own.
    channel: String,
    #[serde(flatten)]
    content: Map<String, Value>,
}

/// What the contract's channels cannot do without.
const NEEDED: [(&str, &[&str]); 5] = [
    ("push", &["title", "body"]),
    ("web-push", &["title", "body"]),
    ("email", &["subject"]),
    ("sms", &["body"]),
    ("ads", &["action", "audience"]),
];

impl TryFrom<DeliveryForm> for Delivery {
    type Error = String;

    fn try_from(form: DeliveryForm) -> Result<Self, String> {
        let DeliveryForm { channel, content } = form;
        let needed = NEEDED.iter().find(|(name, _)| *name == channel).map_or(&[][..], |(_, needed)| needed);
        if let Some(missing) = needed.iter().find(|member| !content.contains_key(**member)) {
            return Err(format!("the channel `{channel}` needs `{missing}`"));
        }
        let content = Content::parse(Value::Object(content))?;
        Ok(Self { channel: named(channel, "the channel's name")?, content })
    }
}
