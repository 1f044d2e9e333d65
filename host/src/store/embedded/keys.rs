//! How keys become bytes: the order of the bytes is the order of the keys, and no key is the beginning of another's share.
//! Texts end with NUL, except a key's last, which may hold anything; numbers are big endian.

use std::ops::Range;

use crate::domain::{CampaignName, InstructionId, Position, ProfileId, ProfileKey, TenantId, Timestamp};
use crate::store::{Book, Line, Page, RowKey, StoreError, TimerKey, Trim};

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

/// The queue of a tenant's timers.
pub(super) fn timers(tenant: &TenantId) -> Vec<u8> {
    Key::default().text(tenant.as_str()).0
}

pub(super) fn parse_timers(queue: &[u8]) -> Result<TenantId, StoreError> {
    let mut fields = Fields::new(queue);
    fields.text().and_then(|text| fields.checked(TenantId::parse(text)))
}

pub(super) fn timer(key: &TimerKey) -> Vec<u8> {
    let due = Key(timers(&key.owner.tenant)).number(key.due.as_millis());
    due.text(key.owner.profile.as_str()).text(key.campaign.as_str()).rest(&key.name)
}

pub(super) fn parse_timer(key: &[u8]) -> Result<TimerKey, StoreError> {
    let mut fields = Fields::new(key);
    let tenant = fields.text().and_then(|text| fields.checked(TenantId::parse(text)))?;
    Ok(TimerKey {
        due: Timestamp::from_millis(fields.number()?),
        owner: ProfileKey { tenant, profile: fields.text().and_then(|text| fields.checked(ProfileId::parse(text)))? },
        campaign: fields.text().and_then(|text| fields.checked(CampaignName::parse(text)))?,
        name: fields.rest()?.to_owned(),
    })
}

/// The queue of a line's outbox entries.
pub(super) fn line((tenant, channel): &Line) -> Vec<u8> {
    Key::default().text(tenant.as_str()).text(channel).0
}

pub(super) fn parse_line(queue: &[u8]) -> Result<Line, StoreError> {
    let mut fields = Fields::new(queue);
    let tenant = fields.text().and_then(|text| fields.checked(TenantId::parse(text)))?;
    Ok((tenant, fields.text()?.to_owned()))
}

/// Where an entry stands in its line.
pub(super) fn due_entry(queue: &[u8], due: Timestamp, id: &InstructionId) -> Vec<u8> {
    Key(queue.to_vec()).number(due.as_millis()).rest(id.as_str())
}

/// When an entry is due, and which it is.
pub(super) fn parse_due_entry(queue: &[u8], key: &[u8]) -> Result<(Timestamp, InstructionId), StoreError> {
    let mut fields = Fields { whole: key, left: key.strip_prefix(queue).unwrap_or_default() };
    let due = Timestamp::from_millis(fields.number()?);
    Ok((due, fields.checked(InstructionId::parse(fields.rest()?))?))
}

pub(super) fn parked(tenant: &TenantId, position: Position) -> Vec<u8> {
    Key(timers(tenant)).number(position.0.cast_signed()).0
}

/// All of a tenant's parked causes.
pub(super) fn parked_by(tenant: &TenantId) -> Span {
    Key::default().text(tenant.as_str()).share()
}

pub(super) fn parse_parked(key: &[u8]) -> Result<Position, StoreError> {
    let mut fields = Fields::new(key);
    fields.text()?;
    Ok(Position(fields.number()?.cast_unsigned()))
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

/// A queue in the index of all queues: when its first is due, then its name.
pub(super) fn head(due: Timestamp, queue: &[u8]) -> Vec<u8> {
    let mut key = Key::default().number(due.as_millis()).0;
    key.extend(queue);
    key
}

pub(super) fn parse_head(key: &[u8]) -> Result<(Timestamp, &[u8]), StoreError> {
    let mut fields = Fields::new(key);
    Ok((Timestamp::from_millis(fields.number()?), fields.left))
}

/// All heads at `now` or before.
pub(super) fn until(now: Timestamp) -> Span {
    Vec::new()..Key::default().number(now.as_millis()).byte(u8::MAX).0
}

/// All of a queue that is due at `now` or before.
pub(super) fn queue_until(queue: &[u8], now: Timestamp) -> Span {
    queue.to_vec()..Key(queue.to_vec()).number(now.as_millis()).byte(u8::MAX).0
}

/// When the first of a queue is due, by its key.
pub(super) fn due_in(queue: &[u8], key: &[u8]) -> Result<Timestamp, StoreError> {
    let mut fields = Fields { whole: key, left: key.strip_prefix(queue).unwrap_or_default() };
    Ok(Timestamp::from_millis(fields.number()?))
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

/// Where a book begins, and what all keys of its rows begin with.
pub(super) fn book(book: Book) -> Vec<u8> {
    let number = match book {
        Book::Ledger => 1,
        Book::Messages => 2,
        Book::Quarantine => 3,
        Book::Failures => 4,
        Book::Swept => 5,
        Book::Sweeps => 6,
        Book::Schedules => 7,
        Book::Erasures => 8,
        Book::Items => 9,
        Book::Interests => 10,
        Book::Counters => 11,
        Book::Recounts => 12,
    };
    vec![number]
}

/// All rows that a tenant has in a book.
pub(super) fn rows_of(of: Book, tenant: &TenantId) -> Span {
    Key(book(of)).text(tenant.as_str()).share()
}

fn page(of: Book, tenant: &TenantId, page: &str) -> Key {
    Key(book(of)).text(tenant.as_str()).text(page)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Names that are often alike, or the beginning of each other.
    fn tenant() -> impl Strategy<Value = TenantId> {
        "[ab1][ab1-]{0,3}".prop_map(|text| TenantId::parse(&text).unwrap())
    }

    fn profile_id() -> impl Strategy<Value = ProfileId> {
        "[ab é~\u{ffff}]{1,4}".prop_map(|text| ProfileId::parse(&text).unwrap())
    }

    fn owner() -> impl Strategy<Value = ProfileKey> {
        (tenant(), profile_id()).prop_map(|(tenant, profile)| ProfileKey { tenant, profile })
    }

    fn moment() -> impl Strategy<Value = Timestamp> {
        prop_oneof![0..4_i64, Just(i64::MAX), 0..i64::MAX].prop_map(Timestamp::from_millis)
    }

    fn timer_key() -> impl Strategy<Value = TimerKey> {
        let campaign = "[ab][ab._-]{0,3}".prop_map(|text| CampaignName::parse(&text).unwrap());
        (moment(), owner(), campaign, "[ab\0\u{1}é]{0,4}").prop_map(|(due, owner, campaign, name)| TimerKey {
            due,
            owner,
            campaign,
            name,
        })
    }

    fn book() -> impl Strategy<Value = Book> {
        prop::sample::select(Book::ALL.to_vec())
    }

    fn row_key() -> impl Strategy<Value = RowKey> {
        let at = prop_oneof![-2..3_i64, any::<i64>(), Just(i64::MAX), Just(i64::MIN)];
        (tenant(), "[ab\u{1}é]{0,3}", at, "[ab\0\u{1}é]{0,3}").prop_map(|(tenant, page, at, id)| RowKey {
            tenant,
            page,
            at,
            id,
        })
    }

    fn instruction() -> impl Strategy<Value = InstructionId> {
        (0..4_u8).prop_map(|byte| InstructionId::from_digest([byte; 32]))
    }

    proptest! {
        #[test]
        fn bytes_are_ordered_as_keys_are(
            owners in [owner(), owner()],
            timers in [timer_key(), timer_key()],
            rows in [(book(), row_key()), (book(), row_key())],
            entries in [(tenant(), instruction()), (tenant(), instruction())],
        ) {
            prop_assert_eq!(profile(&owners[0]).cmp(&profile(&owners[1])), owners[0].cmp(&owners[1]));
            let place = |timer: &TimerKey| (timer.owner.tenant.clone(), timer.clone());
            prop_assert_eq!(timer(&timers[0]).cmp(&timer(&timers[1])), place(&timers[0]).cmp(&place(&timers[1])));
            let bytes = rows.each_ref().map(|(book, key)| row(*book, key));
            prop_assert_eq!(bytes[0].cmp(&bytes[1]), rows[0].cmp(&rows[1]));
            let bytes = entries.each_ref().map(|(tenant, id)| entry(tenant, id));
            prop_assert_eq!(bytes[0].cmp(&bytes[1]), entries[0].cmp(&entries[1]));
        }

        #[test]
        fn keys_read_back(
            owner in owner(), timer_key in timer_key(), book in book(), row_key in row_key(),
            tenant in tenant(), id in instruction(), due in moment(),
        ) {
            prop_assert_eq!(parse_profile(&profile(&owner)).unwrap(), owner.profile);
            prop_assert_eq!(parse_timer(&timer(&timer_key)).unwrap(), timer_key);
            prop_assert_eq!(parse_row(&row(book, &row_key)).unwrap(), row_key);
            let key = entry(&tenant, &id);
            let queue = line(&(tenant.clone(), "push".to_owned()));
            prop_assert_eq!(parse_line(&queue).unwrap(), (tenant.clone(), "push".to_owned()));
            let due_key = due_entry(&queue, due, &id);
            prop_assert_eq!(parse_due_entry(&queue, &due_key).unwrap(), (due, id.clone()));
            prop_assert_eq!(due_in(&queue, &due_key).unwrap(), due);
            let head_key = head(due, &queue);
            prop_assert_eq!(parse_head(&head_key).unwrap(), (due, &queue[..]));
            prop_assert_eq!(parse_timers(&timers(&tenant)).unwrap(), tenant.clone());
            let position = Position(due.as_millis().unsigned_abs());
            prop_assert_eq!(parse_parked(&parked(&tenant, position)).unwrap(), position);
            prop_assert_eq!(parse_entry(&key).unwrap(), (tenant, id));
        }

        #[test]
        fn a_tenants_share_holds_its_own_and_nobody_elses(
            tenant in tenant(), last in prop::option::of(profile_id()), other in owner(),
        ) {
            let is_wanted = other.tenant == tenant && last.as_ref().is_none_or(|last| other.profile > *last);
            prop_assert_eq!(profiles(&tenant, last.as_ref()).contains(&profile(&other)), is_wanted);
        }

        #[test]
        fn an_outboxs_share_holds_its_own_and_nobody_elses(
            tenant in tenant(), last in prop::option::of(instruction()), other in (tenant(), instruction()),
        ) {
            let is_wanted = other.0 == tenant && last.as_ref().is_none_or(|last| other.1 > *last);
            prop_assert_eq!(entries(&tenant, last.as_ref()).contains(&entry(&other.0, &other.1)), is_wanted);
        }

        #[test]
        fn a_pages_share_holds_its_own_and_nobody_elses(
            mine in (book(), row_key()), other in (book(), row_key()), from_start: bool,
        ) {
            let (book, key) = mine;
            let is_same_page = (book, &key.tenant, &key.page) == (other.0, &other.1.tenant, &other.1.page);
            let after = (!from_start).then(|| (key.at, key.id.clone()));
            let page = Page { tenant: key.tenant.clone(), page: key.page.clone(), after };
            let is_wanted = is_same_page && (from_start || (other.1.at, &other.1.id) > (key.at, &key.id));
            prop_assert_eq!(rows(book, &page).contains(&row(other.0, &other.1)), is_wanted);
            let is_old = is_same_page && other.1.at < key.at;
            let trim = Trim { book, tenant: key.tenant, page: key.page, before: key.at };
            prop_assert_eq!(rows_before(&trim).contains(&row(other.0, &other.1)), is_old);
        }

        #[test]
        fn a_tenants_share_of_a_book_holds_its_own_and_nobody_elses(
            tenant in tenant(), mine in book(), other in (book(), row_key()),
        ) {
            let is_wanted = (mine, &tenant) == (other.0, &other.1.tenant);
            prop_assert_eq!(rows_of(mine, &tenant).contains(&row(other.0, &other.1)), is_wanted);
        }

        #[test]
        fn until_a_moment_is_up_to_it_and_with_it(now in moment(), timer_key in timer_key()) {
            let queue = timers(&timer_key.owner.tenant);
            prop_assert_eq!(queue_until(&queue, now).contains(&timer(&timer_key)), timer_key.due <= now);
            prop_assert_eq!(until(now).contains(&head(timer_key.due, &queue)), timer_key.due <= now);
        }

        #[test]
        fn a_queue_holds_its_own_and_nobody_elses(tenant in tenant(), timer_key in timer_key()) {
            let is_mine = timer_key.owner.tenant == tenant;
            let all = Timestamp::from_millis(i64::MAX);
            prop_assert_eq!(queue_until(&timers(&tenant), all).contains(&timer(&timer_key)), is_mine);
            prop_assert_eq!(parked_by(&tenant).contains(&parked(&timer_key.owner.tenant, Position(7))), is_mine);
        }

        #[test]
        fn no_bytes_make_a_key_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = (parse_profile(&bytes), parse_timer(&bytes), parse_row(&bytes), parse_entry(&bytes));
            let _ = (parse_due_entry(b"a\0", &bytes), parse_head(&bytes), parse_line(&bytes), parse_parked(&bytes));
            let _ = (parse_timers(&bytes), due_in(b"a\0", &bytes));
        }
    }
}
