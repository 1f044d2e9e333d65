//! `rekindle explain`: why a person did, or did not, get a message.

use clap::Args;

use super::arguments::path_part;
use super::failure::Failure;
use super::request::{Answer, Ask, Request};

#[derive(Args)]
pub(super) struct ExplainArguments {
    /// The person's id, as `profile list` shows it
    #[arg(value_parser = path_part)]
    profile: String,
    /// Only this campaign
    #[arg(long, value_name = "NAME")]
    campaign: Option<String>,
    /// Only this step of it
    #[arg(long, value_name = "STEP")]
    step: Option<String>,
}

impl Ask for ExplainArguments {
    fn request(self) -> Result<Request, Failure> {
        let request = Request::get(&["profiles", &self.profile, "explain"]);
        let request = request.wishing("campaign", self.campaign).wishing("step", self.step);
        Ok(Request { answer: Answer::Explanation, ..request })
    }
}
