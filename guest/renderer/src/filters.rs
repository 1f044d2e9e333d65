//! The filters that are not the library's as they are: `raw`, and `default`, which says what to do without a value.

use std::fmt;

use liquid_core::model::State;
use liquid_core::parser::{FilterArguments, ParameterReflection};
use liquid_core::{Error, Filter, FilterReflection, ParseFilter, Result, Runtime, Value, ValueView};

use crate::echo::Writing;
use crate::lenient::Missing;

/// What is written is HTML as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawFilter;

impl FilterReflection for RawFilter {
    fn name(&self) -> &str {
        "raw"
    }

    fn description(&self) -> &str {
        "writes a value without escaping it"
    }

    fn positional_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }

    fn keyword_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }
}

impl ParseFilter for RawFilter {
    fn parse(&self, mut arguments: FilterArguments<'_>) -> Result<Box<dyn Filter>> {
        match arguments.positional.next().is_some() || arguments.keyword.next().is_some() {
            true => Err(Error::with_msg("Filter `raw` takes no arguments")),
            false => Ok(Box::new(*self)),
        }
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self
    }
}

impl fmt::Display for RawFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Filter for RawFilter {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Value> {
        runtime.registers().get_mut::<Writing>().is_raw = true;
        Ok(input.to_value())
    }
}

/// The library's `default`, before which a value that is not there is not missing: the template says what to do without it.
#[derive(Clone)]
pub(crate) struct Forgiving(pub(crate) Box<dyn ParseFilter>);

impl ParseFilter for Forgiving {
    fn parse(&self, arguments: FilterArguments<'_>) -> Result<Box<dyn Filter>> {
        Ok(Box::new(ForgivingFilter(self.0.parse(arguments)?)))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self.0.reflection()
    }
}

#[derive(Debug)]
struct ForgivingFilter(Box<dyn Filter>);

impl fmt::Display for ForgivingFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Filter for ForgivingFilter {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Value> {
        if input.query_state(State::DefaultValue) {
            runtime.registers().get_mut::<Missing>().forgive();
        }
        self.0.evaluate(input, runtime)
    }
}

/// One of the library's filters, which of nothing, or by nothing, makes nothing where it can make nothing else of it.
#[derive(Clone)]
pub(crate) struct Yielding(pub(crate) Box<dyn ParseFilter>);

impl ParseFilter for Yielding {
    fn parse(&self, arguments: FilterArguments<'_>) -> Result<Box<dyn Filter>> {
        Ok(Box::new(YieldingFilter(self.0.parse(arguments)?)))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self.0.reflection()
    }
}

#[derive(Debug)]
struct YieldingFilter(Box<dyn Filter>);

impl fmt::Display for YieldingFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Filter for YieldingFilter {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Value> {
        let times = || runtime.registers().get_mut::<Missing>().times();
        let before = times();
        match self.0.evaluate(input, runtime) {
            Err(_) if input.is_nil() || times() > before => Ok(Value::Nil),
            result => result,
        }
    }
}
