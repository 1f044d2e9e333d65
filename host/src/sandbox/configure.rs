//! From an uploaded file to a component that starts configured: a module takes its configuration once, and is kept as
//! that left it, so that no decision pays for it again. The same module and configuration give the same bytes.

use wasmtime::Store;
use wasmtime::component::Instance;

use super::bindings::{Campaign, CampaignPre};
use super::call::{self, Allowance, Call};
use super::error::{CompileError, ConfigureError, Rejection};
use super::failure::{self, cut, printable};
use super::machine::{Machine, other_type};
use super::workbench::on_workbench;
use super::{check, contract, convert, manifest, snapshot};
use crate::domain::{Manifest, limits};

/// A module that took its configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Configured {
    /// The component that starts configured.
    pub component: Vec<u8>,
    /// What it is and wants.
    pub manifest: Manifest,
}

/// Whether a file is a module that could be configured: it is compiled, and one instance is made.
pub(super) fn inspect(machine: &Machine, module: &[u8]) -> Result<(), CompileError> {
    on_workbench(|| {
        contract::check(module)?;
        let prepared = snapshot::prepare(module)?;
        let linked = machine.compile(&prepared.component)?;
        let _permit = machine.permits.take();
        let mut store = call::store_of_nobody(&machine.engine);
        match instantiate(&linked, &mut store) {
            Ok(_) => Ok(()),
            Err(ConfigureError::Rejected(rejection)) => Err(rejection.into()),
            Err(other) => Err(Rejection::new(other.to_string(), "let it do nothing before it is asked").into()),
        }
    })?
}

/// Runs `configure` and keeps what it left.
pub(super) fn configure(machine: &Machine, module: &[u8], configuration: &str) -> Result<Configured, ConfigureError> {
    check_form(configuration).map_err(|what| Rejection::new(what, "change the configuration"))?;
    on_workbench(|| run(machine, module, configuration))?
}

fn check_form(configuration: &str) -> Result<(), String> {
    check::at_most("bytes of configuration", configuration.len(), limits::CONFIGURATION_BYTES_MAX)?;
    convert::json(configuration, || "the configuration".to_owned()).map(|_| ())
}

fn run(machine: &Machine, module: &[u8], configuration: &str) -> Result<Configured, ConfigureError> {
    contract::check(module)?;
    // The tool that adds what a snapshot needs works here and not where it is compiled: it takes time and memory by the
    // module's size, which is bounded, and what it found out is needed again when the instance is frozen.
    let prepared = snapshot::prepare(module)?;
    let linked = machine.compile(&prepared.component)?;
    let _permit = machine.permits.take();
    let mut store = call::store_of_nobody(&machine.engine);
    let (instance, campaign) = instantiate(&linked, &mut store)?;
    let answer = campaign.rekindle_campaign_handler().call_configure(&mut store, &configuration.to_owned());
    let answer = answer.map_err(|err| ConfigureError::Failed(failure::of_call(&err, &store)))?;
    let manifest = answer.map_err(|words| ConfigureError::Refused(own_words(&words)))?;
    let manifest = manifest::read(manifest)?;
    call::renew(&mut store, Allowance::SNAPSHOT);
    let component = snapshot::freeze(&prepared, &mut store, instance)?;
    check::at_most("bytes of module and what `configure` left", component.len(), limits::CONFIGURED_BYTES_MAX)
        .map_err(|what| Rejection::new(what, "have it keep less in memory"))?;
    Ok(Configured { component, manifest })
}

/// Makes an instance. Only now are the types of the exports compared with the contract's.
fn instantiate(linked: &CampaignPre<Call>, store: &mut Store<Call>) -> Result<(Instance, Campaign), ConfigureError> {
    let instance = linked
        .instance_pre()
        .instantiate(&mut *store)
        .map_err(|err| ConfigureError::Failed(failure::of_start(&err, store)))?;
    let campaign = Campaign::new(&mut *store, &instance).map_err(|err| other_type("the export", &err))?;
    Ok((instance, campaign))
}

/// What a module says about why it refuses, bounded.
pub(super) fn own_words(words: &str) -> String {
    printable(cut(words, limits::REFUSAL_BYTES_MAX))
}
