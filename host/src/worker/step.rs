//! The one pure function between reading and committing: a person and something that happened go in, the person as they are
//! now and all effects come out. No clock, no chance, no store: what happened once can be worked out again, with the same ids.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::aside::Question;
use super::catalogue::Catalogue;
use super::echo;
use super::inquiries::Inquiries;
use super::interaction::{self, Became, Interaction};
use super::person::{Lines, Person};
use super::roster::{Campaigns, Enlisted};
use super::trials;
use super::triggers::{Named, causes, timer_cause, wants};
use super::verdicts::{self, Instructed};
use crate::channels::Switchboard;
use crate::domain::{
    Arm, Asking, CampaignName, Cause, CauseId, Context, Decision, Event, Failure, FailureKind, Instruction,
    InstructionId, Mark, Outcome, ProfileKey, Timestamp,
};
use crate::ledger::{Decided, Failed, Judged, LedgerRow, What, log_lines, mark_text};
use crate::outbox::Entry;
use crate::policy::Moment;
use crate::profiles::{Profile, TimerEffects};
use crate::store::TimerKey;

/// Whom it happened to, when, and who may be asked.
pub(super) struct Scene<'a> {
    pub(super) key: &'a ProfileKey,
    pub(super) now: Timestamp,
    pub(super) campaigns: &'a Campaigns,
    /// How channels know people.
    pub(super) switchboard: &'a Arc<Switchboard>,
    pub(super) catalogue: Catalogue,
    /// Who is asked aside; none where campaigns are asked on the spot.
    pub(super) inquiries: Option<&'a Inquiries>,
}

impl Scene<'_> {
    /// How the person can be reached.
    pub(super) fn lines(&self) -> Lines {
        Lines { switchboard: Arc::clone(self.switchboard), tenant: self.key.tenant.clone() }
    }

    /// What everything is judged by that is judged now.
    pub(super) fn moment<'p>(&'p self, profile: &'p Profile) -> Moment<'p> {
        Moment { now: self.now, profile, tenant: self.campaigns.policy() }
    }

    /// Whether a campaign is to be asked.
    fn wants(&self, campaign: &Enlisted, cause: &Cause) -> bool {
        let asking = Asking { campaign: &campaign.name, labels: self.campaigns };
        wants(asking, &campaign.manifest.triggers, cause)
    }

    /// A campaign's decision; none if that is asked for aside and not there yet.
    fn decide(
        &self,
        campaign: &Enlisted,
        profile: &Arc<Profile>,
        (context, named): (Context, &Named),
    ) -> Option<Outcome> {
        let seen = (self.now, Arc::clone(&named.cause));
        let person = (Arc::clone(profile), self.lines());
        let view = Arc::new(Person::new((campaign, self.campaigns), person, seen, self.catalogue.clone()));
        let Some(inquiries) = self.inquiries else {
            return Some(campaign.decider.decide(&context, &named.cause, view));
        };
        let (decider, cause) = (Arc::clone(&campaign.decider), Arc::clone(&named.cause));
        inquiries.decide((&self.key.tenant, campaign), profile, Question { decider, context, cause, view })
    }
}

/// What one cause comes to, besides the changed person.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Effects {
    pub(super) timers_unset: Vec<TimerKey>,
    pub(super) timers_set: Vec<TimerKey>,
    /// What is still to be judged; nothing once a cause is through.
    pub(super) instructed: Vec<Instructed>,
    pub(super) promised: Vec<Entry>,
    pub(super) ledger: Vec<LedgerRow>,
    /// What others are still to be asked about.
    pub(super) interactions: VecDeque<Interaction>,
    /// Who was asked.
    pub(super) asked: Vec<Asked>,
    /// What campaigns used in all.
    pub(super) fuel: u64,
}

impl Effects {
    /// There is no such timer any more: neither one that was there, nor one that was just set.
    pub(super) fn unset(&mut self, timer: TimerKey) {
        self.timers_set.retain(|set| *set != timer);
        self.timers_unset.push(timer);
    }
}

/// A campaign that was asked, and how it failed if it did. One that could not be loaded is not among them: that may be ours.
#[derive(Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) campaign: CampaignName,
    pub(super) failed: Option<Failed>,
}

/// An event happened.
pub(super) fn on_event(scene: &Scene<'_>, profile: &mut Arc<Profile>, event: &Event) -> Effects {
    let applied = Arc::make_mut(profile).apply(event);
    let mut effects = Effects::default();
    if !(applied.is_repeated || event.test) {
        trials::note(scene, profile, event, &mut effects);
        effects.promised.extend(echo::of_event(scene, profile, event));
    }
    for named in causes(event, applied) {
        let campaigns = scene.campaigns.iter();
        campaigns.for_each(|campaign| consider(scene, profile, campaign, (event, &named), &mut effects));
    }
    spread(scene, profile, &mut effects);
    verdicts::judge(scene, profile, &mut effects);
    effects
}

/// Asks a campaign about a cause that an event made, if it wants to be asked and nothing speaks against it.
fn consider(
    scene: &Scene<'_>,
    profile: &mut Arc<Profile>,
    campaign: &Enlisted,
    (event, named): (&Event, &Named),
    effects: &mut Effects,
) {
    if !scene.wants(campaign, &named.cause) {
        return;
    }
    match reason_not_to_ask(scene, campaign, (event, &named.cause)) {
        Some(reason) => effects.ledger.push(not_asked(scene, campaign, &named.id, reason)),
        None => ask(scene, profile, campaign, named, effects),
    }
}

/// A timer of this campaign fired; the profile no longer holds it.
pub(super) fn on_timer(
    scene: &Scene<'_>,
    profile: &mut Arc<Profile>,
    campaign: &Enlisted,
    timer: &TimerKey,
) -> Effects {
    let named = Named { id: timer_cause(timer), cause: Arc::new(Cause::Timer(timer.name.clone())) };
    on_cause(scene, profile, campaign, &named)
}

/// Something else happened about which this campaign is asked.
pub(super) fn on_cause(scene: &Scene<'_>, profile: &mut Arc<Profile>, campaign: &Enlisted, named: &Named) -> Effects {
    on_first(scene, profile, campaign, std::slice::from_ref(named))
}

/// Asks a campaign about one after another of these causes, until it does something about one.
pub(super) fn on_first(
    scene: &Scene<'_>,
    profile: &mut Arc<Profile>,
    campaign: &Enlisted,
    causes: &[Named],
) -> Effects {
    let mut effects = Effects::default();
    for (number, named) in causes.iter().enumerate() {
        let before = (number + 1 < causes.len()).then(|| profile.runs.get(&campaign.name).cloned());
        ask(scene, profile, campaign, named, &mut effects);
        let has_answered = effects.ledger.last().is_some_and(|row| !row.what.is_nothing());
        if has_answered || before.is_some_and(|before| profile.runs.get(&campaign.name) != before.as_ref()) {
            break;
        }
    }
    spread(scene, profile, &mut effects);
    verdicts::judge(scene, profile, &mut effects);
    effects
}

/// Messages that were held until now, of whichever campaigns that are asked.
pub(super) fn on_release(scene: &Scene<'_>, profile: &mut Arc<Profile>) -> Effects {
    let mut effects = Effects::default();
    verdicts::take_held(scene, Arc::make_mut(profile), &mut effects);
    verdicts::judge(scene, profile, &mut effects);
    effects
}

/// Counts conversions and who is held out, and asks the other campaigns about them, which may convert in turn. The others hear of a
/// campaign's conversions once a cause: so campaigns that convert each other come to an end.
fn spread(scene: &Scene<'_>, profile: &mut Arc<Profile>, effects: &mut Effects) {
    let mut heard = BTreeSet::new();
    while let Some(interaction) = effects.interactions.pop_front() {
        let event = interaction.event();
        Arc::make_mut(profile).note(&event);
        if !heard.insert((interaction.campaign.clone(), interaction.what == Became::HeldOut)) {
            continue;
        }
        let named = interaction::cause(&event);
        let others = scene.campaigns.iter().filter(|campaign| campaign.name != interaction.campaign);
        others.for_each(|campaign| consider(scene, profile, campaign, (&event, &named), effects));
    }
}

fn reason_not_to_ask(scene: &Scene<'_>, campaign: &Enlisted, (event, cause): (&Event, &Cause)) -> Option<String> {
    let (age, bound) = (scene.now.since(event.at), campaign.settings.policy.freshness());
    if event.test {
        Some("the event is a test of the Event Tester's".to_owned())
    } else if let Some(reason) = campaign.reason_to_wait() {
        Some(reason.to_owned())
    } else if let Some(reason) = reason_not_to_follow(scene, campaign, (event, cause)) {
        Some(reason)
    } else if age > bound {
        let (hours, bound) = (age.as_secs() / 3600, bound.as_secs() / 3600);
        Some(format!("the event was {hours} h old when it arrived, more than {bound} h"))
    } else {
        None
    }
}

/// What became of another's message counts only from a campaign's publication on, and while the other is active.
fn reason_not_to_follow(scene: &Scene<'_>, campaign: &Enlisted, (event, cause): (&Event, &Cause)) -> Option<String> {
    let Cause::Engagement { engagement, .. } = cause else { return None };
    let parent = engagement.campaign.as_deref();
    if parent.is_some_and(|parent| campaign.name.is_spelled(parent)) {
        return None;
    }
    if event.at < super::catch_up::follows_since(scene.campaigns, campaign, (parent, scene.now)) {
        return Some("it happened before the campaign was published".to_owned());
    }
    scene.campaigns.reason_not_to_follow(parent?)
}

pub(super) fn not_asked(scene: &Scene<'_>, campaign: &Enlisted, cause: &CauseId, reason: String) -> LedgerRow {
    row(scene, campaign, What::NotAsked { cause: cause.0.clone(), reason })
}

pub(super) fn row(scene: &Scene<'_>, campaign: &Enlisted, what: What) -> LedgerRow {
    LedgerRow { at: scene.now.as_millis(), campaign: campaign.name.to_string(), what }
}

fn ask(scene: &Scene<'_>, profile: &mut Arc<Profile>, campaign: &Enlisted, named: &Named, effects: &mut Effects) {
    let arm = trials::arm(scene, profile, campaign);
    let context = Context {
        campaign: campaign.name.clone(),
        now: scene.now,
        profile: scene.key.profile.clone(),
        variation: arm.variation.clone(),
        seed: seed(&digest(scene, campaign, &named.id, None)),
        state: profile.runs.get(&campaign.name).and_then(|run| run.state.clone()),
    };
    let Some(outcome) = scene.decide(campaign, profile, (context, named)) else { return };
    let log = log_lines(&outcome);
    let Outcome { result, fuel_used, .. } = outcome;
    effects.fuel += fuel_used;
    match result {
        Ok(decision) => {
            let mut decided = follow(scene, profile, campaign, (named, &arm, decision), effects);
            (decided.fuel, decided.log) = (fuel_used, log);
            effects.ledger.push(row(scene, campaign, What::Decided(decided)));
            effects.asked.push(Asked { campaign: campaign.name.clone(), failed: None });
        }
        Err(failure) => {
            let kind = failure.kind;
            let failed = failed(campaign, named, failure, log);
            if kind != FailureKind::NotLoaded {
                effects.asked.push(Asked { campaign: campaign.name.clone(), failed: Some(failed.clone()) });
            }
            effects.ledger.push(row(scene, campaign, What::Failed(failed)));
        }
    }
}

fn failed(campaign: &Enlisted, named: &Named, failure: Failure, log: Vec<String>) -> Failed {
    Failed {
        cause: named.id.0.clone(),
        revision: campaign.revision.0,
        kind: failure.kind.to_string(),
        message: failure.message,
        backtrace: failure.backtrace,
        fuel: failure.fuel_used,
        log,
    }
}

/// Turns a decision into effects.
fn follow(
    scene: &Scene<'_>,
    profile: &mut Arc<Profile>,
    campaign: &Enlisted,
    (named, arm, decision): (&Named, &Arm, Decision),
    effects: &mut Effects,
) -> Decided {
    let Decision { instructions, timers, state, marks } = decision;
    if !instructions.is_empty() || marks.contains(&Mark::Entered) {
        trials::enrol(scene, Arc::make_mut(profile), campaign, (&named.id, arm), effects);
    }
    trials::heed(scene, profile, campaign, (named, &marks), effects);
    verdicts::leave(scene, Arc::make_mut(profile), campaign, &marks, effects);
    let withheld = instruct(scene, profile, campaign, (named, arm, instructions), effects);
    let profile = Arc::make_mut(profile);
    let run = profile.run_mut(&campaign.name);
    run.remember(state);
    let TimerEffects { unset, set } = run.change_timers(timers, scene.now);
    if run.is_empty() {
        profile.runs.remove(&campaign.name);
    }
    let key = |(name, due): &(String, Timestamp)| timer_key(scene, campaign, name, *due);
    effects.timers_unset.extend(unset.iter().map(key));
    effects.timers_set.extend(set.iter().map(key));
    Decided {
        cause: named.id.0.clone(),
        revision: campaign.revision.0,
        variation: trials::variation(arm),
        held_out: trials::held_out(arm),
        verdicts: withheld,
        timers_set: set.iter().map(|(name, due)| (name.clone(), due.as_millis())).collect(),
        timers_unset: unset
            .into_iter()
            .map(|(name, _)| name)
            .filter(|name| !set.iter().any(|(set, _)| set == name))
            .collect(),
        marks: marks.iter().map(mark_text).collect(),
        ..Decided::default()
    }
}

/// Has instructions judged with those of others, once the cause is through. Of those for somebody who is held out it is said at once what
/// would have become of them.
fn instruct(
    scene: &Scene<'_>,
    profile: &Arc<Profile>,
    campaign: &Enlisted,
    (named, arm, instructions): (&Named, &Arm, Vec<Instruction>),
    effects: &mut Effects,
) -> Vec<Judged> {
    let (row, mut withheld) = (effects.ledger.len(), Vec::new());
    for (number, instruction) in instructions.into_iter().enumerate() {
        let id = instruction_id(scene, campaign, &named.id, (number, &instruction.step));
        let instructed = Instructed::new(campaign, (id, instruction), (scene.now, row));
        match arm.hold_out {
            Some(_) => withheld.push(verdicts::foresee(scene, profile, campaign, instructed)),
            None => effects.instructed.push(instructed),
        }
    }
    withheld
}

pub(super) fn timer_key(scene: &Scene<'_>, campaign: &Enlisted, name: &str, due: Timestamp) -> TimerKey {
    TimerKey { due, owner: scene.key.clone(), campaign: campaign.name.clone(), name: name.to_owned() }
}

fn instruction_id(
    scene: &Scene<'_>,
    campaign: &Enlisted,
    cause: &CauseId,
    instruction: (usize, &str),
) -> InstructionId {
    InstructionId::from_digest(digest(scene, campaign, cause, Some(instruction)))
}

/// Depends on everything that tells one instruction from another, and on nothing else.
pub(super) fn digest(
    scene: &Scene<'_>,
    campaign: &Enlisted,
    cause: &CauseId,
    instruction: Option<(usize, &str)>,
) -> [u8; 32] {
    let mut digest = Sha256::new();
    let number = instruction.map(|(number, _)| number.to_string());
    let step = instruction.map(|(_, step)| step);
    let names = [scene.key.tenant.as_str(), campaign.name.as_str(), scene.key.profile.as_str(), cause.0.as_str()];
    for part in names.into_iter().chain(step).chain(number.as_deref()) {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

fn seed(digest: &[u8; 32]) -> u64 {
    u64::from_be_bytes(digest[..8].try_into().expect("a digest should have 8 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Call, Delivery, Engagement, EngagementKind, Identities, Instruction, Json, Manifest, ManualClock, MessageId,
        PersonFacts, ProfileId, Revision, StateChange, Subject, Target, TenantId, TimerChange, Trigger,
    };
    use crate::sandbox::View;
    use crate::settings::Settings;
    use crate::store::{Memory, Store as _};
    use crate::worker::roster::{Decider, Standing};

    type Decide = fn(&Context, &Cause) -> Result<Decision, Failure>;

    struct Answers(Decide);

    impl Decider for Answers {
        fn decide(&self, context: &Context, cause: &Cause, _: Arc<dyn View>) -> Outcome {
            Outcome { result: (self.0)(context, cause), fuel_used: 7, log: Vec::new() }
        }
    }

    fn campaign(decide: Decide) -> Enlisted {
        let opened = Trigger::Engagement { kind: EngagementKind::Opened, target: Target::Mine };
        let manifest = Manifest {
            name: "test".into(),
            version: "1".into(),
            summary: String::new(),
            triggers: vec![Trigger::Event("Product Added".into()), opened, Trigger::TraitChanged("plan".into())],
            channels: vec!["push".into()],
            steps: vec!["push".into()],
            configuration: Json::parse("{}").unwrap(),
        };
        Enlisted {
            name: CampaignName::parse("test").unwrap(),
            revision: Revision(3),
            published: Timestamp::EPOCH,
            audiences: Arc::default(),
            standing: Standing::Active,
            since: Timestamp::EPOCH,
            catches_up_since: None,
            settings: Arc::default(),
            streak: Arc::default(),
            manifest: Arc::new(manifest),
            decider: Arc::new(Answers(decide)),
        }
    }

    fn sends_and_waits(_: &Context, _: &Cause) -> Result<Decision, Failure> {
        let delivery = Delivery { channel: "push".into(), content: Json::parse("{}").unwrap() };
        let other = Delivery { content: Json::parse(r#"{"title": "other"}"#).unwrap(), ..delivery.clone() };
        let instruction = Instruction { step: "push".into(), deliveries: vec![delivery], expires: None };
        Ok(Decision {
            instructions: vec![instruction.clone(), Instruction { deliveries: vec![other], ..instruction }],
            timers: vec![TimerChange::Set { name: "wait".into(), at: Timestamp::from_millis(9_000_000) }],
            state: StateChange::Replace(vec![1]),
            marks: vec![],
        })
    }

    fn traps(_: &Context, _: &Cause) -> Result<Decision, Failure> {
        let message = "panicked at `src/lib.rs:7`".to_owned();
        Err(Failure { kind: FailureKind::Trap, message, backtrace: vec!["decide".into()], fuel_used: 7 })
    }

    fn added(at_ms: i64) -> Event {
        Event {
            id: MessageId::parse("m1").unwrap(),
            call: Call::Track,
            name: "Product Added".into(),
            at: Timestamp::from_millis(at_ms),
            identities: Identities::default(),
            facts: PersonFacts::default(),
            engagement: None,
            test: false,
            body: Json::parse("{}").unwrap(),
        }
    }

    fn happen(campaigns: &[Enlisted], event: &Event, now_ms: i64) -> (Profile, Effects) {
        happen_among(&campaigns.iter().cloned().collect(), event, now_ms)
    }

    fn happen_among(campaigns: &Campaigns, event: &Event, now_ms: i64) -> (Profile, Effects) {
        let key = ProfileKey { tenant: TenantId::parse("shop").unwrap(), profile: ProfileId::parse("u1").unwrap() };
        let reports = Memory::new(Arc::new(ManualClock::default())).reports();
        let (catalogue, switchboard) = (Catalogue::new(&reports, &key.tenant), Arc::default());
        let now = Timestamp::from_millis(now_ms);
        let scene = Scene { key: &key, now, campaigns, switchboard: &switchboard, catalogue, inquiries: None };
        let mut profile = Arc::default();
        let effects = on_event(&scene, &mut profile, event);
        (Arc::unwrap_or_clone(profile), effects)
    }

    #[test]
    fn the_same_cause_has_the_same_effects_with_the_same_ids() {
        let campaigns = [campaign(sends_and_waits)];
        let (profile, effects) = happen(&campaigns, &added(1_000), 2_000);
        assert_eq!(happen(&campaigns, &added(1_000), 2_000), (profile, effects));
    }

    #[test]
    fn two_instructions_of_one_step_are_two_messages() {
        let (_, effects) = happen(&[campaign(sends_and_waits)], &added(1_000), 2_000);
        assert_eq!(effects.promised.len(), 2);
        assert_ne!(effects.promised[0].id, effects.promised[1].id);
    }

    #[test]
    fn a_decision_is_remembered_with_its_timer() {
        let (profile, effects) = happen(&[campaign(sends_and_waits)], &added(1_000), 2_000);
        let run = &profile.runs[&CampaignName::parse("test").unwrap()];
        assert_eq!(run.state, Some(vec![1]));
        assert_eq!(effects.timers_set[0].due, run.timers["wait"]);
        let What::Decided(decided) = &effects.ledger[0].what else { panic!("{:?}", effects.ledger) };
        assert_eq!((decided.revision, decided.fuel, decided.verdicts.len()), (3, 7, 2));
    }

    #[test]
    fn a_campaign_that_fails_changes_nothing_and_its_owner_reads_why() {
        let (profile, effects) = happen(&[campaign(traps), campaign(sends_and_waits)], &added(1_000), 2_000);
        assert_eq!(effects.promised.len(), 2, "the other campaign decides all the same");
        assert_eq!(profile.runs.len(), 1);
        assert_eq!(effects.ledger[0].sentence(), "failed (trap): panicked at `src/lib.rs:7`");
    }

    #[test]
    fn who_is_paused_or_too_late_or_testing_is_not_asked() {
        let day_ms = 24 * 3_600_000;
        let paused = Enlisted { standing: Standing::Paused, ..campaign(sends_and_waits) };
        let test = Event { test: true, ..added(1_000) };
        for (campaign, event, now_ms, reason) in [
            (paused, added(1_000), 2_000, "the campaign is paused"),
            (campaign(sends_and_waits), test, 2_000, "the event is a test of the Event Tester's"),
            (
                campaign(sends_and_waits),
                added(1_000),
                day_ms + 2_000,
                "the event was 24 h old when it arrived, more than 24 h",
            ),
        ] {
            let (profile, effects) = happen(&[campaign], &event, now_ms);
            assert_eq!((profile.events, profile.runs.len(), effects.promised.len()), (1, 0, 0));
            assert_eq!(effects.ledger[0].sentence(), format!("not asked: {reason}"));
        }
    }

    #[test]
    fn a_campaign_is_asked_about_what_it_wants_and_nothing_else() {
        let other = Event { name: "Product Viewed".into(), ..added(1_000) };
        assert_eq!(happen(&[campaign(sends_and_waits)], &other, 2_000).1, Effects::default());
        let facts =
            PersonFacts { traits: vec![("plan".into(), Json::parse("\"Silver\"").unwrap())], ..PersonFacts::default() };
        let (_, effects) = happen(&[campaign(sends_and_waits)], &Event { facts, ..other }, 2_000);
        assert_eq!(effects.ledger[0].cause(), "trait:plan:m1");
    }

    /// A campaign of that name which wants to be asked about engagements.
    fn follower(name: &str, kind: EngagementKind, target: Target, decide: Decide) -> Enlisted {
        let mut follower = Enlisted { name: CampaignName::parse(name).unwrap(), ..campaign(decide) };
        Arc::make_mut(&mut follower.manifest).triggers = vec![Trigger::Engagement { kind, target }];
        follower
    }

    fn converts(_: &Context, _: &Cause) -> Result<Decision, Failure> {
        Ok(Decision { marks: vec![Mark::Converted(9.5)], ..Decision::default() })
    }

    /// A click on a message of `parent`.
    fn clicked(parent: &str) -> Event {
        let engagement = Engagement {
            kind: EngagementKind::Clicked,
            channel: "push".into(),
            campaign: Some(parent.into()),
            step: None,
            detail: None,
            by_machine: false,
            dispatch: None,
        };
        Event { name: "Push Link Clicked".into(), engagement: Some(engagement), ..added(1_000) }
    }

    /// What the ledger says for each campaign, in order.
    fn said(effects: &Effects) -> Vec<String> {
        effects.ledger.iter().map(|row| format!("{}: {}", row.campaign, row.sentence())).collect()
    }

    #[test]
    fn others_are_asked_about_a_conversion_and_who_marked_it_is_not() {
        let mut shop = campaign(converts);
        let any = Trigger::Engagement { kind: EngagementKind::Converted, target: Target::Any };
        Arc::make_mut(&mut shop.manifest).triggers.push(any);
        let after = follower("after", EngagementKind::Converted, Target::Campaign("test".into()), sends_and_waits);
        let (profile, effects) = happen(&[after, shop], &added(1_000), 2_000);
        let asked: Vec<_> = effects.asked.iter().map(|asked| asked.campaign.as_str()).collect();
        assert_eq!((asked, effects.promised.len()), (vec!["test", "after"], 2));
        let (name, target) = (CampaignName::parse("other").unwrap(), Target::Campaign("test".into()));
        let asking = Asking { campaign: &name, labels: &Campaigns::default() };
        let converted = Subject::Engagement(EngagementKind::Converted, target);
        let occurrences = profile.history.look_up(asking, &converted, None);
        assert_eq!((occurrences.count, occurrences.last), (1, Some(Timestamp::from_millis(1_000))));
    }

    #[test]
    fn campaigns_that_convert_each_other_come_to_an_end() {
        let [one, two] = ["one", "two"].map(|name| follower(name, EngagementKind::Converted, Target::Any, converts));
        let (_, effects) = happen(&[campaign(converts), one, two], &added(1_000), 2_000);
        let asked: Vec<_> = effects.asked.iter().map(|asked| asked.campaign.as_str()).collect();
        assert_eq!(asked, ["test", "one", "two", "two", "one"], "{:?}", said(&effects));
    }

    #[test]
    fn only_active_parents_and_only_since_the_publication() {
        let parent = |name: &str, standing| {
            let mut parent = Enlisted { name: CampaignName::parse(name).unwrap(), standing, ..campaign(converts) };
            Arc::make_mut(&mut parent.manifest).triggers.clear();
            parent
        };
        let siblings = [
            parent("welcome", Standing::Active),
            parent("paused", Standing::Paused),
            parent("broken", Standing::Suspended),
        ];
        for (carried, since_ms, expected) in [
            ("Welcome", 1_000, "waits for `wait`"),
            ("a provider's own", 1_000, "waits for `wait`"),
            ("paused", 0, "not asked: it is about a message of `paused`, which is paused"),
            ("Broken", 0, "not asked: it is about a message of `broken`, which is suspended"),
            ("over", 0, "not asked: it is about a message of `over`, which is archived"),
            ("welcome", 1_001, "not asked: it happened before the campaign was published"),
            ("follower", 1_001, "waits for `wait`"),
        ] {
            let follower = follower("follower", EngagementKind::Clicked, Target::Any, sends_and_waits);
            let follower = Enlisted { since: Timestamp::from_millis(since_ms), ..follower };
            let archived = CampaignName::parse("over").unwrap();
            let campaigns = Campaigns::new(siblings.iter().cloned().chain([follower]), [archived]);
            let (_, effects) = happen_among(&campaigns, &clicked(carried), 2_000);
            let said = said(&effects).join("\n");
            assert!(said.contains(expected), "{carried}: {said}");
        }
    }

    #[test]
    fn a_label_stands_for_the_campaigns_that_have_it_now() {
        let settings = Settings::read(&serde_json::json!({"labels": ["winback"]})).unwrap().into();
        let parent = Enlisted { name: CampaignName::parse("spring").unwrap(), settings, ..campaign(converts) };
        let target = Target::Label("winback".into());
        let follower = follower("follower", EngagementKind::Clicked, target.clone(), sends_and_waits);
        let campaigns = Campaigns::new([parent.clone(), follower.clone()], []);
        let (profile, effects) = happen_among(&campaigns, &clicked("Spring"), 2_000);
        assert_eq!(effects.asked.len(), 1);
        let count = |campaigns: &Campaigns| {
            let asking = Asking { campaign: &follower.name, labels: campaigns };
            let subject = Subject::Engagement(EngagementKind::Clicked, target.clone());
            profile.history.look_up(asking, &subject, None).count
        };
        assert_eq!(count(&campaigns), 1);
        assert_eq!(count(&Campaigns::new([Enlisted { settings: Arc::default(), ..parent }], [])), 0);
    }
}
