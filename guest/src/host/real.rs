//! The real host, through the contract's imports. Only types change their form here.

use crate::Timestamp;
use crate::component::bindings::rekindle::campaign::{
    catalogue, conditions, event_body, history, log as log_lines, profile,
};
use crate::component::wire;
use crate::history::{Answer, Subject};
use crate::host::Level;

pub(crate) fn body(pointer: &str) -> Option<String> {
    event_body::get(pointer)
}

pub(crate) fn document() -> String {
    event_body::document()
}

pub(crate) fn look_up(subject: &Subject, since: Option<Timestamp>) -> Answer {
    let subject = match subject {
        Subject::Event(name) => history::Subject::Event(name.clone()),
        Subject::Engagement(kind, target) => {
            history::Subject::Engagement((kind.as_str().to_owned(), wire::target(target)))
        }
    };
    let answer = history::look_up(&subject, since.map(Timestamp::as_millis));
    Answer {
        count: answer.count,
        first: answer.first.map(Timestamp::from_millis),
        last: answer.last.map(Timestamp::from_millis),
        saturated: answer.saturated,
    }
}

pub(crate) fn get_trait(name: &str) -> Option<String> {
    profile::get_trait(name)
}

pub(crate) fn reachable(channel: &str) -> bool {
    profile::reachable(channel)
}

pub(crate) fn in_audience(name: &str) -> bool {
    profile::in_audience(name)
}

pub(crate) fn get_item(id: &str) -> Option<String> {
    catalogue::get_item(id)
}

pub(crate) fn check_condition(condition: &str) -> Result<(), String> {
    conditions::check(condition)
}

pub(crate) fn holds(condition: &str, trigger: &str) -> Result<bool, String> {
    conditions::holds(condition, trigger)
}

pub(crate) fn log(level: Level, message: &str) {
    log_lines::write(level.as_str(), message);
}
