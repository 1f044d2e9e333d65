//! A campaign as a component: the contract's exports over [`dispatch`](crate::dispatch). Public only
//! for the [`campaign!`](crate::campaign) macro; the one place, with `host/real`, that knows the bindings.

use std::panic;
use std::sync::{Mutex, PoisonError};

use crate::{Campaign, dispatch};

pub(crate) mod wire;

pub mod bindings {
    //! What the contract's WIT says, generated.
    #![expect(missing_docs, reason = "generated")]

    wit_bindgen::generate!({
        path: "../wit/campaign@0",
        world: "campaign",
        pub_export_macro: true,
        default_bindings_module: "rekindle_guest::component::bindings",
    });
}

use bindings::exports::rekindle::campaign::handler;
use bindings::rekindle::campaign::log;

/// A component's one campaign, as the tenant configured it. The host snapshots the memory after
/// `configure`, so every decision finds it filled.
#[derive(Debug)]
pub struct Slot<C>(Mutex<Option<C>>);

impl<C> Slot<C> {
    /// Not configured yet.
    #[expect(clippy::new_without_default, reason = "made in a static, which needs a const function")]
    pub const fn new() -> Self {
        Self(Mutex::new(None))
    }
}

/// What the macro implements: which campaign the component is, and where it lies.
pub trait Configured {
    /// The campaign.
    type Campaign: Campaign;

    /// Its place in the component's memory.
    fn slot() -> &'static Slot<Self::Campaign>;
}

impl<T: Configured> handler::Guest for T {
    fn configure(configuration: String) -> Result<handler::Manifest, String> {
        report_panics();
        let campaign = dispatch::configure::<T::Campaign>(&configuration).map_err(text)?;
        let manifest = wire::manifest(campaign.manifest(), &dispatch::schema::<T::Campaign>());
        *T::slot().0.lock().unwrap_or_else(PoisonError::into_inner) = Some(campaign);
        Ok(manifest)
    }

    /// Panics are reported as `configure` had it done: the host kept the memory as that left it.
    fn decide(context: handler::Context, cause: handler::Cause) -> Result<handler::Decision, String> {
        let slot = T::slot().0.lock().unwrap_or_else(PoisonError::into_inner);
        let campaign = slot.as_ref().ok_or("`decide` was called before `configure`")?;
        let (ctx, remembered) = wire::context(context);
        let cause = wire::cause(cause);
        let (decision, change) = dispatch::decide(campaign, &ctx, &cause, remembered.as_deref()).map_err(text)?;
        Ok(wire::decision(decision, change))
    }
}

/// A panic becomes a trap, which says nothing: its text reaches the campaign's owner through the log.
fn report_panics() {
    panic::set_hook(Box::new(|panic| log::write("error", &panic.to_string())));
}

fn text(err: crate::Error) -> String {
    err.to_string()
}
