//! What a connection may take: of places, of time, of patience. Operators set one of them; tests make them short.

use std::time::Duration;

use crate::domain::limits;

/// The bounds of an accept loop.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Connections that are open at one time.
    pub connections: usize,
    /// Connections of one address (of one /64, in IPv6) that are open at one time.
    pub connections_per_address: usize,
    /// How long the first request may be waited for, and how long any request's head may take from its first byte on.
    pub head: Duration,
    /// How long a connection may stay idle between two requests.
    pub idle: Duration,
    /// The least that bodies have to arrive at, and answers to be read at.
    pub pace: Pace,
    /// How long a request may take, from its head to the beginning of its answer.
    pub request: Duration,
    /// When a connection is asked to end, however well it does.
    pub life: Duration,
    /// How often it is looked whether a connection is overdue.
    pub look: Duration,
}

impl Bounds {
    /// The house's own.
    pub const HOUSE: Self = Self {
        connections: limits::CONNECTIONS_MAX,
        connections_per_address: limits::CONNECTIONS_PER_ADDRESS_MAX,
        head: limits::REQUEST_HEAD_MAX,
        idle: limits::CLIENT_IDLE_MAX,
        pace: Pace { grace: limits::TRANSFER_GRACE, bytes_per_second: limits::TRANSFER_BYTES_PER_SECOND_MIN },
        request: limits::REQUEST_MAX,
        life: limits::CLIENT_LIFE_MAX,
        look: limits::CLIENT_LOOK,
    };
}

/// The least that a transfer has to move. Judged over the whole of it, so that a burst makes up for a pause.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long it may take to begin, and how far it may fall behind.
    pub grace: Duration,
    /// Bytes that every further second has to bring.
    pub bytes_per_second: u64,
}

impl Pace {
    /// How long after its beginning a transfer is too slow that has moved this much so far.
    pub(super) fn patience(&self, bytes: u64) -> Duration {
        self.grace + Duration::from_millis(bytes.saturating_mul(1_000) / self.bytes_per_second.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_buys_time() {
        let pace = Pace { grace: Duration::from_secs(5), bytes_per_second: 8 << 10 };
        assert_eq!(pace.patience(0), Duration::from_secs(5));
        assert_eq!(pace.patience(16 << 10), Duration::from_secs(7));
        assert!(pace.patience(u64::MAX) > Duration::from_secs(1 << 30));
    }
}
