//! What a tenant wants of the judge for one campaign: a part of the campaign's settings.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value};

use super::{Cap, QuietHours, takes_attention};
use crate::conditions::Condition;
use crate::domain::{ChannelName, limits};
use crate::form::{FormError, Place, Result};

const HOUR: Duration = Duration::from_secs(3600);

/// What one campaign's messages are judged by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CampaignPolicy {
    /// From 1 to 100, the highest wins. A campaign without one does not compete.
    pub priority: Option<u32>,
    /// Channels in the order of preference; those not named come after, in the instruction's order.
    pub channels: Vec<ChannelName>,
    /// Bounds on its own messages.
    pub caps: Vec<Cap>,
    /// When its messages wait.
    pub quiet_hours: Quiet,
    /// When its messages are not wanted any more.
    pub dont_send_if: Option<DontSendIf>,
    /// How many hours old a cause may be; none for what is usual.
    pub freshness_hours: Option<u32>,
    /// What its messages are not judged by.
    pub exempt_from: BTreeSet<Exemption>,
}

/// When a campaign's messages wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quiet {
    /// When those of its tenant do.
    #[default]
    LikeTenant,
    /// Never.
    Never,
    /// Then.
    Between(QuietHours),
}

/// A condition, as it was written and as it is asked.
#[derive(Debug, Clone)]
pub struct DontSendIf {
    document: Value,
    /// What is asked.
    pub condition: Condition,
}

/// A rule that a campaign can be exempted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exemption {
    /// Its messages are neither capped nor counted.
    Caps,
    /// It does not compete.
    Priority,
    /// Its messages go out at night, too.
    QuietHours,
}

impl Exemption {
    const ALL: [(&'static str, Self); 3] =
        [("caps", Self::Caps), ("priority", Self::Priority), ("quiet_hours", Self::QuietHours)];

    fn as_str(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

impl CampaignPolicy {
    /// Its members among a campaign's settings.
    pub(crate) const MEMBERS: [&'static str; 7] =
        ["priority", "channels", "caps", "quiet_hours", "dont_send_if", "freshness_hours", "exempt_from"];

    /// Reads its members of what stands at a place.
    pub(crate) fn read_at(place: &Place<'_>) -> Result<Self> {
        let hours = (limits::FRESHNESS_MAX.as_secs() / HOUR.as_secs()) as u32;
        Ok(Self {
            priority: place.member("priority").map(|place| place.whole(1..=limits::PRIORITY_MAX)).transpose()?,
            channels: list(place, "channels", limits::CAMPAIGN_CHANNELS_MAX, channel)?,
            caps: list(place, "caps", limits::CAPS_MAX, Cap::read_at)?,
            quiet_hours: place.member("quiet_hours").map_or(Ok(Quiet::default()), |place| quiet(&place))?,
            dont_send_if: place.member("dont_send_if").map(|place| condition(&place)).transpose()?,
            freshness_hours: place.member("freshness_hours").map(|place| place.whole(1..=hours)).transpose()?,
            exempt_from: list(place, "exempt_from", Exemption::ALL.len(), exemption)?.into_iter().collect(),
        })
    }

    /// The members that read as this: what is usual is left out.
    pub(crate) fn members(&self) -> Map<String, Value> {
        let listed = |list: Vec<Value>| (!list.is_empty()).then_some(Value::Array(list));
        let quiet_hours = match self.quiet_hours {
            Quiet::LikeTenant => None,
            Quiet::Never => Some(false.into()),
            Quiet::Between(hours) => Some(hours.document()),
        };
        let values = [
            self.priority.map(Into::into),
            listed(self.channels.iter().map(|channel| channel.as_str().into()).collect()),
            listed(self.caps.iter().map(Cap::document).collect()),
            quiet_hours,
            self.dont_send_if.as_ref().map(|unwanted| unwanted.document.clone()),
            self.freshness_hours.map(Into::into),
            listed(self.exempt_from.iter().map(|exemption| exemption.as_str().into()).collect()),
        ];
        let members = Self::MEMBERS.into_iter().zip(values);
        members.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    /// How old a cause may be to be taken up.
    pub fn freshness(&self) -> Duration {
        self.freshness_hours.map_or(limits::FRESHNESS, |hours| HOUR * hours)
    }

    /// Whether a message over that channel counts against caps: whoever promises one that does notes it with the person.
    pub fn counts(&self, channel: &str) -> bool {
        takes_attention(channel) && !self.exempt_from.contains(&Exemption::Caps)
    }

    /// The place of a channel in the order of preference.
    pub(crate) fn preference(&self, channel: &str) -> usize {
        self.channels.iter().position(|known| known.as_str() == channel).unwrap_or(self.channels.len())
    }
}

impl PartialEq for DontSendIf {
    fn eq(&self, other: &Self) -> bool {
        self.document == other.document
    }
}

impl Eq for DontSendIf {}

/// A list that may be left out; nothing is in it twice.
fn list<T: PartialEq>(place: &Place<'_>, name: &str, max: usize, read: fn(&Place<'_>) -> Result<T>) -> Result<Vec<T>> {
    let Some(list) = place.member(name) else { return Ok(Vec::new()) };
    let mut read_before = Vec::new();
    for place in list.list(max)? {
        let element = read(&place)?;
        if read_before.contains(&element) {
            return Err(place.error("it is there twice", "write it once"));
        }
        read_before.push(element);
    }
    Ok(read_before)
}

fn channel(place: &Place<'_>) -> Result<ChannelName> {
    ChannelName::parse(place.text()?).map_err(|err| place.error(err.to_string(), "use a channel's name"))
}

fn quiet(place: &Place<'_>) -> Result<Quiet> {
    match place.value {
        Value::Bool(false) => Ok(Quiet::Never),
        _ => QuietHours::read_at(place).map(Quiet::Between),
    }
}

fn condition(place: &Place<'_>) -> Result<DontSendIf> {
    let condition = Condition::parse(place.value)
        .map_err(|err| place.beneath(FormError { pointer: err.pointer, what: err.what, next: err.next }))?;
    Ok(DontSendIf { document: place.value.clone(), condition })
}

fn exemption(place: &Place<'_>) -> Result<Exemption> {
    let name = place.text()?;
    let known = Exemption::ALL.iter().find(|(known, _)| *known == name).map(|(_, exemption)| *exemption);
    let next = "use `caps`, `priority` or `quiet_hours`; consent and the other rules are for everybody";
    known.ok_or_else(|| place.error(format!("nobody is exempted from `{name}`"), next))
}
