//! `rekindle tenant`: customers, made with the bootstrap key.

use clap::Subcommand;
use serde_json::json;

use super::arguments::Range;
use super::failure::Failure;
use super::request::{Ask, Request};
use super::views;
use crate::domain::TenantId;

#[derive(Subcommand)]
pub(super) enum TenantCommand {
    /// Create a tenant and its owner key (takes the bootstrap key)
    Create {
        /// The tenant's name
        #[arg(value_parser = TenantId::parse)]
        name: TenantId,
    },
    /// List the tenants (takes the bootstrap key)
    List(Range),
}

impl Ask for TenantCommand {
    fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::Create { name } => Request::post(&["tenants"], json!({"name": name.as_str()})).revealing(),
            Self::List(range) => Request::list(&["tenants"], &views::TENANTS, range),
        })
    }
}
