//! The filter `raw`, and what stands around the library's filters: what is not there is nothing to them.

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

/// One of the library's filters, with something around it.
#[derive(Clone)]
pub(crate) struct Around {
    pub(crate) filter: Box<dyn ParseFilter>,
    pub(crate) evaluate: Evaluation,
}

type Evaluation = fn(&dyn Filter, &dyn ValueView, &dyn Runtime) -> Result<Value>;

impl ParseFilter for Around {
    fn parse(&self, arguments: FilterArguments<'_>) -> Result<Box<dyn Filter>> {
        Ok(Box::new(FilterAround { filter: self.filter.parse(arguments)?, evaluate: self.evaluate }))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self.filter.reflection()
    }
}

#[derive(Debug)]
struct FilterAround {
    filter: Box<dyn Filter>,
    evaluate: Evaluation,
}

impl fmt::Display for FilterAround {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.filter.fmt(f)
    }
}

impl Filter for FilterAround {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Value> {
        (self.evaluate)(self.filter.as_ref(), input, runtime)
    }
}

/// Around `default`: the template says what to do without the value.
pub(crate) fn forgiving(filter: &dyn Filter, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Value> {
    if input.query_state(State::DefaultValue) {
        runtime.registers().get_mut::<Missing>().forgive();
    }
    filter.evaluate(input, runtime)
}

/// Around all others: of nothing, or by nothing, they make nothing where they can make nothing else of it.
pub(crate) fn yielding(filter: &dyn Filter, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Value> {
    let times = || runtime.registers().get_mut::<Missing>().times();
    let before = times();
    match filter.evaluate(input, runtime) {
        Err(_) if input.is_nil() || times() > before => Ok(Value::Nil),
        result => result,
    }
}
