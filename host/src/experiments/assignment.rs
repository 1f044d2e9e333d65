//! Who is tried on what, by hash: the same answer on every machine and in every version, and nobody has to be asked.
//!
//! What is hashed is `purpose NUL campaign NUL salt NUL profile NUL`, by SHA-256, of which the first eight bytes are a number between
//! nothing and one. Who is below a share is held out, so a greater share only adds people. Variations are drawn for by weighted
//! rendezvous hashing (each draws `-ln(u) / weight`, the least wins): somebody moves from one variation to another only where the
//! other's weight grew in proportion to the one's.

use sha2::{Digest as _, Sha256};

use super::{Design, Variation};
use crate::domain::{Arm, CampaignName, HoldOut, ProfileId, VariationName};

impl Design {
    /// Where somebody belongs who is not enrolled yet. The tenant's own share of held-out people is the same in every campaign.
    pub fn arm(&self, campaign: &CampaignName, profile: &ProfileId, tenant_hold_out_percent: u8) -> Arm {
        let place = Place { campaign: campaign.as_str(), salt: self.salt(campaign), profile: profile.as_str() };
        let everywhere = Place { campaign: "", salt: "", ..place };
        let hold_out = if everywhere.is_below("tenant", tenant_hold_out_percent) {
            Some(HoldOut::Tenant)
        } else {
            place.is_below("campaign", self.hold_out_percent).then_some(HoldOut::Campaign)
        };
        Arm { variation: self.variation(place), hold_out }
    }

    fn variation(&self, place: Place<'_>) -> Option<VariationName> {
        let drawn = |variation: &Variation| {
            let unit = ((place.draw(&format!("variation:{}", variation.name)) >> 11) as f64 + 0.5) / 2_f64.powi(53);
            // The machine's own logarithm may differ in the last digit.
            -libm::log(unit) / f64::from(variation.weight)
        };
        let all = self.variations.iter().filter(|variation| variation.weight > 0);
        let least = all.min_by(|one, other| drawn(one).total_cmp(&drawn(other)));
        least.map(|variation| variation.name.clone())
    }
}

/// What a draw is for. None of them can hold a NUL.
#[derive(Clone, Copy)]
struct Place<'a> {
    campaign: &'a str,
    salt: &'a str,
    profile: &'a str,
}

impl Place<'_> {
    /// Any number, evenly.
    fn draw(&self, purpose: &str) -> u64 {
        let mut digest = Sha256::new();
        for part in [purpose, self.campaign, self.salt, self.profile] {
            digest.update(part);
            digest.update([0]);
        }
        let digest: [u8; 32] = digest.finalize().into();
        u64::from_be_bytes(digest[..8].try_into().expect("a digest should have 8 bytes"))
    }

    fn is_below(&self, share: &str, percent: u8) -> bool {
        u128::from(self.draw(&format!("hold-out:{share}"))) * 100 < u128::from(percent) << 64
    }
}
