//! What a person at a terminal sees of the recipe in the end.
#![expect(clippy::print_stdout, reason = "a person at a terminal is who this talks to")]

use comfy_table::Table;
use rekindle_tests::recipe::{Flaw, Verdict};

use super::shop::Shop;

pub(super) fn print(shop: &Shop, verdict: &Verdict) {
    let mut table = Table::new();
    table.set_header(["provider", "requests", "executed", "once each", "answers lost"]);
    for (name, provider) in shop.providers.all() {
        let executions = provider.executions();
        let lost = executions.iter().filter(|done| !done.is_answered).count();
        let once =
            if name == "segment" { verdict.told } else { verdict.executed.get(name).copied().unwrap_or_default() };
        table.add_row([
            name.to_owned(),
            provider.requests().to_string(),
            executions.len().to_string(),
            once.to_string(),
            lost.to_string(),
        ]);
    }
    println!("{table}");
    println!(
        "recipe: {} people: {} lost, {} doubled, {} invented, {} out of place in the audience, {} faults; repeated {} times after a lost \
         answer, {} times after a kill; {} facts told to Segment",
        shop.people.len(),
        verdict.count(Flaw::Lost),
        verdict.count(Flaw::Doubled),
        verdict.count(Flaw::Invented),
        verdict.count(Flaw::Misplaced),
        verdict.count(Flaw::Fault),
        verdict.repeated_after_loss,
        verdict.repeated_after_kill,
        verdict.told,
    );
}
