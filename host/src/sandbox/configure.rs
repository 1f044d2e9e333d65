//! Publication: a module takes its configuration once, and is kept as that left it, so that no decision pays for it
//! again. The same module and configuration give the same bytes.

use super::bindings::Campaign;
use super::call::{self, Allowance};
use super::error::{ConfigureError, Rejection};
use super::failure::{self, cut, printable};
use super::machine::Machine;
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

/// Runs `configure` and keeps what it left.
pub(super) fn configure(machine: &Machine, module: &[u8], configuration: &str) -> Result<Configured, ConfigureError> {
    check_form(configuration).map_err(|what| Rejection::new(what, "change the configuration"))?;
    contract::check(module)?;
    on_workbench(|| run(machine, module, configuration))?
}

fn check_form(configuration: &str) -> Result<(), String> {
    check::at_most("bytes of configuration", configuration.len(), limits::CONFIGURATION_BYTES_MAX)?;
    convert::json(configuration, || "the configuration".to_owned()).map(|_| ())
}

fn run(machine: &Machine, module: &[u8], configuration: &str) -> Result<Configured, ConfigureError> {
    let prepared = snapshot::prepare(module)?;
    let linked = machine.compile(&prepared.component)?;
    let _permit = machine.permits.take();
    let mut store = call::store(&machine.engine, Allowance::CONFIGURE, None);
    let asked = linked.instance_pre().instantiate(&mut store).and_then(|instance| {
        let campaign = Campaign::new(&mut store, &instance)?;
        let answer = campaign.rekindle_campaign_handler().call_configure(&mut store, &configuration.to_owned())?;
        Ok((instance, answer))
    });
    let (instance, answer) =
        asked.map_err(|err| ConfigureError::Failed(failure::of_call(&err, store.data(), call::fuel_used(&store))))?;
    let manifest = answer.map_err(|words| ConfigureError::Refused(own_words(&words)))?;
    let manifest = manifest::read(manifest)?;
    call::renew(&mut store, Allowance::SNAPSHOT);
    let component = snapshot::freeze(&prepared, &mut store, instance)?;
    Ok(Configured { component, manifest })
}

/// What a module says about why it refuses, bounded.
pub(super) fn own_words(words: &str) -> String {
    printable(cut(words, limits::REFUSAL_BYTES_MAX))
}
