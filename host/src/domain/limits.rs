//! Every bound of the house, with its unit and its reason.

use std::time::Duration;

// People and names

/// How many shares all people are divided into, for ever. A power of two, far above the number of machines.
pub const SLOTS: u16 = 256;
/// Bytes of a profile's id. Longer identities are replaced by their digest at the door.
pub const PROFILE_ID_BYTES_MAX: usize = 256;
/// Bytes of a message id: Segment allows 100 characters; longer ones are replaced by their digest at the door.
pub const MESSAGE_ID_BYTES_MAX: usize = 256;

// Connections

/// Connections that are open at one time.
pub const CONNECTIONS_MAX: usize = 4_096;
/// How long a client may take to send a request's head, and how long a connection may stay idle between two.
pub const REQUEST_HEAD_MAX: Duration = Duration::from_secs(5);
/// Bytes of a request's head.
pub const REQUEST_HEAD_BYTES_MAX: usize = 64 << 10;
/// How long the accept loop rests when it could not accept.
pub const ACCEPT_REST: Duration = Duration::from_millis(50);

// The door

/// Bytes of one request: Segment batches to 4 MB by default, "subject to change", and a 413 is lost for good.
pub const BODY_BYTES_MAX: usize = 64 << 20;
/// Elements of one batch: Segment's own limit is 4,000.
pub const BATCH_EVENTS_MAX: usize = 20_000;
/// Bytes of one event: Segment's own limit is 32 KB at its door; enrichment may add.
pub const EVENT_BYTES_MAX: usize = 256 << 10;
/// Levels of nesting in one event: below serde_json's own 128.
pub const EVENT_DEPTH_MAX: usize = 64;
/// Bytes kept of an element that was quarantined.
pub const QUARANTINE_RAW_BYTES_MAX: usize = 64 << 10;
/// Bytes of bodies that are in memory at one time, over all requests. Above it: 503.
pub const BODIES_IN_FLIGHT_BYTES_MAX: usize = 512 << 20;
/// How long the answer may wait for the journal: the classic webhook gives up after 5 s.
pub const DOOR_ANSWER_MAX: Duration = Duration::from_secs(4);
/// What a sender is asked to wait after a 503 or 429.
pub const RETRY_AFTER: Duration = Duration::from_secs(5);
/// Secrets that a source may have at one time, so that a rotation loses nothing.
pub const SOURCE_SECRETS_MAX: usize = 2;
/// Bytes of an event's name: it becomes a subject of the history. Longer ones are cut.
pub const EVENT_NAME_BYTES_MAX: usize = 256;
/// Bytes of an e-mail address: RFC 5321's path less its brackets.
pub const EMAIL_BYTES_MAX: usize = 254;
/// Members that an audience's `extras` may add to an event behind its signature.
pub const EXTRAS_MEMBERS_MAX: usize = 16;
/// How long a body may take to arrive, and a refused one to be drained: Segment itself gives up after 10 s.
pub const BODY_ARRIVAL_MAX: Duration = Duration::from_secs(30);
/// Bytes of a body that is worked on where it was read: about 1 ms. Larger ones go to a thread of their own.
pub const BODY_INLINE_BYTES_MAX: usize = 64 << 10;
/// How far in the future an event may claim to be before its arrival counts instead.
pub const FUTURE_TOLERANCE: Duration = Duration::ZERO;

// Journal

/// Bytes of one segment file, above which the next begins.
pub const SEGMENT_BYTES_MAX: u64 = 64 << 20;
/// Bytes of a file of the state engine up to which all of it is checked when it is opened: a fraction of a second.
pub const INTEGRITY_CHECK_BYTES_MAX: u64 = 256 << 20;
/// How often a journal whose disk was full looks whether there is room again.
pub const FULL_LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Bytes that a disk that was full must take again before it counts as having room.
pub const PROBE_BYTES: usize = 256 << 10;
/// Requests that wait for the journal at one time. Above it: 503.
pub const APPENDS_WAITING_MAX: usize = 1_024;
/// Bytes of one group that is written and flushed together.
pub const GROUP_BYTES_MAX: usize = 8 << 20;
/// Bytes of the journal that the workers have not consumed. Above it: 503.
pub const BACKLOG_BYTES_MAX: u64 = 8 << 30;
/// How long a repeated event is recognised: Segment retries for 4 hours, replays by hand come within days.
pub const SEEN_DAYS: i64 = 7;
/// Ids of arrived events that go into the index together: they are found in memory until then, and read again after a
/// crash. One commit of the index each, so few.
pub const SEEN_CHUNK_IDS: usize = 16_384;
/// Bytes of the journal that one such chunk may span: what is not in the index cannot be trimmed.
pub const SEEN_CHUNK_BYTES: u64 = SEGMENT_BYTES_MAX;
/// Chunks that wait for the index at one time. Above it the journal waits, too.
pub const SEEN_CHUNKS_WAITING_MAX: usize = 4;
/// Bytes that a reader of the journal takes from a file at one time.
pub const READ_CHUNK_BYTES: usize = 256 << 10;
/// Bytes of memory that each file of the state engine may use as its cache.
pub const ENGINE_CACHE_BYTES: usize = 64 << 20;

// Worker

/// Partitions of the embedded store: one file and one loop each.
pub const EMBEDDED_PARTITIONS: u16 = 4;
/// Timers that fire in one commit.
pub const COMMIT_TIMERS_MAX: usize = 256;
/// Bytes of other partitions' entries after which a partition notes that it has passed them, so that segments can go.
pub const PASSED_BYTES_MAX: u64 = 8 << 20;
/// Requests of administrators that wait for one loop.
pub const COMMANDS_WAITING_MAX: usize = 64;
/// After how long an idle loop looks again, whatever it was told: the machine's clock may have jumped, and a timer is to
/// fire within a second.
pub const IDLE_LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long a loop rests after its store was unavailable.
pub const STORE_REST: Duration = Duration::from_secs(1);
/// Causes in one commit.
pub const COMMIT_CAUSES_MAX: usize = 256;
/// How long a commit may wait for its sync.
pub const SYNC_BEAT: Duration = Duration::from_millis(200);
/// The same on a manual clock, where nobody wants to wait.
pub const SYNC_BEAT_MANUAL: Duration = Duration::from_millis(5);
/// Older events update the person and start nothing: replays and late retries.
pub const FRESHNESS: Duration = Duration::from_secs(24 * 3600);
/// How often a timer looks again whether its paused campaign goes on.
pub const PAUSED_TIMER_RECHECK: Duration = Duration::from_secs(60);
/// Timers that one campaign may have for one person.
pub const TIMERS_MAX: usize = 32;
/// The shortest wait: a timer set for the past fires that much later.
pub const TIMER_AHEAD_MIN: Duration = Duration::from_secs(1);
/// The longest wait.
pub const TIMER_AHEAD_MAX: Duration = Duration::from_secs(90 * 24 * 3600);
/// Campaigns that one tenant may have active.
pub const ACTIVE_CAMPAIGNS_MAX: usize = 100;
/// Rows of the ledger kept per person: the oldest goes when another comes.
pub const LEDGER_ROWS_MAX: u64 = 500;
/// How long messages and quarantined elements are kept.
pub const RETENTION: Duration = Duration::from_secs(90 * 24 * 3600);
/// Rows that one commit removes because they are old.
pub const TRIM_ROWS_MAX: usize = 1_000;

// Profiles

/// Traits kept per person.
pub const TRAITS_MAX: usize = 200;
/// Bytes of one trait.
pub const TRAIT_BYTES_MAX: usize = 4 << 10;
/// Names of events, and of engagements, counted per person.
pub const HISTORY_SUBJECTS_MAX: usize = 200;
/// Occurrences remembered per subject; counting since a moment saturates there.
pub const HISTORY_RECENT_MAX: usize = 256;
/// How long occurrences are remembered.
pub const HISTORY_RECENT_AGE: Duration = Duration::from_secs(90 * 24 * 3600);

// Sandbox

/// Bytes of an uploaded module.
pub const MODULE_BYTES_MAX: usize = 4 << 20;
/// Functions in all core modules: 200,000 take 9 s to compile.
pub const MODULE_FUNCTIONS_MAX: usize = 20_000;
/// Components in a module, itself among them: wrappers of an interface are some.
pub const MODULE_COMPONENTS_MAX: usize = 32;
/// Data segments in all core modules: engines broke above 32,000.
pub const MODULE_DATA_SEGMENTS_MAX: usize = 4_096;
/// Bytes of one function's body: compilation is not linear in it.
pub const FUNCTION_BYTES_MAX: usize = 512 << 10;
/// Core modules in one module, and their instances: interpreters for other languages bring about 40.
pub const CORE_INSTANCES_MAX: u32 = 48;
/// Memories of one instance: a component of several languages has one for each.
pub const GUEST_MEMORIES_MAX: u32 = 4;
/// Tables of one instance.
pub const GUEST_TABLES_MAX: u32 = 4;
/// Bytes of linear memory, summed over one instance.
pub const GUEST_MEMORY_BYTES_MAX: usize = 32 << 20;
/// Elements of tables, summed over one instance.
pub const GUEST_TABLE_ELEMENTS_MAX: usize = 20_000;
/// Fuel of one call: about 11 ms.
pub const FUEL_PER_CALL: u64 = 20_000_000;
/// Fuel of one configuration: parsing may cost more than deciding.
pub const FUEL_PER_CONFIGURE: u64 = 500_000_000;
/// The backstop's beat; fuel does not count what the host does for a guest.
pub const EPOCH_TICK: Duration = Duration::from_millis(5);
/// Beats that one call may take: far more than its fuel lasts, so that a busy machine ends no honest call.
pub const EPOCH_TICKS_PER_CALL: u64 = 100;
/// Beats that one configuration may take.
pub const EPOCH_TICKS_PER_CONFIGURE: u64 = 1_000;
/// Bytes that may be copied out of a guest in one call.
pub const HOSTCALL_FUEL: usize = 256 << 10;
/// Calls of the host in one call of a campaign.
pub const HOST_CALLS_MAX: u32 = 10_000;
/// Bytes of event and state that go into one call.
pub const INPUT_BYTES_MAX: usize = 512 << 10;
/// Bytes of all texts in one answer.
pub const OUTPUT_BYTES_MAX: usize = 64 << 10;
/// Instructions in one answer.
pub const INSTRUCTIONS_MAX: usize = 100;
/// Deliveries in one instruction.
pub const DELIVERIES_MAX: usize = 8;
/// Bytes of a step's, channel's or timer's name: people read it in reports.
pub const NAME_BYTES_MAX: usize = 128;
/// Triggers, channels or steps in a manifest.
pub const MANIFEST_ENTRIES_MAX: usize = 100;
/// Bytes of a manifest's summary.
pub const SUMMARY_BYTES_MAX: usize = 1 << 10;
/// Bytes kept of what a module says when it refuses.
pub const REFUSAL_BYTES_MAX: usize = 4 << 10;
/// Marks in one answer.
pub const MARKS_MAX: usize = 32;
/// Bytes of a campaign's memory of one person.
pub const STATE_BYTES_MAX: usize = 16 << 10;
/// Bytes of a module and what `configure` left in its memory: every revision keeps them.
pub const CONFIGURED_BYTES_MAX: usize = 8 << 20;
/// Bytes of a configuration.
pub const CONFIGURATION_BYTES_MAX: usize = 256 << 10;
/// Lines of a campaign's log in one call.
pub const LOG_LINES_MAX: usize = 64;
/// Bytes of one line.
pub const LOG_LINE_BYTES_MAX: usize = 1 << 10;
/// Bytes of all lines of one call.
pub const LOG_BYTES_MAX: usize = 16 << 10;
/// Frames of a backtrace.
pub const BACKTRACE_FRAMES_MAX: usize = 32;
/// Instances that may run at one time.
pub const INSTANCES_MAX: u32 = 64;

// Outbox

/// Entries of one partition that are at their providers at one time.
pub const DISPATCHED_MAX: usize = 256;
/// Entries of one tenant and channel that are at their provider at one time, so that a slow one leaves room for others.
pub const DISPATCHED_PER_CHANNEL_MAX: usize = 32;
/// Due entries that are looked at in one go; between two, the loop turns to whatever else there is.
pub const OUTBOX_SCAN_MAX: usize = 1_024;
/// How long one attempt may take: the shorter end of what Standard Webhooks recommends, 15 to 30 s.
pub const ATTEMPT_MAX: Duration = Duration::from_secs(15);
/// When the outbox breaks off an attempt whose channel did not: above `ATTEMPT_MAX` and `ANSWER_REST_MAX` together.
pub const ATTEMPT_BACKSTOP: Duration = Duration::from_secs(20);
/// Bytes read of a provider's answer.
pub const ANSWER_BYTES_MAX: usize = 64 << 10;
/// How long the rest of an answer is waited for once its status is known; only the reuse of the connection depends on it.
pub const ANSWER_REST_MAX: Duration = Duration::from_secs(1);
/// How long a connection to a provider is kept for the next message: below the 60 s after which common servers close it.
pub const CONNECTION_IDLE_MAX: Duration = Duration::from_secs(30);
/// Bytes of a provider's address: what common servers accept in a request line.
pub const PROVIDER_URL_BYTES_MAX: usize = 8 << 10;
/// Bytes of a webhook's signing key, at least: Standard Webhooks asks for 192 bits.
pub const SIGNING_KEY_BYTES_MIN: usize = 24;
/// Bytes of a webhook's signing key, at most: Standard Webhooks allows 512 bits.
pub const SIGNING_KEY_BYTES_MAX: usize = 64;
/// Bytes kept of what went wrong with an attempt.
pub const REASON_BYTES_MAX: usize = 1 << 10;
/// The longest that a provider's `Retry-After` is believed.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3600);
/// When to try again, after each failed attempt: the ten steps of Standard Webhooks' example schedule.
pub const RETRY_SCHEDULE: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 3600),
    Duration::from_secs(5 * 3600),
    Duration::from_secs(10 * 3600),
    Duration::from_secs(14 * 3600),
    Duration::from_secs(20 * 3600),
    Duration::from_secs(24 * 3600),
];

// Tenants and administration

/// Tenants of one house: all that they set up is in memory.
pub const TENANTS_MAX: usize = 10_000;
/// Sources of one tenant.
pub const SOURCES_MAX: usize = 100;
/// Keys of one tenant.
pub const KEYS_MAX: usize = 100;
/// Bytes of what an owner calls a key.
pub const KEY_NAME_BYTES_MAX: usize = 100;
/// Bytes of a bootstrap key that is given: it has to fit into a header.
pub const BOOTSTRAP_KEY_BYTES_MAX: usize = 256;
/// Bytes below which a bootstrap key is called short.
pub const BOOTSTRAP_KEY_BYTES_GOOD: usize = 24;
/// Bytes of a secret that is given.
pub const SECRET_BYTES_MAX: usize = 256;
/// Channels of one tenant that do not go to `preview`.
pub const CHANNELS_MAX: usize = 50;
/// Bytes of a channel's settings.
pub const CHANNEL_SETTINGS_BYTES_MAX: usize = 16 << 10;
/// Modules of one tenant.
pub const MODULES_MAX: usize = 200;
/// Campaigns of one tenant, in any state.
pub const CAMPAIGNS_MAX: usize = 500;
/// Revisions kept of one campaign.
pub const REVISIONS_MAX: usize = 100;
/// Rows of one page of a list.
pub const PAGE_ROWS_MAX: usize = 250;
/// Rows of one page when no number is asked for.
pub const PAGE_ROWS_USUAL: usize = 50;
/// Bytes of a request's JSON: a configuration, escaped, fits.
pub const REQUEST_BYTES_MAX: usize = 1 << 20;
/// Bytes of a request's id that a caller chose.
pub const REQUEST_ID_BYTES_MAX: usize = 128;
/// Modules that are checked or configured at one time: each takes a core for up to seconds.
pub const WORKSHOP_RUNNING_MAX: usize = 2;
/// Modules that wait to be checked or configured. Above it: 503.
pub const WORKSHOP_WAITING_MAX: usize = 16;
/// How long requests under way may take when the server stops. With the deliveries, less than the 30 s that most supervisors wait.
pub const DRAIN_REQUESTS_MAX: Duration = Duration::from_secs(10);
/// How long deliveries under way may take then.
pub const DRAIN_DELIVERIES_MAX: Duration = Duration::from_secs(15);

// Command line

/// How long a connection to the server may take.
pub const CLI_CONNECT_MAX: Duration = Duration::from_secs(10);
/// How long the server's answer may take.
pub const CLI_CALL_MAX: Duration = Duration::from_secs(30);
/// How long the answer to an upload may take: a module is compiled before it is accepted.
pub const CLI_UPLOAD_MAX: Duration = Duration::from_secs(120);
/// Bytes read of one answer: a page of quarantined elements, every byte of them escaped, fits.
pub const CLI_ANSWER_BYTES_MAX: usize = 256 << 20;
/// Bytes read of a file, so that a device or a pipe ends; far above what the server takes.
pub const CLI_FILE_BYTES_MAX: u64 = 64 << 20;
/// Characters shown of a cell; `--json` shows all of it. A module's digest has 71.
pub const CLI_CELL_CHARS_MAX: usize = 80;
