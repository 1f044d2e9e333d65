//! Catching up: a campaign that follows others also takes up who interacted with them before it was published, from each one's own
//! publication on. A sweep asks everybody, once in a campaign's life, whatever revisions come after.
//!
//! What happened before the campaign's first publication is the sweep's, what happened from then on is asked about when it arrives; so
//! nothing is asked about twice, however long the sweep takes. What happened before and arrives after the sweep began is
//! asked about when it arrives, too: whom it concerns was asked before that.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::agenda;
use super::batch::Batch;
use super::interaction;
use super::roster::Enlisted;
use super::step::{self, Effects, Scene};
use super::sweep::{Question, Sweep, Whom};
use super::triggers::Named;
use super::{Campaigns, WorkerError};
use crate::domain::{
    Asking, Call, CampaignName, Engagement, EngagementKind, Event, Identities, Json, MessageId, MessageSubject,
    PersonFacts, TenantId, Timestamp, Trigger, limits,
};
use crate::profiles::Profile;
use crate::store::{Book, Partition, Row, RowKey};

/// A campaign that has not caught up here, and since when it wants to.
#[derive(Debug, Clone)]
pub(super) struct CatchUp {
    campaign: CampaignName,
    pub(super) since: Timestamp,
}

impl CatchUp {
    /// Of a campaign that wants to and has not begun here.
    pub(super) fn of(
        tenant: &TenantId,
        campaign: &Enlisted,
        partition: &dyn Partition,
    ) -> Result<Option<Self>, WorkerError> {
        let Some(since) = campaign.catches_up_since else { return Ok(None) };
        let catch_up = Self { campaign: campaign.name.clone(), since };
        let has_begun = partition.row(Book::Schedules, &catch_up.key(tenant))?.is_some();
        Ok((!has_begun).then_some(catch_up))
    }

    fn key(&self, tenant: &TenantId) -> RowKey {
        agenda::key(tenant, &self.campaign, "catch-up")
    }

    /// The same in every partition, and of every revision.
    fn sweep(&self) -> Sweep {
        Sweep {
            id: format!("catch-up/{}", self.campaign),
            moment: self.since,
            question: Question::CatchUp,
            whom: Whom::Everybody,
            campaigns: vec![self.campaign.clone()],
            after: None,
            asked: 0,
        }
    }
}

impl Batch<'_> {
    /// Begins what the tenant's campaigns have to catch up with since `moment` or before.
    pub(super) fn begin_catching_up(&mut self, tenant: &TenantId, moment: Timestamp) -> Result<(), WorkerError> {
        let agenda = self.tools.agenda;
        for catch_up in agenda.catch_ups(tenant).iter().filter(|catch_up| catch_up.since <= moment) {
            let key = catch_up.key(tenant);
            if self.row(Book::Schedules, &key)?.is_none() {
                self.causes += 1;
                self.draft.add(Book::Schedules, Row { key, body: b"{}".to_vec() });
                self.sweeping.caught_up.insert(tenant.clone());
                self.open_sweep(tenant, catch_up.sweep())?;
            }
        }
        Ok(())
    }
}

/// Asks a campaign about the latest of somebody's interactions with others' messages from before its publication; about the one before where
/// it does nothing about that, which may have been over another channel than the one that it means.
pub(super) fn asks(scene: &Scene<'_>, profile: &mut Arc<Profile>, campaign: &Enlisted) -> Effects {
    let mut interactions = interactions(scene.campaigns, profile, campaign);
    interactions.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    interactions.truncate(limits::CATCH_UP_ASKED_MAX);
    let causes: Vec<Named> = interactions.into_iter().map(|(at, engagement)| cause(at, engagement)).collect();
    step::on_first(scene, profile, campaign, &causes)
}

/// From when on what becomes of another's messages counts for a campaign that hears of it `now`: from its own publication on, or, where it
/// catches up and somebody hears late of what was before, from the other's.
pub(super) fn follows_since(
    campaigns: &Campaigns,
    campaign: &Enlisted,
    (parent, now): (Option<&str>, Timestamp),
) -> Timestamp {
    match campaign.catches_up_since {
        Some(since) if since <= now => campaigns.since(parent).min(campaign.since),
        _ => campaign.since,
    }
}

/// When each interaction that the campaign wants to be asked about was the last time before its publication.
fn interactions(campaigns: &Campaigns, profile: &Profile, campaign: &Enlisted) -> Vec<(Timestamp, Engagement)> {
    let asking = Asking { campaign: &campaign.name, labels: campaigns };
    let interactions = profile.history.engagements().filter_map(|(kind, message, mut moments)| {
        let (is_own, may_follow) = match message.campaign {
            Some(parent) => (campaign.name.is_spelled(parent), campaigns.reason_not_to_follow(parent).is_none()),
            None => (false, true),
        };
        if is_own || !may_follow || !wants(asking, &campaign.manifest.triggers, (kind, message)) {
            return None;
        }
        let last = moments.find(|moment| *moment < campaign.since)?;
        (last >= campaigns.since(message.campaign)).then(|| (last, engagement(kind, message)))
    });
    interactions.collect()
}

fn wants(asking: Asking<'_>, triggers: &[Trigger], (kind, message): (EngagementKind, MessageSubject<'_>)) -> bool {
    triggers.iter().any(|trigger| match trigger {
        Trigger::Engagement { kind: wanted, target } => {
            *wanted == kind && target.follows_others() && target.covers(asking, message)
        }
        _ => false,
    })
}

fn engagement(kind: EngagementKind, message: MessageSubject<'_>) -> Engagement {
    Engagement {
        kind,
        channel: message.channel.to_owned(),
        campaign: message.campaign.map(str::to_owned),
        step: message.step.map(str::to_owned),
        detail: None,
        by_machine: false,
        dispatch: None,
    }
}

/// The cause that an interaction is: as the event was that told of it, as far as that is known.
fn cause(at: Timestamp, engagement: Engagement) -> Named {
    let Engagement { kind, channel, campaign, step, .. } = &engagement;
    let body = serde_json::json!({
        "type": "track",
        "caught_up": true,
        "properties": {"engagement": kind.as_str(), "channel": channel, "campaign_name": campaign, "step": step},
        "timestamp": at.to_string(),
    });
    let mut digest = Sha256::new();
    for part in [kind.as_str(), channel, campaign.as_deref().unwrap_or_default(), step.as_deref().unwrap_or_default()] {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    let hex: String = digest.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    interaction::cause(&Event {
        id: MessageId::parse(&format!("caught-up:{hex}")).expect("a digest should be a message id"),
        call: Call::Track,
        name: String::new(),
        at,
        identities: Identities::default(),
        facts: PersonFacts::default(),
        engagement: Some(engagement),
        test: false,
        body: Json::from(&body),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Cause, Context, Manifest, Outcome, Revision, Target};
    use crate::sandbox::View;
    use crate::settings::Settings;
    use crate::worker::roster::{Decider, Standing};

    struct Nobody;

    impl Decider for Nobody {
        fn decide(&self, _: &Context, _: &Cause, _: Arc<dyn View>) -> Outcome {
            panic!("nobody should be asked")
        }
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    /// A campaign that is there since then.
    fn campaign(name: &str, since: Timestamp) -> Enlisted {
        let manifest = Manifest {
            name: name.to_owned(),
            version: "1".into(),
            summary: String::new(),
            triggers: Vec::new(),
            channels: Vec::new(),
            steps: Vec::new(),
            configuration: Json::parse("{}").unwrap(),
        };
        Enlisted {
            name: CampaignName::parse(name).unwrap(),
            revision: Revision(1),
            published: since,
            audiences: Arc::default(),
            standing: Standing::Active,
            since,
            catches_up_since: Some(since),
            settings: Arc::default(),
            streak: Arc::default(),
            manifest: Arc::new(manifest),
            decider: Arc::new(Nobody),
        }
    }

    /// What a campaign with this trigger, published at 500, takes up of somebody who clicked these: when, in which campaign.
    fn taken_up(target: Target, clicks: &[(i64, &str)]) -> Vec<(i64, String)> {
        let mut follower = campaign("follower", at(500));
        let trigger = Trigger::Engagement { kind: EngagementKind::Clicked, target };
        Arc::make_mut(&mut follower.manifest).triggers = vec![trigger];
        let settings = Settings::read(&serde_json::json!({"labels": ["winback"]})).unwrap();
        let labelled = Enlisted { settings: Arc::new(settings), ..campaign("labelled", at(100)) };
        let paused = Enlisted { standing: Standing::Paused, ..campaign("paused", at(100)) };
        let siblings = [campaign("parent", at(200)), labelled, paused, follower.clone()];
        let campaigns = Campaigns::new(siblings, [CampaignName::parse("over").unwrap()]);
        let mut profile = Profile::default();
        for (ms, parent) in clicks {
            let message = MessageSubject { channel: "push", campaign: Some(parent), step: Some("first") };
            let Named { cause, .. } = cause(at(*ms), engagement(EngagementKind::Clicked, message));
            let Cause::Engagement { event, .. } = &*cause else { panic!("it should be an engagement") };
            profile.note(event);
        }
        let taken = interactions(&campaigns, &profile, &follower);
        taken.into_iter().map(|(at, engagement)| (at.as_millis(), engagement.campaign.unwrap())).collect()
    }

    #[test]
    fn what_was_between_the_two_publications_is_taken_up() {
        let parent = || Target::Campaign("parent".into());
        for (clicks, expected) in [
            (vec![], vec![]),
            (vec![(199, "Parent")], vec![]),
            (vec![(200, "Parent")], vec![200]),
            (vec![(200, "Parent"), (499, "Parent"), (500, "Parent")], vec![499]),
            (vec![(500, "Parent"), (700, "Parent")], vec![]),
            (vec![(300, "stranger")], vec![]),
        ] {
            let taken: Vec<i64> = taken_up(parent(), &clicks).into_iter().map(|(at, _)| at).collect();
            assert_eq!(taken, expected, "{clicks:?}");
        }
    }

    #[test]
    fn a_target_says_whose_messages_are_meant() {
        let everybodys = ["parent", "labelled", "paused", "over", "stranger", "follower"];
        let clicks: Vec<(i64, &str)> = everybodys.iter().map(|name| (300, *name)).collect();
        for (target, expected) in [
            (Target::Any, vec![]),
            (Target::Mine, vec![]),
            (Target::Campaign("parent".into()), vec!["parent"]),
            (Target::Campaign("follower".into()), vec![]),
            (Target::Campaign("paused".into()), vec![]),
            (Target::Campaign("over".into()), vec![]),
            (Target::Step("parent".into(), "first".into()), vec!["parent"]),
            (Target::Step("parent".into(), "second".into()), vec![]),
            (Target::Label("winback".into()), vec!["labelled"]),
            (Target::Channel("push".into()), vec!["labelled", "parent", "stranger"]),
            (Target::Channel("email".into()), vec![]),
        ] {
            let taken: Vec<String> = taken_up(target.clone(), &clicks).into_iter().map(|(_, name)| name).collect();
            assert_eq!(taken, expected, "{target:?}");
        }
    }
}
