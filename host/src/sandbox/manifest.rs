//! Reading a module's manifest: what it promises and wants is checked once, when it is configured. A wish that this
//! host cannot fulfil is refused by name, because a campaign that waits for what never comes is silent for ever.

use super::bindings::rekindle::campaign::types as wit;
use super::error::Rejection;
use super::{check, convert};
use crate::domain::{Call, Manifest, Trigger, limits};

/// A manifest, or what is wrong with it.
pub(super) fn read(manifest: wit::Manifest) -> Result<Manifest, Rejection> {
    checked(manifest).map_err(|what| {
        Rejection::new(format!("the manifest is not taken: {what}"), "change the module and build it again")
    })
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
            Trigger::Engagement { kind: convert::engagement_kind(&kind)?, target: convert::target(target) }
        }
        wit::Trigger::TraitChanged(name) => Trigger::TraitChanged(named("a trait", name)?),
        wit::Trigger::ItemChanged(name) => Trigger::ItemChanged(named("an attribute", name)?),
        wit::Trigger::Schedule(moments) => {
            Trigger::Schedule(convert::json(&moments, || "the trigger schedule".to_owned())?)
        }
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

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::domain::{EngagementKind, Json, Target};

    fn manifest(triggers: Vec<wit::Trigger>) -> wit::Manifest {
        wit::Manifest {
            name: "sample".to_owned(),
            version: "1.0.0".to_owned(),
            summary: String::new(),
            triggers,
            channels: vec!["push".to_owned()],
            steps: vec!["remind".to_owned()],
            configuration: "{}".to_owned(),
            ext: Vec::new(),
        }
    }

    fn engagement(kind: &str, target: wit::Target) -> wit::Trigger {
        wit::Trigger::Engagement(wit::EngagementTrigger { kind: kind.to_owned(), target })
    }

    #[track_caller]
    fn check(manifests: Vec<wit::Manifest>, expected: Expect) {
        let refusals: Vec<String> = manifests.into_iter().map(|manifest| checked(manifest).unwrap_err()).collect();
        expected.assert_eq(&(refusals.join("\n") + "\n"));
    }

    #[test]
    fn triggers_that_this_host_raises_are_taken() {
        let step = wit::Target::Step(("other".to_owned(), "push".to_owned()));
        let wanted = vec![
            wit::Trigger::Event("*".to_owned()),
            wit::Trigger::Call("identify".to_owned()),
            wit::Trigger::TraitChanged("tier".to_owned()),
            engagement("opened", wit::Target::Mine),
            engagement("held-out", step),
            engagement("opened", wit::Target::Label("spring".to_owned())),
            wit::Trigger::ItemChanged("price".to_owned()),
            wit::Trigger::Schedule("{}".to_owned()),
        ];
        let triggers = read(manifest(wanted)).unwrap().triggers;
        let step = Target::Step("other".to_owned(), "push".to_owned());
        assert_eq!(
            triggers,
            [
                Trigger::Event("*".to_owned()),
                Trigger::Call("identify".to_owned()),
                Trigger::TraitChanged("tier".to_owned()),
                Trigger::Engagement { kind: EngagementKind::Opened, target: Target::Mine },
                Trigger::Engagement { kind: EngagementKind::HeldOut, target: step },
                Trigger::Engagement { kind: EngagementKind::Opened, target: Target::Label("spring".to_owned()) },
                Trigger::ItemChanged("price".to_owned()),
                Trigger::Schedule(Json::parse("{}").unwrap()),
            ]
        );
    }

    #[test]
    fn triggers_that_this_host_never_raises_are_refused_by_name() {
        let unfulfilled = [
            wit::Trigger::ItemChanged(String::new()),
            wit::Trigger::Schedule("daily".to_owned()),
            wit::Trigger::Other(("weather".to_owned(), "{}".to_owned())),
            engagement("adored", wit::Target::Any),
            wit::Trigger::Call("Track".to_owned()),
            wit::Trigger::Event(String::new()),
        ];
        check(
            unfulfilled.into_iter().map(|trigger| manifest(vec![trigger])).collect(),
            expect![[r#"
                the name of an attribute is empty: give it one
                the trigger schedule is not JSON: expected value at line 1 column 1
                this host does not raise the trigger other(`weather`) yet: leave it out
                this host knows no engagement `adored`: use one of `sent`, `delivered`, `viewed`, `opened`, `clicked`, `dismissed`, `bounced`, `failed`, `complained`, `unsubscribed`, `converted`, `held-out`
                there is no call `Track`: use one of `track`, `identify`, `page`, `screen`, `group`, `alias`, `delete`
                the name of an event is empty: give it one
            "#]],
        );
    }

    #[test]
    fn a_manifest_is_bounded_and_well_formed() {
        let push = || "push".to_owned();
        check(
            vec![
                wit::Manifest { name: String::new(), ..manifest(Vec::new()) },
                wit::Manifest { channels: vec![push(); 101], ..manifest(Vec::new()) },
                wit::Manifest { steps: vec!["a\nb".to_owned()], ..manifest(Vec::new()) },
                wit::Manifest { configuration: "{".to_owned(), ..manifest(Vec::new()) },
                wit::Manifest { summary: "x".repeat(1_025), ..manifest(Vec::new()) },
            ],
            expect![[r#"
                the name of the module is empty: give it one
                `101` times a channel: at most `100` are allowed
                the name of a step, "a\nb", has control characters: leave them out
                the schema of the configuration is not JSON: EOF while parsing an object at line 1 column 1
                `1025` bytes of summary: at most `1024` are allowed
            "#]],
        );
    }
}
