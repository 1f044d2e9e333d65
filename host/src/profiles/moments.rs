//! Moments, packed: a person's history is read and written with every cause, and most of it is never looked at. The latest moment stands
//! whole, each other as the step back from the one after it, because questions are about what happened last: who asks walks back as
//! far as the question goes. Records keep the steps as they are here.

use crate::domain::{Timestamp, limits};

/// Bytes of the longest step.
const STEP_BYTES_MAX: usize = 10;
/// Set in each byte of a step but its last.
const CONTINUES: u8 = 0x80;

/// At least one moment, at most `limits::HISTORY_RECENT_MAX` after `forget`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moments {
    latest: Timestamp,
    /// Milliseconds from each moment back to the one before it, the latest first: postcard's integers, of variable length.
    steps: Vec<u8>,
}

impl Moments {
    /// One moment.
    pub(super) fn only(at: Timestamp) -> Self {
        Self { latest: at, steps: Vec::new() }
    }

    /// Takes steps that were packed before; none where they are no steps, or too many.
    pub(super) fn of_steps(latest: Timestamp, steps: &[u8]) -> Option<Self> {
        let is_end = |byte: &&u8| **byte < CONTINUES;
        let is_whole = steps.last().is_none_or(|last| is_end(&last));
        let fits = steps.iter().filter(is_end).count() < limits::HISTORY_RECENT_MAX;
        (is_whole && fits).then(|| Self { latest, steps: steps.to_vec() })
    }

    /// The moments before the latest, packed.
    pub(super) fn steps(&self) -> &[u8] {
        &self.steps
    }

    pub(super) fn latest(&self) -> Timestamp {
        self.latest
    }

    /// The latest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = Timestamp> {
        self.walk().map(|(at, _)| at)
    }

    /// Takes in others.
    pub(super) fn join(&mut self, other: &Self) {
        if other.steps.is_empty() && other.latest >= self.latest {
            let mut space = [0; STEP_BYTES_MAX];
            let step = pack(other.latest, self.latest, &mut space);
            self.steps.splice(0..0, step.iter().copied());
            self.latest = other.latest;
        } else {
            let mut all: Vec<Timestamp> = self.iter().chain(other.iter()).collect();
            all.sort_unstable();
            *self = Self::of_ascending(&all);
        }
    }

    /// Keeps the latest, as many as may be, none from before `oldest`. Returns the latest of those that go.
    pub(super) fn forget(&mut self, oldest: Timestamp) -> Option<Timestamp> {
        let mut end = 0;
        let forgotten = self.walk().enumerate().find_map(|(number, (at, its_end))| {
            if number < limits::HISTORY_RECENT_MAX && at >= oldest {
                end = its_end;
                None
            } else {
                Some(at)
            }
        });
        self.steps.truncate(end);
        forgotten
    }

    fn of_ascending(all: &[Timestamp]) -> Self {
        let latest = *all.last().expect("there should be a moment");
        let (mut steps, mut space) = (Vec::new(), [0; STEP_BYTES_MAX]);
        for pair in all.windows(2).rev() {
            steps.extend_from_slice(pack(pair[1], pair[0], &mut space));
        }
        Self { latest, steps }
    }

    /// Every moment, the latest first, and where the step to it ends.
    fn walk(&self) -> impl Iterator<Item = (Timestamp, usize)> {
        std::iter::successors(Some((self.latest, 0)), |(at, end)| {
            let (step, rest) = postcard::take_from_bytes::<u64>(&self.steps[*end..]).ok()?;
            let before = Timestamp::from_millis(at.as_millis().saturating_sub_unsigned(step));
            Some((before, self.steps.len() - rest.len()))
        })
    }
}

/// The step back from a moment to an earlier one.
fn pack(at: Timestamp, earlier: Timestamp, space: &mut [u8; STEP_BYTES_MAX]) -> &[u8] {
    let step = at.as_millis().abs_diff(earlier.as_millis());
    postcard::to_slice(&step, space).expect("any number should fit into ten bytes")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    proptest! {
        #[test]
        fn moments_come_back_the_latest_first_whatever_came_first(all in prop::collection::vec(0..i64::MAX, 1..40)) {
            let mut moments = Moments::only(at(all[0]));
            all[1..].iter().for_each(|ms| moments.join(&Moments::only(at(*ms))));
            let mut sorted: Vec<Timestamp> = all.iter().map(|ms| at(*ms)).collect();
            sorted.sort_unstable();
            prop_assert_eq!(&moments, &Moments::of_ascending(&sorted));
            sorted.reverse();
            prop_assert_eq!(moments.iter().collect::<Vec<_>>(), sorted);
            prop_assert_eq!(Moments::of_steps(moments.latest(), moments.steps()), Some(moments));
        }

        #[test]
        fn no_steps_make_the_reader_panic(latest in 0..i64::MAX, steps in prop::collection::vec(any::<u8>(), 0..1_000)) {
            if let Some(moments) = Moments::of_steps(at(latest), &steps) {
                let all: Vec<Timestamp> = moments.iter().collect();
                prop_assert!(all.len() <= limits::HISTORY_RECENT_MAX && all.is_sorted_by(|one, next| one >= next));
            }
        }
    }

    #[test]
    fn a_step_that_is_cut_is_none() {
        let mut moments = Moments::only(at(5));
        moments.join(&Moments::only(at(3_600_005)));
        assert_eq!(moments.steps().len(), 4);
        assert_eq!(Moments::of_steps(at(0), &moments.steps()[..3]), None);
        assert_eq!(Moments::of_steps(at(0), &vec![0; limits::HISTORY_RECENT_MAX]), None, "one too many");
    }
}
