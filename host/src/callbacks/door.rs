//! The address that providers are given: `/callbacks/{tenant}/{channel}`. Admits, reads, has the callback judged, keeps what it
//! holds, and only then answers. Who asks whether the address is there hears that it is, whatever stands behind it: providers ask
//! before they hand out the key.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use metrics::counter;
use tracing::info;

use super::REPORTERS;
use super::line::Line;
use super::reception::{self, Received, Refusal};
use super::verification;
use crate::ingest::{self, Answer, Intake};
use crate::tenants::Directory;

/// Everything that callbacks need of the house.
pub(crate) struct Callbacks {
    directory: Arc<Directory>,
    intake: Intake,
    /// How the world reaches this server.
    public_url: Option<String>,
}

impl Callbacks {
    /// Callbacks of those tenants.
    pub(crate) fn new(directory: Arc<Directory>, intake: Intake, public_url: Option<String>) -> Self {
        Self { directory, intake, public_url }
    }
}

/// The routes of the room.
pub(crate) fn router(callbacks: Arc<Callbacks>) -> Router {
    Router::new().route("/callbacks/{tenant}/{channel}", post(handle).get(exist)).with_state(callbacks)
}

async fn exist() -> Answer {
    Answer::Kept(Default::default(), Some("callbacks are taken here by `POST`".to_owned()))
}

async fn handle(
    State(callbacks): State<Arc<Callbacks>>,
    names: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Response {
    let (head, mut body) = request.into_parts();
    // Names that cannot even be decoded are nobody's.
    let (tenant, channel) = names.map(|Path(names)| names).unwrap_or_default();
    let line = Line::find(&callbacks.directory.snapshot(), &tenant, &channel);
    let provider = line.as_ref().map_or("none", |line| line.reporter.name());
    let answer = match line {
        Some(line) => callbacks.take(Arc::new(line), head, &mut body).await.unwrap_or_else(|refusal| refusal),
        None => Answer::Refused(StatusCode::NOT_FOUND, nobody_listens()),
    };
    ingest::drain_after(&answer, &mut body).await;
    count(provider, &answer);
    answer.into_response()
}

impl Callbacks {
    async fn take(&self, line: Arc<Line>, head: Parts, body: &mut Body) -> Result<Answer, Answer> {
        self.intake.admit(&line.tenant, &head.headers)?;
        // Until the answer is made, the body's share of the memory is taken.
        let mut held = self.intake.read(&line.tenant, &head.headers, body).await?;
        let (body_bytes, body) = (held.bytes.len(), std::mem::take(&mut held.bytes));
        let request = verification::Request {
            addresses: self.addresses(&head),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers,
            body,
            arrived: self.intake.now(),
        };
        let judgement = {
            let line = Arc::clone(&line);
            move || reception::receive(&line, &request)
        };
        let received = ingest::judge(body_bytes, judgement).await?.map_err(|refusal| refused(&line, &refusal))?;
        let message = remark(&received);
        let answer = self.intake.keep(&line.tenant, received.inbounds, message).await;
        if matches!(answer, Answer::Kept(..)) {
            count_ignored(line.reporter.name(), &received.ignored);
        }
        Ok(answer)
    }

    /// As the operator says, else as the sender may have said, whether or not a proxy took its encryption off.
    fn addresses(&self, head: &Parts) -> Vec<String> {
        let host = head.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let host = host.or_else(|| head.uri.authority().map(|authority| authority.as_str()));
        let public = self.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned());
        let guessed = host.into_iter().flat_map(|host| ["https", "http"].map(|scheme| format!("{scheme}://{host}")));
        let path = head.uri.path_and_query().map_or("", |path| path.as_str());
        public.into_iter().chain(guessed).map(|origin| format!("{origin}{path}")).collect()
    }
}

fn nobody_listens() -> String {
    let known: Vec<String> = REPORTERS.iter().map(|reporter| format!("`{}`", reporter.name())).collect();
    format!(
        "no callbacks are taken here: compare the address with the tenant's and the channel's names, and set `callback_key` in the \
         settings of the channel, whose provider has to be one of {}",
        known.join(", ")
    )
}

fn refused(line: &Line, refusal: &Refusal) -> Answer {
    let status = match refusal {
        Refusal::Unverified(why) => {
            info!(tenant = %line.tenant, channel = %line.channel, %why, "refused a callback that shows no key of the channel's");
            StatusCode::UNAUTHORIZED
        }
        Refusal::Excess(_) => StatusCode::PAYLOAD_TOO_LARGE,
    };
    Answer::Refused(status, refusal.to_string())
}

/// What the provider's people may want to hear besides the counts.
fn remark(received: &Received) -> Option<String> {
    let ignored = received.ignored.len();
    match (&received.regret, ignored) {
        (Some(first), _) => Some(format!("some reports cannot be read, the first because {first}")),
        (None, 0) => None,
        (None, _) => Some(format!("{ignored} of the reports tell nothing that is kept")),
    }
}

fn count(provider: &'static str, answer: &Answer) {
    let status = answer.status().as_str().to_owned();
    counter!("rekindle_callbacks_requests_total", "provider" => provider, "status" => status).increment(1);
    if let Answer::Later(later) = answer {
        counter!("rekindle_callbacks_later_total", "reason" => later.reason).increment(1);
    }
    if let Answer::Kept(counts, _) = answer {
        let outcomes =
            [("accepted", counts.accepted), ("duplicate", counts.duplicate), ("quarantined", counts.quarantined)];
        for (outcome, reports) in outcomes {
            let name = "rekindle_callbacks_reports_total";
            counter!(name, "provider" => provider, "outcome" => outcome).increment(reports);
        }
    }
}

fn count_ignored(provider: &'static str, reasons: &[&'static str]) {
    for reason in reasons {
        counter!("rekindle_callbacks_ignored_total", "provider" => provider, "reason" => *reason).increment(1);
    }
}
