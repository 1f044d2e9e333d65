//! About what: the name in a path, checked like every other that comes in.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::Admin;
use super::problem::{Kind, Problem};
use crate::domain::{CampaignName, ChannelName, ItemId, MappingName, ProfileId, SourceId, TemplateName};
use crate::tenants::{AudienceName, KeyId, TemplateKey};

/// The one name in the path.
pub(super) struct Named<T>(pub(super) T);

/// A name that may stand in a path.
pub(super) trait Name: Sized {
    /// Checks the text, decoded.
    fn parse(text: &str) -> Result<Self, Problem>;
}

impl<T: Name> FromRequestParts<Arc<Admin>> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, admin: &Arc<Admin>) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, admin).await;
        let Path(text) = path.map_err(|err| Problem::new(&Kind::MALFORMED, err.body_text()))?;
        T::parse(&text).map(Self)
    }
}

/// A template by the two names in the path: the channel's and its own.
pub(super) struct NamedTemplate(pub(super) TemplateKey);

impl FromRequestParts<Arc<Admin>> for NamedTemplate {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, admin: &Arc<Admin>) -> Result<Self, Problem> {
        let path = Path::<(String, String)>::from_request_parts(parts, admin).await;
        let Path((channel, name)) = path.map_err(|err| Problem::new(&Kind::MALFORMED, err.body_text()))?;
        Ok(Self(TemplateKey { channel: ChannelName::parse(&channel)?, name: TemplateName::parse(&name)? }))
    }
}

impl Name for CampaignName {
    fn parse(text: &str) -> Result<Self, Problem> {
        Ok(Self::parse(text)?)
    }
}

impl Name for ProfileId {
    fn parse(text: &str) -> Result<Self, Problem> {
        Ok(Self::parse(text)?)
    }
}

impl Name for SourceId {
    fn parse(text: &str) -> Result<Self, Problem> {
        Ok(Self::parse(text)?)
    }
}

impl Name for ItemId {
    fn parse(text: &str) -> Result<Self, Problem> {
        Ok(Self::parse(text)?)
    }
}

impl Name for ChannelName {
    fn parse(text: &str) -> Result<Self, Problem> {
        Ok(Self::parse(text)?)
    }
}

impl Name for MappingName {
    fn parse(text: &str) -> Result<Self, Problem> {
        Ok(Self::parse(text)?)
    }
}

impl Name for AudienceName {
    fn parse(text: &str) -> Result<Self, Problem> {
        Ok(Self::parse(text)?)
    }
}

impl Name for KeyId {
    fn parse(text: &str) -> Result<Self, Problem> {
        Ok(Self::new(text.to_owned()))
    }
}
