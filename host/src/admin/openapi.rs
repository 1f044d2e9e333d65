//! The API's description, generated from its handlers. What all operations share is added here, once.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::Method;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Components, ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa::{OpenApi as _, ToSchema as _};

use super::problem::ProblemDetails;

/// The name of the one way to show a key. What follows it in an operation is the least role that is needed.
const SCHEME: &str = "key";

/// The description as it is served.
#[derive(Debug, Clone)]
pub(super) struct Document(pub(super) Bytes);

/// What operations are called, by method and path.
#[derive(Debug, Clone)]
pub(super) struct Operations(Arc<HashMap<(Method, String), String>>);

impl Operations {
    pub(super) fn of(api: &OpenApi) -> Self {
        let mut names = HashMap::new();
        for (path, item) in &api.paths.paths {
            let methods = [
                (Method::GET, &item.get),
                (Method::PUT, &item.put),
                (Method::POST, &item.post),
                (Method::PATCH, &item.patch),
                (Method::DELETE, &item.delete),
            ];
            for (method, operation) in methods {
                let name = operation.as_ref().and_then(|operation| operation.operation_id.clone());
                names.extend(name.map(|name| ((method, path.clone()), name)));
            }
        }
        Self(Arc::new(names))
    }

    /// The operation's name in the description.
    pub(super) fn name(&self, method: &Method, path: &str) -> Option<&str> {
        self.0.get(&(method.clone(), path.to_owned())).map(String::as_str)
    }
}

impl Document {
    pub(super) fn of(mut api: OpenApi) -> Self {
        describe_problems(&mut api);
        let text = api.to_json().expect("the API's description should be writable: it is texts");
        Self(text.into())
    }
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Rekindle",
        description = "Sources, campaigns and people of a tenant. A key names its tenant: nothing of another can be seen."
    ),
    components(schemas(ProblemDetails))
)]
struct Preamble;

/// What stands before the operations.
pub(super) fn preamble() -> OpenApi {
    let mut api = Preamble::openapi();
    let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    api.components.get_or_insert_with(Components::new).add_security_scheme(SCHEME, scheme);
    api
}

/// Whatever an operation does not answer well, it answers with a problem.
fn describe_problems(api: &mut OpenApi) {
    let schema = Ref::from_schema_name(ProblemDetails::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let problem = ResponseBuilder::new().description("a problem").content("application/problem+json", content).build();
    for item in api.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            operation.responses.responses.insert("default".to_owned(), RefOr::T(problem.clone()));
        }
    }
}
