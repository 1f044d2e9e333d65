//! Half characters. A JavaScript string may hold one half of a surrogate pair, and `JSON.stringify` writes it as
//! `\ud83d`: allowed by JSON's grammar, impossible in UTF-8. It becomes U+FFFD, so that one cut emoji costs no event.

const REPLACEMENT: &[u8] = b"\\ufffd";
const ESCAPE_BYTES: usize = REPLACEMENT.len();

/// The text with every half character replaced; none when there is none.
pub(crate) fn repaired(text: &str) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    let mut is_repaired = false;
    while let Some(found) = bytes[at..].iter().position(|byte| *byte == b'\\') {
        at += found;
        at += match (escaped(&bytes, at), escaped(&bytes, at + ESCAPE_BYTES)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 2 * ESCAPE_BYTES,
            (Some(0xD800..=0xDFFF), _) => {
                bytes[at..at + ESCAPE_BYTES].copy_from_slice(REPLACEMENT);
                is_repaired = true;
                ESCAPE_BYTES
            }
            _ => 2,
        };
        at = at.min(bytes.len());
    }
    is_repaired.then(|| String::from_utf8(bytes).expect("replacing ascii by ascii should keep utf-8"))
}

/// The number of the escape `\uXXXX` that stands there.
fn escaped(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + ESCAPE_BYTES)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn half_characters_are_replaced_and_whole_ones_kept() {
        for (before, after) in [
            (r#""bad\ud83dtail""#, Some(r#""bad\ufffdtail""#)),
            (r#""\udc00""#, Some(r#""\ufffd""#)),
            (r#""\ud83d\ud83d\ude00""#, Some(r#""\ufffd\ud83d\ude00""#)),
            (r#""\uD83D\n""#, Some(r#""\ufffd\n""#)),
            (r#""\ud83d\ude00""#, None),
            (r#""\\ud83d""#, None),
            (r#""plain é \u00e9""#, None),
            (r#""\"#, None),
            (r#""\ud8"#, None),
            (r#""\u00é""#, None),
        ] {
            assert_eq!(repaired(before).as_deref(), after, "{before}");
        }
    }

    proptest! {
        #[test]
        fn what_comes_out_is_readable(units in proptest::collection::vec(any::<u16>(), 0..12)) {
            let escapes: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let text = format!("\"{escapes}\"");
            let text = repaired(&text).unwrap_or(text);
            prop_assert_eq!(serde_json::from_str::<String>(&text).unwrap(), String::from_utf16_lossy(&units));
        }

        #[test]
        fn no_text_makes_it_panic(text in r#"[\\ud8c"é0]{0,24}"#) {
            repaired(&text);
        }
    }
}
