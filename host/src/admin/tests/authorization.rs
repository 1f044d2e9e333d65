//! Who may do what: every operation of the generated description, asked by everybody there is. An operation without a row
//! fails the test.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use serde_json::json;

use super::module::module;
use super::{BOOTSTRAP, House};

/// What an operation needs.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Needs {
    Nothing,
    Bootstrap,
    Viewer,
    Developer,
    Owner,
}

use Needs::{Bootstrap, Developer, Nothing, Owner, Viewer};

struct Row {
    operation: &'static str,
    needs: Needs,
    /// The body; `MODULE` and `BYTES` stand for a module's name and its bytes.
    body: &'static str,
    /// What is answered to those who may.
    own: u16,
    /// What is answered to another tenant's owner.
    other: u16,
}

const fn row(operation: &'static str, needs: Needs, body: &'static str, own: u16, other: u16) -> Row {
    Row { operation, needs, body, own, other }
}

/// The names in the paths are those of things of `shop`.
const ROWS: &[Row] = &[
    row("GET /livez", Nothing, "", 200, 200),
    row("GET /readyz", Nothing, "", 200, 200),
    row("GET /metrics", Nothing, "", 200, 200),
    row("GET /openapi.json", Nothing, "", 200, 200),
    row("POST /v1/tenants", Bootstrap, r#"{"name": "third"}"#, 201, 403),
    row("GET /v1/tenants", Bootstrap, "", 200, 403),
    row("POST /v1/sources", Developer, r#"{"name": "app"}"#, 201, 201),
    row("GET /v1/sources", Viewer, "", 200, 200),
    row("POST /v1/sources/{source}/rotate", Developer, "", 200, 404),
    row("POST /v1/sources/{source}/retire", Developer, "", 200, 404),
    row("DELETE /v1/sources/{source}", Developer, "", 204, 404),
    row("POST /v1/keys", Owner, r#"{"name": "ci", "role": "viewer"}"#, 201, 201),
    row("GET /v1/keys", Owner, "", 200, 200),
    row("DELETE /v1/keys/{id}", Owner, "", 204, 404),
    row("POST /v1/modules", Developer, "BYTES", 200, 201),
    row("GET /v1/modules", Viewer, "", 200, 200),
    row("POST /v1/campaigns", Developer, r#"{"campaign": "spring"}"#, 201, 201),
    row("GET /v1/campaigns", Viewer, "", 200, 200),
    row("GET /v1/campaigns/{campaign}", Viewer, "", 200, 404),
    row("POST /v1/campaigns/{campaign}/publish", Developer, r#"{"module": "MODULE"}"#, 200, 404),
    row("POST /v1/campaigns/{campaign}/check", Developer, r#"{"settings": {"priority": 50}}"#, 200, 422),
    row("POST /v1/campaigns/{campaign}/pause", Developer, "", 200, 404),
    row("POST /v1/campaigns/{campaign}/resume", Developer, "", 409, 404),
    row("POST /v1/campaigns/{campaign}/archive", Developer, "", 200, 404),
    row("POST /v1/campaigns/{campaign}/rollback", Developer, r#"{"revision": 1}"#, 200, 404),
    row("GET /v1/channels", Viewer, "", 200, 200),
    row("PUT /v1/channels/{channel}", Developer, WEBHOOK, 200, 200),
    row("DELETE /v1/channels/{channel}", Developer, "", 204, 404),
    row("GET /v1/templates", Viewer, "", 200, 200),
    row("GET /v1/templates/{channel}/{template}", Viewer, "", 200, 404),
    row("PUT /v1/templates/{channel}/{template}", Developer, TEMPLATE, 200, 200),
    row("DELETE /v1/templates/{channel}/{template}", Developer, "", 204, 404),
    row("POST /v1/templates/{channel}/{template}/restore", Developer, r#"{"version": 1}"#, 200, 404),
    row("POST /v1/templates/{channel}/{template}/preview", Viewer, "", 200, 404),
    row("GET /v1/items", Viewer, "", 200, 200),
    row("GET /v1/items/{item}", Viewer, "", 404, 404),
    row("PUT /v1/items/{item}", Developer, r#"{"price": 9.5}"#, 200, 200),
    row("PATCH /v1/items/{item}", Developer, r#"{"price": null}"#, 200, 200),
    row("DELETE /v1/items/{item}", Developer, "", 204, 204),
    row("POST /v1/items/import", Developer, "", 422, 422),
    row("GET /v1/audiences", Viewer, "", 200, 200),
    row("GET /v1/audiences/{audience}", Viewer, "", 200, 404),
    row("PUT /v1/audiences/{audience}", Developer, AUDIENCE, 200, 200),
    row("DELETE /v1/audiences/{audience}", Developer, "", 204, 404),
    row("GET /v1/policy", Viewer, "", 200, 200),
    row("PUT /v1/policy", Developer, POLICY, 200, 200),
    row("GET /v1/mappings", Viewer, "", 200, 200),
    row("PUT /v1/mappings/{mapping}", Developer, MAPPING, 200, 200),
    row("DELETE /v1/mappings/{mapping}", Developer, "", 204, 404),
    row("GET /v1/profiles", Viewer, "", 200, 200),
    row("GET /v1/profiles/{profile}", Viewer, "", 404, 404),
    row("DELETE /v1/profiles/{profile}", Developer, "", 202, 202),
    row("GET /v1/erasures", Viewer, "", 200, 200),
    row("GET /v1/profiles/{profile}/ledger", Viewer, "", 200, 200),
    row("GET /v1/profiles/{profile}/explain", Viewer, "", 404, 404),
    row("GET /v1/campaigns/{campaign}/report", Viewer, "", 200, 404),
    row("GET /v1/reports/rebuild", Viewer, "", 200, 200),
    row("POST /v1/reports/rebuild", Developer, "", 202, 202),
    row("GET /v1/messages", Viewer, "", 200, 200),
    row("GET /v1/failures", Viewer, "", 200, 200),
    row("GET /v1/sweeps", Viewer, "", 200, 200),
    row("GET /v1/quarantine", Viewer, "", 200, 200),
    row("GET /v1/outbox", Viewer, "", 200, 200),
    row("GET /v1/outbox/causes", Viewer, "", 200, 200),
    row("GET /v1/audit", Owner, "", 200, 200),
    row("GET /v1/audit/verify", Owner, "", 200, 200),
    row("GET /v1/operator/audit", Bootstrap, "", 200, 403),
    row("GET /v1/operator/audit/verify", Bootstrap, "", 200, 403),
    row("POST /v1/keyring/rotate", Bootstrap, "", 200, 403),
    row("POST /v1/outbox/redeliver", Developer, r#"{"all": true}"#, 200, 200),
];

const AUDIENCE: &str = r#"{"condition": {"trait": "plan", "equals": "Gold"}}"#;
const MAPPING: &str = r#"{"event": "Mail Seen", "engagement": "opened", "channel": "email"}"#;
const POLICY: &str = r#"{"caps": []}"#;
const TEMPLATE: &str = r#"{"text": "hello"}"#;
const WEBHOOK: &str = r#"{"provider": "webhook", "settings": {"url": "https://example.com/hook"}}"#;

/// A house where `shop` has one of everything.
struct Furnished {
    house: House,
    module: String,
    bytes: Vec<u8>,
}

impl Furnished {
    async fn new(bytes: Vec<u8>) -> Self {
        let house = House::new().await;
        house.done("POST", "/v1/sources", json!({"name": "web"})).await;
        let uploaded = house.upload(bytes.clone()).await.body;
        let module = super::text(&uploaded["module"]);
        house.done("POST", "/v1/campaigns/winter/publish", json!({"module": module})).await;
        house.done("PUT", "/v1/channels/push", serde_json::from_str(WEBHOOK).unwrap()).await;
        house.done("PUT", "/v1/audiences/vip", serde_json::from_str(AUDIENCE).unwrap()).await;
        house.done("PUT", "/v1/templates/push/cart", serde_json::from_str(TEMPLATE).unwrap()).await;
        house.done("PUT", "/v1/mappings/seen", serde_json::from_str(MAPPING).unwrap()).await;
        Self { house, module, bytes }
    }

    async fn ask(&self, row: &Row, key: Option<&str>) -> u16 {
        let (method, path) = row.operation.split_once(' ').unwrap();
        let path = path
            .replace("{source}", "web")
            .replace("{campaign}", "winter")
            .replace("{channel}", "push")
            .replace("{audience}", "vip")
            .replace("{template}", "cart")
            .replace("{mapping}", "seen")
            .replace("{profile}", "nobody")
            .replace("{item}", "mug")
            .replace("keys/{id}", &format!("keys/{}", self.house.viewer_id));
        assert!(!path.contains('{'), "`{path}` needs a name");
        let body = match row.body {
            "BYTES" => Body::from(self.bytes.clone()),
            text => Body::from(text.replace("MODULE", &self.module)),
        };
        self.house.send(method, &path, key, body).await.status.as_u16()
    }

    /// Everybody, what they show, and what they shall be answered.
    fn everybody(&self, row: &Row) -> Vec<(&'static str, Option<String>, u16)> {
        let own = |allowed: bool, refusal: u16| if allowed { row.own } else { refusal };
        let open = row.needs == Nothing;
        let within =
            |role| open || (row.needs != Bootstrap && RANKS.iter().position(|rank| *rank == row.needs) <= role);
        let rank = |role| RANKS.iter().position(|rank| *rank == role);
        let key = |key: &str| Some(key.to_owned());
        vec![
            ("no key", None, own(open, 401)),
            ("wrong key", key("rk_wrong"), own(open, 401)),
            ("another tenant's owner", key(&self.house.stranger), row.other),
            ("viewer", key(&self.house.viewer), own(within(rank(Viewer)), 403)),
            ("developer", key(&self.house.developer), own(within(rank(Developer)), 403)),
            ("owner", key(&self.house.owner), own(within(rank(Owner)), 403)),
            ("bootstrap", key(BOOTSTRAP), own(open || row.needs == Bootstrap, 403)),
        ]
    }
}

const RANKS: [Needs; 3] = [Viewer, Developer, Owner];

#[tokio::test]
async fn everybody_may_do_what_the_table_says_and_nothing_else() {
    let bytes = module("sample");
    let mut furnished = Furnished::new(bytes.clone()).await;
    let mut wrong = Vec::new();
    for row in ROWS {
        for index in 0.. {
            let Some((who, key, expected)) = furnished.everybody(row).into_iter().nth(index) else { break };
            let answered = furnished.ask(row, key.as_deref()).await;
            if answered != expected {
                wrong.push(format!("{} by {who}: {answered}, not {expected}", row.operation));
            }
            let changed = !row.operation.starts_with("GET") && answered < 300;
            if changed {
                furnished = Furnished::new(bytes.clone()).await;
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn another_tenants_lists_hold_nothing_of_ours() {
    let furnished = Furnished::new(module("sample")).await;
    let of_viewers = ROWS.iter().filter(|row| row.operation.starts_with("GET /v1") && row.own == row.other);
    // Nobody lives in this house: lists of people are told apart in the tests of the whole house.
    let is_of_people = |row: &&Row| {
        [
            "audit",
            "items",
            "profiles",
            "erasures",
            "messages",
            "failures",
            "sweeps",
            "quarantine",
            "outbox",
            "reports",
            "policy",
        ]
        .iter()
        .any(|list| row.operation.contains(list))
    };
    for row in of_viewers.filter(|row| row.operation != "GET /v1/keys" && !is_of_people(row)) {
        let path = row.operation.trim_start_matches("GET ");
        let [theirs, ours] = [&furnished.house.stranger, &furnished.house.owner]
            .map(|key| furnished.house.call("GET", path, key, serde_json::Value::Null));
        assert_eq!(theirs.await.body["items"], json!([]), "{path}");
        assert_ne!(ours.await.body["items"], json!([]), "{path}");
    }
    let keys = furnished.house.call("GET", "/v1/keys", &furnished.house.stranger, serde_json::Value::Null).await.body;
    assert_eq!(keys["items"].as_array().unwrap().len(), 1, "{keys}");
}

#[tokio::test]
async fn every_operation_has_a_row_and_is_described_with_what_it_needs() {
    let document = House::new().await.send("GET", "/openapi.json", None, Body::empty()).await.body;
    let mut described = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let needs = operation.pointer("/security/0/key/0").and_then(|role| role.as_str()).unwrap_or("nothing");
            described.insert(format!("{} {path}", method.to_uppercase()), needs.to_owned());
            assert!(operation.pointer("/responses/default").is_some(), "{method} {path} describes no problem");
        }
    }
    let rows: BTreeMap<_, _> =
        ROWS.iter().map(|row| (row.operation.to_owned(), format!("{:?}", row.needs).to_lowercase())).collect();
    assert_eq!(rows.keys().collect::<BTreeSet<_>>(), described.keys().collect(), "rows (left), operations (right)");
    assert_eq!(rows, described);
}
