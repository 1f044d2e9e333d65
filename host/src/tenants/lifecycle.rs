//! A campaign's life: draft → active → paused or suspended → archived. Pure; the table is the whole truth.

use std::fmt;

use CampaignState::{Active, Archived, Draft, Paused, Suspended};

/// Where a campaign stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampaignState {
    /// It has a name, and no revision yet.
    Draft,
    /// It is asked.
    Active,
    /// It is not asked; its people, timers and revisions are kept.
    Paused,
    /// It failed too often in a row: as paused, but by the house.
    Suspended,
    /// It is over, for good.
    Archived,
}

impl CampaignState {
    /// Every state, in the order of a campaign's life.
    pub const ALL: [Self; 5] = [Self::Draft, Self::Active, Self::Paused, Self::Suspended, Self::Archived];

    /// Its name in records and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Suspended => "suspended",
            Self::Archived => "archived",
        }
    }

    /// The state of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Where the campaign stands after `action`.
    pub fn after(self, action: CampaignAction) -> Result<Self, LifecycleError> {
        let rule = action.rule();
        if rule.from.contains(&self) {
            Ok(rule.to.unwrap_or(self))
        } else {
            Err(LifecycleError { state: self, action })
        }
    }
}

/// What can be done to a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampaignAction {
    /// A new revision, which is asked from now on.
    Publish,
    /// It is no longer asked.
    Pause,
    /// It failed too often in a row; the house's own doing.
    Suspend,
    /// It is asked again.
    Resume,
    /// An old revision becomes a new one; whether it is asked does not change.
    Rollback,
    /// It is over.
    Archive,
}

struct Rule {
    action: CampaignAction,
    name: &'static str,
    from: &'static [CampaignState],
    /// None: it stays where it is.
    to: Option<CampaignState>,
}

/// Every action, once. What is not here is not allowed.
const RULES: [Rule; 6] = [
    Rule {
        action: CampaignAction::Publish,
        name: "publish",
        from: &[Draft, Active, Paused, Suspended],
        to: Some(Active),
    },
    Rule { action: CampaignAction::Pause, name: "pause", from: &[Active], to: Some(Paused) },
    Rule { action: CampaignAction::Suspend, name: "suspend", from: &[Active], to: Some(Suspended) },
    Rule { action: CampaignAction::Resume, name: "resume", from: &[Paused, Suspended], to: Some(Active) },
    Rule { action: CampaignAction::Rollback, name: "rollback", from: &[Active, Paused, Suspended], to: None },
    Rule {
        action: CampaignAction::Archive,
        name: "archive",
        from: &[Draft, Active, Paused, Suspended],
        to: Some(Archived),
    },
];

impl CampaignAction {
    fn rule(self) -> &'static Rule {
        RULES.iter().find(|rule| rule.action == self).expect("every action should have a rule")
    }
}

/// A campaign's state does not allow an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub struct LifecycleError {
    /// Where the campaign stands.
    pub state: CampaignState,
    /// What was asked for.
    pub action: CampaignAction,
}

impl fmt::Display for LifecycleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = self.action.rule();
        write!(f, "is `{}`: `{}` is for one that is ", self.state.as_str(), rule.name)?;
        for (index, state) in rule.from.iter().enumerate() {
            let separator = if index == 0 { "" } else { " or " };
            write!(f, "{separator}`{}`", state.as_str())?;
        }
        if self.state == Archived { f.write_str("; use another name") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn every_action_from_every_state() {
        let mut picture = String::new();
        for rule in &RULES {
            for state in CampaignState::ALL {
                let after = match state.after(rule.action) {
                    Ok(state) => state.as_str().to_owned(),
                    Err(err) => format!("no: {err}"),
                };
                picture.push_str(&format!("{:8} {:8} → {after}\n", rule.name, state.as_str()));
            }
        }
        expect![[r#"
            publish  draft    → active
            publish  active   → active
            publish  paused   → active
            publish  suspended → active
            publish  archived → no: is `archived`: `publish` is for one that is `draft` or `active` or `paused` or `suspended`; use another name
            pause    draft    → no: is `draft`: `pause` is for one that is `active`
            pause    active   → paused
            pause    paused   → no: is `paused`: `pause` is for one that is `active`
            pause    suspended → no: is `suspended`: `pause` is for one that is `active`
            pause    archived → no: is `archived`: `pause` is for one that is `active`; use another name
            suspend  draft    → no: is `draft`: `suspend` is for one that is `active`
            suspend  active   → suspended
            suspend  paused   → no: is `paused`: `suspend` is for one that is `active`
            suspend  suspended → no: is `suspended`: `suspend` is for one that is `active`
            suspend  archived → no: is `archived`: `suspend` is for one that is `active`; use another name
            resume   draft    → no: is `draft`: `resume` is for one that is `paused` or `suspended`
            resume   active   → no: is `active`: `resume` is for one that is `paused` or `suspended`
            resume   paused   → active
            resume   suspended → active
            resume   archived → no: is `archived`: `resume` is for one that is `paused` or `suspended`; use another name
            rollback draft    → no: is `draft`: `rollback` is for one that is `active` or `paused` or `suspended`
            rollback active   → active
            rollback paused   → paused
            rollback suspended → suspended
            rollback archived → no: is `archived`: `rollback` is for one that is `active` or `paused` or `suspended`; use another name
            archive  draft    → archived
            archive  active   → archived
            archive  paused   → archived
            archive  suspended → archived
            archive  archived → no: is `archived`: `archive` is for one that is `draft` or `active` or `paused` or `suspended`; use another name
        "#]].assert_eq(&picture);
    }

    #[test]
    fn every_state_reads_back() {
        for state in CampaignState::ALL {
            assert_eq!(CampaignState::parse(state.as_str()), Some(state));
        }
    }
}
