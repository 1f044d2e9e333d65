//! Conditions in a configuration: the host's one grammar, checked where the configuration is taken, asked where a decision
//! needs them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use crate::{Context, Error, host};

/// Something that holds for a person at a moment, or does not, like `{"event": "Order Completed", "since": "7d"}`. The grammar
/// is the host's; a configuration with one that it refuses is refused, with its place.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Condition(Value);

impl Condition {
    /// Takes a condition that the host knows.
    pub fn new(condition: Value) -> Result<Self, Error> {
        host::check_condition(&condition.to_string()).map_err(Error::new)?;
        Ok(Self(condition))
    }

    /// As it was written.
    pub fn as_value(&self) -> &Value {
        &self.0
    }
}

impl Context {
    /// Whether a condition holds now. `trigger` is the event that began the run, as [`Context::document`] gave it then;
    /// null where none did.
    pub fn holds(&self, condition: &Condition, trigger: &Value) -> Result<bool, Error> {
        host::holds(&condition.0.to_string(), &trigger.to_string()).map_err(Error::new)
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Value::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl JsonSchema for Condition {
    fn schema_name() -> Cow<'static, str> {
        "Condition".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // Its schema is as long as a journey's own; it lies beside that, and is not repeated in every manifest.
        json_schema!({ "$ref": "condition.json", "description": "a condition: docs/conditions.md, `rekindle schema condition`" })
    }
}
