//! What a server's answer means: its first digit, what it was to, and its enhanced status code (RFC 3463) where it has one.
//!
//! | answer | receipt |
//! | --- | --- |
//! | 250 to the message | accepted |
//! | 4xx to anything | retry |
//! | 5xx to the greeting, to STARTTLS or to the login; 530, 534, 535 and 538 (RFC 4954) | retry: the server, or its settings here, are put right while the ladder lasts |
//! | 5xx to the recipient or the message, with a code that says the mailbox is not there: 5.1.1, 5.1.2, 5.1.3, 5.1.6, 5.1.10, 5.2.1 | gone |
//! | 550, 551 or 553 to the recipient, with no code, or one that says nothing (5.0.0, 5.1.0) | gone |
//! | every other 5xx | refused |
//! | none, or one that makes no sense | retry |
//!
//! A code that names a policy (5.7.1: *we* may not send there) says nothing of the person's mailbox, and closes it not.

use smtp_proto::Response;

use super::conversation::{Failure, Outcome, Stage};
use crate::channels::asked::Asked;
use crate::channels::{Message, Receipt};

/// No such mailbox, no such system, no address, moved away, a domain without mail, a mailbox that is closed.
const GONE: [[u8; 3]; 6] = [[5, 1, 1], [5, 1, 2], [5, 1, 3], [5, 1, 6], [5, 1, 10], [5, 2, 1]];
/// No code, or one that says nothing: the reply's own number counts.
const SILENT: [[u8; 3]; 3] = [[0, 0, 0], [5, 0, 0], [5, 1, 0]];
/// No such mailbox, not here, no such name.
const GONE_REPLIES: [u16; 3] = [550, 551, 553];
/// Log in first; this way is too weak; that was wrong; encrypt first.
const LOGIN_REPLIES: [u16; 4] = [530, 534, 535, 538];

pub(super) fn receipt(outcome: Outcome, message: &Message, asked: &Asked) -> Receipt {
    let retry = |reason| Receipt::Retry { reason, after: None };
    match outcome {
        Ok(reply) => Receipt::Accepted { note: Some(format!("the server took it: {}", words(&reply, asked))) },
        Err(Failure::No { stage, reply }) => no(stage, &reply, message, asked),
        Err(Failure::Unreached(what)) => retry(what),
        Err(Failure::Lacking(what)) => {
            retry(format!("the server does not offer {what}; see to `security`, `user` or the server"))
        }
        Err(Failure::Broken { stage, what }) => {
            let what = asked.hidden_in(&what).unwrap_or_default();
            retry(format!("the conversation broke at {}: {what}", stage.what()))
        }
        Err(Failure::Silent { waited }) => retry(format!("no answer within {} ms", waited.as_millis())),
    }
}

fn no(stage: Stage, reply: &Response<String>, message: &Message, asked: &Asked) -> Receipt {
    let reason = format!("the server answered {} to {}", words(reply, asked), stage.what());
    if !is_lasting(stage, reply.code) {
        let next = if stage == Stage::Login { "; set a `user` and a `password` that are good for this" } else { "" };
        return Receipt::Retry { reason: reason + next, after: None };
    }
    match says_gone(stage, reply) {
        true => Receipt::Gone { gone: message.addresses.email.iter().cloned().collect(), reason },
        false => Receipt::Refused { reason },
    }
}

fn is_lasting(stage: Stage, code: u16) -> bool {
    let is_of_message = matches!(stage, Stage::Sender | Stage::Recipient | Stage::Text);
    is_of_message && (500..600).contains(&code) && !LOGIN_REPLIES.contains(&code)
}

fn says_gone(stage: Stage, reply: &Response<String>) -> bool {
    match stage {
        Stage::Recipient if SILENT.contains(&reply.esc) => GONE_REPLIES.contains(&reply.code),
        Stage::Recipient | Stage::Text => GONE.contains(&reply.esc),
        Stage::Greeting | Stage::Encryption | Stage::Login | Stage::Sender => false,
    }
}

/// The reply's number, its code and what of its words is the server's own.
fn words(reply: &Response<String>, asked: &Asked) -> String {
    let mut text = reply.code.to_string();
    if reply.esc != [0, 0, 0] {
        let [class, subject, detail] = reply.esc;
        text = format!("{text} {class}.{subject}.{detail}");
    }
    match asked.hidden_in(&reply.message) {
        Some(words) => format!("{text} ({words})"),
        None => text,
    }
}
