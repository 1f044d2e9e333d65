//! Freezing a configured instance: its memories and globals are written back into the component, which then starts
//! from there. The tool reads an instance through functions that it adds to the component; this file calls them, and
//! keeps what goes wrong: the tool's own reader panics.

use std::collections::HashMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wasmtime::Store;
use wasmtime::component::{ComponentNamedList, Instance, Lift, TypedFunc, WasmList};
use wasmtime_wizer::{ComponentContext, ComponentInstanceState, Wizer};

use super::call::Call;
use super::error::Rejection;

/// The component as the tool wants to have it run.
pub(super) struct Prepared<'a> {
    wizer: Wizer,
    context: ComponentContext<'a>,
    /// The component with the functions that read its state.
    pub(super) component: Vec<u8>,
}

/// Adds to a component what is needed to freeze it.
pub(super) fn prepare(component: &[u8]) -> Result<Prepared<'_>, Rejection> {
    let mut wizer = Wizer::new();
    wizer.keep_init_func(true);
    let (context, component) = wizer.instrument_component(component).map_err(|err| unfit(&err))?;
    Ok(Prepared { wizer, context, component })
}

/// Writes the instance's state back into the component.
pub(super) fn freeze(
    prepared: &Prepared<'_>,
    store: &mut Store<Call>,
    instance: Instance,
) -> Result<Vec<u8>, Rejection> {
    let mut reader = Reader { store, instance, memories: HashMap::new(), trouble: None };
    let frozen = at_once(prepared.wizer.snapshot_component(&prepared.context, &mut reader));
    match reader.trouble {
        Some(trouble) => Err(unfit(&trouble)),
        None => frozen.map_err(|err| unfit(&err)),
    }
}

fn unfit(err: &wasmtime::Error) -> Rejection {
    let what = format!("the module cannot be kept as `configure` left it: {}", err.root_cause());
    let next = "build it as one core module that keeps its state in memory and globals, does not change its tables \
                and has room for one more page of memory: Rust does";
    Rejection::new(what, next)
}

/// The result of something that waits for nothing.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("a snapshot should wait for nothing"),
    }
}

/// Reads an instance's state for the tool.
struct Reader<'a> {
    store: &'a mut Store<Call>,
    instance: Instance,
    /// The tool reads each memory twice, and each reading makes the memory grow.
    memories: HashMap<String, Vec<u8>>,
    /// What went wrong first: the tool cannot be told, so it goes on with zeros, for nothing.
    trouble: Option<wasmtime::Error>,
}

impl Reader<'_> {
    fn number<T: Lift + Default + 'static>(&mut self, interface: &str, function: &str) -> T {
        self.call::<(T,)>(interface, function).map_or_else(
            |err| {
                self.trouble.get_or_insert(err);
                T::default()
            },
            |(number,)| number,
        )
    }

    fn memory(&mut self, interface: &str, function: &str) -> wasmtime::Result<Vec<u8>> {
        let (bytes,) = self.call::<(WasmList<u8>,)>(interface, function)?;
        Ok(bytes.as_le_slice(&*self.store).to_vec())
    }

    fn call<R>(&mut self, interface: &str, function: &str) -> wasmtime::Result<R>
    where
        R: ComponentNamedList + Lift + 'static,
    {
        let missing = || wasmtime::Error::msg(format!("`{interface}` has no `{function}`"));
        let (_, interface) = self.instance.get_export(&mut *self.store, None, interface).ok_or_else(missing)?;
        let (_, function) =
            self.instance.get_export(&mut *self.store, Some(&interface), function).ok_or_else(missing)?;
        let function: TypedFunc<(), R> = self.instance.get_typed_func(&mut *self.store, function)?;
        function.call(&mut *self.store, ())
    }
}

impl ComponentInstanceState for Reader<'_> {
    async fn call_func_ret_list_u8(&mut self, interface: &str, function: &str, contents: impl FnOnce(&[u8]) + Send) {
        if !self.memories.contains_key(function) {
            let bytes = self.memory(interface, function).unwrap_or_else(|err| {
                self.trouble.get_or_insert(err);
                Vec::new()
            });
            self.memories.insert(function.to_owned(), bytes);
        }
        contents(&self.memories[function]);
    }

    async fn call_func_ret_s32(&mut self, interface: &str, function: &str) -> i32 {
        self.number(interface, function)
    }

    async fn call_func_ret_s64(&mut self, interface: &str, function: &str) -> i64 {
        self.number(interface, function)
    }

    async fn call_func_ret_f32(&mut self, interface: &str, function: &str) -> u32 {
        self.number::<f32>(interface, function).to_bits()
    }

    async fn call_func_ret_f64(&mut self, interface: &str, function: &str) -> u64 {
        self.number::<f64>(interface, function).to_bits()
    }
}
