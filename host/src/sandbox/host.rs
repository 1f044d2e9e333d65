//! What a campaign may ask: the contract's imports, each answered from the prefetched view. Nothing here waits, and
//! each answer is paid for in fuel, because the engine counts only the guest's own instructions.

use wasmtime::component::Linker;
use wasmtime::{Engine, StoreContextMut};

use super::bindings::rekindle::campaign::history::{Answer, Subject};
use super::call::{self, Call};
use super::failure::BadQuestion;
use super::{asked, convert};
use crate::domain::pointer;

/// What making a tree of a byte of JSON costs.
const READING_FUEL: u64 = 20;
/// What asking one condition costs: it may go through a person's whole history, or read a trait.
const CONDITION_FUEL: u64 = 5_000;

type Store<'a> = StoreContextMut<'a, Call>;

/// The contract's imports. A component whose imports are of other types does not link.
pub(super) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Call>> {
    let mut linker = Linker::new(engine);
    let mut event_body = linker.instance("rekindle:campaign/event-body@0.1.0")?;
    event_body.func_wrap("get", event_body_get)?;
    event_body.func_wrap("document", event_body_document)?;
    linker.instance("rekindle:campaign/history@0.1.0")?.func_wrap("look-up", history_look_up)?;
    let mut profile = linker.instance("rekindle:campaign/profile@0.1.0")?;
    profile.func_wrap("get-trait", profile_get_trait)?;
    profile.func_wrap("reachable", profile_reachable)?;
    profile.func_wrap("in-audience", profile_in_audience)?;
    linker.instance("rekindle:campaign/catalogue@0.1.0")?.func_wrap("get-item", catalogue_get_item)?;
    let mut conditions = linker.instance("rekindle:campaign/conditions@0.1.0")?;
    conditions.func_wrap("check", conditions_check)?;
    conditions.func_wrap("holds", conditions_holds)?;
    linker.instance("rekindle:campaign/log@0.1.0")?.func_wrap("write", log_write)?;
    Ok(linker)
}

fn event_body_get(mut store: Store<'_>, (path,): (String,)) -> wasmtime::Result<(Option<String>,)> {
    call::enter_host(&mut store, path.len())?;
    let Some(body) = store.data().view("event-body.get")?.body() else { return Ok((None,)) };
    let found = pointer::find(body, &path);
    let compared_fuel = found.fuel;
    let text = found.value.map(ToString::to_string);
    call::charge(&mut store, compared_fuel + bytes(text.as_ref().map_or(0, String::len)))?;
    Ok((text,))
}

/// Where no event came with the cause, the document is `null`.
fn event_body_document(mut store: Store<'_>, (): ()) -> wasmtime::Result<(String,)> {
    call::enter_host(&mut store, 0)?;
    let text = store.data().view("event-body.document")?.body().map_or_else(|| "null".to_owned(), ToString::to_string);
    call::charge(&mut store, bytes(text.len()))?;
    Ok((text,))
}

fn history_look_up(mut store: Store<'_>, (subject, since): (Subject, Option<u64>)) -> wasmtime::Result<(Answer,)> {
    call::enter_host(&mut store, convert::subject_bytes(&subject))?;
    let view = store.data().view("history.look-up")?;
    let subject = convert::subject(subject).map_err(|unknown| wasmtime::Error::new(BadQuestion(unknown)))?;
    let occurrences = view.occurrences(&subject, since.map(convert::timestamp));
    Ok((convert::answer(occurrences),))
}

fn profile_get_trait(mut store: Store<'_>, (name,): (String,)) -> wasmtime::Result<(Option<String>,)> {
    call::enter_host(&mut store, name.len())?;
    let value = store.data().view("profile.get-trait")?.trait_value(&name);
    let text = value.map(|value| value.as_str().to_owned());
    call::charge(&mut store, bytes(text.as_ref().map_or(0, String::len)))?;
    Ok((text,))
}

fn profile_reachable(mut store: Store<'_>, (channel,): (String,)) -> wasmtime::Result<(bool,)> {
    call::enter_host(&mut store, channel.len())?;
    Ok((store.data().view("profile.reachable")?.reachable(&channel),))
}

fn profile_in_audience(mut store: Store<'_>, (name,): (String,)) -> wasmtime::Result<(bool,)> {
    call::enter_host(&mut store, name.len())?;
    call::charge(&mut store, CONDITION_FUEL)?;
    Ok((store.data().view("profile.in-audience")?.is_in_audience(&name),))
}

fn catalogue_get_item(mut store: Store<'_>, (id,): (String,)) -> wasmtime::Result<(Option<String>,)> {
    call::enter_host(&mut store, id.len())?;
    let item = store.data().view("catalogue.get-item")?.item(&id);
    let text = item.map(|item| item.as_str().to_owned());
    call::charge(&mut store, bytes(text.as_ref().map_or(0, String::len)))?;
    Ok((text,))
}

fn conditions_check(mut store: Store<'_>, (condition,): (String,)) -> wasmtime::Result<(Result<(), String>,)> {
    call::enter_host(&mut store, condition.len())?;
    call::charge(&mut store, reading(&condition))?;
    Ok((asked::parse(&condition).map(|_| ()),))
}

fn conditions_holds(
    mut store: Store<'_>,
    (condition, trigger): (String, String),
) -> wasmtime::Result<(Result<bool, String>,)> {
    call::enter_host(&mut store, condition.len() + trigger.len())?;
    call::charge(&mut store, reading(&condition) + reading(&trigger))?;
    let trigger = serde_json::from_str(&trigger).map_err(|err| format!("the trigger is no JSON: {err}"));
    let (condition, trigger) =
        match store.data().asked().read(&condition).and_then(|condition| Ok((condition, trigger?))) {
            Ok(both) => both,
            Err(words) => return Ok((Err(words),)),
        };
    call::charge(&mut store, CONDITION_FUEL * condition.nodes() as u64)?;
    Ok((Ok(store.data().view("conditions.holds")?.holds(&condition, &trigger)),))
}

fn log_write(mut store: Store<'_>, (level, message): (String, String)) -> wasmtime::Result<()> {
    call::enter_host(&mut store, level.len() + message.len())?;
    store.data_mut().log().write(&level, &message);
    Ok(())
}

fn reading(json: &str) -> u64 {
    READING_FUEL * json.len() as u64
}

/// A byte costs a unit of fuel.
fn bytes(count: usize) -> u64 {
    count as u64
}
