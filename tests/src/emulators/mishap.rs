//! What goes wrong at a provider though it was asked rightly.

use fastrand::Rng;

/// How a request ends badly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// With that status, and nothing is executed.
    Answers(u16),
    /// The connection closes before anything is executed.
    BreaksOff,
    /// All is executed, and the connection closes without an answer.
    LosesAnswer,
}

/// How often that happens.
#[derive(Debug)]
pub struct Chance {
    rng: Rng,
    percent: u8,
}

/// What happens in ten of such cases.
const TEN: [Mishap; 10] = [
    Mishap::Answers(429),
    Mishap::Answers(500),
    Mishap::Answers(500),
    Mishap::Answers(503),
    Mishap::BreaksOff,
    Mishap::BreaksOff,
    Mishap::BreaksOff,
    Mishap::LosesAnswer,
    Mishap::LosesAnswer,
    Mishap::LosesAnswer,
];

impl Chance {
    /// All goes well.
    pub fn never() -> Self {
        Self::of(0, 0)
    }

    /// So many of a hundred requests end badly. The same seed draws the same.
    pub fn of(percent: u8, seed: u64) -> Self {
        Self { rng: Rng::with_seed(seed), percent }
    }

    pub(super) fn draw(&mut self) -> Option<Mishap> {
        let is_bad = self.rng.u8(0..100) < self.percent;
        is_bad.then(|| TEN[self.rng.usize(0..TEN.len())])
    }
}
