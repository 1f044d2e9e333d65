//! Reading a module's manifest: what it promises and wants is checked once, when it is configured. A wish that this
//! host cannot fulfil is refused by name, because a campaign that waits for what never comes is silent for ever.

use super::bindings::rekindle::campaign::types as wit;
use super::error::Rejection;
use super::{check, convert};
use crate::domain::{Call, Manifest, Trigger, limits};

/// A manifest, or what is wrong with it.
pub(super) fn read(manifest: wit::Manifest) -> Result<Manifest, Rejection> {
    checked(manifest).map_err(|what| Rejection::new(format!("the manifest is not taken, {what}"), "change the module"))
}

fn checked(manifest: wit::Manifest) -> Result<Manifest, String> {
    check::name("the module", &manifest.name)?;
    check::name("the version", &manifest.version)?;
    check::at_most("bytes of summary", manifest.summary.len(), limits::SUMMARY_BYTES_MAX)?;
    check::at_most("triggers", manifest.triggers.len(), limits::MANIFEST_ENTRIES_MAX)?;
    names("a channel", &manifest.channels)?;
    names("a step", &manifest.steps)?;
    Ok(Manifest {
        name: manifest.name,
        version: manifest.version,
        summary: manifest.summary,
        triggers: manifest.triggers.into_iter().map(trigger).collect::<Result<_, _>>()?,
        channels: manifest.channels,
        steps: manifest.steps,
        configuration: convert::json(&manifest.configuration, || "the schema of the configuration".to_owned())?,
    })
}

fn names(what: &str, names: &[String]) -> Result<(), String> {
    check::at_most(&format!("times {what}"), names.len(), limits::MANIFEST_ENTRIES_MAX)?;
    names.iter().try_for_each(|name| check::name(what, name))
}

fn trigger(trigger: wit::Trigger) -> Result<Trigger, String> {
    Ok(match trigger {
        wit::Trigger::Event(name) => Trigger::Event(named("an event", name)?),
        wit::Trigger::Call(name) => Trigger::Call(call(name)?),
        wit::Trigger::Engagement(wit::EngagementTrigger { kind, target }) => {
            Trigger::Engagement { kind: convert::engagement_kind(&kind)?, target: convert::target(target)? }
        }
        wit::Trigger::TraitChanged(name) => Trigger::TraitChanged(named("a trait", name)?),
        wit::Trigger::ItemChanged(name) => return Err(not_yet(&format!("item-changed(`{name}`)"))),
        wit::Trigger::Schedule => return Err(not_yet("schedule")),
        wit::Trigger::Other((name, _)) => return Err(not_yet(&format!("other(`{name}`)"))),
    })
}

fn named(what: &str, name: String) -> Result<String, String> {
    check::name(what, &name).map(|()| name)
}

fn call(name: String) -> Result<String, String> {
    if Call::ALL.into_iter().any(|call| call.as_str() == name) {
        return Ok(name);
    }
    let known = Call::ALL.map(Call::as_str).join("`, `");
    Err(format!("there is no call `{name}`: use one of `{known}`"))
}

fn not_yet(trigger: &str) -> String {
    format!("this host does not raise the trigger {trigger} yet: leave it out")
}
