//! What a tenant has made at Braze for a message: named by the content, or else by the settings.

/// How it is named, in content and settings alike.
pub(super) const CAMPAIGN: &str = "campaign_id";
pub(super) const CANVAS: &str = "canvas_id";
pub(super) const EVENT: &str = "event";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// An API-triggered campaign, by its identifier.
    Campaign(String),
    /// An API-triggered Canvas, by its identifier.
    Canvas(String),
    /// A custom event, by its name: whatever it sets off.
    Event(String),
}

/// More than one is named.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ambiguous;

impl Target {
    /// The one that is named, if any.
    pub(super) fn of(
        campaign: Option<&str>,
        canvas: Option<&str>,
        event: Option<&str>,
    ) -> Result<Option<Self>, Ambiguous> {
        match (campaign, canvas, event) {
            (None, None, None) => Ok(None),
            (Some(id), None, None) => Ok(Some(Self::Campaign(id.to_owned()))),
            (None, Some(id), None) => Ok(Some(Self::Canvas(id.to_owned()))),
            (None, None, Some(name)) => Ok(Some(Self::Event(name.to_owned()))),
            _ => Err(Ambiguous),
        }
    }
}
