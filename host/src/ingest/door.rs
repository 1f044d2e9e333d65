//! The address that Segment is given: `/in/{token}`. Admits, reads, has the request judged, keeps what it holds, and only
//! then answers.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use metrics::counter;
use tracing::info;

use super::answer::Answer;
use super::body;
use super::intake::{self, Intake};
use super::reception::{self, Kept, Reception};
use crate::tenants::{Inlet, Sources};

/// Everything that the door needs of the house.
pub struct Door {
    sources: Arc<Sources>,
    intake: Intake,
}

impl Door {
    /// A door for those sources.
    pub fn new(sources: Arc<Sources>, intake: Intake) -> Self {
        Self { sources, intake }
    }
}

/// The routes of the room: `/in/{token}`, with or without a slash behind it, since a redirect would lose the event.
pub fn router(door: Arc<Door>) -> Router {
    Router::new().route("/in/{*token}", any(handle)).with_state(door)
}

async fn handle(
    State(door): State<Arc<Door>>,
    token: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let (head, mut body) = request.into_parts();
    // A token that cannot even be decoded is one that no source has.
    let token = token.map(|Path(token)| token).unwrap_or_default();
    let answer = match door.admit(&head.method, &token, &head.headers) {
        Ok(inlet) => door.take(inlet, head.headers, &mut body).await,
        Err(refusal) => refusal,
    };
    body::drain_after(&answer, &mut body).await;
    count(&answer);
    answer.into_response()
}

impl Door {
    /// What can be said without the body.
    fn admit(&self, method: &Method, token: &str, headers: &HeaderMap) -> Result<Arc<Inlet>, Answer> {
        let refused = |status, message: &str| Err(Answer::Refused(status, message.to_owned()));
        if ![Method::POST, Method::PUT, Method::PATCH].contains(method) {
            return refused(
                StatusCode::METHOD_NOT_ALLOWED,
                "this address takes segment's events by `POST`, `PUT` or `PATCH`: use it as the url of a webhook destination",
            );
        }
        let Some(inlet) = self.sources.get(token.trim_end_matches('/')) else {
            return refused(
                StatusCode::NOT_FOUND,
                "no source has this address: compare it with the url that `source list` prints",
            );
        };
        self.intake.admit(&inlet.source.tenant, headers)?;
        Ok(inlet)
    }

    async fn take(&self, inlet: Arc<Inlet>, headers: HeaderMap, body: &mut Body) -> Answer {
        let source = &inlet.source;
        // Until the answer is made, the body's share of the memory is taken: its events are no smaller.
        let mut held = match self.intake.read(&source.tenant, &headers, body).await {
            Ok(held) => held,
            Err(refusal) => return refusal,
        };
        let (body_bytes, body) = (held.bytes.len(), std::mem::take(&mut held.bytes));
        let request = reception::Request { headers, body, arrived: self.intake.now() };
        let receive = {
            let inlet = Arc::clone(&inlet);
            move || reception::receive(&inlet, &request)
        };
        match intake::judge(body_bytes, receive).await {
            Ok(Reception::Keep(Kept { inbounds, echoes, message })) => {
                self.intake.keep(&source.tenant, inbounds, message).await.beside(echoes)
            }
            Ok(Reception::Answer(answer)) => {
                if answer.status() == StatusCode::UNAUTHORIZED {
                    info!(tenant = %source.tenant, source = %source.id, "refused a request without the source's credentials");
                }
                answer
            }
            Err(refusal) => refusal,
        }
    }
}

fn count(answer: &Answer) {
    counter!("rekindle_door_requests_total", "status" => answer.status().as_str().to_owned()).increment(1);
    if let Answer::Later(later) = answer {
        counter!("rekindle_door_later_total", "reason" => later.reason).increment(1);
    }
    if let Answer::Kept(counts, _) = answer {
        counter!("rekindle_door_events_total", "outcome" => "accepted").increment(counts.accepted);
        counter!("rekindle_door_events_total", "outcome" => "duplicate").increment(counts.duplicate);
        counter!("rekindle_door_events_total", "outcome" => "quarantined").increment(counts.quarantined);
        counter!("rekindle_door_events_total", "outcome" => "echo").increment(counts.echoes);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::num::NonZeroU32;
    use std::sync::Mutex;
    use std::time::Duration;

    use axum::http::{self, header};
    use http_body_util::BodyExt as _;
    use serde_json::{Value, json};
    use tower::ServiceExt as _;

    use super::*;
    use crate::domain::{Backlog, Inbound, ManualClock, Position, Signal, TenantId, Waiting, limits};
    use crate::ingest::pressure::{Pressure, Space};
    use crate::ingest::quotas::{Quotas, Rates};
    use crate::ingest::shares::Shares;
    use crate::ingest::testing::{self, TOKEN};
    use crate::store::{Appended, Appending, Partition, Reports, Store, StoreError};
    use crate::tenants::Source;

    /// How the fake behaves.
    #[derive(Clone, Copy, PartialEq)]
    enum Mood {
        Willing,
        Failing,
        Silent,
    }

    /// Keeps what it is given, knows repetitions, and nothing else of a store.
    struct FakeStore {
        mood: Mood,
        seen: Mutex<HashSet<String>>,
        kept: Mutex<Vec<Inbound>>,
    }

    impl FakeStore {
        fn keep(&self, inbound: Inbound) -> Appended {
            if !self.seen.lock().unwrap().insert(inbound.message_id().to_string()) {
                return Appended::Duplicate;
            }
            self.kept.lock().unwrap().push(inbound);
            Appended::Fresh
        }
    }

    impl Store for FakeStore {
        fn append(&self, batch: Vec<Inbound>) -> Appending<'_> {
            Box::pin(async move {
                match self.mood {
                    Mood::Willing => Ok(batch.into_iter().map(|inbound| self.keep(inbound)).collect()),
                    Mood::Failing => Err(StoreError::Unavailable("the disk is full".to_owned())),
                    Mood::Silent => std::future::pending().await,
                }
            })
        }

        fn acquire(&self, _: &[Arc<Signal>]) -> Result<Vec<Box<dyn Partition>>, StoreError> {
            unreachable!("the door only appends")
        }

        fn partitions(&self) -> usize {
            unreachable!("the door only appends")
        }

        fn end(&self) -> Position {
            unreachable!("the door only appends")
        }

        fn health(&self) -> Result<(), StoreError> {
            Ok(())
        }

        fn reports(&self) -> Arc<dyn Reports> {
            unreachable!("the door only appends")
        }
    }

    struct House {
        door: Arc<Door>,
        store: Arc<FakeStore>,
    }

    impl House {
        fn new(source: Source, mood: Mood) -> Self {
            let sources = Arc::new(Sources::default());
            sources.replace([Inlet { source, mappings: Arc::default() }]);
            let store = Arc::new(FakeStore { mood, seen: Mutex::default(), kept: Mutex::default() });
            let clock = Arc::new(ManualClock::new(testing::arrived()));
            let pressure =
                Pressure { space: Arc::new(Space::of(&std::env::temp_dir())), backlog: Arc::new(Backlog::default()) };
            let mut intake = Intake::new(Arc::<FakeStore>::clone(&store), clock, pressure, Rates::HOUSE);
            intake.patience = Duration::from_millis(20);
            Self { door: Arc::new(Door::new(sources, intake)), store }
        }

        fn open() -> Self {
            Self::new(testing::source(&[]), Mood::Willing)
        }

        fn intake(&mut self) -> &mut Intake {
            &mut Arc::get_mut(&mut self.door).unwrap().intake
        }

        async fn ask(&self, request: http::Request<Body>) -> (u16, HeaderMap, Value) {
            let response = router(Arc::clone(&self.door)).oneshot(request).await.unwrap();
            let (head, body) = response.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
            (head.status.as_u16(), head.headers, body)
        }

        async fn post(&self, body: impl Into<Body>) -> (u16, Value) {
            let (status, _, body) = self.ask(post(body)).await;
            (status, body)
        }
    }

    fn post(body: impl Into<Body>) -> http::Request<Body> {
        http::Request::post(format!("/in/{TOKEN}")).body(body.into()).unwrap()
    }

    fn event(number: usize) -> String {
        format!(r#"{{"type":"track","event":"Product Added","messageId":"m-{number}","userId":"u1"}}"#)
    }

    #[tokio::test]
    async fn events_are_kept_and_counted() {
        let house = House::open();
        assert_eq!(house.post(event(1)).await, (200, json!({ "accepted": 1, "duplicate": 0, "quarantined": 0 })));
        assert_eq!(house.post(event(1)).await, (200, json!({ "accepted": 0, "duplicate": 1, "quarantined": 0 })));
        let batch = format!("[{},{},{},{{}}]", event(2), event(3), event(2));
        let (status, body) = house.post(batch).await;
        assert_eq!((status, &body["accepted"], &body["duplicate"]), (200, &json!(2), &json!(1)));
        assert_eq!(body["quarantined"], 1);
        assert_eq!(house.store.kept.lock().unwrap().len(), 4);
    }

    #[tokio::test]
    async fn calls_of_our_own_that_come_back_are_not_kept() {
        let house = House::open();
        let echo = r#"{"type":"track","event":"Email Sent","userId":"u1","messageId":"rekindle:msg_00112233445566778899aabbccddeeff"}"#;
        let (status, answer) = house.post(echo).await;
        assert_eq!((status, &answer["accepted"], &answer["echoes"]), (200, &json!(0), &json!(1)));
        let (status, answer) = house.post(format!("[{},{echo}]", event(1))).await;
        assert_eq!((status, &answer["accepted"], &answer["echoes"]), (200, &json!(1), &json!(1)));
        assert_eq!(house.store.kept.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn nothing_to_keep_is_no_failure() {
        for body in ["[]", "", " \n"] {
            let (status, answer) = House::open().post(body).await;
            assert_eq!((status, &answer["accepted"], &answer["quarantined"]), (200, &json!(0), &json!(0)), "{body}");
        }
    }

    #[tokio::test]
    async fn every_method_that_segment_uses_is_taken_and_no_other() {
        let house = House::open();
        for method in ["POST", "PUT", "PATCH"] {
            for path in ["/in/t0ken", "/in/t0ken/"] {
                let request = http::Request::builder().method(method).uri(path).body(Body::from("[]")).unwrap();
                assert_eq!(house.ask(request).await.0, 200, "{method} {path}");
            }
        }
        for method in ["GET", "HEAD", "DELETE", "OPTIONS"] {
            let request = http::Request::builder().method(method).uri("/in/t0ken").body(Body::empty()).unwrap();
            let (status, headers, body) = house.ask(request).await;
            assert_eq!((status, &headers[header::ALLOW]), (405, &"POST, PUT, PATCH".parse().unwrap()), "{method}");
            assert!(method == "HEAD" || body["message"].is_string(), "{method}");
        }
    }

    #[tokio::test]
    async fn an_unknown_address_is_said_to_be_one() {
        for path in ["/in/other", "/in/t0ken/more", "/in/%ff", "/in//"] {
            let request = http::Request::post(path).body(Body::from(event(1))).unwrap();
            let (status, _, body) = House::open().ask(request).await;
            assert_eq!(status, 404, "{path}");
            assert!(body["message"].as_str().unwrap().contains("source list"), "{path}");
        }
    }

    #[tokio::test]
    async fn a_wrong_credential_keeps_nothing() {
        let mut source = testing::source(&["shh"]);
        source.bearer = Some(crate::tenants::Secret::new("b".to_owned()));
        let house = House::new(source, Mood::Willing);
        let signed = |secret: &str, bearer: &str| {
            let signature = testing::signature(secret, event(1).as_bytes());
            let request = http::Request::post("/in/t0ken").header("X-Signature", signature);
            request.header("Authorization", format!("Bearer {bearer}")).body(Body::from(event(1))).unwrap()
        };
        assert_eq!(house.ask(signed("other", "b")).await.0, 401);
        assert_eq!(house.ask(signed("shh", "c")).await.0, 401);
        assert_eq!(house.post(event(1)).await.0, 401);
        assert!(house.store.kept.lock().unwrap().is_empty());
        assert_eq!(house.ask(signed("shh", "b")).await.0, 200);
    }

    #[tokio::test]
    async fn every_flavour_of_segment_is_taken_and_a_flipped_bit_is_not() {
        for vector in testing::vectors() {
            let house = House::new(testing::source(&["rotated", &vector.secret]), Mood::Willing);
            let signed = |body: Vec<u8>| {
                let request = http::Request::post("/in/t0ken").header("X-Signature", &vector.signature);
                request.body(Body::from(body)).unwrap()
            };
            let mut flipped = vector.body.clone();
            let in_the_first_element = flipped.iter().position(|byte| *byte == b'{').unwrap();
            flipped[in_the_first_element] ^= 1;
            assert_eq!(house.ask(signed(flipped)).await.0, 401, "{}", vector.name);
            let (status, _, answer) = house.ask(signed(vector.body.clone())).await;
            let kept = answer["accepted"].as_u64().unwrap() + answer["quarantined"].as_u64().unwrap();
            assert_eq!((status, kept), (200, vector.elements), "{} {answer}", vector.name);
        }
    }

    #[tokio::test]
    async fn a_store_that_fails_or_is_silent_is_asked_again_later() {
        for mood in [Mood::Failing, Mood::Silent] {
            let (status, headers, body) = House::new(testing::source(&[]), mood).ask(post(event(1))).await;
            assert_eq!((status, &headers[header::RETRY_AFTER]), (503, &5.into()));
            assert_eq!(body["message"], "the request cannot be kept now: send it again after 5 s");
        }
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_is_refused_announced_or_not() {
        let house = House::open();
        let large = || vec![b' '; limits::BODY_BYTES_MAX + 1];
        let announced = http::Request::post("/in/t0ken").header("Content-Length", large().len());
        for request in [announced.body(Body::from(large())).unwrap(), post(large())] {
            let (status, _, body) = house.ask(request).await;
            assert_eq!(status, 413);
            assert!(body["message"].as_str().unwrap().contains("64 MiB"));
        }
        assert_eq!(house.post(event(1)).await.0, 200);
    }

    #[tokio::test]
    async fn bodies_share_a_bounded_room_and_give_it_back() {
        for (each, refusal) in [(400, 503), (200, 429)] {
            let mut house = House::open();
            house.intake().bodies = Shares::new(200, each);
            let (status, headers, _) = house.ask(post(vec![b' '; 201])).await;
            assert_eq!((status, &headers[header::RETRY_AFTER]), (refusal, &5.into()));
            for number in 0..10 {
                assert_eq!(house.post(event(number)).await.0, 200);
            }
        }
    }

    #[tokio::test]
    async fn a_tenant_over_its_quota_is_asked_to_come_back_and_nothing_is_kept() {
        let one = NonZeroU32::new(1).unwrap();
        let mut house = House::open();
        house.intake().quotas = Quotas::new(Rates { events_per_second: one, kibibytes_per_second: one });
        let largest = format!("[{}]", vec!["1"; limits::BATCH_EVENTS_MAX].join(","));
        assert_eq!(house.post(largest).await.0, 200);
        let kept = house.store.kept.lock().unwrap().len();
        let (status, headers, body) = house.ask(post(format!("[{},{},{}]", event(1), event(2), event(3)))).await;
        assert_eq!(status, 429);
        let after: u64 = headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!((1..=3).contains(&after), "{after}");
        assert!(
            body["message"].as_str().unwrap().starts_with("the tenant sends more events than its quota: send it again")
        );
        assert_eq!(house.store.kept.lock().unwrap().len(), kept);
    }

    #[tokio::test]
    async fn one_tenants_waiting_requests_leave_the_journal_to_others() {
        let mut house = House::new(testing::source(&[]), Mood::Silent);
        house.intake().patience = Duration::from_secs(60);
        house.intake().appends = Shares::new(9, 1);
        let waiting = house.post(event(1));
        let (status, body) = tokio::select! {
            biased;
            answer = waiting => answer,
            answer = house.post(event(2)) => answer,
        };
        assert_eq!(status, 429);
        assert!(body["message"].as_str().unwrap().contains("wait for the journal"), "{body}");
    }

    #[tokio::test]
    async fn a_tenant_whose_events_pile_up_and_a_full_disk_are_refused_before_the_body_is_read() {
        let mut house = House::open();
        let waiting = Waiting { causes: 1, bytes: limits::WAITING_BYTES_MAX + 1 };
        let tenant = TenantId::parse("shop").unwrap();
        house.intake().pressure.backlog.note(0, &tenant, waiting);
        assert_eq!(house.post(event(1)).await.0, 429);
        let mut house = House::open();
        house.intake().pressure.space = Arc::new(Space::of("/nowhere/at/all".as_ref()));
        assert_eq!(house.post(event(1)).await.0, 503);
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_may_be_sent_again() {
        let broken = http_body_util::Limited::new(Body::from(event(1)), 10);
        assert_eq!(House::open().post(Body::new(broken)).await.0, 408);
    }

    #[tokio::test]
    async fn an_encoded_body_is_refused_with_the_way_out() {
        for (encoding, status) in [("gzip", 415), ("identity", 200), ("Identity", 200)] {
            let request = http::Request::post("/in/t0ken").header("Content-Encoding", encoding);
            assert_eq!(House::open().ask(request.body(Body::from("[]")).unwrap()).await.0, status, "{encoding}");
        }
    }

    #[tokio::test]
    async fn the_content_type_does_not_matter() {
        for content_type in ["application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", "?"]
        {
            let request = http::Request::post("/in/t0ken").header("Content-Type", content_type);
            let (_, _, body) = House::open().ask(request.body(Body::from(event(1))).unwrap()).await;
            assert_eq!(body["accepted"], 1, "{content_type}");
        }
    }

    #[tokio::test]
    async fn segments_largest_batch_and_more_is_taken() {
        let filler = "x".repeat(8_000);
        let events = (0..4_000)
            .map(|number| format!(r#"{{"type":"page","messageId":"m-{number}","userId":"u","p":"{filler}"}}"#));
        let batch = format!("[{}]", events.collect::<Vec<_>>().join(","));
        let (status, body) = House::open().post(batch).await;
        assert_eq!((status, &body["accepted"]), (200, &json!(4_000)));
    }

    #[tokio::test]
    async fn depth_and_garbage_are_answered_clearly() {
        let house = House::open();
        for body in ["[".repeat(100_000), "{\"a\":".repeat(100_000), "\0\u{1}garbage".to_owned(), "null".to_owned()] {
            let (status, answer) = house.post(body).await;
            assert_eq!((status, &answer["quarantined"]), (200, &json!(1)));
            assert!(
                answer["message"].as_str().unwrap().starts_with("1 of 1 cannot be read, the first at byte "),
                "{answer}"
            );
        }
    }

    #[tokio::test]
    async fn the_event_tester_and_audiences_get_a_useful_answer() {
        let house = House::open();
        let test = r#"{"messageId":"segment-test-message-u","type":"track","userId":"test-user-1","event":"Segment Test Event Name"}"#;
        let (_, answer) = house.post(test).await;
        assert!(answer["message"].as_str().unwrap().contains("track `Segment Test Event Name`"), "{answer}");
        let (status, created) = house.post(r#"{"audienceName":"VIPs"}"#).await;
        assert_eq!((status, created.as_object().unwrap().len()), (200, 1));
        let got = house.post(format!(r#"{{"externalId":{}}}"#, created["externalId"])).await;
        assert_eq!(got, (200, created));
        assert_eq!(house.post(r#"{"externalId":"x"}"#).await.0, 404);
    }
}
