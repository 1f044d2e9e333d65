//! Mailchimp's words, and its key.

use expect_test::expect;

use super::*;
use crate::callbacks::mailchimp::Mailchimp;

const KEY: &str = "a key, with & and é";

fn asked(query: &str) -> Result<(), Unverified> {
    Mailchimp.verify(KEY, &Request { query: query.to_owned(), ..request(&[], b"type=subscribe") })
}

#[test]
fn the_key_stands_in_the_address() {
    assert_eq!(asked("key=a+key%2C%20with+%26+and+%C3%A9"), Ok(()));
    assert_eq!(asked("other=1&key=a+key%2C%20with+%26+and+%C3%A9"), Ok(()));
    for wrong in ["key=", "key=a+key", "key=a+key%2C+with+%26+and+%C3%A8"] {
        assert!(matches!(asked(wrong), Err(Unverified::Wrong { .. })), "{wrong}");
    }
    for missing in ["", "secret=x", &"x&".repeat(1_000)] {
        assert!(matches!(asked(missing), Err(Unverified::Missing { .. })), "{missing}");
    }
}

#[test]
fn every_type_is_read() {
    let report = |kind: &str, data: &str| {
        picture(
            &Mailchimp,
            &format!("type={kind}&fired_at=2026-01-02+03%3A00%3A00&data%5Bemail%5D=ada%40example.com{data}"),
        )
    };
    let told = [
        report("subscribe", "&data%5Bmerges%5D%5BEMAIL%5D=ada%40example.com"),
        report("unsubscribe", "&data%5Baction%5D=unsub&data%5Breason%5D=manual&data%5Bcampaign_id%5D=4fjk2ma9xd"),
        report("unsubscribe", "&data%5Baction%5D=unsub&data%5Breason%5D=abuse"),
        report("unsubscribe", "&data%5Baction%5D=delete&data%5Breason%5D=manual"),
        report("cleaned", "&data%5Breason%5D=hard"),
        report("cleaned", "&data%5Breason%5D=abuse"),
        report("profile", ""),
        report("upemail", "&data%5Bnew_email%5D=eve%40example.com"),
        report("campaign", "&data%5Bstatus%5D=sent"),
        report("something", ""),
        picture(&Mailchimp, "type=subscribe&fired_at=2026-01-02+03%3A00%3A00"),
        picture(&Mailchimp, "nothing"),
        picture(&Mailchimp, ""),
    ];
    expect![[r#"
        email welcome of email:ada@example.com at 2026-01-02T03:00:00 as callback:digest:08c636c0ac0967053e8530f9883aebf99735fc0e12d52854372cc1d354c51c1e
        email unsubscribed [4fjk2ma9xd - -] of email:ada@example.com at 2026-01-02T03:00:00 as callback:digest:2215864b0d802308e449123b4e8f2129037ae8b1015009549428a1411391e819
        email complained [- - -] of email:ada@example.com at 2026-01-02T03:00:00 as callback:digest:55c020b0dfa4c882c62f712ee1bbd6a0355b59855011312191f22989267cdfad
        ignored: no_message
        email bounced [- - -], lost email ada@example.com of email:ada@example.com at 2026-01-02T03:00:00 as callback:digest:4756f21bc13b65eb1a775c1252d614d29b280d93a886c8e0eb0462873f4fdee0
        email complained [- - -] of email:ada@example.com at 2026-01-02T03:00:00 as callback:digest:55c020b0dfa4c882c62f712ee1bbd6a0355b59855011312191f22989267cdfad
        ignored: no_message
        ignored: no_message
        ignored: no_message
        ignored: unknown
        ignored: nobody
        quarantined "{\"nothing\":\"\"}": a callback of the channel `email`: it has no `type`
    "#]]
    .assert_eq(&told.concat());
}

#[test]
fn the_same_again_is_a_repetition_and_a_later_one_is_not() {
    let id = |fired: &str| {
        let body = format!("type=subscribe&fired_at={fired}&data%5Bemail%5D=ada%40example.com");
        read(&line(&Mailchimp, "email", KEY), &body).inbounds[0].message_id().clone()
    };
    assert_eq!(id("2026-01-02+03%3A00%3A00"), id("2026-01-02%2003:00:00"));
    assert_ne!(id("2026-01-02+03%3A00%3A00"), id("2026-01-02+03%3A00%3A01"));
}
