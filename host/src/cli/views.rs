//! Every list as a table: which fields a person sees, and what to say when there is nothing. `--json` shows all fields.

use comfy_table::Table;
use comfy_table::presets::NOTHING;

use super::node::{Node, inline_fields};
use crate::domain::limits;

/// The column of all fields that have none of their own.
const DETAILS: &str = "details";

/// How a list looks.
pub(crate) struct View {
    /// The fields shown, from left to right.
    columns: &'static [&'static str],
    /// Instead of an empty table.
    pub(crate) empty: &'static str,
}

pub(crate) const TENANTS: View =
    View { columns: &["tenant", "created_at"], empty: "no tenants yet; create one with `rekindle tenant create NAME`" };

pub(crate) const SOURCES: View = View {
    columns: &["source", "active_secrets", "bearer", "basic_key", "url"],
    empty: "no sources yet; create one with `rekindle source create NAME`",
};

pub(crate) const KEYS: View = View {
    columns: &["id", "name", "role", "created_at", "last_used_at"],
    empty: "no keys yet; create one with `rekindle key create NAME --role ROLE`",
};

pub(crate) const MODULES: View = View {
    columns: &["module", "bytes", "uploaded_at"],
    empty: "no modules yet; upload one with `rekindle module upload FILE`",
};

pub(crate) const CAMPAIGNS: View = View {
    columns: &["campaign", "state", "revision", "published_at", "module", "suspended_because"],
    empty: "no campaigns yet; publish one with `rekindle campaign publish NAME --module MODULE`",
};

pub(crate) const CHANNELS: View = View {
    columns: &["channel", "provider", "settings", "rests_since", "rests_until", "rests_because"],
    empty: "no channel is set: all of them use the provider `preview`, which keeps messages for the eye",
};

pub(crate) const TEMPLATES: View = View {
    columns: &["channel", "template", "version", "bytes", "set_at"],
    empty: "no templates yet; set one with `rekindle template set CHANNEL NAME FILE`",
};

pub(crate) const ITEMS: View = View {
    columns: &["item", "attributes", "of_events"],
    empty: "no items yet; take in a feed with `rekindle item import FILE`",
};

pub(crate) const PROFILES: View = View {
    columns: &["profile", "events", DETAILS],
    empty: "nobody yet; people appear with the first events that Segment sends to a source",
};

pub(crate) const ERASURES: View = View {
    columns: &["at", "digest", "because", "events", "messages", "ledger", "other_ids"],
    empty: "nobody was erased",
};

pub(crate) const LEDGER: View = View {
    columns: &["at", "campaign", "cause", "what", "detail"],
    empty: "no campaign was asked about this person yet",
};

pub(crate) const MESSAGES: View = View {
    columns: &["at", "campaign", "step", "channel", "profile", "content", "id"],
    empty: "no messages yet; `rekindle outbox list` shows what waits, `rekindle ledger show PROFILE` tells why",
};

pub(crate) const FAILURES: View = View {
    columns: &["at", "campaign", "revision", "profile", "kind", "message", "fuel"],
    empty: "no campaign has failed",
};

pub(crate) const AUDIENCES: View = View {
    columns: &["audience", "condition", "set_at"],
    empty: "no audience is set; those of Segment's need no setting",
};

pub(crate) const MAPPINGS: View = View {
    columns: &["mapping", "maps", "set_at"],
    empty: "nothing is mapped; the events and campaigns of common vendors need no mapping",
};

pub(crate) const SWEEPS: View = View {
    columns: &["at", "campaigns", "cause", "state", "asked", "ended_at", "reason"],
    empty: "no schedule's moment has come yet",
};

pub(crate) const QUARANTINE: View =
    View { columns: &["at", "source", "reason", "raw"], empty: "nothing is quarantined" };

pub(crate) const OUTBOX: View = View {
    columns: &["id", "state", "attempts", "due", "campaign", "step", "channel", "profile", "last_error"],
    empty: "nothing waits",
};

pub(crate) const DEATHS: View = View {
    columns: &["messages", "cause", "channel", "campaign", "error", "last", "example"],
    empty: "nothing was given up",
};

/// What a report says of its groups.
pub(crate) const REPORT: View = View {
    columns: &[
        "of",
        "entered",
        "people",
        "instructed",
        "not_sent",
        "sent",
        "delivered",
        "opened",
        "clicked",
        "unsubscribed",
        "conversions",
        "value_micros",
        "credited",
    ],
    empty: "nothing was counted yet",
};

pub(crate) const FUNNEL: View = View {
    columns: &[
        "step",
        "instructed",
        "held",
        "sent",
        "delivered",
        "opened",
        "clicked",
        "credited",
        "given_up",
        "not_sent",
    ],
    empty: "nothing was counted yet",
};

pub(crate) const ARMS: View = View {
    columns: &[
        "arm",
        "people",
        "converted",
        "rate",
        "rate_lift",
        "best_by_rate",
        "value",
        "value_lift",
        "best_by_value",
    ],
    empty: "nobody takes part in an experiment of this campaign",
};

pub(crate) const RULES: View = View { columns: &["rule", "holds"], empty: "no rule holds" };

pub(crate) const RIVALS: View =
    View { columns: &["campaign", "priority", "causes", "channels", "decides"], empty: "no campaign competes" };

pub(crate) const AUDIT: View = View {
    columns: &["at", "actor", "role", "operation", "object", "outcome", "request_id"],
    empty: "nothing was changed yet",
};

impl View {
    /// The rows under their headings, without borders: easy on the eye and on `cut`.
    pub(crate) fn table(&self, rows: &[Node]) -> String {
        let mut table = Table::new();
        table.load_style(NOTHING).set_header(self.columns.iter().map(|name| name.to_uppercase().replace('_', " ")));
        table.add_rows(rows.iter().map(|row| self.columns.iter().map(|column| shortened(self.cell(column, row)))));
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        table.trim_fmt()
    }

    fn cell(&self, column: &str, row: &Node) -> String {
        match column {
            DETAILS => inline_fields(row.fields().iter().filter(|(name, _)| !self.columns.contains(&name.as_str()))),
            name => row.field(name).map_or_else(String::new, Node::inline),
        }
    }
}

fn shortened(mut text: String) -> String {
    if let Some((cut, _)) = text.char_indices().nth(limits::CLI_CELL_CHARS_MAX) {
        text.replace_range(cut.., "…");
    }
    text
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn columns_line_up_and_long_texts_are_cut() {
        let rows = r#"[
            {"what": "sent", "at": "9:00", "campaign": "three-lines", "cause": "e1", "step": "push", "tries": 2},
            {"at": "10:00", "campaign": "日本", "cause": "CAUSE", "what": null}
        ]"#
        .replace("CAUSE", &"é".repeat(90));
        let rows: Vec<Node> = serde_json::from_str(&rows).unwrap();
        let view = View { columns: &["at", "campaign", "cause", "what", DETAILS], empty: "" };
        expect![[r#"
            AT     CAMPAIGN     CAUSE                                                                              WHAT  DETAILS
            9:00   three-lines  e1                                                                                 sent  step: push, tries: 2
            10:00  日本         éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé…  -     -"#]].assert_eq(&view.table(&rows));
    }
}
