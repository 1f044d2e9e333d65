//! The points at which a process can be told to die: before and after everything that makes a promise true.

/// A point. Its name says what has just been done, or is about to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// The journal is about to write a group.
    JournalWriting,
    /// It wrote a group and is about to flush it.
    JournalWritten,
    /// It flushed a group and is about to acknowledge it.
    JournalFlushed,
    /// It acknowledged a group.
    JournalAcknowledged,
    /// It is about to make a new segment.
    SegmentBeginning,
    /// It made a new segment.
    SegmentBegun,
    /// It is about to remove a segment.
    SegmentRemoving,
    /// It removed a segment, and the directory is not flushed.
    SegmentRemoved,
    /// The index of ids is about to commit a chunk.
    IndexFiling,
    /// It committed a chunk.
    IndexFiled,
    /// The door is about to answer a request that was kept.
    DoorAnswering,
    /// A worker fired a timer, in a batch that is not committed.
    TimerFired,
    /// A worker erased a person, in a batch that is not committed.
    PersonErased,
    /// A person was given away to another id, and nothing of that is committed.
    PersonMoved,
    /// A person who was given away was taken in, and nothing of that is committed.
    PersonJoined,
    /// A worker took the fate of a message into a batch that is not committed.
    FateTaken,
    /// A partition is about to commit a batch.
    BatchCommitting,
    /// It committed a batch, and that is not synced.
    BatchCommitted,
    /// It is about to sync.
    BatchSyncing,
    /// It synced.
    BatchSynced,
    /// The outbox is about to release what was just synced.
    OutboxReleasing,
    /// A channel is about to call its provider.
    ProviderCalling,
    /// The provider answered, and nobody was told.
    ProviderAnswered,
    /// The directory of tenants is about to commit a change.
    TenantsCommitting,
    /// It committed a change, and nobody was told.
    TenantsCommitted,
    /// The vault is about to give a whole file its name.
    VaultNaming,
    /// It gave a file its name, and the folder is not flushed.
    VaultNamed,
}

impl Point {
    /// Every point.
    pub const ALL: [Self; 27] = [
        Self::JournalWriting,
        Self::JournalWritten,
        Self::JournalFlushed,
        Self::JournalAcknowledged,
        Self::SegmentBeginning,
        Self::SegmentBegun,
        Self::SegmentRemoving,
        Self::SegmentRemoved,
        Self::IndexFiling,
        Self::IndexFiled,
        Self::DoorAnswering,
        Self::TimerFired,
        Self::PersonErased,
        Self::PersonMoved,
        Self::PersonJoined,
        Self::FateTaken,
        Self::BatchCommitting,
        Self::BatchCommitted,
        Self::BatchSyncing,
        Self::BatchSynced,
        Self::OutboxReleasing,
        Self::ProviderCalling,
        Self::ProviderAnswered,
        Self::TenantsCommitting,
        Self::TenantsCommitted,
        Self::VaultNaming,
        Self::VaultNamed,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JournalWriting => "journal-writing",
            Self::JournalWritten => "journal-written",
            Self::JournalFlushed => "journal-flushed",
            Self::JournalAcknowledged => "journal-acknowledged",
            Self::SegmentBeginning => "segment-beginning",
            Self::SegmentBegun => "segment-begun",
            Self::SegmentRemoving => "segment-removing",
            Self::SegmentRemoved => "segment-removed",
            Self::IndexFiling => "index-filing",
            Self::IndexFiled => "index-filed",
            Self::DoorAnswering => "door-answering",
            Self::TimerFired => "timer-fired",
            Self::PersonErased => "person-erased",
            Self::PersonMoved => "person-moved",
            Self::PersonJoined => "person-joined",
            Self::FateTaken => "fate-taken",
            Self::BatchCommitting => "batch-committing",
            Self::BatchCommitted => "batch-committed",
            Self::BatchSyncing => "batch-syncing",
            Self::BatchSynced => "batch-synced",
            Self::OutboxReleasing => "outbox-releasing",
            Self::ProviderCalling => "provider-calling",
            Self::ProviderAnswered => "provider-answered",
            Self::TenantsCommitting => "tenants-committing",
            Self::TenantsCommitted => "tenants-committed",
            Self::VaultNaming => "vault-naming",
            Self::VaultNamed => "vault-named",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_point_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = Point::ALL.iter().map(|point| point.as_str()).collect();
        assert_eq!(names.len(), Point::ALL.len());
    }
}
