//! Messages that count against caps, as stored: a record of their own within the person's. Names stand once; moments are steps back from
//! the latest.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Damage, StoredMoment};
use crate::domain::{CampaignName, InstructionId, Timestamp};
use crate::profiles::Counted;

#[derive(Serialize, Deserialize)]
struct StoredSends<'a> {
    #[serde(borrow)]
    campaigns: Vec<&'a str>,
    #[serde(borrow)]
    channels: Vec<&'a str>,
    latest: StoredMoment,
    sends: Vec<StoredSend>,
}

#[derive(Serialize, Deserialize)]
struct StoredSend {
    id: [u8; InstructionId::BYTES],
    /// Places in the lists of names.
    campaign: u16,
    channel: u16,
    /// How long before the latest its provider accepted it, in milliseconds.
    accepted: Option<u64>,
}

/// Messages, to be stored; nothing where there are none.
pub(in crate::profiles) fn pack_sends(sends: &BTreeMap<InstructionId, Counted>) -> Vec<u8> {
    if sends.is_empty() {
        return Vec::new();
    }
    let campaigns: Vec<&str> = names(sends.values().map(|counted| counted.campaign.as_str()));
    let channels: Vec<&str> = names(sends.values().map(|counted| &*counted.channel));
    let latest = sends.values().filter_map(|counted| counted.accepted).max().unwrap_or_default();
    let store = |(id, counted): (&InstructionId, &Counted)| StoredSend {
        id: id.bytes(),
        campaign: place(&campaigns, counted.campaign.as_str()),
        channel: place(&channels, &counted.channel),
        accepted: counted.accepted.map(|at| (latest.as_millis() - at.as_millis()).unsigned_abs()),
    };
    let all = sends.iter().map(store).collect();
    let stored = StoredSends { latest: latest.into(), sends: all, campaigns, channels };
    postcard::to_allocvec(&stored).expect("sends should be storable")
}

/// Messages as they were stored, out of a record whose checksum fits.
pub(in crate::profiles) fn unpack_sends(packed: &[u8]) -> BTreeMap<InstructionId, Counted> {
    if packed.is_empty() {
        return BTreeMap::new();
    }
    read(packed).expect("sends should be as they were written: the record's checksum says so")
}

fn read(packed: &[u8]) -> Result<BTreeMap<InstructionId, Counted>, Damage> {
    let StoredSends { campaigns, channels, latest, sends } = postcard::from_bytes(packed)?;
    let campaigns = campaigns.into_iter().map(CampaignName::parse).collect::<Result<Vec<_>, _>>()?;
    let channels: Vec<std::sync::Arc<str>> = channels.into_iter().map(Into::into).collect();
    let latest = Timestamp::from(latest).as_millis();
    let restore = |stored: StoredSend| {
        let campaign = campaigns.get(usize::from(stored.campaign)).ok_or("a campaign has no name")?.clone();
        let channel = channels.get(usize::from(stored.channel)).ok_or("a channel has no name")?.clone();
        let accepted = stored.accepted.map(|step| Timestamp::from_millis(latest.saturating_sub_unsigned(step)));
        Ok((InstructionId::of_bytes(stored.id), Counted { campaign, channel, accepted }))
    };
    sends.into_iter().map(restore).collect()
}

/// In order, each once.
fn names<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    all.collect::<BTreeSet<_>>().into_iter().collect()
}

fn place(names: &[&str], name: &str) -> u16 {
    let place = names.binary_search(&name).expect("a name should be among the names");
    u16::try_from(place).expect("there should be no more names than sends")
}
