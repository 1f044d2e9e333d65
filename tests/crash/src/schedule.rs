//! When to kill: worked out from the seed alone, so that a failure can be looked for again.

use std::time::Duration;

use fastrand::Rng;
use rekindle::faults::Point;

/// One kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kill {
    /// That long after the process was started, whatever it is doing.
    AfterStart(Duration),
    /// That long after it was ready.
    AfterReady(Duration),
    /// At the n-th pass of a point.
    At(Point, u64),
}

/// Until a process that did not reach its point is killed all the same.
pub(crate) const POINT_PATIENCE: Duration = Duration::from_secs(4);

/// So many kills: in turns at a random moment and at a point, each point as often as the others.
pub(crate) fn kills(rng: &mut Rng, times: u32) -> Vec<Kill> {
    let mut points = Vec::new();
    let mut kill = |number| {
        if number % 2 == 0 {
            return at_random(rng);
        }
        if points.is_empty() {
            points = Point::ALL.to_vec();
            rng.shuffle(&mut points);
        }
        let point = points.pop().expect("the table of points should not be empty");
        Kill::At(point, rng.u64(1..=passes(point)))
    };
    (0..times).map(&mut kill).collect()
}

/// So many kills, one every few seconds.
pub(crate) fn every_few_seconds(rng: &mut Rng, times: u32) -> Vec<Kill> {
    (0..times).map(|_| Kill::AfterReady(Duration::from_millis(rng.u64(500..3_500)))).collect()
}

fn at_random(rng: &mut Rng) -> Kill {
    match rng.u8(0..5) {
        0 => Kill::AfterStart(Duration::from_millis(rng.u64(5..400))),
        _ => Kill::AfterReady(Duration::from_millis(rng.u64(1..1_200))),
    }
}

/// How often a point is passed within about a second under load.
fn passes(point: Point) -> u64 {
    match point {
        Point::SegmentBeginning | Point::SegmentBegun | Point::SegmentRemoving | Point::SegmentRemoved => 2,
        Point::IndexFiling | Point::IndexFiled => 3,
        Point::PersonErased | Point::TenantsCommitting | Point::TenantsCommitted => 3,
        Point::VaultNaming | Point::VaultNamed => 1,
        Point::TimerFired | Point::BatchSyncing | Point::BatchSynced | Point::OutboxReleasing => 12,
        _ => 60,
    }
}
