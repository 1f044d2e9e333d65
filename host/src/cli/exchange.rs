//! Carries a request out: asks, follows the pages of a list to its end, prints.

use std::num::NonZeroUsize;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::{RawValue, to_raw_value};

use super::client::Client;
use super::failure::Failure;
use super::output::{Form, Output};
use super::request::{Answer, Request};
use super::views::View;
use crate::domain::limits;

/// One page of a list.
#[derive(Deserialize)]
struct Page {
    items: Vec<Box<RawValue>>,
    next: Option<String>,
}

/// The members by which the server hands out something secret.
#[derive(Deserialize)]
struct Revealed {
    key: Option<IgnoredAny>,
    secret: Option<IgnoredAny>,
    #[serde(default)]
    secrets: Vec<IgnoredAny>,
}

/// Asks and prints the answer.
pub(crate) async fn carry_out(client: &Client, request: &Request, output: &mut Output<'_>) -> Result<(), Failure> {
    match &request.answer {
        Answer::List(view, wanted) => list(client, request, view, *wanted, output).await,
        Answer::Tables(views) => {
            let answer: Box<RawValue> = client.ask(request, &[]).await?;
            output.tables(&answer, views)
        }
        Answer::Explanation => output.explanation(client.ask::<Box<RawValue>>(request, &[]).await?.as_ref()),
        Answer::Text(_) => output.text(&client.text(request).await?),
        Answer::One => output.one(client.ask::<Box<RawValue>>(request, &[]).await?.as_ref()),
        Answer::Revelation => {
            let answer: Box<RawValue> = client.ask(request, &[]).await?;
            output.one(&answer)?;
            if reveals(&answer) { output.note("keep it now: it is shown this once and never again") } else { Ok(()) }
        }
        Answer::Nothing(done) => {
            client.tell(request).await?;
            output.one(&to_raw_value(done).map_err(anyhow::Error::from)?)
        }
    }
}

/// Follows the cursors. A program gets every row as it comes; for a person they are gathered, so that columns line up.
async fn list(
    client: &Client,
    request: &Request,
    view: &View,
    wanted: Option<NonZeroUsize>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let mut missing = wanted.map_or(usize::MAX, NonZeroUsize::get);
    let mut gathered = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let Page { mut items, next } = page(client, request, missing, after.as_deref()).await?;
        items.truncate(missing);
        missing -= items.len();
        match output.form {
            Form::Json => items.iter().try_for_each(|item| output.json(item))?,
            Form::Human => gathered.append(&mut items),
        }
        if next.is_some() && next == after {
            return Err(client.unintelligible(request, &"its `next` leads to the same page again"));
        }
        after = next;
        if after.is_none() || missing == 0 {
            break;
        }
    }
    if output.form == Form::Human {
        output.table(view, &gathered)?;
    }
    if after.is_some() {
        output.note("there is more: raise `--limit` to see it")?;
    }
    Ok(())
}

async fn page(client: &Client, request: &Request, missing: usize, after: Option<&str>) -> Result<Page, Failure> {
    let limit = missing.min(limits::PAGE_ROWS_MAX).to_string();
    let query: Vec<_> = [("limit", Some(limit.as_str())), ("after", after)]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    client.ask(request, &query).await
}

/// Whether there is something secret in the answer: an unsigned source, for one, has nothing.
fn reveals(answer: &RawValue) -> bool {
    let revealed = serde_json::from_str::<Revealed>(answer.get());
    revealed.is_ok_and(|found| found.key.is_some() || found.secret.is_some() || !found.secrets.is_empty())
}
