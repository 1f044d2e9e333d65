//! The schema that the documentation offers is the one that the module has.

use expect_test::expect_file;
use journey::Journey;

#[test]
fn the_schema_in_the_documentation_is_the_modules() {
    let schema = serde_json::to_value(schemars::schema_for!(Journey)).unwrap();
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    expect_file!["../../../docs/schemas/journey.json"].assert_eq(&text);
}
