//! From a document to a mapping: one member says what is mapped, the others what it is with us.

use super::{CampaignMapping, ConsentMapping, EventMapping, Mapping, Ours, Properties};
use crate::domain::{CampaignName, ChannelName, EngagementKind, limits, spelling};
use crate::form::{FormError, Place, Result, unknown};

type Read = fn(&Place<'_>) -> Result<Mapping>;

/// What a mapping is about, the members that go with it, and who reads it.
const FORMS: [(&str, &[&str], Read); 3] = [
    ("event", &["event", "engagement", "channel", "properties"], event),
    ("campaign", &["campaign", "step", "is"], campaign),
    ("consent", &["consent", "channels"], consent),
];

impl Mapping {
    /// Reads a document.
    pub fn read(document: &serde_json::Value) -> Result<Self> {
        Self::read_at(&Place::root(document))
    }

    /// Reads what stands at a place.
    pub(crate) fn read_at(place: &Place<'_>) -> Result<Self> {
        let bytes = place.value.to_string().len();
        if bytes > limits::MAPPING_BYTES_MAX {
            let next = format!("use at most {}", limits::MAPPING_BYTES_MAX);
            return Err(place.error(format!("the mapping has {bytes} bytes"), next));
        }
        let all: Vec<&str> = FORMS.iter().flat_map(|(_, members, _)| members.iter().copied()).collect();
        place.object(&all)?;
        let Some((_, members, read)) = FORMS.iter().find(|(about, ..)| place.member(about).is_some()) else {
            return Err(place.error("nothing says what is mapped", "write `event`, `campaign` or `consent`"));
        };
        place.object(members)?;
        read(place)
    }

    /// Whether the campaign that it leads to is one of those.
    pub(crate) fn check_campaign<'a>(
        &self,
        known: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
    ) -> std::result::Result<(), FormError> {
        let known = known.into_iter();
        let Self::Campaign(CampaignMapping { is, .. }) = self else { return Ok(()) };
        let name = is.campaign.as_str();
        if known.clone().any(|campaign| campaign == name) {
            return Ok(());
        }
        let what = format!("there is no campaign `{name}`");
        if known.clone().next().is_none() {
            let next = "create it first (`campaign create`)".to_owned();
            return Err(FormError { pointer: "/is/campaign".to_owned(), what, next });
        }
        Err(unknown("/is/campaign".to_owned(), what, name, known))
    }
}

fn event(place: &Place<'_>) -> Result<Mapping> {
    let event = word(&place.required("event")?)?;
    let kind = kind(&place.required("engagement")?)?;
    let given = place.member("channel").map(|place| channel(&place)).transpose()?;
    if given.is_none() && !matches!(kind, EngagementKind::Converted | EngagementKind::HeldOut) {
        return Err(place.error("`channel` is missing", "write it, like `\"email\"`"));
    }
    let properties =
        place.member("properties").map_or_else(|| Ok(Properties::default()), |place| properties(&place))?;
    Ok(Mapping::Event(EventMapping { event, kind, channel: given, properties }))
}

fn campaign(place: &Place<'_>) -> Result<Mapping> {
    let is = place.required("is")?;
    is.object(&["campaign", "step"])?;
    let name = is.required("campaign")?;
    let ours =
        CampaignName::parse(name.text()?).map_err(|err| name.error(err.to_string(), "use one of your campaigns"))?;
    Ok(Mapping::Campaign(CampaignMapping {
        campaign: word(&place.required("campaign")?)?,
        step: place.member("step").map(|step| word(&step)).transpose()?,
        is: Ours { campaign: ours, step: is.text_member("step")? },
    }))
}

fn consent(place: &Place<'_>) -> Result<Mapping> {
    let category = word(&place.required("consent")?)?;
    let mut channels = Vec::new();
    for place in place.required("channels")?.list(limits::MAPPING_CHANNELS_MAX)? {
        let channel = channel(&place)?;
        if channels.contains(&channel) {
            return Err(place.error(format!("the channel `{channel}` is there twice"), "write it once"));
        }
        channels.push(channel);
    }
    Ok(Mapping::Consent(ConsentMapping { category, channels }))
}

fn properties(place: &Place<'_>) -> Result<Properties> {
    place.object(&["campaign", "step", "message"])?;
    let property = |name: &str| place.text_member(name);
    Ok(Properties { campaign: property("campaign")?, step: property("step")?, message: property("message")? })
}

/// A name that somebody else gave. Names are compared without case, blanks, `_` and `-`: one that is nothing else would be any.
fn word(place: &Place<'_>) -> Result<String> {
    let text = place.text()?;
    if spelling::folded(text).is_empty() {
        let next = "write the name as it is sent: case, blanks, `_` and `-` do not count";
        return Err(place.error(format!("`{}` is no name", text.escape_default()), next));
    }
    Ok(text.to_owned())
}

fn kind(place: &Place<'_>) -> Result<EngagementKind> {
    let text = place.text()?;
    let known = EngagementKind::ALL.map(EngagementKind::as_str);
    EngagementKind::parse(text)
        .ok_or_else(|| unknown(place.pointer.clone(), format!("`{text}` is no engagement"), text, known))
}

fn channel(place: &Place<'_>) -> Result<ChannelName> {
    let next = "name one like `push` or `email`, or one of your own";
    ChannelName::parse(place.text()?).map_err(|err| place.error(err.to_string(), next))
}
