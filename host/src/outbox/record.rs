//! An entry as it is stored: one byte that names the form, then JSON. Times are milliseconds since the epoch; the content
//! is kept as it was written, to the byte.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Dead, DeathCause, Entry, Matter};
use crate::channels::Addresses;
use crate::domain::{
    CampaignName, IdError, InstructionId, Json, ProfileId, Revision, TenantId, Timestamp, VariationName,
};

/// The form that is written. A change that an older server cannot read takes the next number.
const FORM: u8 = 1;

/// Why a record is no entry.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// There is nothing.
    #[error("the outbox record is empty")]
    Empty,
    /// Another server wrote it.
    #[error("the outbox record has form {0}, and this server knows form {FORM} only: it is older than its data")]
    UnknownForm(u8),
    /// It is not what was written.
    #[error("the outbox record cannot be read")]
    Malformed(#[source] serde_json::Error),
    /// A name in it breaks its rules.
    #[error("the outbox record holds a wrong name")]
    Name(#[source] IdError),
    /// It died of something unheard of.
    #[error("the outbox record holds the unknown cause of death `{0}`")]
    UnknownCause(String),
}

#[derive(Serialize, Deserialize)]
struct Record<'a> {
    id: String,
    tenant: String,
    campaign: String,
    #[serde(default)]
    revision: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    variation: Option<String>,
    step: String,
    channel: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    echo: bool,
    profile: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(default)]
    push_tokens: Vec<String>,
    email: Option<String>,
    #[serde(default)]
    phone: Option<String>,
    #[serde(borrow)]
    content: &'a RawValue,
    promised_at_ms: i64,
    #[serde(default)]
    good_until_ms: Option<i64>,
    expires_ms: Option<i64>,
    attempts: u32,
    last_error: Option<String>,
    dead: Option<DeadRecord>,
}

#[derive(Serialize, Deserialize)]
struct DeadRecord {
    cause: String,
    at_ms: i64,
}

impl Entry {
    /// The entry's record.
    pub fn encode(&self) -> Vec<u8> {
        let record = Record {
            id: self.id.to_string(),
            tenant: self.tenant.to_string(),
            campaign: self.campaign.to_string(),
            revision: self.revision.0,
            variation: self.variation.as_ref().map(ToString::to_string),
            step: self.step.clone(),
            channel: self.channel.clone(),
            echo: self.matter == Matter::Echo,
            profile: self.profile.to_string(),
            user_id: self.user_id.clone(),
            push_tokens: self.addresses.push_tokens.clone(),
            email: self.addresses.email.clone(),
            phone: self.addresses.phone.clone(),
            content: serde_json::from_str(self.content.as_str()).expect("a `Json` should be well formed"),
            promised_at_ms: self.promised_at.as_millis(),
            good_until_ms: Some(self.good_until.as_millis()),
            expires_ms: self.expires.map(Timestamp::as_millis),
            attempts: self.attempts,
            last_error: self.last_error.clone(),
            dead: self
                .dead
                .map(|dead| DeadRecord { cause: dead.cause.as_str().to_owned(), at_ms: dead.at.as_millis() }),
        };
        let mut bytes = vec![FORM];
        serde_json::to_writer(&mut bytes, &record).expect("texts and numbers should always be writable as JSON");
        bytes
    }

    /// Reads a record back.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let (form, body) = bytes.split_first().ok_or(RecordError::Empty)?;
        if *form != FORM {
            return Err(RecordError::UnknownForm(*form));
        }
        let record: Record<'_> = serde_json::from_slice(body).map_err(RecordError::Malformed)?;
        Ok(Self {
            id: InstructionId::parse(&record.id).map_err(RecordError::Name)?,
            tenant: TenantId::parse(&record.tenant).map_err(RecordError::Name)?,
            campaign: CampaignName::parse(&record.campaign).map_err(RecordError::Name)?,
            revision: Revision(record.revision),
            variation: record.variation.as_deref().map(VariationName::parse).transpose().map_err(RecordError::Name)?,
            step: record.step,
            channel: record.channel,
            matter: if record.echo { Matter::Echo } else { Matter::Message },
            profile: ProfileId::parse(&record.profile).map_err(RecordError::Name)?,
            user_id: record.user_id,
            addresses: Addresses { push_tokens: record.push_tokens, email: record.email, phone: record.phone },
            content: Json::parse(record.content.get()).map_err(RecordError::Malformed)?,
            promised_at: Timestamp::from_millis(record.promised_at_ms),
            good_until: Timestamp::from_millis(record.good_until_ms.unwrap_or(record.promised_at_ms)),
            expires: record.expires_ms.map(Timestamp::from_millis),
            attempts: record.attempts,
            last_error: record.last_error,
            dead: record.dead.map(DeadRecord::read).transpose()?,
        })
    }
}

impl DeadRecord {
    fn read(self) -> Result<Dead, RecordError> {
        let cause = DeathCause::parse(&self.cause).ok_or(RecordError::UnknownCause(self.cause))?;
        Ok(Dead { cause, at: Timestamp::from_millis(self.at_ms) })
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use proptest::prelude::*;

    use super::*;
    use crate::outbox::entry::tests::{entry, second};

    #[test]
    fn the_form_is_frozen() {
        let dead = Entry { last_error: Some("the receiver answered 410 Gone".to_owned()), attempts: 1, ..entry() }
            .died(DeathCause::Refused, second(1_001));
        let bytes = dead.encode();
        assert_eq!(bytes[0], 1);
        expect![[r#"{"id":"msg_00112233445566778899aabbccddeeff","tenant":"shop","campaign":"three-lines","revision":1,"step":"push","channel":"push","profile":"u1","push_tokens":["token-1"],"email":null,"phone":null,"content":{"title": "Your cart", "discount": 1.50},"promised_at_ms":1000000,"good_until_ms":1000000,"expires_ms":null,"attempts":1,"last_error":"the receiver answered 410 Gone","dead":{"cause":"refused","at_ms":1001000}}"#]]
        .assert_eq(std::str::from_utf8(&bytes[1..]).unwrap());
        assert_eq!(Entry::decode(&bytes).unwrap(), dead);
    }

    #[test]
    fn a_record_of_a_later_server_is_not_guessed_at() {
        let mut bytes = entry().encode();
        bytes[0] = 2;
        assert_eq!(
            Entry::decode(&bytes).unwrap_err().to_string(),
            "the outbox record has form 2, and this server knows form 1 only: it is older than its data"
        );
    }

    #[test]
    fn a_damaged_record_is_an_error_and_never_a_panic() {
        let whole = entry().encode();
        for end in 0..whole.len() {
            assert!(Entry::decode(&whole[..end]).is_err(), "cut at {end}");
        }
        let of = |body: String| Entry::decode(&[&[FORM], body.as_bytes()].concat());
        let text = String::from_utf8(whole[1..].to_vec()).unwrap();
        assert!(matches!(of(text.replace("\"shop\"", "\"a/b\"")), Err(RecordError::Name(_))));
        let dead = text.replace("\"dead\":null", r#""dead":{"cause":"bored","at_ms":1}"#);
        assert!(matches!(of(dead), Err(RecordError::UnknownCause(cause)) if cause == "bored"));
    }

    fn any_entry() -> impl Strategy<Value = Entry> {
        let addresses = (proptest::collection::vec(".*", 0..3), proptest::option::of(".*"), proptest::option::of(".*"));
        let texts = (".*", ".*", addresses, proptest::option::of(".*"));
        let times = (0..i64::MAX, proptest::option::of(0..i64::MAX), any::<u32>());
        let dead = proptest::option::of((0..3_usize, 0..i64::MAX));
        (texts, times, dead).prop_map(|(texts, times, dead)| {
            let (step, content, (push_tokens, email, phone), last_error) = texts;
            Entry {
                step: step.clone(),
                user_id: last_error.clone(),
                matter: if dead.is_some() { Matter::Echo } else { Matter::Message },
                channel: step,
                addresses: Addresses { push_tokens, email, phone },
                content: Json::from(&serde_json::json!({ "text": content })),
                promised_at: Timestamp::from_millis(times.0),
                expires: times.1.map(Timestamp::from_millis),
                attempts: times.2,
                last_error,
                dead: dead.map(|(cause, at)| Dead { cause: DeathCause::ALL[cause], at: Timestamp::from_millis(at) }),
                ..entry()
            }
        })
    }

    proptest! {
        #[test]
        fn every_entry_reads_back(entry in any_entry()) {
            prop_assert_eq!(Entry::decode(&entry.encode()).unwrap(), entry);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Entry::decode(&[&[FORM], bytes.as_slice()].concat());
        }
    }
}
