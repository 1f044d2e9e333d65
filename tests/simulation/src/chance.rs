//! Chance by seed: what happens to somebody follows from the seed and from what it is about, never from the order in which threads come to it.

use fastrand::Rng;
use sha2::{Digest, Sha256};

/// The seed of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// Dice of its own for everything that has a name.
    pub(crate) fn of(self, about: &[&str]) -> Rng {
        let mut digest = Sha256::new();
        digest.update(self.0.to_be_bytes());
        for part in about {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        let digest: [u8; 32] = digest.finalize().into();
        Rng::with_seed(u64::from_be_bytes(digest[..8].try_into().expect("a digest should have 8 bytes")))
    }
}

/// Whether something happens that does in so many of a thousand cases.
pub(crate) fn happens(rng: &mut Rng, thousandths: u32) -> bool {
    rng.u32(..1_000) < thousandths
}

/// Hundredths of a sum of money that is exponential around its mean.
pub(crate) fn hundredths(rng: &mut Rng, mean: f64) -> i64 {
    (-libm::log(1.0 - rng.f64()) * mean * 100.0).round() as i64 + 1
}
