//! Engagements that are told twice: by the vendor and by Segment, each with a message id of its own. What was told is known by two
//! marks: what became of which message in which second, and the vendor's own name for it.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::domain::{Engagement, Timestamp, limits};

/// Marks of each engagement.
const MARKS: usize = 2;

/// What was told lately. Bounded: the oldest goes first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repeats(pub(super) BTreeMap<u64, Timestamp>);

impl Repeats {
    /// Notes an engagement. Whether it had been told before.
    pub(super) fn note(&mut self, engagement: &Engagement, at: Timestamp) -> bool {
        let marks = [Some(of_moment(engagement, at)), of_dispatch(engagement)];
        let is_known = marks.iter().flatten().any(|mark| self.0.contains_key(mark));
        marks.into_iter().flatten().for_each(|mark| self.keep(mark, at));
        is_known
    }

    /// Takes in what was told under another id of the same person.
    pub(super) fn join(&mut self, other: Self) {
        other.0.into_iter().for_each(|(mark, at)| self.keep(mark, at));
    }

    fn keep(&mut self, mark: u64, at: Timestamp) {
        let known = self.0.entry(mark).or_insert(at);
        *known = at.max(*known);
        if self.0.len() > MARKS * limits::ENGAGEMENTS_SEEN_MAX {
            let oldest = self.0.iter().min_by_key(|(mark, at)| (**at, **mark)).map(|(mark, _)| *mark);
            oldest.map(|mark| self.0.remove(&mark));
        }
    }
}

fn of_moment(engagement: &Engagement, at: Timestamp) -> u64 {
    let Engagement { kind, channel, campaign, step, detail, .. } = engagement;
    let second = at.as_millis().div_euclid(1_000).to_string();
    let texts = [Some(kind.as_str()), Some(channel), campaign.as_deref(), step.as_deref(), detail.as_deref()];
    mark(texts.into_iter().chain([Some(second.as_str())]))
}

fn of_dispatch(engagement: &Engagement) -> Option<u64> {
    let Engagement { kind, channel, detail, dispatch, .. } = engagement;
    let dispatch = dispatch.as_deref()?;
    Some(mark([Some("dispatch"), Some(kind.as_str()), Some(channel), detail.as_deref(), Some(dispatch)].into_iter()))
}

/// The same in every version and on every machine.
fn mark<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> u64 {
    let mut digest = Sha256::new();
    for text in texts {
        digest.update(text.map_or(0, |text| text.len() + 1).to_be_bytes());
        digest.update(text.unwrap_or_default());
    }
    let digest: [u8; 32] = digest.finalize().into();
    u64::from_be_bytes(digest[..8].try_into().expect("a digest should have 8 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::EngagementKind;

    fn clicked(detail: &str, dispatch: Option<&str>) -> Engagement {
        Engagement {
            kind: EngagementKind::Clicked,
            channel: "email".into(),
            campaign: Some("spring".into()),
            step: None,
            detail: Some(detail.into()),
            by_machine: false,
            dispatch: dispatch.map(str::to_owned),
        }
    }

    #[test]
    fn what_is_told_again_is_known_by_its_second_or_by_the_vendors_name() {
        for (ms, engagement, is_known) in [
            (1_999, clicked("cart", None), true),
            (2_000, clicked("cart", None), false),
            (1_500, clicked("help", None), false),
            (1_500, Engagement { kind: EngagementKind::Opened, ..clicked("cart", None) }, false),
            (9_000, clicked("cart", Some("d-1")), true),
            (9_000, clicked("cart", Some("d-2")), false),
            (9_000, clicked("help", Some("d-1")), false),
        ] {
            let mut repeats = Repeats::default();
            assert!(!repeats.note(&clicked("cart", Some("d-1")), Timestamp::from_millis(1_000)));
            assert_eq!(repeats.note(&engagement, Timestamp::from_millis(ms)), is_known, "{ms} {engagement:?}");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut repeats = Repeats::default();
        for n in 0..1_000 {
            repeats.note(&clicked("cart", Some(&n.to_string())), Timestamp::from_millis(n * 10_000));
        }
        assert_eq!(repeats.0.len(), MARKS * limits::ENGAGEMENTS_SEEN_MAX);
    }
}
