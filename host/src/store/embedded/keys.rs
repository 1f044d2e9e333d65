//! How keys become bytes: the order of the bytes is the order of the keys, and no key is the beginning of another's share.
//! Texts end with NUL, except a key's last, which may hold anything; numbers are big endian.

use std::ops::Range;

use crate::domain::{CampaignName, InstructionId, ProfileId, ProfileKey, TenantId, Timestamp};
use crate::store::{Book, Page, RowKey, StoreError, TimerKey, Trim};

/// Keys from the first, up to and without the second.
pub(super) type Span = Range<Vec<u8>>;

const END: u8 = 0;
/// The sign bit: numbers below zero come before those above.
const SIGN: u64 = 1 << 63;

#[derive(Clone, Default)]
struct Key(Vec<u8>);

impl Key {
    fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    fn number(mut self, number: i64) -> Self {
        self.0.extend((number.cast_unsigned() ^ SIGN).to_be_bytes());
        self
    }

    /// A text with others behind it. It holds no NUL.
    fn text(mut self, text: &str) -> Self {
        debug_assert!(!text.as_bytes().contains(&END), "only a key's last text may hold NUL: {text:?}");
        self.0.extend(text.as_bytes());
        self.byte(END)
    }

    /// The last text: it may hold anything.
    fn rest(mut self, text: &str) -> Vec<u8> {
        self.0.extend(text.as_bytes());
        self.0
    }

    /// All keys that begin with this one, and a text's end.
    fn share(self) -> Span {
        let mut after = self.0.clone();
        let last = after.last_mut().expect("a share should be named by a text");
        debug_assert_eq!(*last, END, "a share should be named by a text");
        *last = END + 1;
        self.0..after
    }
}

/// What is left of a span after a key.
fn after(span: Span, mut key: Vec<u8>) -> Span {
    key.push(0);
    key..span.end
}

pub(super) fn profile(key: &ProfileKey) -> Vec<u8> {
    Key::default().text(key.tenant.as_str()).rest(key.profile.as_str())
}

pub(super) fn profiles(tenant: &TenantId, last: Option<&ProfileId>) -> Span {
    let share = Key::default().text(tenant.as_str());
    match last {
        Some(last) => after(share.clone().share(), share.rest(last.as_str())),
        None => share.share(),
    }
}

pub(super) fn parse_profile(key: &[u8]) -> Result<ProfileId, StoreError> {
    let mut fields = Fields::new(key);
    fields.text()?;
    fields.checked(ProfileId::parse(fields.rest()?))
}

pub(super) fn timer(key: &TimerKey) -> Vec<u8> {
    let due = Key::default().number(key.due.as_millis());
    due.text(key.owner.tenant.as_str()).text(key.owner.profile.as_str()).text(key.campaign.as_str()).rest(&key.name)
}

pub(super) fn parse_timer(key: &[u8]) -> Result<TimerKey, StoreError> {
    let mut fields = Fields::new(key);
    Ok(TimerKey {
        due: Timestamp::from_millis(fields.number()?),
        owner: ProfileKey {
            tenant: fields.text().and_then(|text| fields.checked(TenantId::parse(text)))?,
            profile: fields.text().and_then(|text| fields.checked(ProfileId::parse(text)))?,
        },
        campaign: fields.text().and_then(|text| fields.checked(CampaignName::parse(text)))?,
        name: fields.rest()?.to_owned(),
    })
}

pub(super) fn entry(tenant: &TenantId, id: &InstructionId) -> Vec<u8> {
    Key::default().text(tenant.as_str()).rest(id.as_str())
}

pub(super) fn entries(tenant: &TenantId, last: Option<&InstructionId>) -> Span {
    let share = Key::default().text(tenant.as_str());
    match last {
        Some(last) => after(share.clone().share(), share.rest(last.as_str())),
        None => share.share(),
    }
}

pub(super) fn parse_entry(key: &[u8]) -> Result<(TenantId, InstructionId), StoreError> {
    let mut fields = Fields::new(key);
    let tenant = fields.text().and_then(|text| fields.checked(TenantId::parse(text)))?;
    Ok((tenant, fields.checked(InstructionId::parse(fields.rest()?))?))
}

/// A key of an index by moment: the moment, then the key of what happens then.
pub(super) fn due_entry(due: Timestamp, entry: &[u8]) -> Vec<u8> {
    let mut key = Key::default().number(due.as_millis()).0;
    key.extend(entry);
    key
}

pub(super) fn parse_due_entry(key: &[u8]) -> Result<(Timestamp, &[u8]), StoreError> {
    let mut fields = Fields::new(key);
    Ok((Timestamp::from_millis(fields.number()?), fields.left))
}

/// All keys that begin with `now` or a moment before it.
pub(super) fn until(now: Timestamp) -> Span {
    Vec::new()..Key::default().number(now.as_millis()).byte(u8::MAX).0
}

pub(super) fn row(book: Book, key: &RowKey) -> Vec<u8> {
    page(book, &key.tenant, &key.page).number(key.at).rest(&key.id)
}

pub(super) fn rows(book: Book, wanted: &Page) -> Span {
    let share = page(book, &wanted.tenant, &wanted.page);
    match &wanted.after {
        Some((at, id)) => after(share.clone().share(), share.number(*at).rest(id)),
        None => share.share(),
    }
}

pub(super) fn rows_before(trim: &Trim) -> Span {
    let share = page(trim.book, &trim.tenant, &trim.page);
    share.clone().0..share.number(trim.before).0
}

pub(super) fn parse_row(key: &[u8]) -> Result<RowKey, StoreError> {
    let mut fields = Fields::new(key);
    fields.byte()?;
    Ok(RowKey {
        tenant: fields.text().and_then(|text| fields.checked(TenantId::parse(text)))?,
        page: fields.text()?.to_owned(),
        at: fields.number()?,
        id: fields.rest()?.to_owned(),
    })
}

fn page(book: Book, tenant: &TenantId, page: &str) -> Key {
    let number = match book {
        Book::Ledger => 1,
        Book::Messages => 2,
        Book::Quarantine => 3,
    };
    Key::default().byte(number).text(tenant.as_str()).text(page)
}

/// A key, taken apart from its beginning.
#[derive(Clone, Copy)]
struct Fields<'a> {
    whole: &'a [u8],
    left: &'a [u8],
}

impl<'a> Fields<'a> {
    fn new(key: &'a [u8]) -> Self {
        Self { whole: key, left: key }
    }

    fn byte(&mut self) -> Result<u8, StoreError> {
        let (byte, left) = self.left.split_first().ok_or_else(|| self.damage())?;
        self.left = left;
        Ok(*byte)
    }

    fn number(&mut self) -> Result<i64, StoreError> {
        let (number, left) = self.left.split_first_chunk().ok_or_else(|| self.damage())?;
        self.left = left;
        Ok((u64::from_be_bytes(*number) ^ SIGN).cast_signed())
    }

    fn text(&mut self) -> Result<&'a str, StoreError> {
        let end = self.left.iter().position(|byte| *byte == END).ok_or_else(|| self.damage())?;
        let (text, left) = (&self.left[..end], &self.left[end + 1..]);
        self.left = left;
        self.checked(std::str::from_utf8(text))
    }

    fn rest(&self) -> Result<&'a str, StoreError> {
        self.checked(std::str::from_utf8(self.left))
    }

    fn checked<T, E>(&self, field: Result<T, E>) -> Result<T, StoreError> {
        field.map_err(|_| self.damage())
    }

    fn damage(&self) -> StoreError {
        StoreError::Corrupt(format!("`{}` is no key", self.whole.escape_ascii()))
    }
}
