//! `/v1/templates`: what a tenant's messages say, versioned; and how one would read, before it is sent.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Admin;
use super::body::JsonBody;
use super::caller::{Caller, Developer, Viewer};
use super::named::NamedTemplate;
use super::paging::{Listed, PageQuery, Paging};
use super::people::found;
use super::problem::{Kind, Problem};
use crate::channels::{Occasion, layout};
use crate::domain::{self, ProfileId, ProfileKey, RenderError};
use crate::tenants::{Template, TemplateKey};

/// What a message is called that is not sent.
const PREVIEW: &str = "preview";

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new()
        .routes(routes!(list_templates))
        .routes(routes!(show_template, set_template, remove_template))
        .routes(routes!(restore_template))
        .routes(routes!(preview_template))
}

#[derive(Serialize, ToSchema)]
struct TemplateItem {
    channel: String,
    template: String,
    /// Each change is one, from 1.
    version: u32,
    bytes: usize,
    set_at: String,
}

impl From<&Template> for TemplateItem {
    fn from(template: &Template) -> Self {
        let Template { key: TemplateKey { channel, name }, version, text, set_at } = template;
        Self {
            channel: channel.to_string(),
            template: name.to_string(),
            version: *version,
            bytes: text.len(),
            set_at: set_at.to_string(),
        }
    }
}

/// Lists templates by channel and name, each in its newest version.
#[utoipa::path(
    get, path = "/v1/templates", tag = "templates", security(("key" = ["viewer"])), params(PageQuery),
    responses((status = 200, description = "a page", body = Listed<TemplateItem>))
)]
async fn list_templates(caller: Caller<Viewer>, paging: Paging) -> Json<Listed<TemplateItem>> {
    let mut items: Vec<_> =
        caller.tenant.templates().map(|template| (template.key.to_string(), TemplateItem::from(&**template))).collect();
    // As texts, by which pages are asked for.
    items.sort_by(|(one, _), (other, _)| one.cmp(other));
    Json(paging.page_of_all(items))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct VersionQuery {
    /// Which version; without it, the newest.
    version: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct WholeTemplate {
    #[serde(flatten)]
    item: TemplateItem,
    text: String,
    /// All that are kept, the oldest first.
    versions: Vec<TemplateItem>,
}

/// Shows what a template says, and its versions.
#[utoipa::path(
    get, path = "/v1/templates/{channel}/{template}", tag = "templates", security(("key" = ["viewer"])),
    params(("channel" = String, Path), ("template" = String, Path)),
    responses((status = 200, description = "the template", body = WholeTemplate))
)]
async fn show_template(
    caller: Caller<Viewer>,
    NamedTemplate(key): NamedTemplate,
    Query(VersionQuery { version }): Query<VersionQuery>,
) -> Result<Json<WholeTemplate>, Problem> {
    let template = caller.tenant.template(&key, version)?;
    let versions = caller.tenant.template_versions(&key).map(|template| (&**template).into()).collect();
    Ok(Json(WholeTemplate { item: (&**template).into(), text: template.text.to_string(), versions }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTemplate {
    /// A head of lines `name: text` between two lines of `---`, and a body; all of it Liquid: `docs/templates.md`.
    text: String,
}

/// Sets what a template says from now on, as a new version. It is refused where it cannot be read.
#[utoipa::path(
    put, path = "/v1/templates/{channel}/{template}", tag = "templates", security(("key" = ["developer"])),
    params(("channel" = String, Path), ("template" = String, Path)), request_body = NewTemplate,
    responses((status = 200, description = "set; the version is the one before where nothing changed", body = TemplateItem))
)]
async fn set_template(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    NamedTemplate(key): NamedTemplate,
    JsonBody(NewTemplate { text }): JsonBody<NewTemplate>,
) -> Result<Json<TemplateItem>, Problem> {
    let text = checked(&admin, &caller, (&key, &text)).await?;
    let set = admin.edit(&caller, &key, {
        let key = key.clone();
        move |tenant, now| tenant.set_template(key, text, now)
    });
    Ok(Json((&*set.await?).into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Restored {
    /// The version whose text is to hold again.
    version: u32,
}

/// Has an older version's text hold again, as a new version.
#[utoipa::path(
    post, path = "/v1/templates/{channel}/{template}/restore", tag = "templates", security(("key" = ["developer"])),
    params(("channel" = String, Path), ("template" = String, Path)), request_body = Restored,
    responses((status = 200, description = "restored", body = TemplateItem))
)]
async fn restore_template(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    NamedTemplate(key): NamedTemplate,
    JsonBody(Restored { version }): JsonBody<Restored>,
) -> Result<Json<TemplateItem>, Problem> {
    let restored = admin.edit(&caller, &key, {
        let key = key.clone();
        move |tenant, now| {
            let text = Arc::clone(&tenant.template(&key, Some(version))?.text);
            tenant.set_template(key, text, now)
        }
    });
    Ok(Json((&*restored.await?).into()))
}

/// Removes a template with all its versions: from now on its name is the provider's to know.
#[utoipa::path(
    delete, path = "/v1/templates/{channel}/{template}", tag = "templates", security(("key" = ["developer"])),
    params(("channel" = String, Path), ("template" = String, Path)),
    responses((status = 204, description = "removed"))
)]
async fn remove_template(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    NamedTemplate(key): NamedTemplate,
) -> Result<StatusCode, Problem> {
    admin.edit(&caller, key.clone(), move |tenant, _| tenant.remove_template(&key)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Trial {
    /// What the template is to say, where it is not one that is kept.
    text: Option<String>,
    /// Which version; without it, the newest.
    version: Option<u32>,
    /// To whom; without it, to somebody of whom nothing is known but `traits`.
    profile: Option<String>,
    /// What is to be known of the person, instead of what is.
    #[schema(value_type = Option<Object>)]
    traits: Option<Map<String, Value>>,
    /// What the campaign gives along.
    #[serde(default)]
    #[schema(value_type = Object)]
    data: Map<String, Value>,
    /// Where one click is to end the messages.
    unsubscribe_url: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Preview {
    /// What the channel would be given.
    #[schema(value_type = Object)]
    content: Value,
    /// What the template asked for and was not there.
    missing: Vec<String>,
}

/// Shows how a template would read. Nothing is sent or kept.
#[utoipa::path(
    post, path = "/v1/templates/{channel}/{template}/preview", tag = "templates", security(("key" = ["viewer"])),
    params(("channel" = String, Path), ("template" = String, Path)), request_body = Trial,
    responses((status = 200, description = "how it would read", body = Preview))
)]
async fn preview_template(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Viewer>,
    NamedTemplate(key): NamedTemplate,
    JsonBody(trial): JsonBody<Trial>,
) -> Result<Json<Preview>, Problem> {
    let (text, layout) = (text_on_trial(&admin, &caller, (&key, &trial)).await?, layout(key.channel.as_str()));
    let mut content = json!({"data": trial.data});
    if let Some(url) = &trial.unsubscribe_url {
        content["unsubscribe_url"] = url.as_str().into();
    }
    let content = domain::Json::from(&content);
    let traits = traits(&admin, &caller, &trial).await?;
    let occasion = Occasion {
        content: &content,
        person: trial.profile.as_deref().unwrap_or(PREVIEW),
        traits: traits.as_ref(),
        campaign: PREVIEW,
        step: PREVIEW,
        channel: key.channel.as_str(),
        message_id: PREVIEW,
        now: admin.clock.now(),
    };
    let rendered = admin.press.render(&caller.tenant.id, (text, layout.form), occasion.values()).await;
    let mut rendered = rendered.map_err(|err| problem(&key, err))?;
    let missing = std::mem::take(&mut rendered.missing);
    Ok(Json(Preview { content: layout.fill(&content, rendered).value(), missing }))
}

/// What the template is to say: as it would be taken, or as it is kept.
async fn text_on_trial(
    admin: &Admin,
    caller: &Caller<Viewer>,
    (key, trial): (&TemplateKey, &Trial),
) -> Result<Arc<str>, Problem> {
    match (&trial.text, trial.version) {
        (Some(_), Some(_)) => Err(Problem::new(&Kind::INVALID, "give `text` or `version`, not both")),
        (None, version) => Ok(Arc::clone(&caller.tenant.template(key, version)?.text)),
        (Some(text), None) => checked(admin, caller, (key, text)).await,
    }
}

/// A text that may be a template's.
async fn checked<R>(admin: &Admin, caller: &Caller<R>, (key, text): (&TemplateKey, &str)) -> Result<Arc<str>, Problem> {
    Template::check_text(key, text)?;
    let text: Arc<str> = text.into();
    let checked = admin.press.check(&caller.tenant.id, Arc::clone(&text), layout(key.channel.as_str())).await;
    checked.map(|()| text).map_err(|err| problem(key, err))
}

/// What is to be known of the person.
async fn traits(admin: &Arc<Admin>, caller: &Caller<Viewer>, trial: &Trial) -> Result<Option<domain::Json>, Problem> {
    if let Some(traits) = &trial.traits {
        return Ok(Some(domain::Json::from(&Value::Object(traits.clone()))));
    }
    let Some(profile) = &trial.profile else { return Ok(None) };
    let key = ProfileKey { tenant: caller.tenant.id.clone(), profile: ProfileId::parse(profile)? };
    let (_, Some(person)) = found(admin, key).await? else {
        let detail = format!("profile `{profile}` is not known: give `traits` to try the template on nobody");
        return Err(Problem::new(&Kind::NOT_FOUND, detail));
    };
    Ok(Some(person.traits_document()))
}

fn problem(key: &TemplateKey, err: RenderError) -> Problem {
    match err {
        RenderError::Template(why) => {
            Problem::new(&Kind::INVALID, format!("template `{key}` cannot be rendered: {why}"))
        }
        RenderError::Unavailable(why) => Problem::new(&Kind::NOT_READY, why),
    }
}
