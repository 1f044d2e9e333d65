//! `rekindle schema`: the JSON Schemas of what people write, for their editors and their own checks.

use std::io::Write as _;

use clap::{Args, ValueEnum};

use super::failure::Failure;

#[derive(Args)]
pub(super) struct SchemaArguments {
    /// Of what
    of: Document,
}

/// What people write.
#[derive(Clone, Copy, ValueEnum)]
enum Document {
    /// A condition: `docs/conditions.md`
    Condition,
    /// A journey, whose conditions are of `condition.json` beside it: `docs/journeys.md`
    Journey,
    /// A file of scenarios: `docs/scenarios.md`
    Scenario,
}

impl Document {
    fn schema(self) -> &'static str {
        match self {
            Self::Condition => include_str!("../../../docs/schemas/condition.json"),
            Self::Journey => include_str!("../../../docs/schemas/journey.json"),
            Self::Scenario => include_str!("../../../docs/schemas/scenario.json"),
        }
    }
}

pub(super) fn run(arguments: &SchemaArguments) -> Result<(), Failure> {
    std::io::stdout().lock().write_all(arguments.of.schema().as_bytes()).map_err(Failure::from)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use jsonschema::Validator;
    use serde_json::{Value, json};

    use super::*;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
    }

    fn validator(document: Document) -> Validator {
        let read = |document: Document| serde_json::from_str::<Value>(document.schema()).unwrap();
        let registry = jsonschema::Registry::new().add("json-schema:///condition.json", read(Document::Condition));
        let registry = registry.unwrap().prepare().unwrap();
        jsonschema::options().with_registry(&registry).build(&read(document)).unwrap()
    }

    /// The recipes' files: of scenarios, or of journeys.
    fn recipes(are_scenarios: bool) -> Vec<PathBuf> {
        let files = fs::read_dir(root().join("campaigns/journey/recipes")).unwrap().map(|file| file.unwrap().path());
        files.filter(|file| file.to_string_lossy().ends_with(".scenario.json") == are_scenarios).collect()
    }

    fn examples(page: &str) -> Vec<Value> {
        let text = fs::read_to_string(root().join("docs").join(page)).unwrap();
        let blocks = text.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("json\n"));
        blocks.map(|block| serde_json::from_str(block).unwrap()).collect()
    }

    #[track_caller]
    fn taken(validator: &Validator, document: &Value, name: &str) {
        let complaints: Vec<String> = validator.iter_errors(document).map(|err| err.to_string()).collect();
        assert!(complaints.is_empty(), "{name}: {complaints:#?}");
    }

    #[test]
    fn every_recipe_and_example_is_of_its_schema() {
        for (document, are_scenarios, page) in
            [(Document::Journey, false, "journeys.md"), (Document::Scenario, true, "scenarios.md")]
        {
            let validator = validator(document);
            for file in recipes(are_scenarios) {
                let text = fs::read_to_string(&file).unwrap();
                taken(&validator, &serde_json::from_str(&text).unwrap(), &file.display().to_string());
            }
            let examples = examples(page);
            assert!(!examples.is_empty());
            examples.iter().for_each(|example| taken(&validator, example, page));
        }
    }

    #[test]
    fn what_cannot_be_meant_is_not() {
        let message = json!({"message": "first", "to": [{"channel": "sms", "body": "hello"}]});
        let journey = validator(Document::Journey);
        for refused in [
            json!({"steps": [message]}),
            json!({"trigger": {"evnt": "A"}, "steps": [message]}),
            json!({"trigger": {"event": "A"}, "steps": [{"wait": "soon"}, message]}),
            json!({"trigger": {"event": "A"}, "filter": {}, "steps": [message]}),
            json!({"trigger": {"event": "A"}, "filter": {"trait": "plan"}, "steps": [message]}),
            json!({"trigger": {"item": "price", "by": "ten"}, "steps": [message]}),
        ] {
            assert!(!journey.is_valid(&refused), "{refused}");
        }
        let scenario = validator(Document::Scenario);
        let steps = |step: Value| json!({"campaign": "a", "scenarios": [{"name": "b", "steps": [step]}]});
        let mapped = |mapping: Value| {
            let mut document = steps(json!({"wait": "1h"}));
            document["mappings"] = json!({"m": mapping});
            document
        };
        examples("people.md").into_iter().for_each(|example| taken(&scenario, &mapped(example), "people.md"));
        let set = |settings: Value| {
            let mut document = steps(json!({"wait": "1h"}));
            document["settings"] = settings;
            document
        };
        let tried = |design: Value| set(json!({"experiment": design}));
        examples("experiments.md").into_iter().for_each(|example| taken(&scenario, &set(example), "experiments.md"));
        let under = |policy: Value| {
            let mut document = steps(json!({"wait": "1h"}));
            document["policy"] = policy;
            document
        };
        let mut policies = examples("policy.md").into_iter();
        // The first one is a tenant's.
        policies.next().into_iter().for_each(|example| taken(&scenario, &under(example), "policy.md"));
        policies.for_each(|example| taken(&scenario, &set(example), "policy.md"));
        for refused in [
            set(json!({"priority": 0})),
            set(json!({"caps": [{"count": 1, "hours": 1, "days": 1}]})),
            set(json!({"quiet_hours": {"from": "9:00", "to": "10:00"}})),
            set(json!({"exempt_from": ["consent"]})),
            under(json!({"priority": 80})),
            under(json!({"arbitration_window_minutes": 1441})),
            tried(json!({"variations": {"a": 1}})),
            tried(json!({"variations": {"a": 1, "b": 0.5}})),
            tried(json!({"variations": [{"name": "a"}, {"weight": 1}]})),
            tried(json!({"hold_out_percent": 51})),
            tried(json!({"attribution": {"hours": 1, "days": 1}})),
            tried(json!({"winner": {"probability_percent": 100}})),
            json!({"campaign": "a"}),
            json!({"campaign": "a", "campaigns": [{"campaign": "b"}], "scenarios": []}),
            steps(json!({"wait": "1h", "event": "A"})),
            steps(json!({"event": "A"})),
            steps(json!({"expect_none": {"person": "ada"}})),
            steps(json!({"channel": "push", "answers": "maybe"})),
            mapped(json!({"event": "Mail Seen", "engagement": "opened"})),
            mapped(json!({"event": "Mail Seen", "engagement": "seen", "channel": "email"})),
            mapped(json!({"campaign": "sale", "is": "spring"})),
            mapped(json!({"consent": "Advertising", "channels": []})),
        ] {
            assert!(!scenario.is_valid(&refused), "{refused}");
        }
        taken(&scenario, &steps(json!({"wait": "1h"})), "a wait");
    }
}
