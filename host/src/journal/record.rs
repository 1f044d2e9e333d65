//! The stored form of what came in, and the conversions at the wall: the domain's types know no wire.
//!
//! A format byte; the envelope, in postcard's binary form; the rest is the event's own text, as it came, so that it is neither escaped nor
//! parsed on its way to the disk. Whoever hands bytes to be read has seen that their checksum is right: what is JSON in them was checked at
//! the door, and is not looked through again.

use serde::{Deserialize, Serialize};

use super::item_record::{self as items, StoredFacts, StoredItemChange, StoredWord};
use crate::domain::{
    Call, Consent, Engagement, EngagementKind, Event, Hearer, IdError, Identities, Inbound, Json, Lost, Medium,
    MessageId, News, PersonFacts, ProfileId, Quarantined, Scope, SourceId, Substance, TenantId, Timestamp, Told, Wish,
};

const FORMAT: u8 = 2;

/// Why bytes with the right checksum are no record: another version of the house wrote them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("the record has format `{0}`, this version reads `{FORMAT}`: use the version that wrote it")]
    Format(u8),
    #[error("the record is too short")]
    Short,
    #[error("the record's envelope cannot be read: {0}")]
    Envelope(#[from] postcard::Error),
    #[error("the record's text is not UTF-8: {0}")]
    Text(#[from] std::str::Utf8Error),
    #[error(transparent)]
    Id(#[from] IdError),
    #[error("the record speaks of `{0}`, which this version does not know: use the version that wrote it")]
    Word(String),
}

#[derive(Serialize, Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    tenant: &'a str,
    #[serde(borrow)]
    source: &'a str,
    #[serde(borrow)]
    id: &'a str,
    #[serde(borrow)]
    substance: StoredSubstance<'a>,
}

#[derive(Serialize, Deserialize)]
enum StoredSubstance<'a> {
    #[serde(borrow)]
    Event(Box<StoredEvent<'a>>),
    Quarantined {
        #[serde(borrow)]
        reason: &'a str,
    },
    Told {
        /// None for everybody.
        #[serde(borrow)]
        to: Option<&'a str>,
        #[serde(borrow)]
        news: StoredNews<'a>,
    },
    Item(#[serde(borrow)] StoredWord<'a>),
}

/// What is told; its text stands where an event's stands.
#[derive(Serialize, Deserialize)]
enum StoredNews<'a> {
    Same {
        #[serde(borrow)]
        of: &'a str,
        is_alias: bool,
    },
    Joined {
        #[serde(borrow)]
        from: &'a str,
    },
    Happened {
        #[serde(borrow)]
        id: &'a str,
        #[serde(borrow)]
        event: Box<StoredEvent<'a>>,
        arrived_ms: i64,
    },
    Noted,
    ItemChanged(#[serde(borrow)] StoredItemChange<'a>),
    Erased {
        #[serde(borrow)]
        of: &'a str,
        at_ms: i64,
    },
}

#[derive(Serialize, Deserialize)]
struct StoredEvent<'a> {
    #[serde(borrow)]
    profile: &'a str,
    #[serde(borrow)]
    call: &'a str,
    #[serde(borrow)]
    name: &'a str,
    at_ms: i64,
    #[serde(borrow)]
    user_id: Option<&'a str>,
    #[serde(borrow)]
    anonymous_id: Option<&'a str>,
    #[serde(borrow)]
    email: Option<&'a str>,
    #[serde(borrow)]
    previous_id: Option<&'a str>,
    #[serde(borrow)]
    traits: Vec<(&'a str, &'a str)>,
    #[serde(borrow)]
    push_token: Option<&'a str>,
    #[serde(borrow)]
    phone: Option<&'a str>,
    #[serde(borrow)]
    time_zone: Option<&'a str>,
    /// A channel, or none for everything, and the wish.
    #[serde(borrow)]
    consents: Vec<(Option<&'a str>, &'a str)>,
    /// A kind of address, and which, or none for all.
    #[serde(borrow)]
    lost: Vec<(&'a str, Option<&'a str>)>,
    #[serde(borrow)]
    items: Option<StoredFacts<'a>>,
    #[serde(borrow)]
    audience: Option<(&'a str, bool)>,
    #[serde(borrow)]
    engagement: Option<StoredEngagement<'a>>,
    test: bool,
}

#[derive(Serialize, Deserialize)]
struct StoredEngagement<'a> {
    #[serde(borrow)]
    kind: &'a str,
    #[serde(borrow)]
    channel: &'a str,
    #[serde(borrow)]
    campaign: Option<&'a str>,
    #[serde(borrow)]
    step: Option<&'a str>,
    #[serde(borrow)]
    detail: Option<&'a str>,
    by_machine: bool,
    #[serde(borrow)]
    dispatch: Option<&'a str>,
}

/// What came in, as bytes.
pub(crate) fn encode(inbound: &Inbound) -> Vec<u8> {
    let (substance, text) = match &inbound.substance {
        Substance::Event { profile, event } => {
            (StoredSubstance::Event(Box::new(store_event(profile.as_str(), event))), event.body.as_str())
        }
        Substance::Quarantined(quarantined) => {
            (StoredSubstance::Quarantined { reason: quarantined.reason.as_str() }, quarantined.raw.as_str())
        }
        Substance::Told(Told { to, news, .. }) => {
            let to = match to {
                Hearer::Person(profile) => Some(profile.as_str()),
                Hearer::Everybody => None,
            };
            let (news, text) = store_news(to.unwrap_or_default(), news);
            (StoredSubstance::Told { to, news }, text)
        }
        Substance::Item(word) => (StoredSubstance::Item(items::store_word(word)), ""),
    };
    let envelope = Envelope {
        tenant: inbound.tenant.as_str(),
        source: inbound.source.as_str(),
        id: inbound.message_id().as_str(),
        substance,
    };
    let mut bytes = Vec::with_capacity(256 + text.len());
    bytes.push(FORMAT);
    let mut bytes = postcard::to_extend(&envelope, bytes).expect("an envelope should be writable to memory");
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

/// What came in, from its bytes.
pub(crate) fn decode(bytes: &[u8]) -> Result<Inbound, RecordError> {
    let (&format, rest) = bytes.split_first().ok_or(RecordError::Short)?;
    if format != FORMAT {
        return Err(RecordError::Format(format));
    }
    let (Envelope { tenant, source, id, substance }, text) = postcard::take_from_bytes(rest)?;
    let (id, text) = (MessageId::parse(id)?, std::str::from_utf8(text)?);
    let substance = match substance {
        StoredSubstance::Event(event) => Substance::Event {
            profile: ProfileId::parse(event.profile)?,
            event: Box::new(restore_event(*event, id, text)?),
        },
        StoredSubstance::Quarantined { reason } => {
            Substance::Quarantined(Quarantined { id, reason: reason.to_owned(), raw: text.to_owned() })
        }
        StoredSubstance::Told { to, news } => {
            let to = to.map(ProfileId::parse).transpose()?.map_or(Hearer::Everybody, Hearer::Person);
            Substance::Told(Told { id, to, news: restore_news(news, text)? })
        }
        StoredSubstance::Item(word) => Substance::Item(items::restore_word(word, id)?),
    };
    Ok(Inbound { tenant: TenantId::parse(tenant)?, source: SourceId::parse(source)?, substance })
}

fn store_news<'a>(to: &'a str, news: &'a News) -> (StoredNews<'a>, &'a str) {
    match news {
        News::Same { of, is_alias } => (StoredNews::Same { of: of.as_str(), is_alias: *is_alias }, ""),
        News::Joined { from, person } => (StoredNews::Joined { from: from.as_str() }, person.as_str()),
        News::Happened { event, arrived } => {
            let (id, stored) = (event.id.as_str(), Box::new(store_event(to, event)));
            (StoredNews::Happened { id, event: stored, arrived_ms: arrived.as_millis() }, event.body.as_str())
        }
        News::Noted(row) => (StoredNews::Noted, row.as_str()),
        News::ItemChanged(change) => (StoredNews::ItemChanged(items::store_change(change)), ""),
        News::Erased { of, at } => (StoredNews::Erased { of: of.as_str(), at_ms: at.as_millis() }, ""),
    }
}

fn restore_news(stored: StoredNews<'_>, text: &str) -> Result<News, RecordError> {
    Ok(match stored {
        StoredNews::Same { of, is_alias } => News::Same { of: ProfileId::parse(of)?, is_alias },
        StoredNews::Joined { from } => News::Joined { from: ProfileId::parse(from)?, person: Json::restored(text) },
        StoredNews::Happened { id, event, arrived_ms } => News::Happened {
            event: Box::new(restore_event(*event, MessageId::parse(id)?, text)?),
            arrived: Timestamp::from_millis(arrived_ms),
        },
        StoredNews::Noted => News::Noted(Json::restored(text)),
        StoredNews::ItemChanged(change) => News::ItemChanged(items::restore_change(change)?),
        StoredNews::Erased { of, at_ms } => {
            News::Erased { of: ProfileId::parse(of)?, at: Timestamp::from_millis(at_ms) }
        }
    })
}

fn store_event<'a>(profile: &'a str, event: &'a Event) -> StoredEvent<'a> {
    StoredEvent {
        profile,
        call: event.call.as_str(),
        name: event.name.as_str(),
        at_ms: event.at.as_millis(),
        user_id: event.identities.user_id.as_deref(),
        anonymous_id: event.identities.anonymous_id.as_deref(),
        email: event.identities.email.as_deref(),
        previous_id: event.identities.previous_id.as_deref(),
        traits: event.facts.traits.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        push_token: event.facts.push_token.as_deref(),
        phone: event.facts.phone.as_deref(),
        time_zone: event.facts.time_zone.as_deref(),
        consents: event.facts.consents.iter().map(store_consent).collect(),
        lost: event.facts.lost.iter().map(|lost| (lost.medium.as_str(), lost.address.as_deref())).collect(),
        items: event.facts.items.as_ref().map(items::store_facts),
        audience: event.facts.audience.as_ref().map(|(audience, is_in)| (audience.as_str(), *is_in)),
        engagement: event.engagement.as_ref().map(store_engagement),
        test: event.test,
    }
}

fn restore_event(stored: StoredEvent<'_>, id: MessageId, text: &str) -> Result<Event, RecordError> {
    let restore_trait = |(name, value): (&str, &str)| (name.to_owned(), Json::restored(value));
    Ok(Event {
        id,
        call: Call::parse(stored.call).ok_or_else(|| RecordError::Word(stored.call.to_owned()))?,
        name: stored.name.to_owned(),
        at: Timestamp::from_millis(stored.at_ms),
        identities: Identities {
            user_id: owned(stored.user_id),
            anonymous_id: owned(stored.anonymous_id),
            email: owned(stored.email),
            previous_id: owned(stored.previous_id),
        },
        facts: PersonFacts {
            traits: stored.traits.into_iter().map(restore_trait).collect(),
            push_token: owned(stored.push_token),
            phone: owned(stored.phone),
            time_zone: owned(stored.time_zone),
            consents: stored.consents.into_iter().map(restore_consent).collect::<Result<_, _>>()?,
            lost: stored.lost.into_iter().map(restore_lost).collect::<Result<_, _>>()?,
            items: stored.items.map(items::restore_facts).transpose()?,
            audience: stored.audience.map(|(audience, is_in)| (audience.to_owned(), is_in)),
        },
        engagement: stored.engagement.map(restore_engagement).transpose()?,
        test: stored.test,
        body: Json::restored(text),
    })
}

fn store_consent(consent: &Consent) -> (Option<&str>, &str) {
    let channel = match &consent.scope {
        Scope::Channel(channel) => Some(channel.as_str()),
        Scope::Everything => None,
    };
    (channel, consent.wish.as_str())
}

fn restore_consent((channel, wish): (Option<&str>, &str)) -> Result<Consent, RecordError> {
    let scope = owned(channel).map_or(Scope::Everything, Scope::Channel);
    let wish = Wish::parse(wish).ok_or_else(|| RecordError::Word(wish.to_owned()))?;
    Ok(Consent { scope, wish })
}

fn restore_lost((medium, address): (&str, Option<&str>)) -> Result<Lost, RecordError> {
    let medium = Medium::parse(medium).ok_or_else(|| RecordError::Word(medium.to_owned()))?;
    Ok(Lost { medium, address: owned(address) })
}

fn store_engagement(engagement: &Engagement) -> StoredEngagement<'_> {
    StoredEngagement {
        kind: engagement.kind.as_str(),
        channel: engagement.channel.as_str(),
        campaign: engagement.campaign.as_deref(),
        step: engagement.step.as_deref(),
        detail: engagement.detail.as_deref(),
        by_machine: engagement.by_machine,
        dispatch: engagement.dispatch.as_deref(),
    }
}

fn restore_engagement(stored: StoredEngagement<'_>) -> Result<Engagement, RecordError> {
    Ok(Engagement {
        kind: EngagementKind::parse(stored.kind).ok_or_else(|| RecordError::Word(stored.kind.to_owned()))?,
        channel: stored.channel.to_owned(),
        campaign: owned(stored.campaign),
        step: owned(stored.step),
        detail: owned(stored.detail),
        by_machine: stored.by_machine,
        dispatch: owned(stored.dispatch),
    })
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::option::of;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::domain::{Attributes, Change, ItemChange, ItemDeed, ItemFacts, ItemId, ItemWord, Said, Teller};

    fn json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        let tree = leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::hash_map(any::<String>(), inner, 0..4)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        });
        tree.prop_map(|value| Json::from(&value))
    }

    fn engagement() -> impl Strategy<Value = Engagement> {
        let texts = (any::<String>(), of(any::<String>()), of(any::<String>()), of(any::<String>()));
        (select(&EngagementKind::ALL[..]), texts, any::<bool>(), of(any::<String>())).prop_map(
            |(kind, (channel, campaign, step, detail), by_machine, dispatch)| Engagement {
                kind,
                channel,
                campaign,
                step,
                detail,
                by_machine,
                dispatch,
            },
        )
    }

    fn event() -> impl Strategy<Value = Event> {
        let identities = (of(any::<String>()), of(any::<String>()), of(any::<String>()), of(any::<String>())).prop_map(
            |(user_id, anonymous_id, email, previous_id)| Identities { user_id, anonymous_id, email, previous_id },
        );
        let traits = prop::collection::vec((any::<String>(), json()), 0..4);
        let scope = of(any::<String>()).prop_map(|channel| channel.map_or(Scope::Everything, Scope::Channel));
        let consent = (scope, select(vec![Wish::Welcome, Wish::Unwanted]));
        let consents = prop::collection::vec(consent.prop_map(|(scope, wish)| Consent { scope, wish }), 0..3);
        let lost = (select(&Medium::ALL[..]), of(any::<String>()));
        let lost = prop::collection::vec(lost.prop_map(|(medium, address)| Lost { medium, address }), 0..3);
        let texts = (of(any::<String>()), of(any::<String>()), of(any::<String>()));
        let others = (of(item_facts()), of((any::<String>(), any::<bool>())));
        let facts =
            (traits, texts, consents, lost, others).prop_map(|(traits, texts, consents, lost, (items, audience))| {
                let (push_token, phone, time_zone) = texts;
                PersonFacts { traits, push_token, phone, time_zone, consents, lost, items, audience }
            });
        let what = (select(&Call::ALL[..]), any::<String>(), 0..i64::MAX, any::<bool>(), json());
        (message_id(), what, identities, facts, of(engagement())).prop_map(
            |(id, (call, name, at_ms, test, body), identities, facts, engagement)| Event {
                id,
                call,
                name,
                at: Timestamp::from_millis(at_ms),
                identities,
                facts,
                engagement,
                test,
                body,
            },
        )
    }

    fn message_id() -> impl Strategy<Value = MessageId> {
        "\\PC{1,40}".prop_map(|text| MessageId::parse(&text).unwrap())
    }

    fn substance() -> impl Strategy<Value = Substance> {
        prop_oneof![
            (profile_id(), event()).prop_map(|(profile, event)| Substance::Event { profile, event: Box::new(event) }),
            (message_id(), any::<String>(), any::<String>())
                .prop_map(|(id, reason, raw)| Substance::Quarantined(Quarantined { id, reason, raw })),
            (message_id(), hearer(), news()).prop_map(|(id, to, news)| Substance::Told(Told { id, to, news })),
            item_word().prop_map(Substance::Item),
        ]
    }

    fn item_id() -> impl Strategy<Value = ItemId> {
        "[a-z/ ]{3,9}".prop_map(|text| ItemId::parse(&text).unwrap())
    }

    fn flat() -> impl Strategy<Value = Json> {
        prop_oneof![
            any::<i64>().prop_map(|n| Json::from(&n.into())),
            any::<String>().prop_map(|s| Json::from(&s.into()))
        ]
    }

    fn attributes() -> impl Strategy<Value = Attributes> {
        prop::collection::btree_map(any::<String>(), flat(), 0..4)
    }

    fn item_facts() -> impl Strategy<Value = ItemFacts> {
        let items = prop::collection::vec((item_id(), attributes()), 0..3);
        (select(&ItemDeed::ALL[..]), items).prop_map(|(deed, items)| ItemFacts { deed, items })
    }

    fn item_word() -> impl Strategy<Value = ItemWord> {
        let said = prop_oneof![
            attributes().prop_map(Said::Is),
            prop::collection::btree_map(any::<String>(), of(flat()), 0..4).prop_map(Said::Becomes),
            Just(Said::Gone),
        ];
        let teller = select(vec![Teller::Owner, Teller::Event]);
        (message_id(), item_id(), teller, 0..i64::MAX, said).prop_map(|(id, item, teller, ms, said)| ItemWord {
            id,
            item,
            teller,
            at: Timestamp::from_millis(ms),
            said,
        })
    }

    fn item_change() -> impl Strategy<Value = ItemChange> {
        let change = (any::<String>(), of(flat()), of(flat())).prop_map(|(subject, before, after)| Change {
            subject,
            before,
            after,
        });
        (item_id(), message_id(), prop::collection::vec(change, 0..3)).prop_map(|(item, id, changes)| ItemChange {
            item,
            id,
            changes,
        })
    }

    fn profile_id() -> impl Strategy<Value = ProfileId> {
        "\\PC{1,40}".prop_map(|text| ProfileId::parse(&text).unwrap())
    }

    fn hearer() -> impl Strategy<Value = Hearer> {
        prop_oneof![9 => profile_id().prop_map(Hearer::Person), 1 => Just(Hearer::Everybody)]
    }

    fn news() -> impl Strategy<Value = News> {
        let happened = (event(), 0..i64::MAX)
            .prop_map(|(event, ms)| News::Happened { event: Box::new(event), arrived: Timestamp::from_millis(ms) });
        prop_oneof![
            (profile_id(), any::<bool>()).prop_map(|(of, is_alias)| News::Same { of, is_alias }),
            (profile_id(), json()).prop_map(|(from, person)| News::Joined { from, person }),
            happened,
            json().prop_map(News::Noted),
            item_change().prop_map(News::ItemChanged),
            (profile_id(), 0..i64::MAX).prop_map(|(of, ms)| News::Erased { of, at: Timestamp::from_millis(ms) }),
        ]
    }

    proptest! {
        #[test]
        fn what_came_in_reads_back(substance in substance()) {
            let inbound = Inbound {
                tenant: TenantId::parse("shop").unwrap(),
                source: SourceId::parse("web").unwrap(),
                substance,
            };
            prop_assert_eq!(decode(&encode(&inbound)).unwrap(), inbound);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
            let _ = decode(&[&[FORMAT], &bytes[..]].concat());
        }
    }

    #[test]
    fn the_stored_form_stays_as_it_is() {
        let bytes = encode(&Inbound {
            tenant: TenantId::parse("shop").unwrap(),
            source: SourceId::parse("web").unwrap(),
            substance: Substance::Event {
                profile: ProfileId::parse("u1").unwrap(),
                event: Box::new(Event {
                    id: MessageId::parse("m1").unwrap(),
                    call: Call::Identify,
                    name: String::new(),
                    at: Timestamp::from_millis(1_000),
                    identities: Identities { user_id: Some("u1".to_owned()), ..Identities::default() },
                    facts: PersonFacts {
                        traits: vec![("tier".to_owned(), Json::parse(r#""gold""#).unwrap())],
                        ..PersonFacts::default()
                    },
                    engagement: None,
                    test: false,
                    body: Json::parse(r#"{"type": "identify"}"#).unwrap(),
                }),
            },
        });
        let picture = expect_test::expect![[
            r#"\x02\x04shop\x03web\x02m1\x00\x02u1\x08identify\x00\xd0\x0f\x01\x02u1\x00\x00\x00\x01\x04tier\x06\"gold\"\x00\x00\x00\x00\x00\x00\x00\x00\x00{\"type\": \"identify\"}"#
        ]];
        picture.assert_eq(&bytes.escape_ascii().to_string());
    }

    #[test]
    fn a_record_of_another_version_says_so() {
        let error = decode(&[9, 0, 0, 0, 0]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the record has format `9`, this version reads `2`: use the version that wrote it"
        );
    }
}
