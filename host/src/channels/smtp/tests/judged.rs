//! Our letters before a judge: how Python's standard library reads them, as `cargo xtask judge` recorded it. The letters
//! themselves lie beside its reading, and are written anew with `UPDATE_EXPECT=1`.

use std::collections::BTreeMap;

use expect_test::{ExpectFile, expect_file};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{plain, saying};
use crate::channels::ads::digest;
use crate::channels::conformance::loopback;
use crate::channels::smtp::letter::Letter;
use crate::channels::smtp::settings::Settings;

#[derive(Deserialize)]
struct Recording {
    judge: Judge,
    letters: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Judge {
    package: String,
    version: String,
}

fn recording() -> Recording {
    serde_json::from_str(include_str!("../../../../../tests/fixtures/judged/smtp.json")).unwrap()
}

/// That a letter is the one that was read, and what was read of it.
fn check(name: &str, letter: ExpectFile, more: &Value, content: &Value, wanted: &Value) {
    let mut settings = plain(25);
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (settings, _) = Settings::parse(&settings, &loopback()).unwrap();
    let text = String::from_utf8(Letter::write(&saying(content), &settings).unwrap().text).unwrap();
    let text = text.replace("\r\n", "\n");
    letter.assert_eq(&text);

    let read = recording().letters.remove(name).expect("the judge should have read it: run `cargo xtask judge`");
    assert_eq!(read["sha256"], digest(&text), "{name}: the judge read another letter: run `cargo xtask judge`");
    for (member, wanted) in wanted.as_object().unwrap() {
        assert_eq!(read[member], *wanted, "{name}: {member}");
    }
    assert_eq!(read["defects"], json!([]), "{name}");
    assert_eq!(read["message_id"], "<msg_00112233445566778899aabbccddeeff@shop.example>");
    assert_eq!(read["date"], "2026-01-02T03:04:05+00:00");
    assert_eq!(read["to"], json!([["", "ada@example.com"]]));
}

#[test]
fn plain_text_is_read_as_it_was_written() {
    check(
        "plain",
        expect_file!["../../../../../tests/fixtures/judged/plain.eml"],
        &json!({}),
        &json!({"subject": "Your cart", "body": "It waits.\n.\nFrom here on."}),
        &json!({
            "from": [["Shop", "shop@shop.example"]], "subject": "Your cart", "type": "text/plain", "reply_to": [],
            "parts": [{"type": "text/plain", "text": "It waits.\n.\nFrom here on.\n"}], "unsubscribe": [],
        }),
    );
}

#[test]
fn both_forms_and_words_in_other_letters_are_read_as_they_were_written() {
    let url = format!("https://shop.example/leave?m={}", "0123456789".repeat(12));
    check(
        "alternative",
        expect_file!["../../../../../tests/fixtures/judged/alternative.eml"],
        &json!({"from": "Käse & mehr <shop@shop.example>", "reply_to": "Hilfe für alle <help@shop.example>"}),
        &json!({
            "subject": "Dein Körbchen wartet – 購物車 🛒", "body": "Grüße\n\n..und mehr = 100 %", "html": "<p>Grüße – 購物車</p>",
            "unsubscribe_url": url,
        }),
        &json!({
            "from": [["Käse & mehr", "shop@shop.example"]], "reply_to": [["Hilfe für alle", "help@shop.example"]],
            "subject": "Dein Körbchen wartet – 購物車 🛒", "type": "multipart/alternative",
            "unsubscribe": [format!("<{url}>"), "List-Unsubscribe=One-Click"],
            "parts": [
                {"type": "text/plain", "text": "Grüße\n\n..und mehr = 100 %"},
                {"type": "text/html", "text": "<p>Grüße – 購物車</p>"},
            ],
        }),
    );
}

#[test]
fn the_page_names_the_judge() {
    let Judge { package, version } = recording().judge;
    let page = include_str!("../../../../../docs/channels/smtp.md");
    assert!(page.contains(&format!("`{package}` of Python {version}")), "{version}");
}
