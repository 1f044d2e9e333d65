//! Reports: what the ledger's rows add up to. A row counts something, at the hour when that happened, about a revision, a variation, a step and
//! a channel. All of it is whole numbers, and corrections are numbers, too: so sums are exact, whatever the order, and what is counted as
//! rows are entered is the same as what is counted of all rows afterwards.

mod figures;
mod fold;
mod query;
mod record;
mod subject;

pub use figures::{Figures, Measure};
pub use fold::fold;
pub(crate) use query::{By, Question, Report};
pub use record::{Counted, CountedError, Recounting};
pub use subject::{HOUR_MS, Subject, hour_of};
