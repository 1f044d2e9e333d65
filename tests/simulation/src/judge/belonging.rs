//! Where somebody belongs in an experiment, worked out anew from what `docs/experiments.md` says of it.

use sha2::{Digest, Sha256};

use crate::documents::Document;

/// Where somebody belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Belonging {
    /// Empty where the campaign has none.
    pub(crate) variation: String,
    /// By which share they are held out; empty where by none.
    pub(crate) held_out: String,
}

impl Belonging {
    /// Of somebody who begins under this id.
    pub(crate) fn of(document: &Document, tenant_percent: u64, profile: &str) -> Self {
        let salt = document.experiment()["salt"].as_str().unwrap_or(document.name);
        let percent = document.experiment()["hold_out_percent"].as_u64().unwrap_or_default();
        let is_below = |number: u64, percent: u64| u128::from(number) * 100 < u128::from(percent) << 64;
        let held_out = if is_below(number("hold-out:tenant", "", "", profile), tenant_percent) {
            "tenant"
        } else if is_below(number("hold-out:campaign", document.name, salt, profile), percent) {
            "campaign"
        } else {
            ""
        };
        let draw = |name: &str, weight: f64| {
            let number = number(&format!("variation:{name}"), document.name, salt, profile);
            -libm::log(((number >> 11) as f64 + 0.5) / (1_u64 << 53) as f64) / weight
        };
        let drawn = document.variations().into_iter().map(|(name, weight)| (draw(name, weight), name));
        let least = drawn.min_by(|(one, _), (other, _)| one.total_cmp(other));
        Self { variation: least.map_or_else(String::new, |(_, name)| name.to_owned()), held_out: held_out.to_owned() }
    }
}

fn number(purpose: &str, campaign: &str, salt: &str, profile: &str) -> u64 {
    let mut digest = Sha256::new();
    for part in [purpose, campaign, salt, profile] {
        digest.update(part);
        digest.update([0]);
    }
    let digest: [u8; 32] = digest.finalize().into();
    u64::from_be_bytes(digest[..8].try_into().expect("a digest should have 8 bytes"))
}
