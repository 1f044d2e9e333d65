//! SendGrid's words, and the vector of its own libraries.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expect_test::expect;

use super::*;
use crate::callbacks::sendgrid::{SIGNATURE, SendGrid, TIMESTAMP, WORDS};

/// sendgrid/sendgrid-python, `test/unit/test_eventwebhook.py`.
const KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";
const OTHER_KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqTxd43gyp8IOEto2LdIfjRQrIbsd4SXZkLW6jDutdhXSJCWHw8REntlo7aNDthvj+y7GjUuFDb/R1NGe1OPzpA==";
const VECTOR: &str = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=";
const BODY: &str = "[{\"email\":\"hello@world.com\",\"event\":\"dropped\",\"reason\":\"Bounced Address\",\
    \"sg_event_id\":\"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA\",\
    \"sg_message_id\":\"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0\",\
    \"smtp-id\":\"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>\",\"timestamp\":1600112492}]\r\n";

#[test]
fn its_own_vector_verifies_and_nothing_near_it() {
    let vector = request(&[(SIGNATURE, VECTOR), (TIMESTAMP, "1600112502")], BODY.as_bytes());
    check_signature(&SendGrid, KEY, OTHER_KEY, &vector);
    let later = request(&[(SIGNATURE, VECTOR), (TIMESTAMP, "1600112503")], BODY.as_bytes());
    assert!(SendGrid.verify(KEY, &later).is_err());
    for key in ["", "no key", "AAAA", &KEY[4..]] {
        assert!(matches!(SendGrid.verify(key, &vector), Err(Unverified::Wrong { .. })), "{key}");
    }
}

#[test]
fn a_drawn_key_verifies_in_the_form_that_sendgrid_shows() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    // What stands in front of a point of P-256 in a SubjectPublicKeyInfo.
    let point = pair.public_key().as_ref();
    let key = STANDARD.encode([&STANDARD.decode(&KEY[..36]).unwrap()[..26], point].concat());
    let signature = pair.sign(&SystemRandom::new(), b"1767323000[]").unwrap();
    let signed = request(&[(SIGNATURE, &STANDARD.encode(signature)), (TIMESTAMP, "1767323000")], b"[]");
    assert_eq!(SendGrid.verify(&key, &signed), Ok(()));
}

#[test]
fn every_word_has_its_meaning() {
    check_words(&SendGrid, WORDS, |word| format!(r#"[{{"event":"{word}","email":"ada@example.com"}}]"#));
}

#[test]
fn every_event_of_the_reference_is_read() {
    let ours =
        r#""rekindle_message":"msg_1","rekindle_campaign":"spring","rekindle_step":"mail","rekindle_profile":"u1""#;
    let event = |id: u32, rest: &str| {
        format!(
            r#"{{"email":"Ada@example.com","timestamp":1767322800,"sg_event_id":"e{id}","sg_message_id":"m","smtp-id":"<x>",{ours},{rest}}}"#
        )
    };
    let events = [
        event(1, r#""event":"processed""#),
        event(2, r#""event":"deferred","response":"400 try again later","attempt":"5""#),
        event(3, r#""event":"delivered","response":"250 OK""#),
        event(4, r#""event":"open","useragent":"Mozilla","sg_machine_open":false"#),
        event(5, r#""event":"open","sg_machine_open":true"#),
        event(6, r#""event":"click","url":"https://shop.example/cart","url_offset":{"index":0,"type":"html"}"#),
        event(7, r#""event":"bounce","type":"bounce","reason":"500 unknown recipient","status":"5.0.0""#),
        event(8, r#""event":"bounce","type":"blocked","reason":"550 try later","bounce_classification":"Reputation""#),
        event(9, r#""event":"dropped","reason":"Bounced Address","status":"5.0.0""#),
        event(10, r#""event":"spamreport""#),
        event(11, r#""event":"unsubscribe""#),
        event(12, r#""event":"group_unsubscribe","asm_group_id":10"#),
        event(13, r#""event":"group_resubscribe","asm_group_id":10"#),
        event(14, r#""event":"account_status_change","type":"compliance_suspend""#),
        event(15, r#""event":"something_new""#),
    ];
    expect![[r#"
        email sent [spring mail -] of u1 at 2026-01-02T03:00:00 as callback:sendgrid:e1
        email delivered [spring mail -] of u1 at 2026-01-02T03:00:00 as callback:sendgrid:e3
        email opened [spring mail -] of u1 at 2026-01-02T03:00:00 as callback:sendgrid:e4
        email opened [spring mail -] by a machine of u1 at 2026-01-02T03:00:00 as callback:sendgrid:e5
        email clicked [spring mail https://shop.example/cart] of u1 at 2026-01-02T03:00:00 as callback:sendgrid:e6
        email bounced [spring mail -], lost email ada@example.com of u1 at 2026-01-02T03:00:00 as callback:sendgrid:e7
        email failed [spring mail -] of u1 at 2026-01-02T03:00:00 as callback:sendgrid:e8
        email failed [spring mail -] of u1 at 2026-01-02T03:00:00 as callback:sendgrid:e9
        email complained [spring mail -] of u1 at 2026-01-02T03:00:00 as callback:sendgrid:e10
        email unsubscribed [spring mail -] of u1 at 2026-01-02T03:00:00 as callback:sendgrid:e11
        email unsubscribed [spring mail -] of u1 at 2026-01-02T03:00:00 as callback:sendgrid:e12
        email welcome of u1 at 2026-01-02T03:00:00 as callback:sendgrid:e13
        ignored: on_the_way
        ignored: no_message
        ignored: unknown
    "#]]
    .assert_eq(&picture(&SendGrid, &format!("[{}]", events.join(","))));
}

#[test]
fn what_is_not_ours_is_found_by_its_address_and_else_passed_over() {
    let body = r#"[{"event":"open","email":"ada@example.com","timestamp":1767322800,"marketing_campaign_name":"Spring"},
        {"event":"open","timestamp":1767322800},
        {"event":"open","timestamp":1767322800,"unique_args":{"rekindle_profile":"u1","rekindle_campaign":"spring"}}]"#;
    expect![[r#"
        email opened [Spring - -] of email:ada@example.com at 2026-01-02T03:00:00 as callback:digest:acc100f529e596d231af9570eb12aaf609f4fff6fc91a3ae075b8244c1ed369a
        email opened [spring - -] of u1 at 2026-01-02T03:00:00 as callback:digest:f37df942824e2070d34f017e0e55da1529b1c9edbde98dfd302d53bdc224c24b
        ignored: nobody
    "#]]
    .assert_eq(&picture(&SendGrid, body));
}
