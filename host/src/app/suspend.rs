//! Makes it last that a campaign is no longer asked: in the directory, off the worker's loop, which waits for no disk but its own.

use std::sync::Arc;

use tokio::runtime::Handle;

use crate::tenants::{Deed, Directory, Suspended, TenantsError};
use crate::worker::Suspension;

/// Whom the worker tells. There are no more of them under way than campaigns that run.
pub(super) fn suspender(directory: &Arc<Directory>, runtime: Handle) -> Box<dyn Fn(Suspension) + Send + Sync> {
    let directory = Arc::downgrade(directory);
    Box::new(move |suspension| {
        let directory = directory.clone();
        runtime.spawn_blocking(move || {
            let Some(directory) = directory.upgrade() else { return };
            if let Err(err) = suspend(&directory, &suspension) {
                let Suspension { tenant, campaign, .. } = &suspension;
                tracing::error!(%err, %tenant, %campaign, "a campaign is suspended only until the next start");
            }
        });
    })
}

fn suspend(directory: &Directory, suspension: &Suspension) -> Result<(), TenantsError> {
    let Suspension { tenant, campaign, revision, at, reason } = suspension;
    let why = Suspended { at: *at, reason: reason.clone() };
    let deed = Deed::of_house("suspend_campaign", campaign);
    directory.by(&deed).edit(tenant, |tenant, _| tenant.suspend_campaign(campaign, *revision, why))
}
