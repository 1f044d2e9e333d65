//! What a loop asks aside about tenants who are dear, or whose campaigns are not ready, and the answers that it has. Such a cause is
//! taken up as any other. Where it comes to a campaign whose answer is not there yet, the campaign is asked aside, and what was made of the
//! cause is dropped; when the answer is there, the cause is taken up again. As causes are pure, it comes to the same question, and with its
//! answer to the next one.
//!
//! An answer is used for the question that was asked and for no other: if the person is not what they were (a message came back meanwhile), the
//! campaign is asked again.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use super::aside::{Answer, Aside, Question};
use super::roster::{Decider, Enlisted};
use crate::domain::{Cause, Context, Outcome, Revision, Signal, TenantId, Timestamp, limits};
use crate::profiles::Profile;

/// Of one loop.
pub(super) struct Inquiries {
    aside: Arc<Aside>,
    signal: Arc<Signal>,
    open: RefCell<BTreeMap<TenantId, Inquiry>>,
}

/// What is asked of one tenant's campaigns about a cause.
struct Inquiry {
    /// Up to when the tenant is served, whenever the cause is taken up again: a timer's moment is the same then.
    reach: Timestamp,
    asked: Vec<(Asked, State)>,
}

/// All that a decision depends on, but for the tenant's catalogue and audiences, which are as they were when it was asked for.
#[derive(PartialEq)]
struct Asked {
    revision: Revision,
    context: Context,
    cause: Arc<Cause>,
    profile: Arc<Profile>,
}

enum State {
    /// The campaign cannot be asked yet.
    Unready(Arc<dyn Decider>),
    Awaited(Receiver<Answer>),
    Answered(Answer),
}

impl Inquiries {
    pub(super) fn new(aside: Arc<Aside>, signal: Arc<Signal>) -> Self {
        Self { aside, signal, open: RefCell::default() }
    }

    /// Takes in the answers that have come, and forgets about everybody but those who still wait.
    pub(super) fn refresh(&self, waits: impl Fn(&TenantId) -> bool) {
        let mut open = self.open.borrow_mut();
        open.retain(|tenant, _| waits(tenant));
        for inquiry in open.values_mut() {
            inquiry.asked.iter_mut().for_each(|(_, state)| state.refresh());
            inquiry.asked.retain(|(_, state)| !state.is_to_be_asked());
        }
    }

    /// Whether anything is asked or answered that was not made use of.
    pub(super) fn is_any_open(&self) -> bool {
        !self.open.borrow().is_empty()
    }

    /// Whether the tenant's cause cannot go on without an answer that is not there.
    pub(super) fn is_awaited(&self, tenant: &TenantId) -> bool {
        let open = self.open.borrow();
        open.get(tenant).is_some_and(|inquiry| inquiry.asked.iter().any(|(_, state)| !state.is_answered()))
    }

    /// Begins to ask about a cause of the tenant's, or goes on; none if that has to wait. Returns up to when the tenant is served.
    pub(super) fn begin(&self, tenant: &TenantId, reach: Timestamp) -> Option<Timestamp> {
        if self.is_awaited(tenant) {
            return None;
        }
        let mut open = self.open.borrow_mut();
        if !open.contains_key(tenant) && open.len() >= limits::INQUIRIES_MAX {
            return None;
        }
        Some(open.entry(tenant.clone()).or_insert_with(|| Inquiry { reach, asked: Vec::new() }).reach)
    }

    /// The cause was decided. Returns how long that took processors elsewhere.
    pub(super) fn end(&self, tenant: &TenantId) -> Duration {
        let inquiry = self.open.borrow_mut().remove(tenant);
        inquiry.iter().flat_map(|inquiry| &inquiry.asked).map(|(_, state)| state.cost()).sum()
    }

    /// The decision on a cause, if it was made; else asks for it.
    pub(super) fn decide(
        &self,
        (tenant, campaign): (&TenantId, &Enlisted),
        profile: &Arc<Profile>,
        question: Question,
    ) -> Option<Outcome> {
        let (context, cause) = (question.context.clone(), Arc::clone(&question.cause));
        let asked = Asked { revision: campaign.revision, context, cause, profile: Arc::clone(profile) };
        let mut open = self.open.borrow_mut();
        let inquiry = open.get_mut(tenant).expect("whoever is asked aside should have begun");
        if let Some((_, State::Answered(answer))) = inquiry.asked.iter().find(|(known, _)| *known == asked) {
            return Some(answer.outcome.clone());
        }
        // The last one's answer is not in yet: what follows is not what will be asked.
        if inquiry.asked.iter().all(|(_, state)| state.is_answered()) {
            let state = match question.decider.is_ready() {
                true => State::Awaited(self.aside.ask(question, &self.signal)),
                false => State::Unready(question.decider),
            };
            inquiry.asked.push((asked, state));
        }
        None
    }
}

impl State {
    fn refresh(&mut self) {
        let Self::Awaited(answered) = self else { return };
        match answered.try_recv() {
            Ok(answer) => *self = Self::Answered(answer),
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => panic!("whoever decides aside should not panic"),
        }
    }

    fn is_to_be_asked(&self) -> bool {
        matches!(self, Self::Unready(decider) if decider.is_ready())
    }

    fn is_answered(&self) -> bool {
        matches!(self, Self::Answered(_))
    }

    fn cost(&self) -> Duration {
        match self {
            Self::Unready(_) | Self::Awaited(_) => Duration::ZERO,
            Self::Answered(answer) => answer.cost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Decision, ManualClock, ProfileId, StateChange};
    use crate::sandbox::View;
    use crate::store::{Memory, Store as _};
    use crate::worker::catalogue::Catalogue;
    use crate::worker::person::{Lines, Person};
    use crate::worker::roster::Campaigns;
    use crate::worker::tests::campaign;

    /// Remembers when it was asked.
    struct Notes;

    impl Decider for Notes {
        fn decide(&self, context: &Context, _: &Cause, _: Arc<dyn View>) -> Outcome {
            let state = StateChange::Replace(context.now.to_string().into_bytes());
            let decision = Decision { instructions: Vec::new(), timers: Vec::new(), state, marks: Vec::new() };
            Outcome { result: Ok(decision), fuel_used: 1, log: Vec::new() }
        }
    }

    fn question((tenant, campaign): (&TenantId, &Enlisted), profile: &Arc<Profile>, now_ms: i64) -> Question {
        let (now, cause) = (Timestamp::from_millis(now_ms), Arc::new(Cause::Timer("wait".to_owned())));
        let profile_id = ProfileId::parse("u1").unwrap();
        let (name, variation) = (campaign.name.clone(), None);
        let context = Context { campaign: name, now, profile: profile_id, variation, seed: 7, state: None };
        let catalogue = Catalogue::new(&Memory::new(Arc::new(ManualClock::default())).reports(), tenant);
        let lines = Lines { switchboard: Arc::default(), tenant: tenant.clone() };
        let person = (Arc::clone(profile), lines);
        let view = Person::new((campaign, &Campaigns::default()), person, (now, Arc::clone(&cause)), catalogue);
        Question { decider: Arc::new(Notes), context, cause, view: Arc::new(view) }
    }

    #[test]
    fn an_answer_is_for_the_question_that_was_asked_and_for_no_other() {
        let aside = Arc::new(Aside::by_hand());
        let inquiries = Inquiries::new(Arc::clone(&aside), Arc::default());
        let (tenant, campaign) = (TenantId::parse("shop").unwrap(), campaign("test", |_, _| unreachable!()));
        let person = Arc::new(Profile::default());
        let changed = Arc::new(Profile { events: 1, ..Profile::default() });
        let whose = (&tenant, &campaign);
        let decide = |profile, now_ms| inquiries.decide(whose, profile, question(whose, profile, now_ms));

        let reach = Timestamp::from_millis(1);
        assert_eq!(inquiries.begin(&tenant, reach), Some(reach));
        assert_eq!(decide(&person, 1), None);
        assert_eq!(decide(&person, 2), None, "one at a time");
        assert_eq!(inquiries.begin(&tenant, reach), None, "the answer is not there");
        assert_eq!(aside.run_errands(), 1);
        inquiries.refresh(|_| true);
        assert_eq!(inquiries.begin(&tenant, Timestamp::from_millis(9)), Some(reach), "it goes on where it was");
        assert!(decide(&person, 1).is_some());
        assert_eq!(decide(&changed, 1), None);
        assert_eq!(aside.run_errands(), 1);
        inquiries.refresh(|_| true);
        assert!(decide(&changed, 1).is_some());
        inquiries.end(&tenant);
        assert!(!inquiries.is_any_open());
    }

    #[test]
    fn one_loop_asks_about_so_many_tenants_and_no_more() {
        let inquiries = Inquiries::new(Arc::new(Aside::by_hand()), Arc::default());
        let begin = |number: usize| {
            inquiries.begin(&TenantId::parse(&format!("t{number}")).unwrap(), Timestamp::EPOCH).is_some()
        };
        assert!((0..limits::INQUIRIES_MAX).all(begin));
        assert!(!begin(limits::INQUIRIES_MAX));
        inquiries.refresh(|tenant| tenant.as_str() != "t0");
        assert!(begin(limits::INQUIRIES_MAX));
    }
}
