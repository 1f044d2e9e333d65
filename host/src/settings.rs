//! Settings of a campaign: what its tenant wants of the house, whatever the module. They are given at a publication, belong to
//! its revision, and are judged by the host; the module never sees them.
//!
//! One document, read by place, is all three: what is sent, what a scenario file says, and what is kept.

use serde_json::Value;

use crate::domain::{Label, Trigger, limits};
use crate::experiments::Design;
use crate::form::{FormError, Place};
use crate::policy::CampaignPolicy;

/// Settings besides those of the policy.
const SETTINGS: [&str; 3] = ["catch_up", "experiment", "labels"];

/// What a tenant wants of the house for one campaign.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// Whether it takes up who did, before it was published, what it follows other campaigns for.
    pub catch_up: bool,
    /// What it tries, on whom, and what for.
    pub experiment: Design,
    /// What it has in common with others; in the order in which they were written, each once.
    pub labels: Vec<Label>,
    /// What its messages are judged by.
    pub policy: CampaignPolicy,
}

impl Settings {
    /// Reads a document.
    pub fn read(document: &Value) -> Result<Self, FormError> {
        Self::read_at(&Place::root(document))
    }

    /// Reads what stands at a place.
    pub(crate) fn read_at(place: &Place<'_>) -> Result<Self, FormError> {
        place.object(&[&SETTINGS[..], &CampaignPolicy::MEMBERS].concat())?;
        let catch_up = place.member("catch_up").map_or(Ok(false), |place| place.flag())?;
        let experiment =
            place.member("experiment").map_or_else(|| Ok(Design::default()), |place| Design::read_at(&place))?;
        let labels = match place.member("labels") {
            Some(list) => labels(&list)?,
            None => Vec::new(),
        };
        Ok(Self { catch_up, experiment, labels, policy: CampaignPolicy::read_at(place)? })
    }

    /// The document that reads as this: what is usual is left out.
    pub fn document(&self) -> Value {
        let mut members = self.policy.members();
        if self.catch_up {
            members.insert("catch_up".to_owned(), true.into());
        }
        if self.experiment != Design::default() {
            members.insert("experiment".to_owned(), self.experiment.document());
        }
        if !self.labels.is_empty() {
            members.insert("labels".to_owned(), self.labels.iter().map(Label::as_str).collect());
        }
        members.into()
    }

    /// Refuses what does not go with what the module wants to be asked about.
    pub fn check(&self, triggers: &[Trigger]) -> Result<(), FormError> {
        let follows =
            |trigger: &Trigger| matches!(trigger, Trigger::Engagement { target, .. } if target.follows_others());
        if !self.catch_up || triggers.iter().any(follows) {
            return Ok(());
        }
        Err(FormError {
            pointer: "/catch_up".to_owned(),
            what: "the module follows no other campaign, so there is nothing to catch up with".to_owned(),
            next: "leave it out, or have an engagement with a campaign's, step's, label's or channel's messages as a trigger"
                .to_owned(),
        })
    }

    /// Whether the campaign has the label.
    pub fn has_label(&self, label: &str) -> bool {
        self.labels.iter().any(|own| own.as_str() == label)
    }
}

fn labels(list: &Place<'_>) -> Result<Vec<Label>, FormError> {
    let mut labels = Vec::new();
    for place in list.list(limits::CAMPAIGN_LABELS_MAX)? {
        let label = Label::parse(place.text()?).map_err(|err| place.error(err.to_string(), "use another label"))?;
        if labels.contains(&label) {
            return Err(place.error(format!("the label `{label}` is there twice"), "write it once"));
        }
        labels.push(label);
    }
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_read_back() {
        for document in
            [json!({}), json!({"labels": ["winback", "spring-2026"]}), json!({"catch_up": true, "labels": ["winback"]})]
        {
            assert_eq!(Settings::read(&document).unwrap().document(), document);
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place() {
        let said = [
            json!([]),
            json!({"lables": ["winback"]}),
            json!({"catch_up": "yes"}),
            json!({"experiment": {"hold_out": 10}}),
            json!({"labels": []}),
            json!({"labels": "winback"}),
            json!({"labels": ["winback", "win/back"]}),
            json!({"labels": ["winback", "winback"]}),
            json!({"labels": (0..17).map(|number| format!("label-{number}")).collect::<Vec<_>>()}),
        ]
        .map(|document| Settings::read(&document).unwrap_err().to_string());
        expect![[r#"
            at `/`: a list is no object: write an object with `catch_up`, `experiment`, `labels`, `priority`, `channels`, `caps`, `quiet_hours`, `dont_send_if`, `freshness_hours` or `exempt_from`
            at `/lables`: `lables` is not known here: did you mean `labels`?
            at `/catch_up`: a text is neither true nor false: write `true` or `false`
            at `/experiment/hold_out`: `hold_out` is not known here: use `variations`, `hold_out_percent`, `salt`, `conversion`, `attribution` or `winner`
            at `/labels`: the list is empty: write at least one
            at `/labels`: a text is no list: write a list
            at `/labels/1`: label `win/back` is not valid: use 1 to 64 of `A-Z`, `a-z`, `0-9`, `-`, `_`, `.`, starting with a letter or digit: use another label
            at `/labels/1`: the label `winback` is there twice: write it once
            at `/labels`: the list has 17 elements: write at most 16"#]].assert_eq(&said.join("\n"));
    }
}
