//! What a connection has done and since when, and whether it is overdue. The stream and the requests note here what happens;
//! the connection's task looks at it on a beat, so that no read and no write costs a timer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::bounds::Bounds;
use crate::domain::Stopwatch;

/// One connection's progress.
#[derive(Debug)]
pub(super) struct Progress {
    opened: Stopwatch,
    state: Mutex<State>,
}

/// Moments count from the connection's opening.
#[derive(Debug, Default)]
struct State {
    requests: Requests,
    under_way: usize,
    /// Since when there is no request, and since when the next one's head comes.
    quiet_since: Duration,
    head_since: Option<Duration>,
    /// Since when the client leaves an answer unread, and how much of it was taken since.
    unread: Option<(Duration, u64)>,
    is_leaving: bool,
    is_reset: bool,
}

/// What came so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Requests {
    #[default]
    None,
    OneByOne,
    /// HTTP/2: frames come between requests, too, so a byte is not yet the next request.
    Multiplexed,
}

/// What a connection took too long for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overdue {
    Head,
    Idle,
    Answer,
    Life,
}

impl Overdue {
    /// Its name in metrics.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Idle => "idle",
            Self::Answer => "answer",
            Self::Life => "life",
        }
    }
}

/// What to do with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Stay,
    /// Let it end what is under way.
    Leave(Overdue),
    /// End it here.
    Cut(Overdue),
}

impl Progress {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { opened: Stopwatch::start(), state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes came.
    pub(super) fn read(&self) {
        let mut state = self.state();
        if state.under_way == 0 && state.head_since.is_none() {
            state.head_since = Some(self.opened.elapsed());
        }
    }

    /// The client does not read, and something waits to be written.
    pub(super) fn blocked(&self) {
        let now = self.opened.elapsed();
        self.state().unread.get_or_insert((now, 0));
    }

    /// The client took some of what was blocked.
    pub(super) fn wrote(&self, bytes: usize) {
        if let Some((_, taken)) = &mut self.state().unread {
            *taken += bytes as u64;
        }
    }

    /// Nothing waits to be written any more.
    pub(super) fn flushed(&self) {
        self.state().unread = None;
    }

    /// A request is under way until what is returned is dropped.
    pub(super) fn begin(self: &Arc<Self>, version: axum::http::Version) -> UnderWay {
        let mut state = self.state();
        let is_multiplexed = version == axum::http::Version::HTTP_2;
        state.requests = if is_multiplexed { Requests::Multiplexed } else { Requests::OneByOne };
        state.under_way += 1;
        state.head_since = None;
        UnderWay(Arc::clone(self))
    }

    /// What to do with the connection now.
    pub(super) fn judge(&self, bounds: &Bounds) -> Verdict {
        let now = self.opened.elapsed();
        let mut state = self.state();
        let verdict = state.judge(now, bounds);
        match verdict {
            Verdict::Stay => {}
            Verdict::Leave(_) => state.is_leaving = true,
            Verdict::Cut(overdue) => state.is_reset = overdue == Overdue::Answer,
        }
        verdict
    }

    /// Whether it was ended because the client does not read.
    pub(super) fn is_reset(&self) -> bool {
        self.state().is_reset
    }
}

impl State {
    fn judge(&self, now: Duration, bounds: &Bounds) -> Verdict {
        let since = |moment: Duration| now.saturating_sub(moment);
        if self.unread.is_some_and(|(from, taken)| since(from) > bounds.pace.patience(taken)) {
            return Verdict::Cut(Overdue::Answer);
        }
        if now > bounds.life + bounds.request {
            return Verdict::Cut(Overdue::Life);
        }
        if self.under_way == 0 {
            let first = (self.requests == Requests::None).then_some(Duration::ZERO);
            let next = self.head_since.filter(|_| self.requests == Requests::OneByOne);
            if first.or(next).is_some_and(|from| since(from) > bounds.head) {
                return Verdict::Cut(Overdue::Head);
            }
            if since(self.quiet_since) > bounds.idle + bounds.head {
                return Verdict::Cut(Overdue::Idle);
            }
        }
        match self.is_leaving {
            false if self.under_way == 0 && since(self.quiet_since) > bounds.idle => Verdict::Leave(Overdue::Idle),
            false if now > bounds.life => Verdict::Leave(Overdue::Life),
            _ => Verdict::Stay,
        }
    }
}

/// A request, from its head to the end of its answer.
#[derive(Debug)]
pub(super) struct UnderWay(Arc<Progress>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let now = self.0.opened.elapsed();
        let mut state = self.0.state();
        state.under_way -= 1;
        state.quiet_since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listener::bounds::Pace;

    const BOUNDS: Bounds = Bounds {
        head: Duration::from_secs(5),
        idle: Duration::from_secs(30),
        pace: Pace { grace: Duration::from_secs(5), bytes_per_second: 1_000 },
        request: Duration::from_secs(100),
        life: Duration::from_secs(1_000),
        ..Bounds::HOUSE
    };

    fn judge(state: &State, seconds: u64) -> Verdict {
        state.judge(Duration::from_secs(seconds), &BOUNDS)
    }

    fn served() -> State {
        State { requests: Requests::OneByOne, quiet_since: Duration::from_secs(10), ..State::default() }
    }

    #[test]
    fn the_first_request_has_to_come_soon_however_it_is_dribbled() {
        let silent = State::default();
        let dribbling = State { head_since: Some(Duration::from_secs(4)), ..State::default() };
        for state in [silent, dribbling] {
            assert_eq!(judge(&state, 5), Verdict::Stay);
            assert_eq!(judge(&state, 6), Verdict::Cut(Overdue::Head));
        }
    }

    #[test]
    fn between_requests_there_is_time_but_not_within_a_head() {
        assert_eq!(judge(&served(), 40), Verdict::Stay);
        assert_eq!(judge(&served(), 41), Verdict::Leave(Overdue::Idle));
        let dribbling = State { head_since: Some(Duration::from_secs(12)), ..served() };
        assert_eq!(judge(&dribbling, 17), Verdict::Stay);
        assert_eq!(judge(&dribbling, 18), Verdict::Cut(Overdue::Head));
    }

    #[test]
    fn frames_between_requests_of_http_2_are_no_head() {
        let state = State { requests: Requests::Multiplexed, head_since: Some(Duration::from_secs(11)), ..served() };
        assert_eq!(judge(&state, 40), Verdict::Stay);
        assert_eq!(judge(&state, 41), Verdict::Leave(Overdue::Idle));
    }

    #[test]
    fn who_is_asked_to_leave_and_stays_is_cut() {
        let state = State { is_leaving: true, ..served() };
        assert_eq!(judge(&state, 41), Verdict::Stay);
        assert_eq!(judge(&state, 46), Verdict::Cut(Overdue::Idle));
    }

    #[test]
    fn an_answer_is_read_at_a_pace_or_not_at_all() {
        let reading = |taken| State { under_way: 1, unread: Some((Duration::from_secs(10), taken)), ..served() };
        assert_eq!(judge(&reading(0), 15), Verdict::Stay);
        assert_eq!(judge(&reading(0), 16), Verdict::Cut(Overdue::Answer));
        assert_eq!(judge(&reading(20), 16), Verdict::Cut(Overdue::Answer));
        assert_eq!(judge(&reading(10_000), 25), Verdict::Stay);
        assert_eq!(judge(&reading(10_000), 26), Verdict::Cut(Overdue::Answer));
    }

    #[test]
    fn a_request_under_way_is_waited_for_and_no_connection_lives_for_ever() {
        let busy = State { under_way: 1, ..served() };
        assert_eq!(judge(&busy, 1_000), Verdict::Stay);
        assert_eq!(judge(&busy, 1_001), Verdict::Leave(Overdue::Life));
        let leaving = State { is_leaving: true, ..busy };
        assert_eq!(judge(&leaving, 1_100), Verdict::Stay);
        assert_eq!(judge(&leaving, 1_101), Verdict::Cut(Overdue::Life));
    }
}
