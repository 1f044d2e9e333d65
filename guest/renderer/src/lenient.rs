//! What is not there is nothing, and is noted: the library would end the rendering at it. Every tag and block is wrapped, so that
//! whatever asks for a variable asks here, inside of loops too.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Write;

use liquid_core::model::{
    DisplayCow, KString, KStringCow, KStringRef, ObjectView, ScalarCow, State, Value, ValueCow, ValueView,
};
use liquid_core::runtime::{PartialStore, Registers};
use liquid_core::{BlockReflection, TagReflection};
use liquid_core::{Language, ParseBlock, ParseTag, Renderable, Result, Runtime, TagBlock, TagTokenIter};

/// The most names that are noted.
const MISSING_MAX: usize = 50;
/// The most bytes of a name.
const NAME_BYTES_MAX: usize = 128;

/// What was asked for and is not there, by its path.
#[derive(Default)]
pub(crate) struct Missing {
    names: BTreeSet<String>,
    /// The one that was noted last, in the value that is written now, and not before.
    last: Option<String>,
    /// How often something was not there.
    times: u64,
    /// What the author wrote: a path may hold values, which are the person's.
    pub(crate) template: String,
}

impl Missing {
    fn note(&mut self, path: &[ScalarCow<'_>]) {
        self.times += 1;
        let part = |part: &ScalarCow<'_>| {
            let part = part.clone().into_string();
            let is_plain = part.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-'));
            if is_plain && self.template.contains(part.as_str()) { part.into_string() } else { "[…]".to_owned() }
        };
        let mut name = path.iter().map(part).collect::<Vec<_>>().join(".");
        name.truncate(name.floor_char_boundary(NAME_BYTES_MAX));
        self.last = None;
        if self.names.len() < MISSING_MAX && self.names.insert(name.clone()) {
            self.last = Some(name);
        }
    }

    /// Another value begins.
    pub(crate) fn begin(&mut self) {
        self.last = None;
    }

    /// The template says what to do without it.
    pub(crate) fn forgive(&mut self) {
        if let Some(last) = self.last.take() {
            self.names.remove(&last);
        }
    }

    /// How often something was not there, so far.
    pub(crate) fn times(&self) -> u64 {
        self.times
    }

    pub(crate) fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.names).into_iter().collect()
    }
}

/// What is not there: nil to whoever compares, and an object without members to whoever looks into it, so that it contains nothing.
#[derive(Debug)]
struct Nothing;

impl ValueView for Nothing {
    fn as_debug(&self) -> &dyn fmt::Debug {
        self
    }

    fn render(&self) -> DisplayCow<'_> {
        Value::Nil.render()
    }

    fn source(&self) -> DisplayCow<'_> {
        Value::Nil.source()
    }

    fn type_name(&self) -> &'static str {
        "nil"
    }

    fn query_state(&self, state: State) -> bool {
        Value::Nil.query_state(state)
    }

    fn to_kstr(&self) -> KStringCow<'_> {
        KStringCow::from_static("")
    }

    fn to_value(&self) -> Value {
        Value::Nil
    }

    fn as_object(&self) -> Option<&dyn ObjectView> {
        Some(self)
    }

    fn is_nil(&self) -> bool {
        true
    }
}

impl ObjectView for Nothing {
    fn as_value(&self) -> &dyn ValueView {
        self
    }

    fn size(&self) -> i64 {
        0
    }

    fn keys<'k>(&'k self) -> Box<dyn Iterator<Item = KStringCow<'k>> + 'k> {
        Box::new(std::iter::empty())
    }

    fn values<'k>(&'k self) -> Box<dyn Iterator<Item = &'k dyn ValueView> + 'k> {
        Box::new(std::iter::empty())
    }

    fn iter<'k>(&'k self) -> Box<dyn Iterator<Item = (KStringCow<'k>, &'k dyn ValueView)> + 'k> {
        Box::new(std::iter::empty())
    }

    fn contains_key(&self, _: &str) -> bool {
        false
    }

    fn get<'s>(&'s self, _: &str) -> Option<&'s dyn ValueView> {
        None
    }
}

/// Variables as the runtime below knows them; what it does not know is nothing.
pub(crate) struct Lenient<'r> {
    pub(crate) runtime: &'r dyn Runtime,
    /// Whether what is not there is noted. Who only asks whether it is misses nothing.
    pub(crate) notes: bool,
}

impl Runtime for Lenient<'_> {
    fn partials(&self) -> &dyn PartialStore {
        self.runtime.partials()
    }

    fn name(&self) -> Option<KStringRef<'_>> {
        self.runtime.name()
    }

    fn roots(&self) -> BTreeSet<KStringCow<'_>> {
        self.runtime.roots()
    }

    /// Whether something is there is a question, and no answer is missing.
    fn try_get(&self, path: &[ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        self.runtime.try_get(path)
    }

    fn get(&self, path: &[ScalarCow<'_>]) -> Result<ValueCow<'_>> {
        let found = self.runtime.try_get(path);
        if found.is_none() && self.notes {
            self.registers().get_mut::<Missing>().note(path);
        }
        Ok(found.filter(|value| !value.is_nil()).unwrap_or(ValueCow::Borrowed(&Nothing)))
    }

    fn set_global(&self, name: KString, value: Value) -> Option<Value> {
        self.runtime.set_global(name, value)
    }

    fn set_index(&self, name: KString, value: Value) -> Option<Value> {
        self.runtime.set_index(name, value)
    }

    fn get_index<'a>(&'a self, name: &str) -> Option<ValueCow<'a>> {
        self.runtime.get_index(name)
    }

    fn registers(&self) -> &Registers {
        self.runtime.registers()
    }
}

/// A tag, or a block, to which what is not there is nothing.
#[derive(Clone)]
pub(crate) struct Leniently<P> {
    pub(crate) inner: P,
    pub(crate) notes: bool,
}

impl ParseTag for Leniently<Box<dyn ParseTag>> {
    fn parse(&self, arguments: TagTokenIter<'_>, options: &Language) -> Result<Box<dyn Renderable>> {
        Ok(Box::new(Element { inner: self.inner.parse(arguments, options)?, notes: self.notes }))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self.inner.reflection()
    }
}

impl ParseBlock for Leniently<Box<dyn ParseBlock>> {
    fn parse(
        &self,
        arguments: TagTokenIter<'_>,
        block: TagBlock<'_, '_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        Ok(Box::new(Element { inner: self.inner.parse(arguments, block, options)?, notes: self.notes }))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self.inner.reflection()
    }
}

struct Element {
    inner: Box<dyn Renderable>,
    notes: bool,
}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl Renderable for Element {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        runtime.registers().get_mut::<Missing>().begin();
        self.inner.render_to(writer, &Lenient { runtime, notes: self.notes })
    }
}
