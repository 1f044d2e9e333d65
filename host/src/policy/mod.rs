//! The judge: says to every instruction whether it goes out, and over which channel, or why not. Pure: a moment in, a verdict out.

mod expiry;
mod reach;

use crate::domain::{Instruction, KnownBy, Timestamp};
use crate::profiles::Profile;

/// Everything a verdict may depend on.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// The time.
    pub now: Timestamp,
    /// The person.
    pub profile: &'a Profile,
    /// What a campaign wants to send.
    pub instruction: &'a Instruction,
    /// How the provider of each of its deliveries knows people.
    pub known_by: &'a [KnownBy],
}

/// What is said to an instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It goes out over the delivery at this index.
    Send {
        /// Which of the instruction's deliveries.
        delivery: usize,
    },
    /// It waits, and is judged anew then.
    Hold {
        /// When.
        until: Timestamp,
        /// The rule that holds it.
        rule: &'static str,
        /// What it saw.
        saw: String,
    },
    /// It does not go out.
    Drop {
        /// The rule that objected.
        rule: &'static str,
        /// What it saw.
        saw: String,
    },
}

/// Why a rule objects.
pub(crate) struct Objection(String);

/// One reason not to send. `delivery` is the way to send that is judged.
pub(crate) trait Rule: Sync {
    /// The name in verdicts.
    fn name(&self) -> &'static str;

    /// Objects, or lets the instruction go out over that delivery.
    fn judge(&self, moment: &Moment<'_>, delivery: usize) -> Result<(), Objection>;
}

/// Every rule, in the order asked. The first to object wins.
const RULES: &[&dyn Rule] = &[&expiry::Expiry, &reach::Reach];

/// Judges one instruction: the first of its deliveries that no rule objects to; else the first delivery's objection.
pub fn judge(moment: &Moment<'_>) -> Verdict {
    let mut first_objection = None;
    for delivery in 0..moment.instruction.deliveries.len() {
        match object(moment, delivery) {
            None => return Verdict::Send { delivery },
            Some(objection) => first_objection = first_objection.or(Some(objection)),
        }
    }
    let no_delivery = || ("deliveries", "the instruction names no delivery".to_owned());
    let (rule, saw) = first_objection.unwrap_or_else(no_delivery);
    Verdict::Drop { rule, saw }
}

fn object(moment: &Moment<'_>, delivery: usize) -> Option<(&'static str, String)> {
    RULES.iter().find_map(|rule| rule.judge(moment, delivery).err().map(|Objection(saw)| (rule.name(), saw)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Call, Consent, Delivery, Event, Identities, Json, MessageId, PersonFacts, Scope, Wish};

    fn person(left: &[&str], push_token: Option<&str>) -> Profile {
        let unwanted = |channel: &&str| Consent { scope: Scope::Channel((*channel).to_owned()), wish: Wish::Unwanted };
        let consents = left.iter().map(unwanted).collect();
        let mut profile = Profile::default();
        profile.apply(&Event {
            id: MessageId::parse("m1").unwrap(),
            call: Call::Identify,
            name: String::new(),
            at: Timestamp::EPOCH,
            identities: Identities::default(),
            facts: PersonFacts { consents, push_token: push_token.map(str::to_owned), ..PersonFacts::default() },
            engagement: None,
            test: false,
            body: Json::parse("{}").unwrap(),
        });
        profile
    }

    fn check(left: &[&str], channels: &[&str], expires: Option<i64>) -> Verdict {
        judged(&person(left, None), (channels, KnownBy::Id), expires)
    }

    fn judged(profile: &Profile, (channels, known_by): (&[&str], KnownBy), expires: Option<i64>) -> Verdict {
        let deliver = |channel: &&str| Delivery { channel: (*channel).to_owned(), content: Json::parse("{}").unwrap() };
        let instruction = Instruction {
            step: "push".into(),
            deliveries: channels.iter().map(deliver).collect(),
            expires: expires.map(Timestamp::from_millis),
        };
        let known_by = vec![known_by; channels.len()];
        let now = Timestamp::from_millis(1_000);
        judge(&Moment { now, profile, instruction: &instruction, known_by: &known_by })
    }

    #[test]
    fn the_first_channel_that_reaches_the_person_is_taken() {
        assert_eq!(check(&[], &["push", "email"], None), Verdict::Send { delivery: 0 });
        assert_eq!(check(&["push"], &["push", "email"], None), Verdict::Send { delivery: 1 });
    }

    #[test]
    fn who_opted_out_of_every_channel_gets_nothing() {
        let verdict = check(&["push", "email"], &["push", "email"], None);
        assert!(matches!(verdict, Verdict::Drop { rule: "reach", ref saw } if saw.contains("`push`")), "{verdict:?}");
    }

    #[test]
    fn a_provider_that_needs_an_address_gets_nothing_without_one() {
        let check = |token, channels: &[&str], known_by| judged(&person(&[], token), (channels, known_by), None);
        let verdict = check(None, &["push"], KnownBy::Address);
        assert!(
            matches!(verdict, Verdict::Drop { rule: "reach", ref saw } if saw.contains("no usable address")),
            "{verdict:?}"
        );
        assert_eq!(check(None, &["push"], KnownBy::Id), Verdict::Send { delivery: 0 });
        assert_eq!(check(Some("t"), &["email", "push"], KnownBy::Address), Verdict::Send { delivery: 1 });
        for channel in ["ads", "webhook", "in-app", "web-push", "letter"] {
            assert_eq!(check(None, &[channel], KnownBy::Address), Verdict::Send { delivery: 0 }, "{channel}");
        }
    }

    #[test]
    fn what_is_worthless_by_now_is_dropped() {
        assert!(matches!(check(&[], &["push"], Some(999)), Verdict::Drop { rule: "expiry", .. }));
        assert_eq!(check(&[], &["push"], Some(1_000)), Verdict::Send { delivery: 0 });
    }
}
