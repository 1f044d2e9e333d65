//! One call of the contract: texts and bytes in, a campaign's own types to the campaign, bytes out.
//! The component and the pretend host both go through here, so a native test reads the configuration and
//! the state exactly as the sandbox does.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Campaign, Cause, Context, Decision, Error};

/// What becomes of the remembered state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StateChange {
    Keep,
    Replace(Vec<u8>),
    Forget,
}

/// Makes the campaign from the tenant's configuration; errors carry the path of the wrong value.
pub(crate) fn configure<C: Campaign>(configuration: &str) -> Result<C, Error> {
    let document: Value = serde_json::from_str(configuration)
        .map_err(|err| Error::new(format!("the configuration is not json: {err}")))?;
    // Serde would take a list for the members of a struct, in their order.
    if !document.is_object() {
        return Err(Error::new("the configuration should be an object, as in `{}`"));
    }
    // From the parsed document, rather than the text, so that an error names the path and not a column.
    let parsed = serde_path_to_error::deserialize(document).map_err(|err| {
        let path = err.path().to_string();
        Error::new(match path.as_str() {
            "." => format!("configuration: {}", err.inner()),
            path => format!("configuration at `{path}`: {}", err.inner()),
        })
    })?;
    C::configure(parsed)
}

/// The JSON Schema of the configuration.
pub(crate) fn schema<C: Campaign>() -> Value {
    schemars::schema_for!(C::Configuration).to_value()
}

/// Decides, from the state's bytes to what becomes of them.
pub(crate) fn decide<C: Campaign>(
    campaign: &C,
    ctx: &Context,
    cause: &Cause,
    remembered: Option<&[u8]>,
) -> Result<(Decision, StateChange), Error> {
    let mut state = remembered.map_or_else(|| Ok(C::State::default()), read_state)?;
    let decision = campaign.decide(ctx, cause, &mut state)?;
    Ok((decision, state_change(&state, remembered)?))
}

fn read_state<S: DeserializeOwned>(bytes: &[u8]) -> Result<S, Error> {
    serde_json::from_slice(bytes).map_err(|err| {
        Error::new(format!(
            "the state that an earlier revision left is unreadable: {err}; give the state's new members a default"
        ))
    })
}

fn state_change<S: Serialize + Default>(state: &S, remembered: Option<&[u8]>) -> Result<StateChange, Error> {
    let bytes = serde_json::to_vec(state)?;
    if remembered == Some(&bytes) {
        return Ok(StateChange::Keep);
    }
    if bytes != serde_json::to_vec(&S::default())? {
        return Ok(StateChange::Replace(bytes));
    }
    Ok(match remembered {
        Some(_) => StateChange::Forget,
        None => StateChange::Keep,
    })
}
