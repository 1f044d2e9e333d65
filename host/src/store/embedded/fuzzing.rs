//! Target `keys`: no two keys are the same bytes, their order is the keys' own, none stands in another tenant's share.

use super::keys;
use crate::domain::{InstructionId, Position, ProfileKey, Timestamp};
use crate::fuzzing::input::Input;
use crate::store::{Book, Page, RowKey, TimerKey};

pub(crate) fn keys(input: &[u8]) {
    read(input);
    let mut input = Input::new(input);
    let (one, other) = (draw(&mut input), draw(&mut input));
    check_order(&one, &other);
    check_shares(&one, &other);
    check_reading(&one);
}

/// A key of each kind.
struct Drawn {
    timer: TimerKey,
    book: Book,
    row: RowKey,
    instruction: InstructionId,
    position: Position,
}

fn draw(input: &mut Input<'_>) -> Drawn {
    let owner = ProfileKey { tenant: input.tenant(), profile: input.profile() };
    let due = Timestamp::from_millis(input.number().cast_signed());
    let books = Book::ALL;
    let book = books[usize::from(input.byte()) % books.len()];
    let row = RowKey {
        tenant: owner.tenant.clone(),
        page: if input.byte().is_multiple_of(2) { String::new() } else { owner.profile.to_string() },
        at: input.number().cast_signed(),
        id: input.text(),
    };
    let instruction = InstructionId::from_digest([input.byte(); 32]);
    let position = Position(input.number());
    let timer = TimerKey { due, owner, campaign: input.campaign(), name: input.text() };
    Drawn { timer, book, row, instruction, position }
}

fn check_order(one: &Drawn, other: &Drawn) {
    let both = [one, other];
    let owners = both.map(|drawn| keys::profile(&drawn.timer.owner));
    assert_eq!(owners[0].cmp(&owners[1]), one.timer.owner.cmp(&other.timer.owner));
    let timers = both.map(|drawn| keys::timer(&drawn.timer));
    let wanted = (&one.timer.owner.tenant, &one.timer).cmp(&(&other.timer.owner.tenant, &other.timer));
    assert_eq!(timers[0].cmp(&timers[1]), wanted);
    let rows = both.map(|drawn| keys::row(drawn.book, &drawn.row));
    assert_eq!(rows[0].cmp(&rows[1]), (one.book, &one.row).cmp(&(other.book, &other.row)));
    let entries = both.map(|drawn| keys::entry(&drawn.row.tenant, &drawn.instruction));
    let wanted = (&one.row.tenant, &one.instruction).cmp(&(&other.row.tenant, &other.instruction));
    assert_eq!(entries[0].cmp(&entries[1]), wanted);
}

fn check_shares(one: &Drawn, other: &Drawn) {
    let tenant = &one.timer.owner.tenant;
    let is_same_tenant = *tenant == other.timer.owner.tenant;
    assert_eq!(keys::profiles(tenant, None).contains(&keys::profile(&other.timer.owner)), is_same_tenant);
    assert_eq!(
        keys::entries(tenant, None).contains(&keys::entry(&other.row.tenant, &other.instruction)),
        is_same_tenant
    );
    let page = Page { tenant: tenant.clone(), page: one.row.page.clone(), after: None };
    let is_same_page = is_same_tenant && (one.book, &one.row.page) == (other.book, &other.row.page);
    assert_eq!(keys::rows(one.book, &page).contains(&keys::row(other.book, &other.row)), is_same_page);
    let is_due = other.timer.due <= one.timer.due;
    let head = keys::head(other.timer.due, &keys::timers(&other.timer.owner.tenant));
    assert_eq!(keys::until(one.timer.due).contains(&head), is_due);
    let queue = keys::timers(tenant);
    assert_eq!(keys::queue_until(&queue, one.timer.due).contains(&keys::timer(&other.timer)), is_same_tenant && is_due);
    let parked = keys::parked(&other.timer.owner.tenant, other.position);
    assert_eq!(keys::parked_by(tenant).contains(&parked), is_same_tenant);
}

fn check_reading(one: &Drawn) {
    let readable = "a key should read back";
    assert_eq!(keys::parse_profile(&keys::profile(&one.timer.owner)).expect(readable), one.timer.owner.profile);
    assert_eq!(keys::parse_timer(&keys::timer(&one.timer)).expect(readable), one.timer);
    assert_eq!(keys::parse_row(&keys::row(one.book, &one.row)).expect(readable), one.row);
    let entry = keys::entry(&one.row.tenant, &one.instruction);
    assert_eq!(keys::parse_entry(&entry).expect(readable), (one.row.tenant.clone(), one.instruction.clone()));
    let line = (one.row.tenant.clone(), one.timer.campaign.to_string());
    let queue = keys::line(&line);
    assert_eq!(keys::parse_line(&queue).expect(readable), line);
    let due = keys::due_entry(&queue, one.timer.due, &one.instruction);
    let expected = (one.timer.due, one.instruction.clone());
    assert_eq!(keys::parse_due_entry(&queue, &due).expect(readable), expected);
    assert_eq!(keys::parse_head(&keys::head(one.timer.due, &queue)).expect(readable), (one.timer.due, &queue[..]));
    assert_eq!(keys::parse_parked(&keys::parked(&one.row.tenant, one.position)).expect(readable), one.position);
}

/// Bytes that are a key are that key's bytes.
fn read(input: &[u8]) {
    if let Ok(timer) = keys::parse_timer(input) {
        assert_eq!(keys::parse_timer(&keys::timer(&timer)).expect("a key should read back"), timer);
    }
    if let Ok(row) = keys::parse_row(input) {
        assert_eq!(keys::row(Book::Ledger, &row)[1..], input[1..]);
    }
    if let Ok((tenant, id)) = keys::parse_entry(input) {
        assert_eq!(keys::entry(&tenant, &id), input);
    }
    let _ = (keys::parse_profile(input), keys::parse_due_entry(b"", input), keys::parse_line(input));
    let _ = (keys::parse_head(input), keys::parse_parked(input));
}
