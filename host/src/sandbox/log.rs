//! What a campaign writes during one call, bounded: a flood costs its author the lines, and nobody anything else.

use super::failure::{cut, printable};
use crate::domain::{LogLine, limits};

const LEVELS: [&str; 4] = ["debug", "info", "warn", "error"];

/// The lines of one call.
#[derive(Debug, Default)]
pub(super) struct Log {
    lines: Vec<LogLine>,
    bytes: usize,
    dropped: usize,
    /// The last line of level `error`. Kept apart, so that a flood cannot hide why the guest panicked.
    last_error: Option<String>,
}

impl Log {
    /// Takes a line, or counts it where there is no more room. A level that the contract does not know is `info`.
    pub(super) fn write(&mut self, level: &str, message: &str) {
        let level = LEVELS.into_iter().find(|known| *known == level).unwrap_or("info");
        let message = printable(cut(message, limits::LOG_LINE_BYTES_MAX));
        if level == "error" {
            self.last_error = Some(message.clone());
        }
        let fits = self.lines.len() < limits::LOG_LINES_MAX && self.bytes + message.len() <= limits::LOG_BYTES_MAX;
        if !fits {
            self.dropped += 1;
            return;
        }
        self.bytes += message.len();
        self.lines.push(LogLine { level: level.to_owned(), message });
    }

    /// The last line of level `error`.
    pub(super) fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    /// The lines; a last one says how many there was no room for.
    pub(super) fn into_lines(mut self) -> Vec<LogLine> {
        if self.dropped > 0 {
            let message = format!("{} more lines were dropped", self.dropped);
            self.lines.push(LogLine { level: "warn".to_owned(), message });
        }
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_and_counted_and_does_not_hide_the_last_error() {
        let mut log = Log::default();
        for _ in 0..100 {
            log.write("info", "again");
        }
        log.write("error", "panicked at src/lib.rs:1");
        assert_eq!(log.last_error(), Some("panicked at src/lib.rs:1"));
        let lines = log.into_lines();
        assert_eq!(lines.len(), limits::LOG_LINES_MAX + 1);
        assert_eq!(lines.last().unwrap().message, "37 more lines were dropped");
    }

    #[test]
    fn a_line_is_cut_and_steers_no_terminal() {
        let mut log = Log::default();
        log.write("shout", &format!("\u{1b}[2J{}", "x".repeat(5_000)));
        let lines = log.into_lines();
        assert_eq!(lines[0].level, "info");
        assert!(lines[0].message.starts_with("\u{fffd}[2Jx"));
        assert!(lines[0].message.len() <= limits::LOG_LINE_BYTES_MAX + 2);
    }

    #[test]
    fn long_lines_together_are_bounded_too() {
        let mut log = Log::default();
        for _ in 0..limits::LOG_LINES_MAX {
            log.write("info", &"x".repeat(limits::LOG_LINE_BYTES_MAX));
        }
        let kept: usize =
            log.into_lines().iter().filter(|line| line.level == "info").map(|line| line.message.len()).sum();
        assert_eq!(kept, limits::LOG_BYTES_MAX);
    }
}
