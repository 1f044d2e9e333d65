//! Where audit logs are in `tenants.redb`: beside what is changed, so that a change and its row are one transaction.

use redb::{ReadTransaction, ReadableTable, Table, TableDefinition, WriteTransaction};

use super::audit::{AuditRow, Head, Inspection, Inspector, NOTHING, digest};
use super::file::{Trouble, damaged};
use super::{AuditLog, Deed, DeedOutcome};
use crate::domain::{Timestamp, limits};

/// Rows by log and number; numbers begin with 1.
const AUDIT: TableDefinition<'static, (&'static str, u64), &'static [u8]> = TableDefinition::new("audit");
/// The digest of each log's last row.
const HEADS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("audit_heads");

/// What is about to be written, all but its place in the chain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) log: &'a AuditLog,
    pub(super) deed: &'a Deed,
    pub(super) outcome: DeedOutcome,
    pub(super) at: Timestamp,
}

/// Makes the tables where they are missing.
pub(super) fn prepare(tx: &WriteTransaction) -> Result<(), Trouble> {
    tx.open_table(AUDIT)?;
    tx.open_table(HEADS)?;
    Ok(())
}

/// Adds a row behind the others; the oldest, where their time is up or there are too many, make room.
pub(super) fn append(tx: &WriteTransaction, entry: &Entry<'_>) -> Result<(), Trouble> {
    let (log, mut heads, mut audit) = (entry.log.key(), tx.open_table(HEADS)?, tx.open_table(AUDIT)?);
    let head = heads.get(log)?.map(|head| Head::try_from(head.value())).transpose().map_err(damaged)?;
    let row = AuditRow::new(entry.deed, entry.outcome, entry.at, &head.unwrap_or(NOTHING)).to_bytes();
    let last = audit.range((log, 0)..=(log, u64::MAX))?.next_back().transpose()?.map_or(0, |(key, _)| key.value().1);
    audit.insert((log, last + 1), row.as_slice())?;
    heads.insert(log, digest(&row).as_slice())?;
    for _ in 0..limits::AUDIT_TRIM_MAX {
        let Some(number) = outdated(&audit, log, (last + 1, entry.at))? else { break };
        audit.remove((log, number))?;
    }
    Ok(())
}

/// The oldest row, where its time is up. One that cannot be read stays: it is evidence.
fn outdated(
    audit: &Table<'_, (&'static str, u64), &'static [u8]>,
    log: &str,
    (last, now): (u64, Timestamp),
) -> Result<Option<u64>, Trouble> {
    let Some((key, row)) = audit.range((log, 0)..(log, last))?.next().transpose()? else { return Ok(None) };
    let is_old = |row: AuditRow| Timestamp::from_millis(row.at_ms) < now.minus(limits::AUDIT_RETENTION);
    let number = key.value().1;
    let is_outdated = last - number >= limits::AUDIT_ROWS_MAX || serde_json::from_slice(row.value()).is_ok_and(is_old);
    Ok(is_outdated.then_some(number))
}

/// The newest rows below a number, the newest first.
pub(super) fn list(
    tx: &ReadTransaction,
    log: &AuditLog,
    below: u64,
    max: usize,
) -> Result<Vec<(u64, AuditRow)>, Trouble> {
    let table = tx.open_table(AUDIT)?;
    let mut rows = Vec::new();
    for row in table.range((log.key(), 0)..(log.key(), below))?.rev().take(max) {
        let (key, body) = row?;
        rows.push((key.value().1, serde_json::from_slice(body.value()).map_err(damaged)?));
    }
    Ok(rows)
}

/// Follows a log from its first row to its head.
pub(super) fn inspect(tx: &ReadTransaction, log: &AuditLog) -> Result<Inspection, Trouble> {
    let mut inspector = Inspector::new();
    for row in tx.open_table(AUDIT)?.range((log.key(), 0)..=(log.key(), u64::MAX))? {
        let (key, body) = row?;
        inspector.see(key.value().1, body.value());
    }
    let head = tx.open_table(HEADS)?.get(log.key())?.map(|head| Head::try_from(head.value()));
    Ok(inspector.end(&head.transpose().map_err(damaged)?.unwrap_or(NOTHING)))
}

#[cfg(test)]
mod tests {
    use redb::{Database, ReadableDatabase as _};

    use super::*;

    struct Desk {
        _folder: tempfile::TempDir,
        database: Database,
    }

    impl Desk {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let database = Database::create(folder.path().join("audit.redb")).unwrap();
            let desk = Self { _folder: folder, database };
            desk.write(|tx| prepare(tx).map_err(told).unwrap());
            desk
        }

        fn write(&self, work: impl FnOnce(&WriteTransaction)) {
            let tx = self.database.begin_write().unwrap();
            work(&tx);
            tx.commit().unwrap();
        }

        fn add(&self, object: &str, at_ms: i64) {
            let deed = Deed::of_house("pause_campaign", object);
            let at = Timestamp::from_millis(at_ms);
            let entry = Entry { log: &AuditLog::Operator, deed: &deed, outcome: DeedOutcome::Done, at };
            self.write(|tx| append(tx, &entry).map_err(told).unwrap());
        }

        fn inspect(&self) -> Inspection {
            inspect(&self.database.begin_read().unwrap(), &AuditLog::Operator).map_err(told).unwrap()
        }

        fn objects(&self) -> Vec<(u64, String)> {
            let tx = self.database.begin_read().unwrap();
            let rows = list(&tx, &AuditLog::Operator, u64::MAX, 10).map_err(told).unwrap();
            rows.into_iter().map(|(number, row)| (number, row.object)).collect()
        }
    }

    fn told(trouble: Trouble) -> String {
        match trouble {
            Trouble::Engine(err) => err.to_string(),
            Trouble::Damaged(err) => err.to_string(),
            Trouble::Sealed(err) => err.to_string(),
        }
    }

    fn three() -> Desk {
        let desk = Desk::new();
        ["one", "two", "three"].iter().for_each(|object| desk.add(object, 5));
        desk
    }

    #[test]
    fn rows_make_a_chain_and_the_newest_comes_first() {
        let desk = three();
        let found = desk.inspect();
        assert_eq!((found.rows, found.first, found.broken), (3, 1, None));
        assert_eq!(desk.objects()[0], (3, "three".to_owned()));
    }

    #[test]
    fn whatever_is_done_to_a_row_is_found() {
        let bent = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace("house", "nobody").into_bytes();
        for number in 1..=3 {
            let desk = three();
            desk.write(|tx| {
                let mut audit = tx.open_table(AUDIT).unwrap();
                let row = bent(audit.get(("", number)).unwrap().unwrap().value().to_vec());
                audit.insert(("", number), row.as_slice()).unwrap();
            });
            assert!(desk.inspect().broken.is_some(), "row {number} was changed");
        }
        for number in 2..=3 {
            let desk = three();
            desk.write(|tx| drop(tx.open_table(AUDIT).unwrap().remove(("", number)).unwrap()));
            assert!(desk.inspect().broken.is_some(), "row {number} was removed");
        }
    }

    #[test]
    fn rows_go_when_their_time_is_up_and_the_chain_stays_whole() {
        let desk = three();
        let later = i64::try_from(limits::AUDIT_RETENTION.as_millis()).unwrap() + 6;
        desk.add("four", later);
        assert_eq!(desk.objects(), [(4, "four".to_owned())]);
        let found = desk.inspect();
        assert_eq!((found.rows, found.first, found.broken), (1, 4, None));
    }
}
