//! Mailchimp's webhooks of an audience: a form with `type`, `fired_at` and `data[…]`, signed by nothing. So the key stands in the
//! address that Mailchimp is given, as `?key=`; it asks for the address by `GET` first.
//!
//! Sources: mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks (forms of `subscribe` and `unsubscribe`; no answer in
//! 10 s is tried again for 75 minutes) and api/list-webhooks (the names of all types). They tell of people on lists and not of messages,
//! so nothing of ours comes back, and people are known by their address. UNCONFIRMED, from users' accounts: the members of `cleaned`
//! (`data[reason]` is `hard` or `abuse`). That somebody's record was deleted (`data[action]=delete`) is no word of theirs: a removal
//! from the audience, by our own channel too, must not close it. Events have no id: what they say, their moment included, is it.

use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use super::report::{NO_MESSAGE, Report, Told, UNKNOWN};
use super::verification::{Request, Unverified};
use super::{Excess, Reporter, form};
use crate::ingest::Fields;

pub(super) struct Mailchimp;

/// The parameter of the address that holds the key.
const KEY: &str = "key";

impl Reporter for Mailchimp {
    fn name(&self) -> &'static str {
        "mailchimp"
    }

    fn vendor(&self) -> &'static str {
        "Mailchimp"
    }

    fn channels(&self) -> &'static [&'static str] {
        &["email"]
    }

    fn verify(&self, key: &str, request: &Request) -> Result<(), Unverified> {
        let next = "put `?key=` and the channel's `callback_key` behind the address that Mailchimp is given";
        let missing = Unverified::Missing { shown: "?key=", next };
        let parameters = form::parameters(request.query.as_bytes()).unwrap_or_default();
        let shown = form::value(&parameters, KEY).ok_or(missing)?;
        let with = "the webhook's address in Mailchimp's audience";
        let is_right: bool = shown.as_bytes().ct_eq(key.as_bytes()).into();
        if is_right { Ok(()) } else { Err(Unverified::Wrong { shown: "?key=", with }) }
    }

    /// The form as an object: one report.
    fn reports(&self, body: &[u8]) -> Result<Vec<Vec<u8>>, Excess> {
        let parameters = form::parameters(body)?;
        if parameters.is_empty() {
            return Ok(Vec::new());
        }
        let members = parameters.into_iter().map(|(name, value)| (name, Value::String(value)));
        Ok(vec![Value::Object(members.collect::<Map<String, Value>>()).to_string().into_bytes()])
    }

    fn told(&self, report: Fields<'_>) -> Result<Told, &'static str> {
        let kind = report.text("type").ok_or("it has no `type`")?;
        let is_abuse = report.text("data[reason]").is_some_and(|reason| reason == "abuse");
        let event = match kind.as_str() {
            "subscribe" => "Email Subscribed",
            "unsubscribe" | "cleaned" if is_abuse => "Email Marked as Spam",
            "unsubscribe" if report.text("data[action]").is_some_and(|action| action == "delete") => {
                return Ok(Told::Nothing(NO_MESSAGE));
            }
            "unsubscribe" => "Unsubscribed from List",
            "cleaned" => "Email Bounced",
            "profile" | "upemail" | "campaign" => return Ok(Told::Nothing(NO_MESSAGE)),
            _ => return Ok(Told::Nothing(UNKNOWN)),
        };
        let campaign = report.text("data[campaign_id]").map(|id| ("campaign_id", Value::from(id)));
        Ok(Told::Report(Box::new(Report {
            event,
            at: report.get("fired_at").cloned(),
            email: report.first_text(&["data[email]", "data[merges][EMAIL]"]),
            properties: campaign.into_iter().collect(),
            ..Report::default()
        })))
    }
}
