//! Gives everybody the variation that has won, where the campaign's tenant asked for it: a revision of the house's, in the audit log like any other
//! change.

use std::sync::Arc;

use crate::admin::arms;
use crate::domain::{Clock, Timestamp, VariationName, limits};
use crate::experiments::{Standing, winner};
use crate::store::Reports;
use crate::tenants::{Campaign, CampaignState, Deed, Directory, Tenant};

/// Looks at all experiments from time to time.
pub(super) async fn crown_from_time_to_time(
    directory: Arc<Directory>,
    reports: Arc<dyn Reports>,
    clock: Arc<dyn Clock>,
) {
    loop {
        tokio::time::sleep(limits::WINNERS_BEAT).await;
        let (directory, reports, now) = (Arc::clone(&directory), Arc::clone(&reports), clock.now());
        if let Err(err) = tokio::task::spawn_blocking(move || crown(&directory, reports.as_ref(), now)).await {
            tracing::warn!(%err, "could not look at experiments; tried again later");
        }
    }
}

/// Looks at all experiments.
fn crown(directory: &Directory, reports: &dyn Reports, now: Timestamp) {
    for tenant in directory.snapshot().tenants() {
        for campaign in tenant.campaigns().filter(|campaign| campaign.state == CampaignState::Active) {
            match won(reports, (tenant, campaign), now) {
                Ok(Some(winner)) => apply(directory, (tenant, campaign), &winner),
                Ok(None) => {}
                Err(why) => {
                    tracing::warn!(tenant = %tenant.id, campaign = %campaign.name, why, "an experiment cannot be judged")
                }
            }
        }
    }
}

/// The variation that everybody is to get from now on.
fn won(
    reports: &dyn Reports,
    (tenant, campaign): (&Tenant, &Campaign),
    now: Timestamp,
) -> Result<Option<VariationName>, String> {
    let Some(current) = campaign.current().filter(|current| current.settings.experiment.winner.apply) else {
        return Ok(None);
    };
    let arms = arms(reports, &tenant.id, campaign)?;
    let since = campaign.experiment_since().unwrap_or(current.published_at);
    match winner(&current.settings.experiment, &arms, since, now) {
        Standing::Won(winner) => Ok(Some(winner)),
        Standing::Settled | Standing::Open(_) => Ok(None),
    }
}

fn apply(directory: &Directory, (tenant, campaign): (&Tenant, &Campaign), winner: &VariationName) {
    let Some(current) = campaign.current() else { return };
    let deed = Deed::of_house("apply_winner", &campaign.name);
    let applied = directory
        .by(&deed)
        .edit(&tenant.id, |tenant, now| tenant.apply_winner(&campaign.name, (current.revision, winner), now));
    match applied {
        Ok(()) => tracing::info!(tenant = %tenant.id, campaign = %campaign.name, %winner, "everybody gets the winner"),
        Err(err) => {
            tracing::error!(%err, tenant = %tenant.id, campaign = %campaign.name, "the winner could not be applied")
        }
    }
}
