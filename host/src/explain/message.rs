//! What became of one message: the last of what the ledger says of it.

use super::{Line, moment};
use crate::ledger::{Fate, Judged, LedgerRow, Released, What};

/// What a rule is, in the words of who set it.
const RULES: &[(&str, &str)] = &[
    ("consent", "the person does not want it"),
    ("duplicates", "it was there already"),
    ("dont-send-if", "the campaign's condition not to send it holds"),
    ("expiry", "it would have come too late"),
    ("campaign-priority", "another campaign goes before"),
    ("channel-priority", "no channel of the campaign's reaches the person"),
    ("caps", "the person got enough already"),
    ("quiet-hours", "it is night where the person is"),
    ("hold-out", "the person is held out of the experiment"),
    ("exit", "the person left the campaign before"),
    ("withdrawn", "the campaign is over"),
    ("held", "too many messages waited"),
];

/// One thing that the ledger says of a message.
#[derive(Clone, Copy)]
pub(super) enum Chapter<'a> {
    /// The campaign wanted to send it, because of this; by this share the person is held out.
    Judged(&'a Judged, &'a str, Option<&'a str>),
    Released(&'a Judged),
    Sent(&'a Fate),
    Retried(&'a Fate),
    Dead(&'a Fate),
}

/// What the ledger says of one message, the last of it.
#[derive(Default)]
pub(super) struct Story<'a> {
    last: Option<(i64, Chapter<'a>)>,
    /// When the campaign wanted to send it, and because of what.
    wanted: Option<(i64, &'a str)>,
}

/// What a row says of messages, by their ids.
pub(super) fn chapters(row: &LedgerRow) -> Vec<(&str, Chapter<'_>)> {
    match &row.what {
        What::Decided(decided) => {
            let chapter = |judged| Chapter::Judged(judged, &decided.cause, decided.held_out.as_deref());
            decided.verdicts.iter().map(|judged| (judged.id.as_str(), chapter(judged))).collect()
        }
        What::Released(Released { judged, .. }) => vec![(judged.id.as_str(), Chapter::Released(judged))],
        What::Sent(fate) => vec![(fate.id.as_str(), Chapter::Sent(fate))],
        What::Retried(fate) => vec![(fate.id.as_str(), Chapter::Retried(fate))],
        What::Dead(fate) => vec![(fate.id.as_str(), Chapter::Dead(fate))],
        _ => Vec::new(),
    }
}

impl<'a> Story<'a> {
    /// Rows come in the order in which they were entered; what was entered later counts.
    pub(super) fn add(&mut self, at: i64, chapter: Chapter<'a>) {
        if let Chapter::Judged(_, cause, _) = chapter {
            self.wanted = Some((at, cause));
        }
        self.last = Some((at, chapter));
    }

    /// Whether it is a message of that step, if one is asked about.
    pub(super) fn is_of(&self, step: Option<&str>) -> bool {
        let Some((_, chapter)) = self.last else { return false };
        step.is_none_or(|step| step == chapter.step())
    }

    pub(super) fn line(&self) -> Line {
        let (at, chapter) = self.last.expect("a story should have a chapter");
        let because = self.wanted.map_or(String::new(), |(_, cause)| format!(" (because {})", occasion(cause)));
        let since = self.wanted.map_or(at, |(since, _)| since);
        Line::at(at, format!("{}{because}", chapter.words(since)))
    }
}

impl Chapter<'_> {
    fn step(&self) -> &str {
        match self {
            Self::Judged(judged, ..) | Self::Released(judged) => &judged.step,
            Self::Sent(fate) | Self::Retried(fate) | Self::Dead(fate) => &fate.step,
        }
    }

    /// What became of the message, which was wanted since then.
    fn words(&self, since: i64) -> String {
        let step = self.step();
        match self {
            Self::Judged(judged, _, Some(share)) => {
                format!("`{step}` was kept from the person, who is held out ({share}); it would {}", wish(judged))
            }
            Self::Judged(judged, ..) | Self::Released(judged) => format!("`{step}` {}", verdict(judged, since)),
            Self::Sent(fate) if fate.attempts > 1 => {
                let Fate { channel, provider, attempts, .. } = fate;
                format!("`{step}` was sent over {channel} ({provider}), at attempt {attempts}{}", fate.note_text())
            }
            Self::Sent(fate) => {
                format!("`{step}` was sent over {} ({}){}", fate.channel, fate.provider, fate.note_text())
            }
            Self::Retried(fate) => {
                let next = fate.next.map_or_else(|| "later".to_owned(), moment);
                format!(
                    "`{step}` is not out yet: attempt {} failed ({}); the next is at {next}",
                    fate.attempts,
                    fate.reason_text()
                )
            }
            Self::Dead(fate) => format!("`{step}` was given up: {}", fate.reason_text()),
        }
    }
}

fn verdict(judged: &Judged, since: i64) -> String {
    match (judged.verdict.as_str(), judged.until) {
        ("drop", _) => format!("was not sent: {}", why(judged)),
        ("hold", Some(until)) => {
            format!("is held since {} until {}: {}", moment(since), moment(until), why(judged))
        }
        _ => format!("is on its way over {}", judged.channel),
    }
}

/// What would have become of it.
fn wish(judged: &Judged) -> String {
    match judged.verdict.as_str() {
        "drop" => format!("not have been sent anyway: {}", why(judged)),
        "hold" => format!("have been held: {}", why(judged)),
        _ => format!("have gone over {}", judged.channel),
    }
}

fn why(judged: &Judged) -> String {
    let rule = judged.rule.as_deref().unwrap_or_default();
    let words = RULES.iter().find(|(name, _)| *name == rule).map_or(rule, |(_, words)| words);
    format!("{words} ({})", judged.saw.as_deref().unwrap_or_default())
}

/// Why a campaign was asked, in words: the name of a cause begins with its kind.
fn occasion(cause: &str) -> String {
    let (kind, what) = cause.split_once(':').unwrap_or((cause, ""));
    let name = what.rsplit_once(':').map_or(what, |(name, _)| name);
    match kind {
        "event" => format!("of the event `{what}`"),
        "engagement" => format!("of what became of a message, told by `{what}`"),
        "trait" => format!("the trait `{}` changed", what.split(':').next().unwrap_or_default()),
        "timer" => format!("the wait `{name}` was over"),
        _ => format!("of `{cause}`"),
    }
}
