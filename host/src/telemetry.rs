//! Logs and metrics: set up once, by the program.

use std::io::IsTerminal as _;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing::level_filters::LevelFilter;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Where our own lines come from.
const OURS: &str = env!("CARGO_CRATE_NAME");

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// Writes logs to standard error, filtered by `RUST_LOG` (default: `info`). A second call changes nothing.
pub fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber = tracing_subscriber::registry().with(filter).with(filter_fn(is_fit_for_logs)).with(lines(format));
    drop(subscriber.try_init());
}

fn lines<S: Subscriber + for<'a> LookupSpan<'a>>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync> {
    let lines =
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    }
}

/// Libraries that speak HTTP tell addresses and headers below `info`, and keys are in them. Whatever `RUST_LOG` says, only this
/// program goes deeper.
fn is_fit_for_logs(metadata: &Metadata<'_>) -> bool {
    let is_ours = metadata.target() == OURS || metadata.target().starts_with(concat!(env!("CARGO_CRATE_NAME"), "::"));
    is_ours || *metadata.level() <= LevelFilter::INFO
}

/// Begins to count. Where somebody counts already, what is counted here stays empty.
pub fn metrics() -> PrometheusHandle {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    drop(metrics::set_global_recorder(recorder));
    handle
}
