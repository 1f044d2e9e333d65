//! Names and identities. Each has one way in, which checks it; inside the house they are trusted.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::limits;

/// Why a text is no identity of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} `{text}` is not valid: {rule}")]
pub struct IdError {
    what: &'static str,
    text: String,
    rule: &'static str,
}

impl IdError {
    fn new(what: &'static str, text: &str, rule: &'static str) -> Self {
        let text = text.chars().take(80).collect();
        Self { what, text, rule }
    }

    /// The same for an item's id, which stands with what else is said of items.
    pub(super) fn of_item(text: &str) -> Self {
        Self::new("item", text, "use 1 to 128 bytes without control characters")
    }

    /// The same for an instruction's id, which is a digest.
    pub(super) fn of_instruction(text: &str) -> Self {
        Self::new("message", text, "use an id as `messages list` or `outbox list` prints: `msg_` and 32 digits")
    }
}

/// One of our customers. Never empty, never holds a NUL or a slash: safe inside a storage key and a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(Arc<str>);

impl TenantId {
    /// Parses a tenant's name: 1 to 63 of `a-z`, `0-9` and `-`, not starting with `-`.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if (1..=63).contains(&text.len()) && !text.starts_with('-') && text.chars().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(IdError::new("tenant", text, "use 1 to 63 of `a-z`, `0-9` and `-`, not starting with `-`"))
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name under which a tenant runs a module with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CampaignName(Arc<str>);

impl CampaignName {
    /// Parses a campaign's name: 1 to 64 of `A-Z`, `a-z`, `0-9`, `-`, `_` and `.`, starting with a letter or digit.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if text.len() <= 64 && starts_well && text.chars().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(IdError::new(
                "campaign",
                text,
                "use 1 to 64 of `A-Z`, `a-z`, `0-9`, `-`, `_`, `.`, starting with a letter or digit",
            ))
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a provider's spelling of a campaign's name means this one: case and `-`, `_`, `.`, blanks do not count.
    pub fn is_spelled(&self, text: &str) -> bool {
        let significant = |c: &char| c.is_alphanumeric();
        let ours = self.0.chars().filter(significant).flat_map(char::to_lowercase);
        let theirs = text.chars().filter(significant).flat_map(char::to_lowercase);
        ours.eq(theirs)
    }
}

impl fmt::Display for CampaignName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A channel's name: `push`, `email`, or a tenant's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelName(Arc<str>);

impl ChannelName {
    /// Parses a channel's name: 1 to 64 of `a-z`, `0-9` and `-`, starting with a letter.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.len() <= 64 && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(IdError::new("channel", text, "use 1 to 64 of `a-z`, `0-9` and `-`, starting with a letter"))
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What several campaigns have in common, as their tenant calls it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(Arc<str>);

impl Label {
    /// Parses a label: the same letters as a campaign's name.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        CampaignName::parse(text).map(|name| Self(name.0)).map_err(|err| IdError { what: "label", ..err })
    }

    /// The label as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a tenant calls one of its mappings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MappingName(Arc<str>);

impl MappingName {
    /// Parses a mapping's name: the same letters as a campaign's.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        CampaignName::parse(text).map(|name| Self(name.0)).map_err(|err| IdError { what: "mapping", ..err })
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MappingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a tenant calls one of its templates.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateName(Arc<str>);

impl TemplateName {
    /// Parses a template's name: the same letters as a campaign's.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        CampaignName::parse(text).map(|name| Self(name.0)).map_err(|err| IdError { what: "template", ..err })
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TemplateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One of the things that a campaign tries, as its tenant calls it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariationName(Arc<str>);

impl VariationName {
    /// Parses a variation's name: the same letters as a campaign's.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        CampaignName::parse(text).map(|name| Self(name.0)).map_err(|err| IdError { what: "variation", ..err })
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VariationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One person within a tenant, by the strongest identity that is known: the `userId` as it came, else a marked weaker one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileId(Arc<str>);

impl ProfileId {
    /// Parses a profile's id as it was shown before.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let fits = (1..=limits::PROFILE_ID_BYTES_MAX).contains(&text.len());
        if fits && !text.chars().any(char::is_control) {
            Ok(Self(text.into()))
        } else {
            Err(IdError::new("profile", text, "use 1 to 256 bytes without control characters"))
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProfileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A person's place: nothing is stored under a profile without its tenant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileKey {
    /// Whose customer the person is.
    pub tenant: TenantId,
    /// The person.
    pub profile: ProfileId,
}

impl ProfileKey {
    /// The slot in which this person lives, for ever: the checksum of both names, modulo the number of slots.
    pub fn slot(&self) -> Slot {
        Slot::of(&self.tenant, self.profile.as_str())
    }
}

/// One of a fixed number of shares of all people. A partition owns a range of slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u16);

impl Slot {
    /// No slot: what stands there is for every partition.
    pub const EVERY: Self = Self(u16::MAX);

    /// Where something of a tenant's lives that is called so.
    pub(super) fn of(tenant: &TenantId, name: &str) -> Self {
        let tenant = crc32c::crc32c(tenant.as_str().as_bytes());
        let both = crc32c::crc32c_append(tenant, name.as_bytes());
        Self((both % u32::from(limits::SLOTS)) as u16)
    }

    /// Whether the owner of these slots has to do with it.
    pub fn concerns(self, slots: &Range<u16>) -> bool {
        self == Self::EVERY || slots.contains(&self.0)
    }
}

/// A place in the journal: ordered, not dense, opaque.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub u64);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A tenant's inlet for events.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(Arc<str>);

impl SourceId {
    /// Parses a source's name: the same letters as a campaign's.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        CampaignName::parse(text).map(|name| Self(name.0)).map_err(|err| IdError { what: "source", ..err })
    }

    /// The inlet through which the house hears itself.
    pub fn house() -> Self {
        Self("house".into())
    }

    /// The inlet through which providers report.
    pub fn callbacks() -> Self {
        Self("callbacks".into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// In front of the id of what a provider reports by itself.
const CALLBACK: &str = "callback:";

/// Segment's `messageId`, or the digest of an event that came without one. Unique within a tenant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(Arc<str>);

impl MessageId {
    /// Takes an id that the door made fit: not empty, at most `limits::MESSAGE_ID_BYTES_MAX` bytes.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        if (1..=limits::MESSAGE_ID_BYTES_MAX).contains(&text.len()) {
            Ok(Self(text.into()))
        } else {
            Err(IdError::new("message id", text, "use 1 to 256 bytes"))
        }
    }

    /// The id of what a provider reports by itself and not through Segment; `id` is what it would be if Segment had told it.
    pub fn of_callback(id: &Self) -> Result<Self, IdError> {
        Self::parse(&format!("{CALLBACK}{id}"))
    }

    /// Whether it is one of those.
    pub fn is_of_callback(&self) -> bool {
        self.0.starts_with(CALLBACK)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The SHA-256 of a module's bytes: its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleDigest([u8; 32]);

impl ModuleDigest {
    /// Takes the digest of a module's bytes.
    pub fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Parses `sha256:` and 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let error =
            || IdError::new("module", text, "use `sha256:` and 64 hexadecimal digits, as `module upload` prints");
        let is_hex = |hex: &&str| hex.len() == 64 && hex.bytes().all(|digit| digit.is_ascii_hexdigit());
        let hex = text.strip_prefix("sha256:").filter(is_hex).ok_or_else(error)?;
        let mut digest = [0; 32];
        for (byte, at) in digest.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&hex[at..at + 2], 16).map_err(|_| error())?;
        }
        Ok(Self(digest))
    }

    /// The digits alone, for a file's name.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for ModuleDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for ModuleDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The number of a campaign's published state, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_safe_inside_a_key_and_a_path() {
        for bad in ["", "-shop", "Shop", "a/b", "a\0b", "ä", &"a".repeat(64)] {
            assert!(TenantId::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(TenantId::parse("shop-1").unwrap().as_str(), "shop-1");
    }

    #[test]
    fn providers_spell_campaigns_as_they_like() {
        let campaign = CampaignName::parse("three-lines").unwrap();
        for spelling in ["three-lines", "Three Lines", "THREE_LINES", "threeLines"] {
            assert!(campaign.is_spelled(spelling), "{spelling}");
        }
        assert!(!campaign.is_spelled("three-lines-2"));
    }

    #[test]
    fn a_digest_reads_back() {
        let digest = ModuleDigest::new([7; 32]);
        assert_eq!(ModuleDigest::parse(&digest.to_string()), Ok(digest));
        assert!(ModuleDigest::parse("sha256:xyz").is_err());
        assert!(ModuleDigest::parse(&format!("sha256:{}", "é".repeat(32))).is_err());
        assert!(ModuleDigest::parse(&format!("sha256:{}", "+7".repeat(32))).is_err());
    }

    #[test]
    fn a_person_keeps_its_slot() {
        let key = ProfileKey { tenant: TenantId::parse("shop").unwrap(), profile: ProfileId::parse("u1").unwrap() };
        assert_eq!(key.slot(), Slot(key.slot().0));
        assert!(key.slot().0 < limits::SLOTS);
    }
}
