//! Every measurement, in the order in which they run: the cheap ones first.

mod crowd;
mod decision;
mod journeys;
mod neighbours;
mod pipeline;
mod policy;
mod profile;
mod providers;
mod sweep;
mod templates;
mod tenants;

use anyhow::Result;

use crate::arguments::Settings;
use crate::figure::Figure;

/// A measurement: what it is called, what it measures, and the function that does.
pub(crate) struct Bench {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) run: fn(&Settings) -> Result<Vec<Figure>>,
}

/// Every measurement.
pub(crate) const BENCHES: &[Bench] = &[
    Bench { name: "decision", summary: "CPU of a decision in a fresh instance, and its floors", run: decision::run },
    Bench {
        name: "templates",
        summary: "CPU of a letter's template in the sandbox, and natively",
        run: templates::run,
    },
    Bench {
        name: "pipeline",
        summary: "CPU, throughput and disk of an event, and a bare server's",
        run: pipeline::run,
    },
    Bench { name: "journeys", summary: "CPU of an event beside no, one and five journeys", run: journeys::run },
    Bench { name: "profile", summary: "bytes and CPU of a person after 10, 100 and 1,000 events", run: profile::run },
    Bench { name: "policy", summary: "CPU of verdicts, and bytes of a ledger's row", run: policy::run },
    Bench { name: "neighbours", summary: "delay of a tenant beside six whose campaigns loop", run: neighbours::run },
    Bench {
        name: "providers",
        summary: "delay of messages beside a provider that hangs, and one that refuses",
        run: providers::run,
    },
    Bench { name: "tenants", summary: "memory of a tenant that does nothing", run: tenants::run },
    Bench {
        name: "sweep",
        summary: "a schedule and a price drop over many people, with kills: each once",
        run: sweep::run,
    },
    Bench { name: "crowd", summary: "start and lateness of timers with a crowd of people waiting", run: crowd::run },
];
