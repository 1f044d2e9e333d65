//! What the rules will do with a campaign's messages, a line each, in the order in which they are asked.

use super::{Line, Plan};
use crate::policy::{
    CAMPAIGN_PRIORITY, CAPS, CHANNEL_PRIORITY, CampaignPolicy, Cap, DONT_SEND_IF, Exemption, OnCap, Over, QUIET_HOURS,
    Quiet, QuietHours, TenantPolicy,
};
use crate::settings::Settings;

/// What the ledger calls the rule about those who are held out.
const HOLD_OUT: &str = "hold-out";

pub(super) fn lines(plan: &Plan<'_>, tenant: &TenantPolicy) -> Vec<Line> {
    let Settings { policy, experiment, .. } = plan.settings;
    let one = |rule, holds: Option<String>| holds.map(|holds| Line { rule, holds });
    let variations = (!experiment.variations.is_empty()).then(|| variations(plan.settings));
    let fresh = format!("a cause is taken up for {} hours", policy.freshness().as_secs() / 3600);
    let before = [
        one("freshness", Some(fresh)),
        one(HOLD_OUT, held_out(experiment.hold_out_percent, tenant.hold_out_percent)),
        one("variations", variations),
        one(
            DONT_SEND_IF,
            policy.dont_send_if.as_ref().map(|_| "asked before each message: may end the run".to_owned()),
        ),
        one(CAMPAIGN_PRIORITY, Some(priority(policy, tenant))),
        one(CHANNEL_PRIORITY, Some(channels(plan))),
    ];
    let caps = caps(policy, tenant).into_iter().map(|holds| Line { rule: CAPS, holds });
    let quiet = Line { rule: QUIET_HOURS, holds: quiet(policy, tenant) };
    before.into_iter().flatten().chain(caps).chain([quiet]).collect()
}

fn held_out(own: u8, tenants: u8) -> Option<String> {
    match (tenants, own) {
        (0, 0) => None,
        (0, own) => Some(format!("{own} % of people get nothing of this campaign")),
        (tenants, 0) => Some(format!("{tenants} % of people get nothing of any campaign")),
        (tenants, own) => {
            Some(format!("{tenants} % of people get nothing of any campaign, {own} % nothing of this one"))
        }
    }
}

fn variations(settings: &Settings) -> String {
    let variations = &settings.experiment.variations;
    let whole: u32 = variations.iter().map(|variation| variation.weight).sum();
    let share = |weight: u32| f64::from(weight) * 100.0 / f64::from(whole.max(1));
    let shares = variations.iter().map(|one| format!("`{}` {:.1} %", one.name.as_str(), share(one.weight)));
    shares.collect::<Vec<_>>().join(", ")
}

fn priority(policy: &CampaignPolicy, tenant: &TenantPolicy) -> String {
    if policy.exempt_from.contains(&Exemption::Priority) {
        return "exempt: it does not compete".to_owned();
    }
    match (policy.priority, tenant.arbitration_window_minutes) {
        (None, _) => "none: it does not compete".to_owned(),
        (Some(priority), 0) => priority.to_string(),
        (Some(priority), minutes) => format!("{priority}; waits {minutes} minutes for others to compete with"),
    }
}

/// The channels as they will be tried: those that the campaign prefers, then the others in whichever order an instruction has them.
fn channels(plan: &Plan<'_>) -> String {
    let prefers = |channel: &&str| plan.settings.policy.channels.iter().any(|known| known.as_str() == *channel);
    let (mut preferred, others): (Vec<&str>, Vec<&str>) =
        plan.manifest.channels.iter().map(String::as_str).partition(prefers);
    preferred.sort_by_key(|channel| plan.settings.policy.preference(channel));
    let others = match others.len() {
        0 | 1 => others.concat(),
        _ => format!("as the instruction says: {}", others.join(", ")),
    };
    preferred.push(&others);
    preferred.retain(|part| !part.is_empty());
    preferred.join(", then ")
}

fn caps(policy: &CampaignPolicy, tenant: &TenantPolicy) -> Vec<String> {
    if policy.exempt_from.contains(&Exemption::Caps) {
        return vec!["exempt: its messages are neither capped nor counted".to_owned()];
    }
    let own = policy.caps.iter().map(|cap| format!("the campaign's: {}", cap_words(cap)));
    let caps: Vec<String> =
        own.chain(tenant.caps.iter().map(|cap| format!("the tenant's: {}", cap_words(cap)))).collect();
    if caps.is_empty() { vec!["none".to_owned()] } else { caps }
}

fn cap_words(cap: &Cap) -> String {
    let over = match &cap.over {
        Over::EachChannel => " over each channel".to_owned(),
        Over::Channel(channel) => format!(" over {}", channel.as_str()),
        Over::Together => String::new(),
    };
    let then = match cap.on_cap {
        OnCap::Next => "takes the next channel",
        OnCap::Hold => "waits",
        OnCap::Drop => "is dropped",
    };
    format!("{}{over}; one more {then}", cap.words())
}

fn quiet(policy: &CampaignPolicy, tenant: &TenantPolicy) -> String {
    let zone = tenant.time_zone.name();
    let words =
        |whose: &str, hours: QuietHours| format!("{whose}: {} where the person lives, else in {zone}", hours.words());
    match (policy.exempt_from.contains(&Exemption::QuietHours), policy.quiet_hours, tenant.quiet_hours) {
        (true, ..) => "exempt: its messages go out at night, too".to_owned(),
        (_, Quiet::Between(hours), _) => words("the campaign's", hours),
        (_, Quiet::LikeTenant, Some(hours)) => words("the tenant's", hours),
        (_, Quiet::Never, _) | (_, Quiet::LikeTenant, None) => "none".to_owned(),
    }
}
