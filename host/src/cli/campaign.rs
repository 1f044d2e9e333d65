//! `rekindle campaign`: modules under a name with a configuration, and the states that they go through.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::arguments::{Range, json_object};
use super::failure::Failure;
use super::request::{Answer, Ask, Request};
use super::views;
use crate::domain::{CampaignName, ModuleDigest};

#[derive(Subcommand)]
pub(super) enum CampaignCommand {
    /// Create a campaign as a draft
    Create(Named),
    /// Publish a module with a configuration: a new revision, active at once
    Publish(Publication),
    /// Say which rules will decide about a campaign's messages, and which campaigns compete with it; nothing is published
    Check(Draft),
    /// Pause an active campaign: its timers wait
    Pause(Named),
    /// Resume a paused or suspended campaign
    Resume(Named),
    /// Archive a campaign for good
    Archive(Named),
    /// Go back to an earlier revision's module and configuration
    Rollback {
        #[command(flatten)]
        campaign: Named,
        /// The revision; without it, the one before the present. A rollback is a revision too: a second one undoes the first
        #[arg(long, value_name = "REVISION")]
        to: Option<u32>,
    },
    /// List the campaigns
    List(Range),
    /// Show a campaign with its configuration, manifest and revisions
    Show(Named),
}

#[derive(Args)]
pub(super) struct Named {
    /// The campaign's name
    #[arg(value_parser = CampaignName::parse)]
    name: CampaignName,
}

#[derive(Args)]
pub(super) struct Publication {
    #[command(flatten)]
    campaign: Named,
    /// The module, as `module upload` printed it
    #[arg(long, value_parser = ModuleDigest::parse)]
    module: ModuleDigest,
    /// The file that holds the configuration, a JSON object; without it, the configuration is empty
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The file that holds the campaign's settings, a JSON object with `labels`, `catch_up`, `experiment`, and what `docs/policy.md` lists; without it, they are as usual
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Draft {
    #[command(flatten)]
    campaign: Named,
    /// The module; without it, the published revision's
    #[arg(long, value_parser = ModuleDigest::parse)]
    module: Option<ModuleDigest>,
    /// The file that holds the configuration; without it, the published revision's
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The file that holds the settings; without it, the published revision's
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

impl Ask for CampaignCommand {
    fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::Create(campaign) => Request::post(&["campaigns"], json!({"campaign": campaign.name.as_str()})),
            Self::Publish(publication) => publication.request()?,
            Self::Check(draft) => draft.request()?,
            Self::Pause(campaign) => campaign.moved("pause"),
            Self::Resume(campaign) => campaign.moved("resume"),
            Self::Archive(campaign) => campaign.moved("archive"),
            Self::Rollback { campaign, to } => {
                Request::post(&["campaigns", campaign.name.as_str(), "rollback"], json!({"revision": to}))
            }
            Self::List(range) => Request::list(&["campaigns"], &views::CAMPAIGNS, range),
            Self::Show(campaign) => Request::get(&["campaigns", campaign.name.as_str()]),
        })
    }
}

impl Named {
    fn moved(&self, verb: &str) -> Request {
        Request::post(&["campaigns", self.name.as_str(), verb], json!({}))
    }
}

impl Publication {
    fn request(self) -> Result<Request, Failure> {
        let configuration = json_object(self.config.as_deref())?;
        let settings = json_object(self.settings.as_deref())?;
        let body = json!({"module": self.module.to_string(), "configuration": configuration, "settings": settings});
        Ok(Request::post(&["campaigns", self.campaign.name.as_str(), "publish"], body))
    }
}

impl Draft {
    fn request(self) -> Result<Request, Failure> {
        let given = |path: Option<PathBuf>| path.map(|path| json_object(Some(&path))).transpose();
        let body = json!({
            "module": self.module.map(|module| module.to_string()),
            "configuration": given(self.config)?,
            "settings": given(self.settings)?,
        });
        let answer = Answer::Tables(&[("rules", &views::RULES), ("rivals", &views::RIVALS)]);
        Ok(Request { answer, ..Request::post(&["campaigns", self.campaign.name.as_str(), "check"], body) })
    }
}
