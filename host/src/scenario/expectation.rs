//! What should come of a scenario, compared with what came. Pure.

use std::time::Duration;

use serde_json::Value;

use crate::domain::Timestamp;
use crate::form::{Place, Result};
use crate::ledger::{LedgerRow, What};
use crate::worker::MessageRow;

/// What is said about whom no campaign was ever asked about.
pub(super) const NOBODY_ASKED: &str = "nobody was asked";

/// Which messages are meant.
#[derive(Debug, Default)]
pub(super) struct Selection {
    pub(super) person: String,
    pub(super) campaign: Option<String>,
    pub(super) step: Option<String>,
    pub(super) channel: Option<String>,
}

/// A message that should go out.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) selection: Selection,
    /// Every member of it has to be there; others may be.
    content: Option<Value>,
    /// How long after the scenario's beginning.
    at: Option<Duration>,
}

/// Messages that should not go out, and why not.
#[derive(Debug)]
pub(super) struct Silence {
    pub(super) selection: Selection,
    pub(super) because: String,
}

impl Expected {
    pub(super) fn read(place: &Place<'_>) -> Result<Self> {
        place.object(&["person", "campaign", "step", "channel", "content", "at"])?;
        place.required("step")?;
        Ok(Self {
            selection: Selection::read(place)?,
            content: place.member("content").map(|place| place.value.clone()),
            at: place.member("at").map(|place| place.span()).transpose()?,
        })
    }

    /// Why the message is not the one that is expected; none when it is.
    pub(super) fn difference(&self, message: &MessageRow, start: Timestamp) -> Option<String> {
        if !self.selection.means(message) {
            return Some("it is another".to_owned());
        }
        let after = Timestamp::from_millis(message.at).since(start);
        if let Some(at) = self.at.filter(|at| *at != after) {
            return Some(format!("it went out at {}, not at {}", offset(after), offset(at)));
        }
        let said = serde_json::from_str(message.content.get()).unwrap_or_default();
        self.content.as_ref().and_then(|content| missing(content, &said, "/content"))
    }

    pub(super) fn picture(&self) -> String {
        let at = self.at.map(|at| format!(" at {}", offset(at))).unwrap_or_default();
        let content = self.content.as_ref().map(|content| format!(": {content}")).unwrap_or_default();
        format!("{}{at}{content}", self.selection.picture())
    }
}

impl Silence {
    pub(super) fn read(place: &Place<'_>) -> Result<Self> {
        place.object(&["person", "campaign", "step", "channel", "because"])?;
        let because = place.member("because").ok_or_else(|| {
            place.error(
                "`because` is missing",
                "write a part of what the ledger says, like `bought`, so that it is the right silence",
            )
        })?;
        Ok(Self { selection: Selection::read(place)?, because: because.text()?.to_owned() })
    }

    /// Whether the ledger gives the reason: a row since the person's last message contains it, whatever the case of its
    /// letters.
    pub(super) fn is_given(&self, ledger: &[LedgerRow]) -> bool {
        let is_reason = |reason: &str| reason.to_lowercase().contains(&self.because.to_lowercase());
        let mut reasons = reasons(ledger, &self.selection).peekable();
        if reasons.peek().is_none() { is_reason(NOBODY_ASKED) } else { reasons.any(|reason| is_reason(&reason)) }
    }
}

/// What the ledger says about why there was no message after the last one, in its own words.
pub(super) fn reasons<'a>(ledger: &'a [LedgerRow], selection: &'a Selection) -> impl Iterator<Item = String> + 'a {
    let last = ledger.iter().filter(|row| matches!(row.what, What::Sent(_))).map(|row| row.at).max();
    let rows = ledger.iter().filter(move |row| last.is_none_or(|last| row.at >= last));
    let rows = rows.filter(|row| selection.campaign.as_ref().is_none_or(|campaign| *campaign == row.campaign));
    rows.filter(|row| !matches!(row.what, What::Sent(_))).map(LedgerRow::sentence)
}

impl Selection {
    fn read(place: &Place<'_>) -> Result<Self> {
        Ok(Self {
            person: place.required("person")?.text()?.to_owned(),
            campaign: place.text_member("campaign")?,
            step: place.text_member("step")?,
            channel: place.text_member("channel")?,
        })
    }

    pub(super) fn means(&self, message: &MessageRow) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
        self.person == message.profile
            && is(&self.campaign, &message.campaign)
            && is(&self.step, &message.step)
            && is(&self.channel, &message.channel)
    }

    pub(super) fn picture(&self) -> String {
        let step = self.step.as_ref().map_or("a message".to_owned(), |step| format!("`{step}`"));
        let channel = self.channel.as_ref().map(|channel| format!(" over {channel}")).unwrap_or_default();
        let campaign = self.campaign.as_ref().map(|campaign| format!(" of {campaign}")).unwrap_or_default();
        format!("{step}{channel}{campaign}")
    }
}

/// A message in a line.
pub(super) fn picture(message: &MessageRow) -> String {
    format!("`{}` over {} of {}: {}", message.step, message.channel, message.campaign, message.content)
}

/// The first place at which `wanted` is not in `found`.
fn missing(wanted: &Value, found: &Value, place: &str) -> Option<String> {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => wanted.iter().find_map(|(name, wanted)| {
            let place = format!("{place}/{name}");
            found.get(name).map_or(Some(format!("`{place}` is not there")), |found| missing(wanted, found, &place))
        }),
        _ if wanted == found => None,
        _ => Some(format!("`{place}` is {found}, not {wanted}")),
    }
}

/// A time since the beginning, as in `+1d 2h`.
pub(super) fn offset(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let parts: Vec<String> =
        parts.iter().filter(|(number, _)| *number > 0).map(|(number, unit)| format!("{number}{unit}")).collect();
    if parts.is_empty() { "+0".to_owned() } else { format!("+{}", parts.join(" ")) }
}
