//! Who goes first of two campaigns that are asked about the same.

use std::cmp::Reverse;

use super::{Plan, Rival, causes};
use crate::policy::Exemption;

/// What stands between the campaign and another, if both may be asked about the same.
pub(super) fn rival(plan: &Plan<'_>, other: &Plan<'_>) -> Option<Rival> {
    let causes = causes::shared(plan, other);
    let theirs = &other.manifest.channels;
    let channels = plan.manifest.channels.iter().filter(|channel| theirs.contains(channel)).cloned();
    (!causes.is_empty()).then(|| Rival {
        campaign: other.name.to_string(),
        priority: other.priority(),
        causes,
        channels: channels.collect(),
        decides: decides(plan, other),
    })
}

fn decides(plan: &Plan<'_>, other: &Plan<'_>) -> String {
    if let Some(why) = aloof(plan, "this").or_else(|| aloof(other, &format!("`{}`", other.name))) {
        return format!("{why}: both send");
    }
    let theirs = other.name;
    match (plan.priority(), other.priority()) {
        (Some(own), Some(priority)) if own > priority => format!("this ({own}) goes before `{theirs}` ({priority})"),
        (Some(own), Some(priority)) if own < priority => format!("`{theirs}` ({priority}) goes before this ({own})"),
        (Some(own), Some(_)) if plan.name < theirs => {
            format!("equal ({own}): by name, so this goes before `{theirs}`")
        }
        (Some(own), Some(_)) => format!("equal ({own}): by name, so `{theirs}` goes before this"),
        (None, None) => format!("neither has a priority: both send, up to the caps; {}", heard_first(plan, other)),
        (None, Some(_)) => format!("this has no priority: both send, up to the caps; {}", heard_first(plan, other)),
        (Some(_), None) => {
            format!("`{theirs}` has no priority: both send, up to the caps; {}", heard_first(plan, other))
        }
    }
}

/// Why a campaign takes nothing from others, and others nothing from it.
fn aloof(plan: &Plan<'_>, called: &str) -> Option<String> {
    let is_exempt = plan.settings.policy.exempt_from.contains(&Exemption::Priority);
    match (plan.wants_attention(), is_exempt) {
        (false, _) => Some(format!("{called} takes no attention over its channels")),
        (true, true) => Some(format!("{called} is exempt from priority")),
        (true, false) => None,
    }
}

/// Where caps leave room for one only, it goes to who is heard first.
fn heard_first(plan: &Plan<'_>, other: &Plan<'_>) -> String {
    let rank = |plan: &Plan<'_>| (Reverse(plan.priority()), plan.name.clone());
    match rank(plan) < rank(other) {
        true => "this is heard first".to_owned(),
        false => format!("`{}` is heard first", other.name),
    }
}
