//! The names by which events call a person, and under which id the person is kept. Every id has a rank, and when two of
//! them turn out to be one person, the greater one stays: so whatever the order in which that is found out, moves go up and end.

use sha2::{Digest, Sha256};

use super::ProfileId;

const ANONYMOUS: &str = "anonymous:";
const EMAIL: &str = "email:";
const DIGEST: &str = "digest:";
/// In front of the digest of an id that was erased.
const ERASED: &str = "erased:";
/// In front of a tenant's own id that would otherwise read like a weaker identity.
const USER: &str = "user:";

/// The names by which one event calls a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identities {
    /// The tenant's own.
    pub user_id: Option<String>,
    /// A device's, a browser's; some vendors put an e-mail address here, or its digest.
    pub anonymous_id: Option<String>,
    /// An address, lower case.
    pub email: Option<String>,
    /// What the person was called before, as an alias says: the tenant's own or a device's.
    pub previous_id: Option<String>,
}

/// Another id of the same person, as an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The other id.
    pub profile: ProfileId,
    /// Whether the tenant said so, by an alias: that alone makes one of two of its own ids.
    pub is_alias: bool,
}

impl Identities {
    /// Under which id the person is kept: the tenant's own as it came, else a marked weaker one. Two identities never share one.
    pub fn profile(&self) -> Option<ProfileId> {
        let own = self.user_id.as_deref().and_then(own);
        let email = || self.email.as_deref().map(|email| marked(EMAIL, email));
        let anonymous = || self.anonymous_id.as_deref().map(|id| marked(ANONYMOUS, id));
        own.or_else(email).or_else(anonymous)
    }

    /// Under which other ids the same person may be kept. Some vendors use an address's SHA-256 as anonymous id. An alias does
    /// not say whether the previous id was the tenant's own or a device's; one that names no own id speaks of devices.
    pub fn links(&self) -> Vec<Link> {
        let email = self.email.as_deref();
        let said = |id: ProfileId| Link { profile: id, is_alias: false };
        let told = |id: ProfileId| Link { profile: id, is_alias: true };
        let previous = self.previous_id.as_deref();
        let links = [
            email.map(|email| said(marked(EMAIL, email))),
            self.anonymous_id.as_deref().map(|id| said(marked(ANONYMOUS, id))),
            email.map(|email| said(marked(ANONYMOUS, &hex(email)))),
            self.user_id.as_deref().and(previous).and_then(own).map(told),
            previous.map(|id| told(marked(ANONYMOUS, id))),
        ];
        let kept_as = self.profile();
        let mut links: Vec<Link> =
            links.into_iter().flatten().filter(|link| Some(&link.profile) != kept_as.as_ref()).collect();
        links.dedup_by(|one, other| one.profile == other.profile);
        links
    }
}

impl ProfileId {
    /// Whether it is one of the tenant's own, which nothing but an alias makes one with another.
    pub fn is_own(&self) -> bool {
        ![ANONYMOUS, EMAIL].iter().any(|mark| self.as_str().starts_with(mark))
    }

    /// What Segment may be told as `anonymousId` where the tenant has no name of its own for the person: a device's or browser's id, or
    /// the address, as other senders do. None where that was too long to be kept.
    pub fn anonymous_id(&self) -> Option<&str> {
        let weak = self.as_str().strip_prefix(ANONYMOUS).or_else(|| self.as_str().strip_prefix(EMAIL));
        weak.filter(|id| !id.starts_with(DIGEST))
    }

    /// What stands for it once the person was erased: nobody can tell from it who that was.
    pub fn erased(&self) -> Self {
        Self::parse(&format!("{ERASED}{}", hex(self.as_str()))).expect("a digest should be fit for a profile's id")
    }

    /// Of two ids of one person, the one under which the person stays, and the one that moves.
    pub fn in_order(self, other: Self) -> (Self, Self) {
        if self.rank() > other.rank() { (self, other) } else { (other, self) }
    }

    /// The tenant's own, then addresses, then devices; among equals, anything that is the same everywhere.
    fn rank(&self) -> (bool, bool, &str) {
        (self.is_own(), self.as_str().starts_with(EMAIL), self.as_str())
    }
}

/// The tenant's own id, told apart from our marks. An id that looks as if it had been told apart is told apart again.
fn own(id: &str) -> Option<ProfileId> {
    let id = id.trim();
    let is_marked = |text: &str| [ANONYMOUS, EMAIL, DIGEST, ERASED].iter().any(|mark| text.starts_with(mark));
    let mark = if is_marked(id.trim_start_matches(USER)) { USER } else { "" };
    (!id.is_empty()).then(|| marked(mark, id))
}

/// The id itself, where it can be kept and, as a part of an address, asked for; else its digest.
fn marked(mark: &str, id: &str) -> ProfileId {
    let kept = ProfileId::parse(&format!("{mark}{id}")).ok();
    kept.filter(|kept| !matches!(kept.as_str(), "." | "..")).unwrap_or_else(|| {
        let mark = if mark == USER { "" } else { mark };
        ProfileId::parse(&format!("{mark}{DIGEST}{}", hex(id))).expect("a digest should be fit for a profile's id")
    })
}

fn hex(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
