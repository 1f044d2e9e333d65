//! `rekindle report`: what campaigns came to, in figures.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::arguments::path_part;
use super::failure::Failure;
use super::request::{Answer, Ask, Request};
use super::views;

#[derive(Subcommand)]
pub(super) enum ReportCommand {
    /// Show what a campaign came to
    Show(ReportArguments),
    /// Add all figures up again from the ledgers, and put right what differs
    Rebuild,
    /// Show how far that is, and what differed
    Rebuilding,
}

#[derive(Args)]
pub(super) struct ReportArguments {
    /// The campaign's name
    #[arg(value_parser = path_part)]
    campaign: String,
    /// From that day or moment on
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Up to that day, itself included, or moment
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// What figures are told apart by
    #[arg(long)]
    by: Option<By>,
    /// Whose days they are
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Print a table of comma-separated values with all figures
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum By {
    Hour,
    Day,
    Revision,
    Variation,
    Step,
    Channel,
}

impl Ask for ReportCommand {
    fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::Show(arguments) => arguments.request(),
            Self::Rebuild => Request::post(&["reports", "rebuild"], json!({})),
            Self::Rebuilding => Request::get(&["reports", "rebuild"]),
        })
    }
}

impl ReportArguments {
    fn request(self) -> Request {
        let by = self.by.and_then(|by| by.to_possible_value()).map(|by| by.get_name().to_owned());
        let answer = match (self.csv, &by) {
            (true, _) => Answer::Text("text/csv"),
            (false, Some(_)) => Answer::Tables(&[("items", &views::REPORT)]),
            (false, None) => Answer::Tables(&[("funnel", &views::FUNNEL), ("arms", &views::ARMS)]),
        };
        let request = Request::get(&["campaigns", &self.campaign, "report"]);
        let request = request.wishing("from", self.from).wishing("to", self.to).wishing("by", by);
        Request { answer, ..request.wishing("time_zone", self.time_zone) }
    }
}
