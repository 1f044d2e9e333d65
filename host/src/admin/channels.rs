//! `/v1/channels`: which provider a channel goes to. What settings mean, and which of them are secrets, is the providers' to say.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Admin;
use super::body::JsonBody;
use super::caller::{Caller, Developer, Viewer};
use super::named::Named;
use super::paging::{Listed, PageQuery, Paging};
use super::problem::{Kind, Problem};
use crate::channels::{self, SettingsError};
use crate::domain::{ChannelName, TenantId};
use crate::outbox::Rest;
use crate::tenants::{ChannelSettings, webhook_secret};

/// The member of the settings that messages are signed with.
const SECRET: &str = "secret";
/// What is shown in its place.
const MASK: &str = "***";
/// The provider that signs with a secret of ours, where its owner brings none.
const SIGNING_PROVIDER: &str = "webhook";

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new().routes(routes!(list_channels)).routes(routes!(set_channel, unset_channel))
}

#[derive(Serialize, ToSchema)]
struct ChannelItem {
    channel: String,
    provider: String,
    /// The provider's settings; a secret reads `***`, and so does what follows the host of an address.
    #[schema(value_type = Object)]
    settings: Value,
    /// Since when the channel is left alone, while it is: its provider did not answer, or asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    rests_since: Option<String>,
    /// When one message is tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    rests_until: Option<String>,
    /// What went wrong last.
    #[serde(skip_serializing_if = "Option::is_none")]
    rests_because: Option<String>,
}

impl ChannelItem {
    fn of(settings: &ChannelSettings, rest: Option<Rest>) -> Self {
        // Settings of a provider that is no more are shown to nobody: nobody knows which of them are secrets.
        let shown = channels::redacted(&settings.provider, &settings.settings.value()).unwrap_or(Value::Null);
        Self {
            channel: settings.channel.to_string(),
            provider: settings.provider.clone(),
            settings: shown,
            rests_since: rest.as_ref().map(|rest| rest.since.to_string()),
            rests_until: rest.as_ref().map(|rest| rest.until.to_string()),
            rests_because: rest.map(|rest| rest.reason),
        }
    }
}

impl Admin {
    /// A tenant's channel as it is shown.
    fn channel_item(&self, tenant: &TenantId, settings: &ChannelSettings) -> ChannelItem {
        let line = (tenant.clone(), settings.channel.to_string());
        ChannelItem::of(settings, self.rests.of(&line, self.clock.now()))
    }
}

/// Lists the channels that are set up, by name. The others go to `preview`.
#[utoipa::path(
    get, path = "/v1/channels", tag = "channels", security(("key" = ["viewer"])), params(PageQuery),
    responses((status = 200, description = "a page", body = Listed<ChannelItem>))
)]
async fn list_channels(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Viewer>,
    paging: Paging,
) -> Json<Listed<ChannelItem>> {
    let item = |settings: &ChannelSettings| admin.channel_item(&caller.tenant.id, settings);
    Json(paging.page_of_all(caller.tenant.channels().map(|settings| (settings.channel.to_string(), item(settings)))))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSettings {
    /// The provider's name: `webhook`, …
    provider: String,
    /// The provider's settings; for `webhook`, `url` and, optionally, `secret`.
    #[schema(value_type = Object)]
    settings: Value,
}

#[derive(Serialize, ToSchema)]
struct SetChannel {
    #[serde(flatten)]
    channel: ChannelItem,
    /// The secret that messages are signed with, when it was drawn. It is not shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// Sets where a channel goes, in place of what was set before. Its secret is kept where none is given.
#[utoipa::path(
    put, path = "/v1/channels/{channel}", tag = "channels", security(("key" = ["developer"])),
    params(("channel" = String, Path)), request_body = NewSettings,
    responses((status = 200, description = "set", body = SetChannel))
)]
async fn set_channel(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    Named(channel): Named<ChannelName>,
    JsonBody(mut new): JsonBody<NewSettings>,
) -> Result<Json<SetChannel>, Problem> {
    refuse_mask(&new.settings)?;
    let secret = draw_secret(&mut new, caller.tenant.channel(&channel).map(AsRef::as_ref));
    let invalid = |why: SettingsError| Problem::new(&Kind::INVALID, why);
    let normal = channels::validate(&new.provider, &new.settings, &admin.reach).map_err(invalid)?;
    let object = channel.clone();
    let settings = ChannelSettings { channel, provider: new.provider, settings: (&normal).into() };
    let set = admin.edit(&caller, object, move |tenant, _| tenant.set_channel(settings)).await?;
    Ok(Json(SetChannel { channel: admin.channel_item(&caller.tenant.id, &set), secret }))
}

/// Who sends back what was shown would set the mask as the secret. An address is shown with a mask at its end.
fn refuse_mask(settings: &Value) -> Result<(), Problem> {
    let is_masked = |value: &Value| value.as_str().is_some_and(|text| text.ends_with(MASK));
    let masked = settings.as_object().into_iter().flatten().find(|(_, value)| is_masked(value));
    if let Some((member, _)) = masked {
        let detail = format!(
            "`settings.{member}` ends with `***`, which only stands for the secret: send the secret, or leave it out"
        );
        return Err(Problem::new(&Kind::INVALID, detail));
    }
    Ok(())
}

/// A channel that signs has a secret: the one it is given, the one it has, or one that is drawn.
fn draw_secret(new: &mut NewSettings, known: Option<&ChannelSettings>) -> Option<String> {
    let settings = new.settings.as_object_mut().filter(|settings| !settings.contains_key(SECRET))?;
    if new.provider != SIGNING_PROVIDER {
        return None;
    }
    let same = known.filter(|known| known.provider == new.provider);
    if let Some(kept) = same.and_then(|known| known.settings.value().get(SECRET).cloned()) {
        settings.insert(SECRET.to_owned(), kept);
        return None;
    }
    let secret = webhook_secret().expose().to_owned();
    settings.insert(SECRET.to_owned(), secret.clone().into());
    Some(secret)
}

/// Forgets where a channel goes: from now on it goes to `preview`.
#[utoipa::path(
    delete, path = "/v1/channels/{channel}", tag = "channels", security(("key" = ["developer"])),
    params(("channel" = String, Path)),
    responses((status = 204, description = "forgotten"))
)]
async fn unset_channel(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    Named(channel): Named<ChannelName>,
) -> Result<StatusCode, Problem> {
    admin.edit(&caller, channel.clone(), move |tenant, _| tenant.unset_channel(&channel)).await?;
    Ok(StatusCode::NO_CONTENT)
}
