//! The API as its callers see it: the whole router over a real directory and the real sandbox, without a socket.

mod audit;
mod authorization;
mod module;
mod operators;
mod paths;
mod refusals;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tower::ServiceExt as _;

use super::{Admin, ItemDesk, Workshop, router};
use crate::channels::{Press, Reach};
use crate::domain::{ManualClock, RenderError, Rendered, Renderer, SystemClock, TextForm, Timestamp};
use crate::keyring::{Keyring, MasterKeys};
use crate::outbox::Dispatcher;
use crate::sandbox::Sandbox;
use crate::store::{Memory, Store};
use crate::tenants::Directory;
use crate::worker::Crew;

/// One sandbox for all tests, as a process has.
static SANDBOX: LazyLock<Arc<Sandbox>> = LazyLock::new(|| Arc::new(Sandbox::new().unwrap()));

/// Every text is a template, which says what it says.
struct Verbatim;

impl Renderer for Verbatim {
    fn check(&self, _: &str, _: TextForm) -> Result<Vec<String>, RenderError> {
        Ok(Vec::new())
    }

    fn render(&self, template: &str, _: TextForm, _: &crate::domain::Json) -> Result<Rendered, RenderError> {
        Ok(Rendered { head: Vec::new(), body: template.to_owned(), missing: Vec::new() })
    }
}

const BOOTSTRAP: &str = "rkb_of_the_tests";

/// A server with two tenants, `shop` and `other`.
struct House {
    folder: tempfile::TempDir,
    admin: Arc<Admin>,
    router: Router,
    /// Keys of `shop`, by role.
    viewer: String,
    developer: String,
    owner: String,
    /// The id of `viewer`.
    viewer_id: String,
    /// An owner's key of `other`.
    stranger: String,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_767_323_045_678)));
        let directory = directory(folder.path(), clock);
        directory.bootstrap(Some(BOOTSTRAP)).unwrap();
        Self::furnished(folder, directory).await
    }

    async fn furnished(folder: tempfile::TempDir, directory: Directory) -> Self {
        let admin = admin(directory, None);
        let mut house = Self {
            folder,
            router: router(Arc::clone(&admin)),
            admin,
            viewer: String::new(),
            developer: String::new(),
            owner: String::new(),
            viewer_id: String::new(),
            stranger: String::new(),
        };
        house.owner = house.create_tenant("shop").await;
        house.stranger = house.create_tenant("other").await;
        let viewer = house.create_key("viewer").await;
        house.viewer = text(&viewer["key"]);
        house.viewer_id = text(&viewer["id"]);
        house.developer = text(&house.create_key("developer").await["key"]);
        house
    }

    async fn create_tenant(&self, name: &str) -> String {
        let answer = self.call("POST", "/v1/tenants", BOOTSTRAP, json!({"name": name})).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        text(&answer.body["key"])
    }

    async fn create_key(&self, role: &str) -> Value {
        let answer = self.call("POST", "/v1/keys", &self.owner, json!({"name": role, "role": role})).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.body
    }

    /// Asks as a developer of `shop`, and gets what was asked for.
    async fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.call(method, path, &self.developer, body).await;
        assert!(answer.status.is_success(), "{method} {path}: {} {}", answer.status, answer.body);
        answer.body
    }

    /// Asks as a developer of `shop`, and is refused: the status, and the problem.
    async fn refused(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let answer = self.call(method, path, &self.developer, body).await;
        assert!(!answer.status.is_success(), "{method} {path}: {} {}", answer.status, answer.body);
        (answer.status.as_u16(), answer.body)
    }

    async fn upload(&self, bytes: Vec<u8>) -> Answer {
        self.send("POST", "/v1/modules", Some(&self.developer), Body::from(bytes)).await
    }

    async fn call(&self, method: &str, path: &str, key: &str, body: Value) -> Answer {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.send(method, path, Some(key), body).await
    }

    async fn send(&self, method: &str, path: &str, key: Option<&str>, body: Body) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(HOST, "rekindle.example:8080");
        if let Some(key) = key {
            request = request.header(AUTHORIZATION, format!("Bearer {key}"));
        }
        self.answer(request.body(body).unwrap()).await
    }

    async fn answer(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let as_text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| as_text());
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

/// A directory whose master key lies beside it.
fn directory(folder: &Path, clock: Arc<ManualClock>) -> Directory {
    let keyring = Keyring::open(MasterKeys::Beside, folder).unwrap();
    Directory::open(folder, clock, Arc::new(keyring)).unwrap()
}

fn admin(directory: Directory, public_url: Option<String>) -> Arc<Admin> {
    let store: Arc<dyn Store> = Arc::new(Memory::new(Arc::new(SystemClock)));
    let crew = Arc::new(Crew::default());
    let items = ItemDesk::new(Arc::clone(&store), Arc::clone(&crew), Arc::new(SystemClock), Arc::default());
    Arc::new(Admin {
        directory: Arc::new(directory),
        sandbox: Arc::clone(&SANDBOX),
        reports: store.reports(),
        store,
        clock: Arc::new(SystemClock),
        crew,
        items,
        switchboard: Arc::default(),
        rests: Dispatcher::new(Handle::current(), Arc::new(SystemClock)).rests(),
        public_url,
        reach: Reach::new(Vec::new()),
        press: Press::new(Arc::new(Verbatim)),
        readiness: Arc::new(|| Ok(())),
        metrics: PrometheusBuilder::new().build_recorder().handle(),
        workshop: Workshop::default(),
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
