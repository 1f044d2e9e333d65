//! What goes back into Segment, and what does not.

use std::collections::HashMap;

use serde_json::json;

use super::*;
use crate::channels::{Http, Reach};
use crate::domain::{Engagement, EngagementKind, MessageId};

/// A house whose tenant tells Segment.
fn bench() -> Bench {
    let mut bench = Bench::new(vec![campaign("test", sends_once)]);
    bench.switchboard = Arc::new(telling());
    bench
}

fn telling() -> Switchboard {
    let http = Http::new(limits::ATTEMPT_MAX, Reach::new(Vec::new())).unwrap();
    let channel = channels::open(channels::SEGMENT, &json!({"write_key": "k"}), &http).unwrap();
    let switchboard = Switchboard::default();
    switchboard.replace(HashMap::from([((shop(), channels::SEGMENT.to_owned()), channel)]));
    switchboard
}

/// Sends about the first event only.
fn sends_once(context: &Context, cause: &Cause) -> Decision {
    let is_first = matches!(cause, Cause::Event(event) if event.id.as_str() == "m1");
    if is_first { sends(context, cause) } else { decision(Vec::new(), Vec::new()) }
}

/// The message went out, over a provider of that name.
fn accepted(entry: Promised, provider: &'static str) -> Word {
    let Word::Settled(settlement, _) = settled(entry, accepting()) else { panic!("it should have come back") };
    Word::Settled(settlement, provider)
}

/// That the campaign's message was opened, as a provider reports it.
fn reported(bench: &Bench, id: MessageId, campaign: &str) -> Inbound {
    reported_as(bench, EngagementKind::Opened, id, campaign)
}

fn reported_as(bench: &Bench, kind: EngagementKind, id: MessageId, campaign: &str) -> Inbound {
    let mut inbound = bench.event(2);
    if let Substance::Event { event, .. } = &mut inbound.substance {
        event.id = id;
        event.body = Json::from(&json!({"properties": {"rekindle_message": "msg_00112233445566778899aabbccddeeff"}}));
        event.engagement = Some(Engagement {
            kind,
            channel: "email".into(),
            campaign: Some(campaign.into()),
            step: Some("push".into()),
            detail: None,
            by_machine: false,
            dispatch: None,
        });
    }
    inbound
}

fn callback() -> MessageId {
    MessageId::of_callback(&MessageId::parse("sendgrid:e1").unwrap()).unwrap()
}

#[test]
fn a_message_that_a_provider_took_is_told_once_in_the_same_commit() {
    let mut bench = bench();
    bench.commit(vec![bench.event(1)], &[]);
    let entry = bench.outbox().remove(0);
    let rows = bench.ledger_rows();
    let words = [accepted(entry.clone(), "webhook"), accepted(entry.clone(), "webhook")];
    bench.commit(Vec::new(), &words);
    let echoes = bench.outbox();
    assert_eq!(echoes.len(), 1);
    assert_eq!((echoes[0].matter, echoes[0].channel.as_str()), (Matter::Echo, "segment"));
    assert_eq!(echoes[0].content.value()["message"], entry.id.as_str());
    assert_ne!(echoes[0].id, entry.id);
    assert_eq!(bench.ledger_rows(), rows + 1, "the message is recorded, the echo is not");
}

#[test]
fn an_echo_is_nobodys_row_and_told_to_nobody() {
    for receipt in [accepting(), channels::closed("no".to_owned())] {
        let mut bench = bench();
        bench.commit(vec![bench.event(1)], &[]);
        let entry = bench.outbox().remove(0);
        bench.commit(Vec::new(), &[accepted(entry, "webhook")]);
        let (rows, messages) = (bench.ledger_rows(), messages(&bench));
        let echo = bench.outbox().remove(0);
        bench.commit(Vec::new(), &[settled(echo, receipt)]);
        assert_eq!((bench.ledger_rows(), self::messages(&bench)), (rows, messages));
        assert!(bench.outbox().iter().all(|left| left.dead.is_some()), "it is through, or a dead letter");
    }
}

fn messages(bench: &Bench) -> usize {
    let page = Page { tenant: shop(), page: String::new(), after: None };
    bench.store.reports().rows(Book::Messages, &page, usize::MAX).unwrap().len()
}

#[test]
fn nothing_is_told_of_what_reached_nobody_or_segment_itself_or_of_who_does_not_want_it() {
    for provider in ["preview", "segment"] {
        let mut bench = bench();
        bench.commit(vec![bench.event(1)], &[]);
        let entry = bench.outbox().remove(0);
        bench.commit(Vec::new(), &[accepted(entry, provider)]);
        assert_eq!(bench.outbox(), [], "{provider}");
    }
    let mut bench = Bench::new(vec![campaign("test", sends_once)]);
    bench.commit(vec![bench.event(1)], &[]);
    let entry = bench.outbox().remove(0);
    bench.commit(Vec::new(), &[accepted(entry, "webhook")]);
    bench.commit(vec![reported(&bench, callback(), "test")], &[]);
    assert_eq!(bench.outbox(), []);
}

#[test]
fn what_a_provider_reports_is_told() {
    let mut bench = bench();
    bench.commit(vec![reported(&bench, callback(), "test")], &[]);
    let echoes = bench.outbox();
    assert_eq!(echoes.len(), 1);
    let content = echoes[0].content.value();
    assert_eq!((&content["echo"], &content["channel"]), (&json!("opened"), &json!("email")));
    assert_eq!(content["message"], "msg_00112233445566778899aabbccddeeff");
    assert_eq!((echoes[0].step.as_str(), echoes[0].campaign.as_str()), ("push", "test"));
}

#[test]
fn that_a_message_was_sent_is_told_when_a_provider_took_it_and_not_again_when_it_reports_so() {
    let mut bench = bench();
    bench.commit(vec![bench.event(1)], &[]);
    let entry = bench.outbox().remove(0);
    bench.commit(Vec::new(), &[accepted(entry, "customer-io")]);
    let told = bench.outbox();
    bench.commit(vec![reported_as(&bench, EngagementKind::Sent, callback(), "test")], &[]);
    assert_eq!((told.len(), bench.outbox()), (1, told));
}

#[test]
fn what_segment_told_is_not_told_back_nor_what_is_told_of_others_campaigns() {
    let mut bench = bench();
    bench.commit(vec![reported(&bench, callback(), "somebody else's")], &[]);
    bench.commit(vec![reported(&bench, MessageId::parse("m7").unwrap(), "test")], &[]);
    let again = MessageId::of_callback(&MessageId::parse("sendgrid:e2").unwrap()).unwrap();
    bench.commit(vec![reported(&bench, again, "test")], &[]);
    assert_eq!(bench.outbox(), [], "Segment told it first");
}

#[test]
fn who_is_erased_is_not_told_of_any_more() {
    let mut bench = bench();
    bench.commit(vec![reported(&bench, callback(), "test")], &[]);
    assert_eq!(bench.outbox().len(), 1);
    bench.commit(vec![bench.deletion()], &[]);
    assert_eq!(bench.outbox(), []);
}
