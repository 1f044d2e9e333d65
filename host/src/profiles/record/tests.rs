//! What was written reads back; what was not, or was harmed since, is refused.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::domain::{
    Arm, Attributes, Attribution, Call, CampaignName, Consent, Delivery, Engagement, EngagementKind, Event, HoldOut,
    Identities, Instruction, InstructionId, ItemDeed, ItemFacts, ItemId, Lost, Medium, MessageId, PersonFacts,
    Revision, Scope, TimerChange, TouchKind, VariationName, Wish, limits,
};
use crate::profiles::addresses::{Book, Standing};
use crate::profiles::history::{Counter, Key, Message};
use crate::profiles::items::Items;
use crate::profiles::moments::Moments;
use crate::profiles::trials::{Conversion, Outcome, Touch, Trial};
use crate::profiles::{
    Addresses, Consents, Counted, Dated, Held, History, Interest, Interests, Repeats, Run, Sends, SweepMark,
};

fn millis(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms)
}

fn event() -> Event {
    Event {
        id: MessageId::parse("m1").unwrap(),
        call: Call::Track,
        name: "Email Opened".into(),
        at: millis(1_000),
        identities: Identities {
            user_id: Some("u1".into()),
            anonymous_id: Some("a1".into()),
            email: Some("a@example.com".into()),
            previous_id: None,
        },
        facts: PersonFacts {
            traits: vec![("big".into(), Json::parse("12345678901234567890123").unwrap())],
            push_token: Some("token".into()),
            phone: Some("+4930123456".into()),
            time_zone: Some("Europe/Berlin".into()),
            consents: vec![
                Consent { scope: Scope::Channel("sms".into()), wish: Wish::Unwanted },
                Consent { scope: Scope::Everything, wish: Wish::Welcome },
            ],
            lost: vec![
                Lost { medium: Medium::Push, address: Some("old".into()) },
                Lost { medium: Medium::Phone, address: None },
            ],
            items: Some(ItemFacts {
                deed: ItemDeed::PutsIntoCart,
                items: vec![(ItemId::parse("mug").unwrap(), Attributes::new())],
            }),
            audience: Some(("big_spenders".into(), true)),
        },
        engagement: Some(Engagement {
            kind: EngagementKind::Opened,
            channel: "email".into(),
            campaign: Some("three-lines".into()),
            step: None,
            detail: None,
            by_machine: false,
            dispatch: Some("d-1".into()),
        }),
        test: false,
        body: Json::parse("{}").unwrap(),
    }
}

fn rich() -> Profile {
    let mut profile = Profile::default();
    profile.apply(&event());
    let run = profile.run_mut(&CampaignName::parse("three-lines").unwrap());
    run.state = Some(vec![0, 255, 7]);
    run.change_timers(vec![TimerChange::Set { name: "wait".into(), at: millis(5_000) }], millis(1_000));
    profile.meet(&CampaignName::parse("monday").unwrap(), &SweepMark { at: millis(9), sweep: "s".into() });
    let arm = Arm { variation: Some(VariationName::parse("bold").unwrap()), hold_out: Some(HoldOut::Campaign) };
    let mut trial = Trial::new("s2", arm, Attribution::default(), millis(1_000));
    trial.touch(Touch { revision: Revision(3), ..touch_at(2_000) });
    trial.convert(&MessageId::parse("m9").unwrap(), millis(3_000), -39_950_000);
    profile.enrol(&CampaignName::parse("three-lines").unwrap(), trial);
    let (first, second) = (InstructionId::from_digest([7; 32]), InstructionId::from_digest([8; 32]));
    profile.sends.promise(&first, &CampaignName::parse("three-lines").unwrap(), "push");
    profile.sends.promise(&second, &CampaignName::parse("three-lines").unwrap(), "email");
    profile.sends.accept(&second, millis(4_000));
    profile.next_ledger_row();
    profile.link(&ProfileId::parse("anonymous:a1").unwrap());
    profile
}

fn touch_at(ms: i64) -> Touch {
    let (step, channel) = ("first".into(), "email".into());
    Touch { at: millis(ms), kind: TouchKind::Click, step, channel, revision: Revision(1) }
}

fn moment() -> impl Strategy<Value = Timestamp> {
    prop_oneof![0..10_000_i64, 0..i64::MAX].prop_map(millis)
}

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,12}"
}

fn dated<T: std::fmt::Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Dated<T>> {
    (value, moment()).prop_map(|(value, at)| Dated { value, at })
}

fn profile_id() -> impl Strategy<Value = ProfileId> {
    "\\PC{1,12}".prop_map(|text| ProfileId::parse(&text).unwrap())
}

fn campaign() -> impl Strategy<Value = CampaignName> {
    "[a-z]{1,8}".prop_map(|text| CampaignName::parse(&text).unwrap())
}

fn json() -> impl Strategy<Value = Json> {
    prop_oneof![
        text().prop_map(|text| Json::from(&text.into())),
        any::<f64>().prop_map(|number| Json::from(&number.into())),
        vec(text(), 0..3).prop_map(|texts| Json::from(&texts.into())),
    ]
}

fn addresses() -> impl Strategy<Value = Addresses> {
    let standing = [of(moment()), of(moment()), of(moment()), of(moment())]
        .prop_map(|[first, last, proven, lost]| Standing { first, last, proven, lost });
    let book = (btree_map(text(), standing, 0..3), of(moment())).prop_map(|(known, all_lost)| Book { known, all_lost });
    btree_map(select(&Medium::ALL[..]), book, 0..3).prop_map(Addresses)
}

fn consents() -> impl Strategy<Value = Consents> {
    let wish = || dated(select(vec![Wish::Welcome, Wish::Unwanted]));
    (of(wish()), btree_map(text(), wish(), 0..3)).prop_map(|(everything, channels)| Consents { everything, channels })
}

fn history() -> impl Strategy<Value = History> {
    let message =
        (text(), of(text()), of(text())).prop_map(|(channel, campaign, step)| Message { channel, campaign, step });
    let key = prop_oneof![
        text().prop_map(Key::Event),
        (select(&EngagementKind::ALL[..]), message).prop_map(|(kind, message)| Key::Engagement(kind, message)),
    ];
    let recent = vec(moment(), 1..20).prop_map(|all| {
        let mut recent = Moments::only(all[0]);
        all[1..].iter().for_each(|at| recent.join(&Moments::only(*at)));
        recent
    });
    let counter = (any::<u32>(), moment(), recent, of(moment()))
        .prop_map(|(count, first, recent, forgotten)| Counter { count, first, recent, forgotten });
    btree_map(key, counter, 0..6).prop_map(History)
}

fn known(interests: BTreeMap<ItemId, Interest>) -> Items {
    let mut items = Items::default();
    *items.known_mut() = interests;
    items
}

fn interests() -> impl Strategy<Value = Interests> {
    let item = "[a-z/ ]{3,9}".prop_map(|text| ItemId::parse(&text).unwrap());
    let interest =
        [of(moment()), of(moment()), of(moment())].prop_map(|[viewed, carted, left]| Interest { viewed, carted, left });
    (btree_map(item, interest, 0..6).prop_map(known), of(moment()))
        .prop_map(|(items, emptied)| Interests { items: Arc::new(items), emptied })
}

fn runs() -> impl Strategy<Value = BTreeMap<CampaignName, Run>> {
    let run = (of(vec(any::<u8>(), 0..20)), btree_map(text(), moment(), 0..3), vec(held(), 0..3));
    btree_map(campaign(), run.prop_map(|(state, timers, held)| Run { state, timers, held }), 0..3)
}

fn held() -> impl Strategy<Value = Held> {
    let delivery = (text(), json()).prop_map(|(channel, content)| Delivery { channel, content });
    let instruction = (text(), vec(delivery, 0..3), of(moment())).prop_map(|(step, deliveries, expires)| Instruction {
        step,
        deliveries,
        expires,
    });
    let id = any::<[u8; 32]>().prop_map(InstructionId::from_digest);
    let revision = any::<u32>().prop_map(Revision);
    (id, revision, instruction, moment(), moment(), text()).prop_map(
        |(id, revision, instruction, since, until, rule)| Held { id, revision, instruction, since, until, rule },
    )
}

fn trial() -> impl Strategy<Value = Trial> {
    let touch = || {
        (moment(), select(&TouchKind::ALL[..]), text(), text(), any::<u32>()).prop_map(
            |(at, kind, step, channel, revision)| Touch { at, kind, step, channel, revision: Revision(revision) },
        )
    };
    let message = "\\PC{1,12}".prop_map(|text| MessageId::parse(&text).unwrap());
    let conversion =
        (moment(), any::<i64>(), of(touch())).prop_map(|(at, value, credit)| Conversion { at, value, credit });
    let variation = of("[a-z]{1,8}".prop_map(|text| VariationName::parse(&text).unwrap()));
    let arm = (variation, of(select(&HoldOut::ALL[..]))).prop_map(|(variation, hold_out)| Arm { variation, hold_out });
    let attribution = (0..9_000_000_u64, select(&TouchKind::ALL[..]))
        .prop_map(|(seconds, to)| Attribution { window: std::time::Duration::from_secs(seconds), to });
    let did = (btree_set(touch(), 0..4), btree_map(message, conversion, 0..4), (any::<u64>(), any::<i64>()));
    (text(), arm, attribution, moment(), did).prop_map(|(salt, arm, attribution, enrolled, did)| {
        let (touches, conversions, (count, value)) = did;
        let forgotten = Outcome { conversions: count, value };
        Trial { salt, arm, attribution, enrolled, touches, conversions, forgotten }
    })
}

fn sends() -> impl Strategy<Value = Sends> {
    let counted = (campaign(), text(), of(moment())).prop_map(|(campaign, channel, accepted)| Counted {
        campaign,
        channel: channel.into(),
        accepted,
    });
    btree_map(any::<[u8; 32]>().prop_map(InstructionId::from_digest), counted, 0..6).prop_map(Sends::of)
}

fn profile() -> impl Strategy<Value = Profile> {
    let seen = of((moment(), moment())).prop_map(Option::unzip);
    let mark = (moment(), text()).prop_map(|(at, sweep)| SweepMark { at, sweep });
    let told = (of(dated(text())), of(dated(text())), of(dated(text())), btree_set(profile_id(), 0..3));
    let said = (btree_map(text(), dated(json()), 0..4), btree_map(text(), dated(any::<bool>()), 0..3), addresses());
    let did = (consents(), vec((any::<u64>(), moment()), 0..9), history(), interests());
    let tried = (btree_map(campaign(), trial(), 0..3), sends());
    let asked = (runs(), btree_map(campaign(), mark, 0..3), tried);
    (any::<u64>(), seen, told, said, did, asked, any::<u64>()).prop_map(
        |(events, (first_seen, last_seen), told, said, did, (runs, swept, (trials, sends)), ledger_next)| {
            let ((user_id, anonymous_id, time_zone, linked), (traits, audiences, addresses)) = (told, said);
            let (consents, repeats, history, interests) = did;
            let repeats = Repeats(repeats.into_iter().collect());
            Profile {
                events,
                first_seen,
                last_seen,
                user_id,
                anonymous_id,
                linked,
                traits,
                audiences,
                addresses,
                time_zone,
                consents,
                repeats,
                history,
                interests,
                runs,
                swept,
                trials,
                sends,
                ledger_next,
            }
        },
    )
}

proptest! {
    #[test]
    fn a_profile_reads_back_as_it_was_written(profile in profile()) {
        prop_assert_eq!(Profile::decode(&profile.encode()).unwrap(), profile.clone());
        prop_assert_eq!(Profile::of_text(&profile.text()).unwrap(), profile);
    }

    #[test]
    fn whatever_befalls_a_record_is_noticed(profile in profile(), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let record = profile.encode();
        let mut harmed = record.clone();
        harmed[at.index(record.len())] ^= 1 << bit;
        prop_assert!(Kept::decode(&harmed).is_err());
        prop_assert!(Kept::decode(&record[..at.index(record.len())]).is_err());
        prop_assert!(Kept::decode(&[&record[..], &[0]].concat()).is_err());
    }
}

#[test]
fn where_somebody_moved_and_when_they_were_erased_reads_back_as_it_was_written() {
    let id = ProfileId::parse("u1").unwrap();
    assert_eq!(Kept::decode(&Kept::moved(&id)).unwrap(), Kept::Moved(id));
    assert_eq!(Kept::decode(&Kept::erased(millis(7))).unwrap(), Kept::Erased(millis(7)));
    assert_eq!(Kept::decode(&rich().encode()).unwrap(), Kept::Person(Arc::new(rich())));
}

#[test]
fn an_unknown_format_is_told_apart_from_a_damaged_record() {
    let error = Kept::decode(&[9, b'{']).unwrap_err().to_string();
    assert_eq!(error, "a profile's record has the format 9, this version reads 5: use the version that wrote it");
    assert!(matches!(Kept::decode(&[]), Err(RecordError::Malformed(_))));
    assert!(matches!(Kept::decode(&[FORMAT, b'{']), Err(RecordError::Malformed(_))));
}

/// Whoever announces more than there is gets no memory for it.
#[test]
fn a_length_that_nothing_stands_behind_is_an_error() {
    let lengths = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    let whole = Profile::default().encode();
    // The last is a number, which may be that great.
    for at in BODY_AT..whole.len() - 1 {
        let harmed = seal([&whole[..at], &lengths].concat());
        assert!(matches!(Kept::decode(&harmed), Err(RecordError::Malformed(_))), "at {at}");
    }
}

#[test]
fn the_stored_form_stays_as_it_is() {
    let record = rich().encode();
    let picture = expect_test::expect![[
        r#"\x05rZ/\xc0\x00\x01\x01\xe8\x07\xe8\x07\x01\x02u1\xe8\x07\x01\x02a1\xe8\x07\x01\x0canonymous:a1\x01\x03big\x1712345678901234567890123\xe8\x07\x01\x0cbig_spenders\x01\xe8\x07\x03\x04push\x02\x03old\x00\x00\x00\x01\xe8\x07\x05token\x01\xe8\x07\x00\x01\xe8\x07\x00\x00\x05email\x01\ra@example.com\x01\xe8\x07\x00\x01\xe8\x07\x00\x00\x05phone\x01\x0b+4930123456\x01\xe8\x07\x00\x00\x00\x01\xe8\x07\x01\rEurope/Berlin\xe8\x07\x01\x07welcome\xe8\x07\x01\x03sms\x08unwanted\xe8\x07\x02\xf12\x06\x82+\xc4\x10f\xe8\x07>\xe4+j]\x81\x92s\xe8\x07\x02\x00\x0cEmail Opened\x01\xe8\x07\xe8\x07\x00\x00\x01\x06opened\x05email\x01\x0bthree-lines\x00\x01\xe8\x07\xe8\x07\x00\x00\n\x01\x03mug\x00\x01\xe8\x07\x00\x00\x01\x0bthree-lines\x01\x03\x00\xff\x07\x01\x04wait\x88\'\x00\x01\x06monday\t\x01s\x01\x0bthree-lines\x02s2\x01\x04bold\x01\x08campaign\x80\xf5$\x05click\xe8\x07\x01\xd0\x0f\x05click\x05first\x05email\x03\x01\x02m9\xb8\x17\xdf\xda\x8c&\x01\xd0\x0f\x05click\x05first\x05email\x03\x00\x00C\x01\x0bthree-lines\x02\x05email\x04push\xa0\x1f\x02\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x00\x01\x00\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x00\x00\x01\x00\x01"#
    ]];
    picture.assert_eq(&record.escape_ascii().to_string());
}

#[test]
fn a_record_takes_little() {
    let mut profile = rich();
    for n in 0..limits::HISTORY_RECENT_MAX {
        let at = millis(1_772_438_400_000 + 3_600_000 * i64::try_from(n).unwrap());
        profile.note(&Event { name: "Product Viewed".into(), at, engagement: None, ..event() });
    }
    assert!(profile.encode().len() < rich().encode().len() + 4 * limits::HISTORY_RECENT_MAX + 40);
}

#[test]
fn what_caps_count_takes_little() {
    let mut profile = rich();
    let whole = profile.encode().len();
    for n in 0..100_u8 {
        let (id, campaign) = (InstructionId::from_digest([n; 32]), CampaignName::parse("three-lines").unwrap());
        profile.sends.promise(&id, &campaign, "push");
        profile.sends.accept(&id, millis(1_772_438_400_000 + 3_600_000 * i64::from(n)));
    }
    assert!(profile.encode().len() < whole + 100 * 25, "a message takes at most 25 bytes");
}
