//! Every chore, in the order in which `help` lists them.

mod bench;
mod check;
mod components;
mod crash;
mod demo;
mod fuzz;
mod judge;
mod probes;
mod setup;
mod simulate;
mod test;

use anyhow::Result;

use crate::project::Project;

/// A chore: what it is called, what it does, and the function that does it with the arguments behind
/// its name.
pub(crate) struct Chore {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) run: fn(&Project, &[String]) -> Result<()>,
}

/// Every chore.
pub(crate) const CHORES: &[Chore] = &[
    Chore { name: "setup", summary: "find what compiles campaigns to WebAssembly, or set it up", run: setup::run },
    Chore { name: "components", summary: "build every campaign to a component", run: components::run },
    Chore {
        name: "demo",
        summary: "build the components, then run `rekindle demo` (arguments go to it)",
        run: demo::run,
    },
    Chore {
        name: "test",
        summary: "build the components, then test the workspace (arguments go to `cargo test`)",
        run: test::run,
    },
    Chore {
        name: "probes",
        summary: "hostile modules against the program as it is released, and what another tenant notices",
        run: probes::run,
    },
    Chore {
        name: "fuzz",
        summary: "look for inputs that break a parser: `fuzz [TARGET] [--seconds N]`, every target for 60 s if not said",
        run: fuzz::run,
    },
    Chore {
        name: "crash",
        summary: "kill a server under load and judge what is left (arguments go to the suite: `--times N`, `--seed S`, `--break PROMISE`; `--recipe --people N`)",
        run: crash::run,
    },
    Chore {
        name: "simulate",
        summary: "a month of 100,000 people's lives, and a judge who recounts the reports: `[--people N] [--days D] [--seed S]`",
        run: simulate::run,
    },
    Chore {
        name: "judge",
        summary: "have the providers' own packages make the requests anew that ours are held against",
        run: judge::run,
    },
    Chore { name: "bench", summary: "measure the release build: [NAME…] [--quick] [--json FILE]", run: bench::run },
    Chore { name: "check", summary: "formatting and lints, as strictly as before a merge", run: check::run },
];
