//! The language of the house: what every room means by a tenant, an event, a decision, an instruction.
//! No input or output, no wire format: a room that reads or writes converts at its own wall.

mod backlog;
mod cause;
mod decision;
mod echo;
mod event;
mod experiment;
mod facts;
mod history;
mod identity;
mod ids;
mod inbound;
mod instruction_id;
mod item;
mod json;
pub mod limits;
mod manifest;
mod membership;
mod outcome;
mod per_tenant;
pub mod pointer;
mod secret;
pub mod spelling;
mod target;
mod template;
mod time;

pub use backlog::{Backlog, Waiting};
pub use cause::{Cause, CauseId, Change, Context};
pub use decision::{Decision, Delivery, Instruction, Mark, StateChange, TimerChange};
pub use echo::{ECHO_MADE_BY, echo_id, is_echo_id};
pub use event::{Call, Engagement, EngagementKind, Event};
pub use experiment::{Arm, Attribution, Figures, Group, HoldOut, TouchKind};
pub use facts::{Consent, KnownBy, Lost, Medium, PersonFacts, Scope, Wish};
pub use history::{Occurrences, Subject};
pub use identity::{Identities, Link};
pub use ids::{
    CampaignName, ChannelName, IdError, Label, MappingName, MessageId, ModuleDigest, Position, ProfileId, ProfileKey,
    Revision, Slot, SourceId, TemplateName, TenantId, VariationName,
};
pub use inbound::{Hearer, Inbound, News, Quarantined, Substance, Told};
pub use instruction_id::InstructionId;
pub use item::{
    Attributes, AttributesError, ItemChange, ItemDeed, ItemFacts, ItemId, ItemWord, Said, Teller, amendments,
    attribute, attributes, attributes_json,
};
pub use json::Json;
pub use manifest::{Manifest, Trigger};
pub use membership::Membership;
pub use outcome::{Failure, FailureKind, LogLine, Outcome};
pub use per_tenant::PerTenant;
pub use secret::Secret;
pub use target::{Asking, Labels, MessageSubject, Target};
pub use template::{RenderError, Rendered, Renderer, TextForm};
pub use time::{Clock, ManualClock, Signal, Stopwatch, SystemClock, Timestamp, WorkMeter};
