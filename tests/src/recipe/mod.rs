//! The three lines of defence over emulators of the providers that they are made for: push through Braze, e-mail through Customer.io, an
//! audience at Facebook, and what became of messages told to Segment. Whether time is a test's or the machine's, and whether the house lives
//! or is killed, is the caller's: here stand the tenant's set-up, people who act on what reaches them, and the judge.

mod judge;
mod people;
mod providers;

pub use judge::{Flaw, Kept, Verdict, judge};
pub use people::{Consequence, Habit, Person, Word};
pub use providers::{CAMPAIGN, Providers, Step};
