//! Target `ids`: a text is an id or is refused with a reason; an id reads back as it prints, and keeps its bounds.

use crate::domain::{
    CampaignName, IdError, InstructionId, MessageId, ModuleDigest, ProfileId, ProfileKey, SourceId, TenantId, limits,
};

/// Bytes of a refusal: it repeats 80 letters of the text.
const REFUSAL_BYTES_MAX: usize = 640;

pub(super) fn ids(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let is_safe = |text: &str| !text.contains(|c: char| c.is_control() || c == '/');
    if let Some(tenant) = taken(TenantId::parse(text)) {
        assert!(tenant.as_str() == text && text.len() <= 63 && is_safe(text), "{text:?}");
    }
    if let Some(campaign) = taken(CampaignName::parse(text)) {
        assert!(campaign.as_str() == text && text.len() <= 64 && is_safe(text), "{text:?}");
        assert!(campaign.is_spelled(text) && campaign.is_spelled(&text.to_uppercase()), "{text:?}");
        assert_eq!(SourceId::parse(text).ok().map(|source| source.to_string()).as_deref(), Some(text));
    }
    if let Some(profile) = taken(ProfileId::parse(text)) {
        assert!(profile.as_str() == text && text.len() <= limits::PROFILE_ID_BYTES_MAX, "{text:?}");
        let tenant = TenantId::parse("shop").expect("a plain word should be a tenant");
        let slot = ProfileKey { tenant, profile }.slot();
        assert!(slot.0 < limits::SLOTS, "{text:?} is in {slot:?}");
    }
    if let Some(message) = taken(MessageId::parse(text)) {
        assert!(message.as_str() == text && text.len() <= limits::MESSAGE_ID_BYTES_MAX, "{text:?}");
    }
    if let Some(instruction) = taken(InstructionId::parse(text)) {
        assert!(instruction.as_str() == text && is_safe(text), "{text:?}");
    }
    if let Some(digest) = taken(ModuleDigest::parse(text)) {
        assert!(digest.to_string().eq_ignore_ascii_case(text), "`{text}` is shown as `{digest}`");
    }
}

fn taken<T>(parsed: Result<T, IdError>) -> Option<T> {
    match parsed {
        Ok(id) => Some(id),
        Err(err) => {
            let reason = err.to_string();
            assert!(reason.contains("is not valid: ") && reason.len() <= REFUSAL_BYTES_MAX, "{reason}");
            None
        }
    }
}
