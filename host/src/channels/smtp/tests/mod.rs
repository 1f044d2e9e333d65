//! What SMTP owes as a channel, against a server that misbehaves in every way, and what is said over the wire.

mod judged;
mod server;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use expect_test::{Expect, expect};
use serde_json::{Value, json};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::Smtp;
use crate::channels::conformance::{loopback, message};
use crate::channels::reach::{LookingUp, Names};
use crate::channels::{Addresses, Http, Message, Provider as _, Reach, Receipt};
use crate::domain::Json;
use server::{Act, Script, Server, Tls};

const PRIVATE: &str = "hush";
const PATIENCE: Duration = Duration::from_secs(5);

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let output = future.await;
        // The farewell is said by a task of its own.
        tokio::time::sleep(Duration::from_millis(20)).await;
        output
    })
}

/// Leads every name to one address.
struct Leading(IpAddr);

impl Names for Leading {
    fn look_up(&self, _: &str) -> LookingUp {
        Box::pin(std::future::ready(Ok(vec![self.0])))
    }
}

fn http(reach: Reach, leading: &str, patience: Duration) -> Http {
    Http::with_names(patience, reach, Arc::new(Leading(leading.parse().unwrap()))).unwrap()
}

fn plain(port: u16) -> Value {
    json!({"host": "127.0.0.1", "port": port, "security": "none", "from": "Shop <shop@shop.example>"})
}

fn saying(content: &Value) -> Message {
    let addresses = Addresses { email: Some("ada@example.com".to_owned()), ..Addresses::default() };
    Message { content: Json::from(content), addresses, ..message(1) }
}

fn hello() -> Message {
    saying(&json!({"subject": "Hello", "body": "How are you?"}))
}

fn attempt(http: &Http, settings: &Value, message: &Message) -> Receipt {
    let kept = Smtp.validate(settings, http.reach()).unwrap();
    let channel = Smtp.open(&kept, http).unwrap();
    run(channel.deliver(message))
}

/// What becomes of a message at a server with this script, without TLS, and what was said.
fn deliver(script: Script, message: &Message) -> (Receipt, Vec<Vec<String>>) {
    let server = Server::start(script, Tls::Never);
    let receipt = attempt(&http(loopback(), "127.0.0.1", PATIENCE), &plain(server.address.port()), message);
    (receipt, server.conversations())
}

/// What a server hears of a message.
fn heard(settings: impl FnOnce(&mut Value), message: &Message) -> Vec<String> {
    let server = Server::start(Script::PLAIN, Tls::Never);
    let mut all = plain(server.address.port());
    settings(&mut all);
    let receipt = attempt(&http(loopback(), "127.0.0.1", PATIENCE), &all, message);
    assert!(matches!(receipt, Receipt::Accepted { .. }), "{receipt:?}");
    server.conversations().pop().unwrap()
}

fn check(settings: impl FnOnce(&mut Value), message: &Message, wanted: &Expect) {
    wanted.assert_eq(&heard(settings, message).join("\n"));
}

#[test]
fn a_message_of_plain_text_is_handed_over() {
    check(
        |_| (),
        &hello(),
        &expect![[r#"
        EHLO shop.example
        MAIL FROM:<shop@shop.example>
        RCPT TO:<ada@example.com>
        DATA
        From: Shop <shop@shop.example>
        Subject: Hello
        Message-ID: <msg_00112233445566778899aabbccddeeff@shop.example>
        Date: Fri, 02 Jan 2026 03:04:05 +0000
        To: ada@example.com
        MIME-Version: 1.0
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: 7bit

        How are you?

        .
        QUIT"#]],
    );
}

#[test]
fn text_and_html_are_alternatives_and_one_click_unsubscribes() {
    let content = json!({
        "subject": "Dein Körbchen wartet", "body": "Grüße\n.\n..und mehr", "html": "<p>Grüße</p>",
        "unsubscribe_url": format!("https://shop.example/u?t={}", "0123456789".repeat(12)),
    });
    check(
        |settings| settings["reply_to"] = "Hilfe für alle <help@shop.example>".into(),
        &saying(&content),
        &expect![[r#"
            EHLO shop.example
            MAIL FROM:<shop@shop.example>
            RCPT TO:<ada@example.com>
            DATA
            From: Shop <shop@shop.example>
            Subject: Dein =?utf-8?b?S8O2cmJjaGVu?= wartet
            Message-ID: <msg_00112233445566778899aabbccddeeff@shop.example>
            Date: Fri, 02 Jan 2026 03:04:05 +0000
            Reply-To: =?utf-8?b?SGlsZmUgZsO8ciBhbGxl?= <help@shop.example>
            List-Unsubscribe: <https://shop.example/u?t=012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789>
            List-Unsubscribe-Post: List-Unsubscribe=One-Click
            To: ada@example.com
            MIME-Version: 1.0
            Content-Type: multipart/alternative;
             boundary="rekindle-msg_00112233445566778899aabbccddeeff"

            --rekindle-msg_00112233445566778899aabbccddeeff
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            Gr=C3=BC=C3=9Fe
            ..
            ...und mehr
            --rekindle-msg_00112233445566778899aabbccddeeff
            Content-Type: text/html; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            <p>Gr=C3=BC=C3=9Fe</p>
            --rekindle-msg_00112233445566778899aabbccddeeff--

            .
            QUIT"#]],
    );
}

#[test]
fn every_attempt_says_the_same() {
    let [first, second] =
        [1, 2].map(|number| heard(|_| (), &Message { attempt: number, at: message(number).at, ..hello() }));
    assert_eq!(first, second);
    assert!(first.contains(&"Message-ID: <msg_00112233445566778899aabbccddeeff@shop.example>".to_owned()), "{first:?}");
}

#[test]
fn a_domain_in_other_letters_is_spelled_in_those_that_every_server_takes() {
    let to = |email: &str| Message {
        addresses: Addresses { email: Some(email.to_owned()), ..Addresses::default() },
        ..hello()
    };
    assert!(heard(|_| (), &to("ada@bücher.example")).contains(&"RCPT TO:<ada@xn--bcher-kva.example>".to_owned()));
    let (receipt, conversations) = deliver(Script::PLAIN, &to("gänseblümchen@example.com"));
    assert!(matches!(receipt, Receipt::Refused { .. }) && conversations.is_empty(), "{receipt:?}");
}

#[test]
fn nothing_in_a_message_can_break_out_of_its_place() {
    let hostile =
        "x\r\nBcc: eve@example.com\r\n\r\n.\r\nMAIL FROM:<eve@example.com>\r\nRCPT TO:<eve@example.com>\r\nDATA\r\n";
    for lines in [
        hostile.to_owned(),
        hostile.replace("\r\n", "\n"),
        hostile.replace("\r\n", "\r"),
        format!("\u{2028}{hostile}\0"),
    ] {
        let content = json!({"subject": lines, "body": lines, "html": lines});
        let heard = heard(|_| (), &saying(&content));
        let count = |start: &str| heard.iter().filter(|line| line.to_uppercase().starts_with(start)).count();
        // The third is in the text, where it says nothing.
        assert_eq!((count("EHLO"), count("DATE:"), count("SUBJECT:"), count("QUIT")), (1, 1, 1, 1), "{heard:#?}");
        let end = heard.iter().position(|line| line == ".").unwrap();
        assert_eq!(heard[end + 1..], ["QUIT"], "one message, and nothing after it");
        let head_end = heard.iter().position(String::is_empty).unwrap();
        assert!(!heard[..head_end].iter().any(|line| line.to_uppercase().starts_with("BCC")), "{heard:#?}");
    }
}

#[test]
fn no_address_can_break_out_of_its_place() {
    for email in
        ["ada@example.com>\r\nRCPT TO:<eve@example.com", "ada@example.com\nBcc: eve@example.com", "ada @example.com"]
    {
        let addresses = Addresses { email: Some(email.to_owned()), ..Addresses::default() };
        let (receipt, conversations) = deliver(Script::PLAIN, &Message { addresses, ..hello() });
        assert!(matches!(receipt, Receipt::Gone { .. }) && conversations.is_empty(), "{email:?}: {receipt:?}");
    }
}

/// A receipt without its words.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Accepted,
    Retry,
    Refused,
    Gone,
}

fn outcome(receipt: &Receipt) -> Outcome {
    match receipt {
        Receipt::Accepted { .. } | Receipt::Partly { .. } => Outcome::Accepted,
        Receipt::Retry { .. } => Outcome::Retry,
        Receipt::Refused { .. } => Outcome::Refused,
        Receipt::Gone { gone, .. } => {
            assert_eq!(gone, &["ada@example.com"]);
            Outcome::Gone
        }
    }
}

/// `(where, what the server says there, what becomes of the message)`.
const REPLIES: &[(&str, &str, Outcome)] = &[
    ("EHLO", "421 4.3.2 closing", Outcome::Retry),
    ("EHLO", "554 5.7.1 not you", Outcome::Retry),
    ("MAIL", "421 closing", Outcome::Retry),
    ("MAIL", "451 4.7.1 greylisted", Outcome::Retry),
    ("MAIL", "530 5.7.0 log in first", Outcome::Retry),
    ("MAIL", "550 5.7.1 no such sender", Outcome::Refused),
    ("MAIL", "550 5.1.1 no such sender", Outcome::Refused),
    ("MAIL", "553 5.1.8 bad domain", Outcome::Refused),
    ("MAIL", "552 5.3.4 too big", Outcome::Refused),
    ("RCPT", "250 2.1.5 ok", Outcome::Accepted),
    ("RCPT", "251 will forward", Outcome::Accepted),
    ("RCPT", "421 4.7.0 closing", Outcome::Retry),
    ("RCPT", "450 4.2.1 busy", Outcome::Retry),
    ("RCPT", "451 4.3.0 error", Outcome::Retry),
    ("RCPT", "452 4.2.2 full", Outcome::Retry),
    ("RCPT", "550 5.1.1 no such mailbox", Outcome::Gone),
    ("RCPT", "550 5.1.10 no mail for this domain", Outcome::Gone),
    ("RCPT", "550 5.2.1 closed", Outcome::Gone),
    ("RCPT", "550 no such mailbox", Outcome::Gone),
    ("RCPT", "550 5.0.0 no such mailbox", Outcome::Gone),
    ("RCPT", "550 5.1.0 rejected", Outcome::Gone),
    ("RCPT", "550-5.1.1 no\r\n550 5.1.1 such mailbox", Outcome::Gone),
    ("RCPT", "551 not here", Outcome::Gone),
    ("RCPT", "551 5.1.6 moved", Outcome::Gone),
    ("RCPT", "553 5.1.3 no such name", Outcome::Gone),
    ("RCPT", "553 no such name", Outcome::Gone),
    ("RCPT", "550 5.7.1 relaying denied", Outcome::Refused),
    ("RCPT", "550 5.4.1 access denied", Outcome::Refused),
    ("RCPT", "552 5.2.2 full", Outcome::Refused),
    ("RCPT", "554 no", Outcome::Refused),
    ("RCPT", "554 5.7.1 blocked", Outcome::Refused),
    ("RCPT", "530 5.7.0 log in first", Outcome::Retry),
    ("DATA", "451 4.3.0 error", Outcome::Retry),
    ("DATA", "554 5.5.1 no recipients", Outcome::Refused),
    ("DATA", "250 ok?", Outcome::Retry),
    ("TEXT", "250 2.0.0 kept", Outcome::Accepted),
    ("TEXT", "250 kept", Outcome::Accepted),
    ("TEXT", "421 closing", Outcome::Retry),
    ("TEXT", "451 4.7.1 later", Outcome::Retry),
    ("TEXT", "452 4.3.1 full", Outcome::Retry),
    ("TEXT", "550 5.7.1 spam", Outcome::Refused),
    ("TEXT", "550 spam", Outcome::Refused),
    ("TEXT", "550 5.1.1 no such mailbox", Outcome::Gone),
    ("TEXT", "552 5.3.4 too big", Outcome::Refused),
    ("TEXT", "554 5.6.0 malformed", Outcome::Refused),
    ("TEXT", "199 what", Outcome::Retry),
    ("TEXT", "999 what", Outcome::Retry),
    ("QUIT", "500 what", Outcome::Accepted),
];

#[test]
fn what_is_said_at_each_stage_has_its_receipt() {
    for (word, line, wanted) in REPLIES {
        let acts = Box::leak(Box::new([(*word, Act::Say(line))]));
        let (receipt, conversations) = deliver(Script { acts, ..Script::PLAIN }, &hello());
        assert_eq!(outcome(&receipt), *wanted, "{line} to {word}: {receipt:?}");
        assert_eq!(conversations.len(), 1, "{line} to {word}: nothing is tried twice");
    }
    for greeting in ["421 4.3.2 closing", "554 5.7.1 not you", "535 what"] {
        let (receipt, _) = deliver(Script { greeting: Act::Say(greeting), ..Script::PLAIN }, &hello());
        assert_eq!(outcome(&receipt), Outcome::Retry, "{greeting}: {receipt:?}");
    }
}

#[test]
fn whatever_a_server_does_an_attempt_ends_in_time_and_is_tried_again() {
    let acts = [
        Act::SayNothing,
        Act::Drip,
        Act::Flood,
        Act::BreakOff(""),
        Act::BreakOff("25"),
        Act::BreakOff("HTTP/1.1 400 Bad Request\r\n\r\n"),
        Act::Say("what now?"),
        Act::Say(""),
    ];
    // All at one time, because most of it is waiting.
    std::thread::scope(|scope| {
        for act in acts {
            for word in ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "TEXT"] {
                scope.spawn(move || misbehave(act, word));
            }
        }
    });
    let receipt = attempt(&http(loopback(), "127.0.0.1", PATIENCE), &plain(Server::gone().port()), &hello());
    let Receipt::Retry { reason, .. } = receipt else { panic!("nobody is there") };
    expect!["could not connect: Connection refused (os error 111)"].assert_eq(&reason);
}

fn misbehave(act: Act, word: &'static str) {
    let script = match word {
        "greeting" => Script { greeting: act, ..Script::PLAIN },
        _ => Script { acts: Box::leak(Box::new([(word, act)])), ..Script::PLAIN },
    };
    let server = Server::start(script, Tls::Never);
    let http = http(loopback(), "127.0.0.1", Duration::from_millis(500));
    let receipt = attempt(&http, &plain(server.address.port()), &hello());
    assert_eq!(outcome(&receipt), Outcome::Retry, "{act:?} at {word}: {receipt:?}");
}

#[test]
fn a_farewell_that_is_not_answered_changes_nothing() {
    for act in [Act::SayNothing, Act::BreakOff(""), Act::Flood] {
        let (receipt, _) = deliver(Script { acts: Box::leak(Box::new([("QUIT", act)])), ..Script::PLAIN }, &hello());
        assert_eq!(outcome(&receipt), Outcome::Accepted, "{act:?}: {receipt:?}");
    }
}

#[test]
fn reasons_hold_nothing_of_what_was_said() {
    let addresses = Addresses { email: Some("hush@example.com".to_owned()), ..Addresses::default() };
    let content = json!({"subject": "hush subject", "body": "hush, hush", "html": "<b>hush</b>"});
    let message = Message { content: Json::from(&content), addresses, ..message(1) };
    let script = |acts: &'static [(&'static str, Act)]| Script { offers: &["AUTH PLAIN LOGIN"], acts, ..Script::PLAIN };
    for acts in [
        &[("AUTH", Act::Repeat("535 5.7.8"))][..],
        &[("MAIL", Act::Repeat("550"))],
        &[("RCPT", Act::Repeat("550 5.1.1"))],
        &[("TEXT", Act::Repeat("554"))],
        &[("TEXT", Act::Repeat("250"))],
    ] {
        let server = Server::start(script(acts), Tls::Never);
        let mut settings = plain(server.address.port());
        settings["user"] = "hush-user".into();
        settings["password"] = "hush-password".into();
        let receipt = attempt(&http(loopback(), "127.0.0.1", PATIENCE), &settings, &message);
        // The login in the letters of SASL.
        let encoded = "AGh1c2gtdXNlcgBodXNoLXBhc3N3b3Jk";
        let said = format!("{receipt:?}");
        assert!(said.replace("hush@example.com\"]", "").matches(PRIVATE).count() == 0, "{acts:?}: {said}");
        assert!(!said.contains(encoded), "{acts:?}: {said}");
        assert!(server.conversations()[0].iter().any(|line| line == &format!("AUTH PLAIN {encoded}")), "it was said");
    }
}

#[test]
fn reasons_name_what_happened() {
    let reason = |acts: &'static [(&'static str, Act)]| match deliver(Script { acts, ..Script::PLAIN }, &hello()).0 {
        Receipt::Accepted { note } | Receipt::Partly { note, .. } => note.unwrap(),
        Receipt::Retry { reason, .. } | Receipt::Refused { reason } | Receipt::Gone { reason, .. } => reason,
    };
    expect!["the server took it: 250 2.0.0 (kept as 42)"].assert_eq(&reason(&[]));
    expect!["the server answered 550 5.1.1 (No such mailbox: <***>) to the recipient"]
        .assert_eq(&reason(&[("RCPT", Act::Say("550 5.1.1 No such mailbox: <ada@example.com>"))]));
    expect!["the server answered 451 4.7.1 (Try again later) to the message"]
        .assert_eq(&reason(&[("TEXT", Act::Say("451 4.7.1 Try again later"))]));
    expect!["the conversation broke at the message: no answer, or none of SMTP's"]
        .assert_eq(&reason(&[("TEXT", Act::BreakOff(""))]));
}

mod private {
    //! What TLS is for.

    use super::*;

    struct Trust {
        server: Arc<ServerConfig>,
        client: Arc<ClientConfig>,
    }

    /// A server's certificate for these names, and a client that trusts it.
    fn trust(names: &[&str]) -> Trust {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let certificate = made.cert.der().clone();
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let server = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
        let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Trust { server: Arc::new(server), client: Arc::new(client) }
    }

    const OFFERS: &[&str] = &["STARTTLS", "AUTH PLAIN LOGIN CRAM-MD5"];

    /// What becomes of a message to `mail.example` at a server with a certificate for these names, and what was said.
    fn deliver(security: &str, names: &[&str], script: Script) -> (Receipt, Vec<Vec<String>>) {
        let Trust { server, client } = trust(names);
        let tls = if security == "tls" { Tls::AtOnce(server) } else { Tls::WhenAsked(server) };
        let server = Server::start(script, tls);
        let settings = json!({"host": "mail.example", "port": server.address.port(), "security": security,
            "user": "ada", "password": "s3cret", "from": "shop@shop.example"});
        let http = http(loopback(), "127.0.0.1", PATIENCE).with_tls(client);
        (attempt(&http, &settings, &hello()), server.conversations())
    }

    #[test]
    fn with_starttls_nothing_is_said_before_it_but_the_wish() {
        let (receipt, conversations) =
            deliver("starttls", &["mail.example"], Script { offers: OFFERS, ..Script::PLAIN });
        assert_eq!(outcome(&receipt), Outcome::Accepted, "{receipt:?}");
        let heard = &conversations[0];
        assert_eq!(
            heard[..5],
            ["EHLO shop.example", "STARTTLS", "(TLS)", "EHLO shop.example", "AUTH PLAIN AGFkYQBzM2NyZXQ="]
        );
    }

    #[test]
    fn with_tls_nothing_is_said_before_it() {
        let (receipt, conversations) = deliver("tls", &["mail.example"], Script { offers: OFFERS, ..Script::PLAIN });
        assert_eq!(outcome(&receipt), Outcome::Accepted, "{receipt:?}");
        assert_eq!(conversations[0][..2], ["EHLO shop.example", "AUTH PLAIN AGFkYQBzM2NyZXQ="]);
    }

    #[test]
    fn a_server_without_starttls_is_told_nothing() {
        let acts = &[("STARTTLS", Act::Say("454 4.7.0 not now"))];
        for script in
            [Script { offers: &["AUTH PLAIN"], ..Script::PLAIN }, Script { offers: OFFERS, acts, ..Script::PLAIN }]
        {
            let (receipt, conversations) = deliver("starttls", &["mail.example"], script);
            assert_eq!(outcome(&receipt), Outcome::Retry, "{receipt:?}");
            let rest: Vec<_> =
                conversations[0].iter().filter(|line| *line != "EHLO shop.example" && *line != "STARTTLS").collect();
            assert!(rest.is_empty(), "{rest:?}");
        }
    }

    #[test]
    fn what_stands_behind_the_answer_to_starttls_is_not_believed() {
        let acts = &[("STARTTLS", Act::Say("220 2.0.0 ready\r\n250-mail.example\r\n250 AUTH CRAM-MD5"))];
        let (receipt, conversations) =
            deliver("starttls", &["mail.example"], Script { offers: OFFERS, acts, ..Script::PLAIN });
        assert_eq!(outcome(&receipt), Outcome::Accepted, "{receipt:?}");
        assert_eq!(conversations[0][2..5], ["(TLS)", "EHLO shop.example", "AUTH PLAIN AGFkYQBzM2NyZXQ="]);
    }

    #[test]
    fn a_server_with_another_name_or_an_unknown_certificate_is_told_nothing() {
        for security in ["starttls", "tls"] {
            let (receipt, conversations) =
                deliver(security, &["other.example"], Script { offers: OFFERS, ..Script::PLAIN });
            assert_eq!(outcome(&receipt), Outcome::Retry, "{receipt:?}");
            assert!(!conversations[0].iter().any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")));
        }
        // The machine trusts none that a test has made.
        let server = Server::start(Script::PLAIN, Tls::AtOnce(trust(&["mail.example"]).server));
        let settings = json!({"host": "mail.example", "port": server.address.port(), "security": "tls", "from": "shop@shop.example"});
        let receipt = attempt(&http(loopback(), "127.0.0.1", PATIENCE), &settings, &hello());
        let Receipt::Retry { reason, .. } = receipt else { panic!("{receipt:?}") };
        expect!["the conversation broke at TLS: invalid peer certificate: UnknownIssuer"].assert_eq(&reason);
    }

    #[test]
    fn a_server_that_speaks_before_tls_is_not_believed() {
        let server = Server::start(Script::PLAIN, Tls::Never);
        let settings = json!({"host": "mail.example", "port": server.address.port(), "security": "tls", "from": "shop@shop.example"});
        let http = http(loopback(), "127.0.0.1", PATIENCE).with_tls(trust(&["mail.example"]).client);
        assert_eq!(outcome(&attempt(&http, &settings, &hello())), Outcome::Retry);
    }

    #[test]
    fn who_may_not_log_in_is_told_what_to_set_and_may_try_again() {
        let acts = &[("AUTH", Act::Say("535 5.7.8 wrong"))];
        let (receipt, conversations) =
            deliver("tls", &["mail.example"], Script { offers: OFFERS, acts, ..Script::PLAIN });
        let Receipt::Retry { reason, .. } = receipt else { panic!("{receipt:?}") };
        expect![
            "the server answered 535 5.7.8 (wrong) to the login; set a `user` and a `password` that are good for this"
        ]
        .assert_eq(&reason);
        assert!(!conversations[0].iter().any(|line| line.starts_with("MAIL")));
        let (receipt, _) = deliver("tls", &["mail.example"], Script { offers: &["AUTH CRAM-MD5"], ..Script::PLAIN });
        let Receipt::Retry { reason, .. } = receipt else { panic!("{receipt:?}") };
        expect!["the server does not offer a login by user and password; see to `security`, `user` or the server"]
            .assert_eq(&reason);
    }

    #[test]
    fn who_is_asked_for_name_and_password_one_by_one_says_them() {
        let acts = &[
            ("AUTH", Act::Say("334 VXNlcm5hbWU6")),
            ("YWRH", Act::Say("334 UGFzc3dvcmQ6")),
            ("CZNJCMV0", Act::Say("235 2.7.0 welcome")),
        ];
        let script = Script { offers: &["AUTH LOGIN"], acts, ..Script::PLAIN };
        let (receipt, conversations) = deliver("tls", &["mail.example"], script);
        assert_eq!(outcome(&receipt), Outcome::Accepted, "{receipt:?}: {conversations:?}");
    }
}

mod places {
    //! Where a message may go.

    use super::*;

    fn named(security: &str, address: SocketAddr) -> Value {
        json!({"host": "mail.example", "port": address.port(), "security": security, "from": "shop@shop.example"})
    }

    #[test]
    fn a_name_that_leads_inside_is_not_connected_to() {
        let server = Server::start(Script::PLAIN, Tls::Never);
        for security in ["none", "starttls", "tls"] {
            let http = http(Reach::new(Vec::new()), "127.0.0.1", PATIENCE);
            let receipt = attempt(&http, &named(security, server.address), &hello());
            let Receipt::Retry { reason, .. } = receipt else { panic!("{receipt:?}") };
            assert!(reason.contains("the name leads to no public address"), "{reason}");
        }
        assert_eq!(server.conversations().len(), 0);
    }

    #[test]
    fn nothing_is_said_in_plain_text_to_a_public_address() {
        let http = http(loopback(), "8.8.8.8", PATIENCE);
        let receipt = attempt(&http, &named("none", "127.0.0.1:2525".parse().unwrap()), &hello());
        let Receipt::Retry { reason, .. } = receipt else { panic!("{receipt:?}") };
        expect!["the name leads to a public address, to which nothing is said in plain text"].assert_eq(&reason);
    }

    #[test]
    fn the_machines_own_name_leads_inside() {
        let server = Server::start(Script::PLAIN, Tls::Never);
        let mut settings = plain(server.address.port());
        settings["host"] = "localhost".into();
        let http = Http::new(PATIENCE, Reach::new(Vec::new())).unwrap();
        assert_eq!(outcome(&attempt(&http, &settings, &hello())), Outcome::Retry);
        assert_eq!(server.conversations().len(), 0);
    }
}

#[test]
fn content_that_cannot_be_sent_is_refused_before_anything_is_said() {
    let check = |content: Value, wanted: &str| {
        let (receipt, conversations) = deliver(Script::PLAIN, &saying(&content));
        let Receipt::Refused { reason } = receipt else { panic!("{content} gave {receipt:?}") };
        assert!(reason.contains(wanted) && !reason.contains(PRIVATE), "{content} gave {reason}");
        assert!(conversations.is_empty());
    };
    check(json!({"body": "hush"}), "should have a `subject`");
    check(json!({"subject": "hush"}), "should have a `body` or `html`");
    check(json!({"subject": "hush", "template": "hush"}), "SMTP has no templates");
    check(json!({"subject": 7, "body": "hush"}), "`subject` should be a text");
    check(json!({"subject": "hush", "body": ["hush"]}), "`body` should be a text");
    check(
        json!({"subject": "hush", "body": "hush", "unsubscribe_url": "hush"}),
        "`unsubscribe_url` should be an address",
    );
    check(json!("hush"), "should be a JSON object");
}

#[test]
fn settings_are_kept_as_they_were_set_and_say_the_usual_port() {
    let settings = json!({"host": "smtp.example.com", "from": "shop@shop.example", "user": null});
    let kept = Smtp.validate(&settings, &loopback()).unwrap();
    assert_eq!(kept, json!({"host": "smtp.example.com", "from": "shop@shop.example"}));
    assert_eq!(Smtp.validate(&kept, &loopback()).unwrap(), kept);
    let port = |security: &str| {
        let settings = json!({"host": "smtp.example.com", "from": "shop@shop.example", "security": security});
        super::settings::Settings::parse(&settings, &loopback()).ok().unwrap().0.port
    };
    assert_eq!(["starttls", "tls", "none"].map(port), [587, 465, 25]);
}

#[test]
fn settings_that_cannot_work_are_refused_with_what_would() {
    let check = |changes: Value, wanted: &str| {
        let mut settings = json!({"host": "smtp.example.com", "from": "shop@shop.example"});
        settings.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let err = Smtp.validate(&settings, &Reach::new(Vec::new())).unwrap_err().to_string();
        assert!(err.contains(wanted) && !err.contains(PRIVATE), "{changes} gave {err}");
    };
    check(json!({"host": null}), "`host` is missing");
    for host in ["https://hush", "hush hush", "hush:25", "", "[hush]", "hush\r\n.example"] {
        check(json!({"host": host}), "`host` should be a name such as");
    }
    for host in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1"] {
        check(json!({"host": host}), "`host` is refused");
    }
    check(json!({"host": "8.8.8.8", "security": "none"}), "`security` should be `starttls` or `tls`");
    check(json!({"security": "ssl"}), "`security` should be `starttls`, `tls`, or `none`");
    for port in [1, 22, 80, 443, 1_023, 65_536] {
        check(json!({"port": port}), "`port` should be 25, 465, 587, or one from 1024 on");
    }
    check(json!({"port": "587"}), "`port` should be a whole number");
    check(json!({"user": "hush"}), "`password` is missing");
    check(json!({"password": "hush"}), "`user` is missing");
    check(json!({"user": "hush\0", "password": "hush"}), "`user` should have no control characters");
    check(json!({"user": "hush", "password": "hush\r\n"}), "`password` should have no control characters");
    check(json!({"from": null}), "`from` is missing");
    check(json!({"from": "hush"}), "`from` should be such as");
    check(json!({"from": "hush@bücher.example"}), "`from` should have an address in ASCII");
    check(json!({"from": "x <hush@shop.example>\r\nBcc: <hush@shop.example>"}), "`from` should be such as");
    check(json!({"reply_to": "hush"}), "`reply_to` should be such as");
    check(json!({"Host": "hush"}), "`Host` is not known: use `host`, `port`");
}
