//! Numbers and texts out of a target's bytes. Bytes that run out are zeros and empty texts, so that every input means
//! something.

use crate::domain::{CampaignName, ProfileId, TenantId};

/// What is left of an input.
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((byte, left)) = self.0.split_first() else { return 0 };
        self.0 = left;
        *byte
    }

    pub(crate) fn number(&mut self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    /// As many bytes as the next one says, or are left.
    pub(crate) fn bytes(&mut self) -> &'a [u8] {
        let wanted = usize::from(self.byte());
        let (bytes, left) = self.0.split_at(wanted.min(self.0.len()));
        self.0 = left;
        bytes
    }

    pub(crate) fn text(&mut self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }

    /// A tenant: what of a text its name may hold.
    pub(crate) fn tenant(&mut self) -> TenantId {
        let letters =
            self.text().chars().filter(|c| matches!(c, 'a'..='z' | '0'..='9' | '-')).take(62).collect::<String>();
        TenantId::parse(&format!("t{letters}")).expect("a name of allowed letters should be a tenant's")
    }

    /// A campaign: what of a text its name may hold.
    pub(crate) fn campaign(&mut self) -> CampaignName {
        let is_allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let letters = self.text().chars().filter(is_allowed).take(63).collect::<String>();
        CampaignName::parse(&format!("c{letters}")).expect("a name of allowed letters should be a campaign's")
    }

    /// A person, whose id may hold almost everything.
    pub(crate) fn profile(&mut self) -> ProfileId {
        let text = self.text();
        ProfileId::parse(&text).unwrap_or_else(|_| ProfileId::parse("nobody").expect("a plain word should be an id"))
    }
}
