//! `rekindle audit`: who changed what, and whether the log is as it was written.

use clap::{Args, Subcommand};

use super::arguments::Range;
use super::failure::Failure;
use super::request::{Ask, Request};
use super::views;

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// List who changed what, the newest first (takes an owner's key)
    List {
        #[command(flatten)]
        range: Range,
        #[command(flatten)]
        whose: Whose,
    },
    /// Check that every row is there and as it was written
    Verify(Whose),
}

/// Whose log.
#[derive(Args)]
pub(super) struct Whose {
    /// The operator's log instead of the tenant's (takes the bootstrap key)
    #[arg(long)]
    operator: bool,
}

impl Whose {
    fn path(&self) -> &'static [&'static str] {
        if self.operator { &["operator", "audit"] } else { &["audit"] }
    }
}

impl Ask for AuditCommand {
    fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::List { range, whose } => Request::list(whose.path(), &views::AUDIT, range),
            Self::Verify(whose) => Request::get(&[whose.path(), &["verify"]].concat()),
        })
    }
}
