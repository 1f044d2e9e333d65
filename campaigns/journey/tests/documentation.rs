//! The documentation's examples are journeys that can work.

use journey::Configured;
use rekindle_guest::testing;

const DOCUMENTATION: &str = include_str!("../../../docs/journeys.md");

#[test]
fn every_example_of_the_documentation_is_taken() {
    let examples: Vec<&str> =
        DOCUMENTATION.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("json\n")).collect();
    assert_eq!(examples.len(), 4);
    for example in examples {
        let journey = serde_json::from_str(example).unwrap();
        testing::configure::<Configured>(&journey).unwrap_or_else(|err| panic!("{err}: {example}"));
    }
}
