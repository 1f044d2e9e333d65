//! What is not there is nothing, and is noted: the library would end the rendering at it. Every tag and block is wrapped, so that
//! whatever asks for a variable asks here, inside of loops too.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Write;

use liquid_core::model::{KString, KStringCow, KStringRef, ScalarCow, Value, ValueCow};
use liquid_core::runtime::{PartialStore, Registers};
use liquid_core::{BlockReflection, TagReflection};
use liquid_core::{Language, ParseBlock, ParseTag, Renderable, Result, Runtime, TagBlock, TagTokenIter};

/// The most names that are noted.
const MISSING_MAX: usize = 50;

/// What was asked for and is not there, by its path.
#[derive(Default)]
pub(crate) struct Missing {
    names: BTreeSet<String>,
    /// The one that was noted last and not before.
    last: Option<String>,
}

impl Missing {
    fn note(&mut self, path: &[ScalarCow<'_>]) {
        let name = path.iter().cloned().map(ScalarCow::into_string).collect::<Vec<_>>().join(".");
        self.last = None;
        if self.names.len() < MISSING_MAX && self.names.insert(name.clone()) {
            self.last = Some(name);
        }
    }

    /// The template says what to do without it.
    pub(crate) fn forgive(&mut self) {
        if let Some(last) = self.last.take() {
            self.names.remove(&last);
        }
    }

    pub(crate) fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.names).into_iter().collect()
    }
}

/// Variables as the runtime below knows them; what it does not know is nothing.
pub(crate) struct Lenient<'r>(pub(crate) &'r dyn Runtime);

impl Runtime for Lenient<'_> {
    fn partials(&self) -> &dyn PartialStore {
        self.0.partials()
    }

    fn name(&self) -> Option<KStringRef<'_>> {
        self.0.name()
    }

    fn roots(&self) -> BTreeSet<KStringCow<'_>> {
        self.0.roots()
    }

    /// Whether something is there is a question, and no answer is missing.
    fn try_get(&self, path: &[ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        self.0.try_get(path)
    }

    fn get(&self, path: &[ScalarCow<'_>]) -> Result<ValueCow<'_>> {
        Ok(self.0.try_get(path).unwrap_or_else(|| {
            self.registers().get_mut::<Missing>().note(path);
            ValueCow::Owned(Value::Nil)
        }))
    }

    fn set_global(&self, name: KString, value: Value) -> Option<Value> {
        self.0.set_global(name, value)
    }

    fn set_index(&self, name: KString, value: Value) -> Option<Value> {
        self.0.set_index(name, value)
    }

    fn get_index<'a>(&'a self, name: &str) -> Option<ValueCow<'a>> {
        self.0.get_index(name)
    }

    fn registers(&self) -> &Registers {
        self.0.registers()
    }
}

/// A tag, or a block, to which what is not there is nothing.
#[derive(Clone)]
pub(crate) struct Leniently<P>(pub(crate) P);

impl ParseTag for Leniently<Box<dyn ParseTag>> {
    fn parse(&self, arguments: TagTokenIter<'_>, options: &Language) -> Result<Box<dyn Renderable>> {
        Ok(Box::new(Element(self.0.parse(arguments, options)?)))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self.0.reflection()
    }
}

impl ParseBlock for Leniently<Box<dyn ParseBlock>> {
    fn parse(
        &self,
        arguments: TagTokenIter<'_>,
        block: TagBlock<'_, '_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        Ok(Box::new(Element(self.0.parse(arguments, block, options)?)))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self.0.reflection()
    }
}

struct Element(Box<dyn Renderable>);

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Renderable for Element {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        self.0.render_to(writer, &Lenient(runtime))
    }
}
