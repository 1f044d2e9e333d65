//! Fair shares of a loop's time: deficit round robin over tenants. In every round each tenant may cost the loop `limits::SHARE`; who
//! has used that up waits until nobody else has both work and a share left, and then the next round begins. What a tenant
//! overdraws is taken off its next shares, so in the long run all who have work get as much time, whatever a single cause
//! costs; and who has little work never waits for a round. Pure: costs come in, nobody's clock is asked.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::{TenantId, limits};

/// Every tenant's credit, in nanoseconds.
#[derive(Debug, Default)]
pub(super) struct Shares {
    /// Of those who have used some of this round's share.
    credits: BTreeMap<TenantId, i64>,
    /// Whether the last shift was for who is dear.
    was_dear: bool,
    /// Who was served last of those that wait in turn.
    last: Option<TenantId>,
}

const SHARE_NS: i64 = limits::SHARE.as_nanos() as i64;

impl Shares {
    /// Whether the tenant has something left of this round's share.
    pub(super) fn has_share(&self, tenant: &TenantId) -> bool {
        self.credit(tenant) > 0
    }

    /// Whether everybody else had a shift since the last one for who is dear.
    pub(super) fn is_turn_of_dear(&self) -> bool {
        !self.was_dear
    }

    /// A shift begins, for who is dear or for everybody else.
    pub(super) fn begin_shift(&mut self, is_dear: bool) {
        self.was_dear = is_dear;
    }

    /// The tenant's last cause cost that much.
    pub(super) fn charge(&mut self, tenant: &TenantId, cost: Duration) {
        let cost_ns = i64::try_from(cost.as_nanos()).unwrap_or(i64::MAX);
        let credit = self.credit(tenant).saturating_sub(cost_ns);
        self.credits.insert(tenant.clone(), credit);
    }

    /// Begins as many rounds as it takes for one of those who wait to have a share.
    pub(super) fn begin_round<'a>(&mut self, waiting: impl IntoIterator<Item = &'a TenantId>) {
        let Some(best) = waiting.into_iter().map(|tenant| self.credit(tenant)).max() else { return };
        let rounds = (-best).max(0) / SHARE_NS + 1;
        let income = rounds.saturating_mul(SHARE_NS);
        self.credits.retain(|_, credit| {
            *credit = credit.saturating_add(income);
            *credit < SHARE_NS
        });
    }

    /// Those who wait, in the order in which it is their turn.
    pub(super) fn in_turn(&self, mut waiting: Vec<TenantId>) -> Vec<TenantId> {
        waiting.sort();
        waiting.dedup();
        let next = waiting.partition_point(|tenant| Some(tenant) <= self.last.as_ref());
        waiting.rotate_left(next);
        waiting
    }

    /// It was this tenant's turn.
    pub(super) fn served(&mut self, tenant: &TenantId) {
        self.last = Some(tenant.clone());
    }

    fn credit(&self, tenant: &TenantId) -> i64 {
        self.credits.get(tenant).copied().unwrap_or(SHARE_NS)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tenant(number: usize) -> TenantId {
        TenantId::parse(&format!("t{number}")).unwrap()
    }

    /// Serves tenants that always have work, each cause costing that many milliseconds. Returns what each had in all.
    fn serve(costs_ms: &[u64], causes: usize) -> Vec<Duration> {
        let (mut shares, mut had) = (Shares::default(), vec![Duration::ZERO; costs_ms.len()]);
        let all: Vec<TenantId> = (0..costs_ms.len()).map(tenant).collect();
        for _ in 0..causes {
            if !all.iter().any(|tenant| shares.has_share(tenant)) {
                shares.begin_round(&all);
            }
            let next = shares.in_turn(all.clone()).into_iter().find(|tenant| shares.has_share(tenant)).unwrap();
            let number = all.iter().position(|tenant| *tenant == next).unwrap();
            let cost = Duration::from_millis(costs_ms[number]);
            shares.charge(&next, cost);
            shares.served(&next);
            had[number] += cost;
        }
        had
    }

    #[test]
    fn who_has_done_nothing_need_not_wait_for_a_round() {
        let (mut shares, looping, quiet) = (Shares::default(), tenant(1), tenant(2));
        shares.charge(&looping, 10 * limits::SHARE);
        assert!(!shares.has_share(&looping));
        assert!(shares.has_share(&quiet));
        shares.begin_round([&looping]);
        assert!(shares.has_share(&looping), "alone, it need not wait, either");
    }

    #[test]
    fn nothing_is_saved_up_and_nothing_is_remembered_of_those_who_owe_nothing() {
        let (mut shares, tenant) = (Shares::default(), tenant(1));
        shares.charge(&tenant, limits::SHARE / 2);
        shares.begin_round([&tenant]);
        assert!(shares.credits.is_empty());
        shares.charge(&tenant, limits::SHARE);
        assert!(!shares.has_share(&tenant));
    }

    proptest! {
        #[test]
        fn whoever_always_has_work_gets_as_much_time_as_the_others(
            costs_ms in prop::collection::vec(1..200_u64, 2..6),
        ) {
            let had = serve(&costs_ms, 4_000);
            let (least, most) = (had.iter().min().unwrap(), had.iter().max().unwrap());
            let dearest = Duration::from_millis(*costs_ms.iter().max().unwrap());
            prop_assert!(*most - *least <= 2 * (dearest + limits::SHARE), "{had:?}");
        }
    }
}
