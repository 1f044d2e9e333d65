//! A small month, as part of the tests: the reports say what the judge recounts, every promise was kept, and a judge who hears wrongly notices.

use std::path::PathBuf;

use rekindle_simulation::{Broken, Options, simulate};

/// People and days: enough for every rule to have had something to say.
const PEOPLE: u32 = 600;
const DAYS: u32 = 30;
const SEED: u64 = 1;

#[tokio::test(flavor = "multi_thread")]
async fn a_month_comes_to_what_an_independent_judge_recounts() {
    let components = std::env::var_os("REKINDLE_COMPONENTS").map(PathBuf::from);
    let components = components
        .expect("`REKINDLE_COMPONENTS` should name the built components: run the tests by `cargo xtask test`");
    let options = Options { people: PEOPLE, days: DAYS, seed: SEED, components, broken: Broken::ALL.to_vec() };
    let report = simulate(&options).await.expect("the month should come to its end");
    println!("{report}");
    assert!(report.complaints().is_empty(), "--people {PEOPLE} --days {DAYS} --seed {SEED}: {report}");
}
