//! Renders templates, by a component of the house's own: a template is its tenant's, and may nest, loop and grow as any module may. So
//! each has an instance of its own, and whatever it does ends in an answer.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sha2::{Digest, Sha256};
use wasmtime::Store;
use wasmtime::component::Linker;

use super::bindings::templates::exports::rekindle::renderer::templates::{Form, Guest as Contract, Rendered as Texts};
use super::bindings::templates::{Renderer as Instance, RendererPre};
use super::call::{self, Call};
use super::configure::own_words;
use super::error::{CompileError, Rejection};
use super::failure;
use super::machine::Machine;
use super::workbench::on_workbench;
use crate::domain::{Failure, FailureKind, Json, ModuleDigest, RenderError, Rendered, Stopwatch, TextForm, limits};

/// The component, which is compiled when the first template asks for it.
pub struct Renderer {
    machine: Arc<Machine>,
    file: PathBuf,
    ready: OnceLock<RendererPre<Call>>,
    /// Held by who makes it ready: since when it could not be.
    making: Mutex<Option<Stopwatch>>,
}

impl Renderer {
    pub(super) fn new(machine: Arc<Machine>, file: PathBuf) -> Self {
        Self { machine, file, ready: OnceLock::new(), making: Mutex::default() }
    }

    /// The component's digest; none where it cannot be read.
    pub fn digest(&self) -> Option<ModuleDigest> {
        fs::read(&self.file).ok().map(|component| ModuleDigest::new(Sha256::digest(component).into()))
    }

    fn ready(&self) -> Result<&RendererPre<Call>, RenderError> {
        if let Some(ready) = self.ready.get() {
            return Ok(ready);
        }
        let mut failed = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ready) = self.ready.get() {
            return Ok(ready);
        }
        if failed.as_ref().is_none_or(|since| since.elapsed() >= limits::LOAD_REST) {
            match self.make_ready() {
                Ok(made) => return Ok(self.ready.get_or_init(|| made)),
                Err(err) => {
                    let (file, rest) = (self.file.display(), limits::LOAD_REST);
                    tracing::warn!(%file, %err, ?rest, "templates cannot be rendered: `--renderer` names the component");
                    *failed = Some(Stopwatch::start());
                }
            }
        }
        // Where things lie on the server is for its operator to read, and not for tenants.
        Err(RenderError::Unavailable("this server cannot render templates now: its log says why".to_owned()))
    }

    fn make_ready(&self) -> Result<RendererPre<Call>, CompileError> {
        let component = fs::read(&self.file).map_err(|err| CompileError::Unavailable(err.to_string()))?;
        on_workbench(|| self.machine.compile_to(&component, |component| self.link(component)))?
    }

    fn link(&self, component: &wasmtime::component::Component) -> Result<RendererPre<Call>, Rejection> {
        let other = |err: wasmtime::Error| {
            Rejection::new(
                format!("it is no renderer of this version: {err:#}"),
                "take the one that came with this server",
            )
        };
        // It asks for nothing.
        let linked = Linker::new(&self.machine.engine).instantiate_pre(component).map_err(other)?;
        RendererPre::new(linked).map_err(other)
    }

    /// Asks an instance that nothing that came before can have touched.
    fn ask<T>(&self, question: impl FnOnce(&Contract, &mut Store<Call>) -> Answer<T>) -> Result<T, RenderError> {
        let started = Stopwatch::start();
        let answer = self.answer(question);
        let outcome = match &answer {
            Ok(_) => "rendered",
            Err(RenderError::Template(_)) => "refused",
            Err(RenderError::Unavailable(_)) => "unavailable",
        };
        metrics::histogram!("rekindle_render_seconds", "outcome" => outcome).record(started.elapsed());
        answer
    }

    fn answer<T>(&self, question: impl FnOnce(&Contract, &mut Store<Call>) -> Answer<T>) -> Result<T, RenderError> {
        let ready = self.ready()?;
        let _permit = self.machine.permits.take();
        let mut store = call::store_of_template(&self.machine.engine);
        let instance: Instance =
            ready.instantiate(&mut store).map_err(|err| not_rendered(failure::of_start(&err, &store)))?;
        let answer = question(instance.rekindle_renderer_templates(), &mut store);
        let answer = answer.map_err(|err| not_rendered(failure::of_call(&err, &store)))?;
        answer.map_err(|words| RenderError::Template(own_words(&words)))
    }
}

/// What a call of the component comes back with.
type Answer<T> = wasmtime::Result<Result<T, String>>;

impl crate::domain::Renderer for Renderer {
    fn check(&self, template: &str, form: TextForm) -> Result<Vec<String>, RenderError> {
        self.ask(|templates, store| templates.call_check(store, template, contract_form(form)))
    }

    fn render(&self, template: &str, form: TextForm, values: &Json) -> Result<Rendered, RenderError> {
        let bytes = template.len() + values.as_str().len();
        if bytes > limits::INPUT_BYTES_MAX {
            let max = limits::INPUT_BYTES_MAX;
            return Err(RenderError::Template(format!(
                "template and values have `{bytes}` bytes, at most `{max}` go in"
            )));
        }
        let rendered =
            self.ask(|templates, store| templates.call_render(store, template, contract_form(form), values.as_str()))?;
        let Texts { head, body, missing } = rendered;
        Ok(Rendered { head, body, missing })
    }
}

fn contract_form(form: TextForm) -> Form {
    match form {
        TextForm::Html => Form::Html,
        TextForm::Plain => Form::Text,
    }
}

/// Why a call did not come back, in words for the template's author, who knows no modules.
fn not_rendered(failure: Failure) -> RenderError {
    let Failure { kind, message, .. } = failure;
    RenderError::Template(match kind {
        FailureKind::OutOfFuel | FailureKind::OutOfTime => "the template takes too long: have it loop less".to_owned(),
        FailureKind::OutOfMemory => "the template takes too much memory: have it write and remember less".to_owned(),
        // The end of a stack, a list longer than all memory, a number of twenty digits.
        FailureKind::Trap => format!("the template breaks the renderer ({message}): have it nest and loop less"),
        _ => message,
    })
}
