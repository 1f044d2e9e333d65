//! Every bound of the house, with its unit and its reason.

use std::time::Duration;

// People and names

/// How many shares all people are divided into, for ever. A power of two, far above the number of machines.
pub const SLOTS: u16 = 256;
/// Bytes of a profile's id. Longer identities are replaced by their digest at the door.
pub const PROFILE_ID_BYTES_MAX: usize = 256;
/// Bytes of a message id: Segment allows 100 characters; longer ones are replaced by their digest at the door.
pub const MESSAGE_ID_BYTES_MAX: usize = 256;
/// Other ids under which one person is known: a few devices a year, an address or two. More are kept apart.
pub const LINKED_IDS_MAX: usize = 64;

// Connections

/// Connections that are open at one time.
pub const CONNECTIONS_MAX: usize = 4_096;
/// Connections that wait to be accepted: the usual 128 overflow when a crowd comes, and who is forgotten there waits in vain.
pub const CONNECTIONS_WAITING_MAX: u32 = 4_096;
/// Connections of one address that are open at one time, of one /64 in IPv6. A proxy is one address: far above what it pools.
pub const CONNECTIONS_PER_ADDRESS_MAX: usize = 1_024;
/// How long a client may take to send a request's head, and how long to begin with the first one.
pub const REQUEST_HEAD_MAX: Duration = Duration::from_secs(5);
/// How long a connection may stay idle between two requests.
pub const CLIENT_IDLE_MAX: Duration = Duration::from_secs(30);
/// When a connection is asked to end, so that none is held for ever and a balancer can spread them anew.
pub const CLIENT_LIFE_MAX: Duration = Duration::from_secs(10 * 60);
/// How often it is looked whether a connection is overdue.
pub const CLIENT_LOOK: Duration = Duration::from_millis(500);
/// How long a body may take to begin to arrive, or an answer to be read, and how far it may fall behind.
pub const TRANSFER_GRACE: Duration = Duration::from_secs(5);
/// Bytes that every further second has to bring: a modem did 7 KiB.
pub const TRANSFER_BYTES_PER_SECOND_MIN: u64 = 8 << 10;
/// How long a request may take until its answer begins: above what our own command line waits for an upload.
pub const REQUEST_MAX: Duration = Duration::from_secs(150);
/// Bytes of a request's head.
pub const REQUEST_HEAD_BYTES_MAX: usize = 64 << 10;
/// Bytes of a request's headers in HTTP/2, unpacked.
pub const HEADER_LIST_BYTES_MAX: u32 = 64 << 10;
/// Requests under way on one connection of HTTP/2.
pub const STREAMS_MAX: u32 = 128;
/// Requests that a client took back before they were looked at; above it the connection ends (rapid reset).
pub const STREAMS_RESET_WAITING_MAX: usize = 32;
/// Requests that were reset because the client broke the protocol; above it the connection ends.
pub const STREAMS_RESET_MAX: usize = 128;
/// Bytes that one connection of HTTP/2 may have sent and nobody taken yet: 5 MB/s at 50 ms there and back.
pub const STREAM_WINDOW_BYTES: u32 = 256 << 10;
/// Bytes of one answer in HTTP/2 that wait to be sent.
pub const STREAM_UNSENT_BYTES_MAX: usize = 64 << 10;
/// How often a client of HTTP/2 is asked whether it is there.
pub const PING_INTERVAL: Duration = Duration::from_secs(20);
/// How long its answer may take.
pub const PING_ANSWER_MAX: Duration = Duration::from_secs(10);
/// File descriptors that the server needs besides those of its clients: deliveries, segments, tables.
pub const DESCRIPTORS_OWN: u64 = 2_048;
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
/// Values in one event, at any level: a tree of them takes some 64 bytes each.
pub const EVENT_VALUES_MAX: usize = 20_000;
/// Bytes kept of an element that was quarantined.
pub const QUARANTINE_RAW_BYTES_MAX: usize = 64 << 10;
/// Bytes of bodies that are in memory at one time, over all requests. Above it: 503.
pub const BODIES_IN_FLIGHT_BYTES_MAX: usize = 512 << 20;
/// The same of one tenant, so that others find room. Above it: 429.
pub const BODIES_OF_TENANT_BYTES_MAX: usize = BODIES_IN_FLIGHT_BYTES_MAX / 4;
/// Requests of one tenant that wait for the journal at one time. Above it: 429.
pub const APPENDS_OF_TENANT_MAX: usize = APPENDS_WAITING_MAX / 4;
/// Events of one tenant, in a second, over a longer time: above what Segment's own customers send by themselves.
pub const TENANT_EVENTS_PER_SECOND: u32 = 5_000;
/// Kibibytes of one tenant, in a second, over a longer time: 6 KiB an event.
pub const TENANT_KIBIBYTES_PER_SECOND: u32 = 30 << 10;
/// Seconds' worth of a quota that may come at once: a replay, or what was kept back during an outage.
pub const QUOTA_BURST_SECONDS: u32 = 10;
/// What a tenant is asked to wait at the most, however far it is over its quota.
pub const QUOTA_RETRY_AFTER_MAX: Duration = Duration::from_secs(60);
/// After how many requests the quotas forget tenants that have been quiet.
pub const QUOTA_FORGET_EVERY: u64 = 65_536;
/// Bytes that stay free on the disk, so that the workers can commit what was taken in. Of a small disk: a tenth.
pub const DISK_FREE_BYTES_MIN: u64 = 1 << 30;
/// How often the disk is looked at.
pub const DISK_LOOK: Duration = Duration::from_secs(1);
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

// Callbacks

/// Bytes of one callback: Mandrill puts 1,000 events into one, of some kilobytes each, and percent-encodes them.
pub const CALLBACK_BYTES_MAX: usize = 16 << 20;
/// Bytes of callbacks that are in memory at one time, over all requests. Above it: 503.
pub const CALLBACKS_IN_FLIGHT_BYTES_MAX: usize = 128 << 20;
/// The same of one tenant. Above it: 429.
pub const CALLBACKS_OF_TENANT_BYTES_MAX: usize = CALLBACKS_IN_FLIGHT_BYTES_MAX / 4;
/// Parameters of a form or a query: Mailchimp sends one for each field of its audience, some dozens.
pub const FORM_PARAMETERS_MAX: usize = 512;

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
/// Timers of one tenant that fire in one commit, those set meanwhile among them.
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
/// Messages that came back from their providers while others wait for their places: as many have a loop sync before the beat. Two milliseconds for
/// the four of a loop's share of a channel's places; a kill repeats no more than those that came back since.
pub const PLACES_FREE_MIN: u64 = 4;
/// Older events update the person and start nothing: replays and late retries.
pub const FRESHNESS: Duration = Duration::from_secs(24 * 3600);
/// Messages that are held for one person and campaign: the oldest is dropped when another comes.
pub const HELD_MAX: usize = 20;
/// For how long a verdict is good, or until quiet hours begin: an attempt that is made later asks again whether the person still wants it.
pub const VERDICT_AGE_MAX: Duration = Duration::from_secs(60);
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
/// What campaigns' rows of the ledger add up to is kept by the hour for so long: a year, and a month to compare it with the one before.
pub const COUNTERS_RETENTION: Duration = Duration::from_secs(400 * 24 * 3600);
/// People whose ledgers a recount looks for at once.
pub const RECOUNT_PEOPLE_MAX: usize = 100;
/// Rows of the ledger after which a recount lets others have their turn: some 10 ms.
pub const RECOUNT_ROWS_MAX: usize = 1_000;
/// Counters that a recount compares at once.
pub const RECOUNT_COUNTERS_MAX: usize = 500;
/// Lines by which it is explained what became of one person in one campaign; older ones are left out.
pub const EXPLAINED_LINES_MAX: usize = 50;
/// Causes that are named for two campaigns that compete: a reader needs no more to know where.
pub const CHECKED_CAUSES_MAX: usize = 8;
/// Counters that one report adds up: those of 400 days of a campaign with a hundred subjects an hour.
pub const REPORT_COUNTERS_MAX: usize = 1_000_000;
/// Counters that are read at once for a report.
pub const REPORT_PAGE_MAX: usize = 5_000;
/// Rows of the ledger kept per person: the oldest goes when another comes.
pub const LEDGER_ROWS_MAX: u64 = 500;
/// How long messages and quarantined elements are kept.
pub const RETENTION: Duration = Duration::from_secs(90 * 24 * 3600);
/// Rows that one commit removes because they are old.
pub const TRIM_ROWS_MAX: usize = 1_000;
/// What a tenant may cost a loop before others have their turn. Four dear calls fit, or a thousand usual ones.
pub const SHARE: Duration = Duration::from_millis(20);
/// A cause that costs as much is dear, and so is its tenant for a while: several at a time would leave no processor to those
/// whose causes take microseconds.
pub const DEAR_COST: Duration = Duration::from_millis(3);
/// After so many causes that cost less, a tenant is dear no more.
pub const DEAR_FOR_CAUSES: u32 = 16;
/// Tenants about whose causes one loop asks aside at a time.
pub const INQUIRIES_MAX: usize = 16;
/// How long a loop that waits for answers sleeps before it looks again, although it is told when there are any: others' timers may be due.
pub const INQUIRIES_LOOK_AGAIN: Duration = Duration::from_millis(2);
/// What the journal's causes in one batch may cost: so long does who is behind wait for a turn, and a message for its sync.
pub const BATCH_COST_MAX: Duration = Duration::from_millis(50);
/// What a cause costs besides its decision: it is committed.
pub const CAUSE_COST_MIN: Duration = Duration::from_micros(20);
/// Fuel that is counted as a microsecond: `FUEL_PER_CALL` lasts for about 5.5 ms.
pub const FUEL_PER_MICROSECOND: u64 = 1_800;
/// Bytes of one tenant's causes that are acknowledged and wait for its turn, an eighth of what may wait at all. Above it: 429.
pub const WAITING_BYTES_MAX: u64 = BACKLOG_BYTES_MAX / 8;
/// People of one sweep who are passed in one commit: a few milliseconds, so that events of the same tenant hardly wait.
pub const SWEEP_PEOPLE_MAX: usize = 128;
/// Occurrences of one tenant's schedules that are under way at one time. Another is missed.
pub const SWEEPS_OPEN_MAX: usize = 16;
/// Open sweeps of one tenant that are read in one partition, whatever began them.
pub const SWEEPS_READ_MAX: usize = 1_024;
/// Campaigns of which a person keeps what a sweep asked last: above what may be active at one time.
pub const SWEEP_MARKS_MAX: usize = 128;
/// Changes of one tenant's items that are being asked about in one partition at a time: some 8 MB of records. Another is missed, and
/// said to be.
pub const CHANGES_ASKED_MAX: u64 = 16_384;
/// The same above which its owner, who may say more of items, is asked to wait: what is read of open sweeps in one go.
pub const CHANGES_ASKED_BUSY: u64 = SWEEPS_READ_MAX as u64;
/// Interactions of one person about which a campaign that catches up is asked until it does something about one, the latest first: those
/// over other channels than it means are among them.
pub const CATCH_UP_ASKED_MAX: usize = 8;
/// Failures in a row after which a campaign is no longer asked: one bad event does not repeat itself that often.
pub const FAILURES_IN_A_ROW_MAX: u32 = 20;

// Profiles

/// Traits kept per person.
pub const TRAITS_MAX: usize = 200;
/// Bytes of one trait.
pub const TRAIT_BYTES_MAX: usize = 4 << 10;
/// Addresses of one kind kept per person; the one heard of longest ago goes. People have a few devices, and devices get new tokens.
pub const ADDRESSES_MAX: usize = 10;
/// Bytes of a push token: those of FCM have about 200.
pub const PUSH_TOKEN_BYTES_MAX: usize = 1 << 10;
/// Channels for which a person's word is kept: more than any tenant uses; a welcome goes before a refusal, the older first.
pub const CONSENTS_MAX: usize = 32;
/// Words about being written to that are taken from one event.
pub const CONSENTS_PER_EVENT_MAX: usize = 32;
/// Engagements per person that are recognised when they are told again: reports of one thing come within minutes.
pub const ENGAGEMENTS_SEEN_MAX: usize = 32;
/// Names of events, and of engagements, counted per person.
pub const HISTORY_SUBJECTS_MAX: usize = 200;
/// Occurrences remembered per subject; counting since a moment saturates there.
pub const HISTORY_RECENT_MAX: usize = 256;
/// Messages kept per person that caps count. While so many are young, nothing more that counts goes out: eight a day for a month.
pub const SENDS_MAX: usize = 256;
/// The longest span of time of a cap.
pub const CAP_WINDOW_MAX: Duration = Duration::from_secs(31 * 24 * 3600);
/// How long a message is remembered that was accepted: the longest cap, and a day, because a calendar's month can be longer by a clock
/// that is put back.
pub const SENDS_AGE: Duration = Duration::from_secs(32 * 24 * 3600);
/// How long occurrences are remembered.
pub const HISTORY_RECENT_AGE: Duration = Duration::from_secs(90 * 24 * 3600);

/// Segment's audiences of which it is kept whether a person is in them; further ones are not.
pub const ENGAGE_AUDIENCES_MAX: usize = 200;
/// Bytes of the key of one.
pub const ENGAGE_AUDIENCE_BYTES_MAX: usize = 256;

// Items

/// Bytes of an item's id: shops' own ids and keys of stock have some 40.
pub const ITEM_ID_BYTES_MAX: usize = 128;
/// Attributes of one item.
pub const ATTRIBUTES_MAX: usize = 64;
/// Bytes of an attribute's name.
pub const ATTRIBUTE_NAME_BYTES_MAX: usize = 64;
/// Bytes of an attribute: an address of a page or picture fits.
pub const ATTRIBUTE_BYTES_MAX: usize = 2 << 10;
/// Bytes of an item's attributes that are given at one time.
pub const ITEM_BYTES_MAX: usize = 16 << 10;
/// Items of a tenant in one partition; a million in all with four of them.
pub const ITEMS_OF_PARTITION_MAX: u64 = 250_000;
/// Items of a tenant in one partition up to which events alone may add one: the other half is its owner's, whatever browsers send.
pub const ITEMS_BY_EVENTS_MAX: u64 = ITEMS_OF_PARTITION_MAX / 2;
/// Items that are taken from one event: a list of products, or a large cart.
pub const EVENT_ITEMS_MAX: usize = 100;
/// Items that one person viewed or put into the cart, the latest.
pub const INTERESTS_MAX: usize = 200;
/// How long somebody who viewed an item, or has it in the cart, is interested in it.
pub const INTEREST_AGE: Duration = HISTORY_RECENT_AGE;
/// Bytes of one feed: a million short lines.
pub const FEED_BYTES_MAX: usize = 64 << 20;
/// Bytes of one line of a feed: an item's attributes, escaped, fit.
pub const FEED_LINE_BYTES_MAX: usize = 64 << 10;
/// Lines of one feed.
pub const FEED_LINES_MAX: u64 = 1_000_000;
/// Lines of a feed that are told of because they are bad; the others are counted.
pub const FEED_ERRORS_MAX: usize = 100;
/// Words about items that go into the journal together: one flush for them.
pub const FEED_APPEND_MAX: usize = 1_000;
/// How long a feed waits for what it changed so far to be asked about: well below `REQUEST_MAX`. What is left of it then is its sender's
/// to send again.
pub const FEED_ROOM_WAIT_MAX: Duration = Duration::from_secs(60);
/// How often it looks.
pub const FEED_ROOM_LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Pieces of a feed that have arrived and wait to be read.
pub const FEED_PIECES_WAITING_MAX: usize = 16;

// Experiments

/// Variations of one campaign: more take longer to tell apart than a campaign lives.
pub const VARIATIONS_MAX: usize = 10;
/// The greatest weight of a variation: shares down to one in ten thousand.
pub const VARIATION_WEIGHT_MAX: u64 = 10_000;
/// Percent of people who may be held out: with more, most of what a campaign is for would not happen.
pub const HOLD_OUT_PERCENT_MAX: u64 = 50;
/// Bytes of an experiment's salt.
pub const SALT_BYTES_MAX: usize = 64;
/// Bytes of a pointer to what a conversion is worth.
pub const POINTER_BYTES_MAX: usize = 256;
/// How long after a touch, or an enrolment, a conversion may count.
pub const ATTRIBUTION_WINDOW_MAX: Duration = Duration::from_secs(90 * 24 * 3600);
/// What a conversion can be worth, in whole units: what is more is a mistake of its sender, and sums of it would be worth nothing.
pub const CONVERSION_VALUE_MAX: f64 = 1e9;
/// Days that a winner's rule may ask for.
pub const WINNER_DAYS_MAX: u64 = 365;
/// People of each variation that a winner's rule may ask for.
pub const WINNER_PEOPLE_MAX: u64 = 100_000_000;
/// People of a group who have to have converted before it is said what one is worth: the usual number from which on a mean is taken to
/// be normal.
pub const VALUE_CONVERTED_MIN: i64 = 30;
/// Cells of a belief's table: what is read off it is right to one in 10,000.
pub const POSTERIOR_CELLS: usize = 1_024;
/// Campaigns of which a person keeps the trial: above what may be active at one time. The one enrolled first goes.
pub const TRIALS_MAX: usize = 128;
/// Touches of one campaign that a person keeps: one a day over a month. The oldest go; what was credited to them stays so.
pub const TOUCHES_MAX: usize = 32;
/// Conversions of one campaign that a person keeps, to credit them to touches that are told of late. Older ones stay counted.
pub const CONVERSIONS_MAX: usize = 32;

// Conditions

/// Levels of conditions within conditions.
pub const CONDITION_DEPTH_MAX: usize = 16;
/// Conditions that are remembered as parsed for one published campaign: above what a journey of ten steps in five variations asks.
pub const CONDITIONS_REMEMBERED_MAX: usize = 64;
/// Bytes of a condition's text that is remembered: above what people write. A tree takes up to thirty times its text, so all take 2 MiB at most.
pub const CONDITION_REMEMBERED_BYTES_MAX: usize = 1 << 10;
/// Conditions within one condition, itself among them: each is a look at the history at most.
pub const CONDITION_NODES_MAX: usize = 200;
/// Conditions that an audience is made of, with all that it names: each is asked for each person.
pub const AUDIENCE_NODES_MAX: usize = 1_000;
/// Values that a condition's list may name.
pub const CONDITION_LIST_MAX: usize = 1_000;
/// The longest span of time in a condition: occurrences are remembered no longer.
pub const CONDITION_SPAN_MAX: Duration = HISTORY_RECENT_AGE;

// Sandbox

/// How far who compiles and configures modules stands back behind who decides: as far as there is. Seconds of a processor are
/// no reason for a decision to wait.
pub const NICENESS: i32 = 19;
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
/// Fuel of one call: about 5.5 ms, so long may somebody else wait behind it. Rust decides in 1/600 of it, JavaScript in 1/30.
pub const FUEL_PER_CALL: u64 = 10_000_000;
/// Fuel of one template: about 25 ms. A letter with thirty tags takes a fortieth of it.
pub const FUEL_PER_RENDER: u64 = 200_000_000;
/// Fuel of one configuration: parsing may cost more than deciding.
pub const FUEL_PER_CONFIGURE: u64 = 500_000_000;
/// The backstop's beat; fuel does not count what the host does for a guest.
pub const EPOCH_TICK: Duration = Duration::from_millis(5);
/// Beats that one call may take: far more than its fuel lasts, so that a busy machine ends no honest call.
pub const EPOCH_TICKS_PER_CALL: u64 = 100;
/// How often a call is given half of that time again, because it got less than half of a processor meanwhile: for five seconds.
pub const CALL_EXTENSIONS_MAX: u32 = 19;
/// Beats that one configuration may take.
pub const EPOCH_TICKS_PER_CONFIGURE: u64 = 1_000;
/// Bytes that may be copied out of a guest in one call.
pub const HOSTCALL_FUEL: usize = 256 << 10;
/// Bytes that may be copied out of the renderer for one template: twice what it writes at most.
pub const RENDERED_LIFTED_BYTES_MAX: usize = 512 << 10;
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
/// Element segments in all core modules: toolchains make one; 40,000 took 4 s to compile.
pub const MODULE_ELEMENT_SEGMENTS_MAX: usize = 1_024;
/// Globals in all core modules: 500,000 took 5 s to inspect.
pub const MODULE_GLOBALS_MAX: usize = 20_000;
/// Custom sections in all core modules and components: a million took 5 s.
pub const MODULE_CUSTOM_SECTIONS_MAX: usize = 1_024;
/// Levels of blocks in one function: a `switch` has one for each of its cases. 100,000 took 15 s to compile.
pub const FUNCTION_BLOCKS_DEEP_MAX: usize = 1_000;
/// Levels of loops in one function: people write few. 10,000 took 36 s to compile, 1,000 took 0.7 s.
pub const FUNCTION_LOOPS_DEEP_MAX: usize = 64;
/// Types in all core modules and components: each may be made of those before it.
pub const MODULE_TYPES_MAX: usize = 10_000;
/// Types inside of types inside of types, counted by the bytes that could begin one: a parser recurses into them. Half of the
/// workbench's stack is enough for these.
pub const MODULE_TYPE_LEVELS_MAX: usize = 2_000;
/// Imports and exports, of each kind and in all, of core modules and components; instances have no more than these.
pub const MODULE_NAMES_MAX: usize = 10_000;
/// Bytes of one name of an import or export.
pub const MODULE_NAME_BYTES_MAX: usize = 4 << 10;
/// Locals of one function, parameters left out: each costs a compiler room in every block.
pub const FUNCTION_LOCALS_MAX: usize = 10_000;
/// Targets of one jump table: engines gave up above 65,520.
pub const JUMP_TARGETS_MAX: usize = 4_096;
/// Bytes of a component that is compiled: a configured one, or an uploaded one with what is added to read its state.
pub const COMPONENT_BYTES_MAX: usize = 16 << 20;
/// Bytes of the machine code of one component: several times its own, and images of its memory.
pub const COMPILED_BYTES_MAX: usize = 64 << 20;
/// Bytes of machine code kept on disk, over all components; the oldest goes when there is more.
pub const COMPILED_BYTES_KEPT_MAX: u64 = 16 << 30;
/// Processor time of one compilation: 20,000 functions take about a second, interpreters for other languages about 10.
pub const COMPILE_CPU_MAX: Duration = Duration::from_secs(60);
/// What one compilation may take by the clock: its processor time, and waiting for a processor.
pub const COMPILE_TIME_MAX: Duration = Duration::from_secs(90);
/// Bytes of address space of the process that compiles.
pub const COMPILE_ADDRESS_BYTES_MAX: u64 = 4 << 30;
/// How long a cause waits for its campaign to be loaded, once in all: one whole compilation fits.
pub const LOAD_WAIT_MAX: Duration = Duration::from_secs(120);
/// Campaigns that are loaded at one time after a start; most of them from disk, in milliseconds.
pub const LOADING_MAX: usize = 2;
/// How long loading rests after the host could not compile. Each time is a line in the log.
pub const LOAD_REST: Duration = Duration::from_secs(5);

// Outbox

/// How many processors there are for each template that is rendered at one time: the loops need some too.
pub const PROCESSORS_PER_RENDERING: usize = 2;
/// Entries of one partition that are at their providers at one time.
pub const DISPATCHED_MAX: usize = 256;
/// Entries of one tenant and channel that are at their provider at one time, so that a slow one leaves room for others.
pub const DISPATCHED_PER_CHANNEL_MAX: usize = 32;
/// The same, where the provider takes many in one request: what is under way at one time is what can go out together.
pub const GATHERED_PER_CHANNEL_MAX: usize = 200;
/// Messages of one channel that go out alone, where others go out together, and are at the provider at one time: as many as where all go alone.
pub const LANES_MAX: u8 = 32;
/// Groups of dead letters that are told apart.
pub const DEATH_GROUPS_MAX: usize = 200;
/// Failures in a row after which a provider is left alone: so many are no chance even where three of ten attempts fail.
pub const FAILURES_BEFORE_REST: u32 = 10;
/// How long it is left alone first: as long as the first step of the ladder.
pub const LINE_REST_MIN: Duration = Duration::from_secs(5);
/// How long it is left alone at most: who has mended it should not wait longer.
pub const LINE_REST_MAX: Duration = Duration::from_secs(300);
/// How long a request waits for more messages where its provider counts requests by the day: what `ATTEMPT_BACKSTOP` leaves beyond
/// `ATTEMPT_MAX` and `ANSWER_REST_MAX`, less a second.
pub const GATHERING: Duration = Duration::from_secs(3);
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
/// Bytes of a provider's key or token: the longest known, signed tokens with claims, have some 2 KiB.
pub const PROVIDER_KEY_BYTES_MAX: usize = 4 << 10;
/// Bytes of what something is called at a provider: Braze's names end there, its identifiers have 36.
pub const PROVIDER_NAME_BYTES_MAX: usize = 255;
/// Bytes of a provider's words that are kept.
pub const PROVIDER_WORDS_BYTES_MAX: usize = 200;
/// Bytes of a provider's address: what common servers accept in a request line.
pub const PROVIDER_URL_BYTES_MAX: usize = 8 << 10;
/// Addresses of one name that are tried: more serve nobody within one attempt.
pub const PROVIDER_ADDRESSES_MAX: usize = 16;
/// Bytes of an address to unsubscribe at: a line of a message has 998 at most (RFC 5322, section 2.1.1), and that one is not broken.
pub const UNSUBSCRIBE_URL_BYTES_MAX: usize = 900;
/// Bytes of one of Customer.io's events: "32kb or smaller", in the smaller of the two meanings.
pub const CUSTOMER_IO_EVENT_BYTES_MAX: usize = 32_000;
/// Bytes of an event of Customer.io's that goes out with many others: nearly all are smaller.
pub const CUSTOMER_IO_SMALL_EVENT_BYTES_MAX: usize = 4_000;
/// Small events in one request, which has to be "smaller than 500kb".
pub const CUSTOMER_IO_SMALL_EVENTS_MAX: usize = 100;
/// Events of any size in one request.
pub const CUSTOMER_IO_LARGE_EVENTS_MAX: usize = 15;
/// Contacts added to a list of SendGrid's in one request, which takes 30,000: as many as Segment sends at once.
pub const SENDGRID_ADDED_MAX: usize = 100;
/// Contacts looked up at SendGrid in one request, which takes 100: of all that it says of them, 2 KiB each fit into an answer.
pub const SENDGRID_LOOKED_UP_MAX: usize = 32;
/// Bytes of an address that SendGrid looks up.
pub const SENDGRID_LOOKED_UP_BYTES_MAX: usize = 100;
/// Bytes of what the tenant calls a person, as SendGrid takes it.
pub const SENDGRID_EXTERNAL_ID_BYTES_MAX: usize = 254;
/// Categories of one message at SendGrid.
pub const SENDGRID_CATEGORIES_MAX: usize = 10;
/// Characters of one category at SendGrid.
pub const SENDGRID_CATEGORY_CHARS_MAX: usize = 255;
/// Bytes of JSON that Mandrill keeps beside a message.
pub const MANDRILL_METADATA_BYTES_MAX: usize = 250;
/// Connections of one Mailchimp key.
pub const MAILCHIMP_CONNECTIONS_MAX: usize = 10;
/// Bytes of the name of one of Mailchimp's data centres: all known have 3 or 4.
pub const MAILCHIMP_CENTRE_BYTES_MAX: usize = 8;
/// Connections to one mail server: below the 20 and 50 at which common servers cut a client off.
pub const SMTP_CONNECTIONS_MAX: usize = 10;
/// Bytes of a webhook's signing key, at least: Standard Webhooks asks for 192 bits.
pub const SIGNING_KEY_BYTES_MIN: usize = 24;
/// Bytes of a webhook's signing key, at most: Standard Webhooks allows 512 bits.
pub const SIGNING_KEY_BYTES_MAX: usize = 64;
/// Calls of one request to Segment: what is above is answered by 200 and dropped.
pub const SEGMENT_REQUEST_CALLS_MAX: usize = 2_500;
/// Bytes of one request to Segment: it takes 500 KB, and its own libraries stop at 480.
pub const SEGMENT_REQUEST_BYTES_MAX: usize = 480_000;
/// Bytes of one call to Segment: it takes 32 KB, without saying whether that is a little more.
pub const SEGMENT_CALL_BYTES_MAX: usize = 32_000;
/// Requests to Segment for those who wait together: the 14 that the largest take, and some to find out which call is to blame.
pub const SEGMENT_REQUESTS_IN_A_ROW_MAX: usize = 48;
/// How much later than the one before it a request to Segment may begin: partners are asked for 50 a second at the most.
pub const SEGMENT_REQUEST_PACE: Duration = Duration::from_millis(20);
/// People in one call of Braze's: 50 recipients; of events, 75, but 50 in some contracts.
pub const BRAZE_PEOPLE_MAX: usize = 50;
/// Profiles in one call of Batch's `profiles/update`: above it, the call is refused.
pub const BATCH_PROFILES_MAX: usize = 200;
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
/// Audiences of one tenant.
pub const AUDIENCES_MAX: usize = 200;
/// Bytes of an audience's condition.
pub const AUDIENCE_BYTES_MAX: usize = 64 << 10;
/// Mappings of one tenant: a campaign, and its steps, has one each.
pub const MAPPINGS_MAX: usize = 1_000;
/// Bytes of a mapping: a few names.
pub const MAPPING_BYTES_MAX: usize = 4 << 10;
/// Channels that one category of consent is about.
pub const MAPPING_CHANNELS_MAX: usize = 16;
/// Templates of one tenant.
pub const TEMPLATES_MAX: usize = 200;
/// Versions of a template; the oldest goes.
pub const TEMPLATE_VERSIONS_MAX: u32 = 20;
/// Bytes of a template: mail programs cut what is longer than 102 KB.
pub const TEMPLATE_BYTES_MAX: usize = 128 << 10;
/// Bytes of all versions of all templates of one tenant: they are in memory.
pub const TEMPLATES_BYTES_MAX: usize = 8 << 20;
/// Modules of one tenant.
pub const MODULES_MAX: usize = 200;
/// Campaigns of one tenant, in any state.
pub const CAMPAIGNS_MAX: usize = 500;
/// Labels of one campaign: each is a comparison for every question about a label.
pub const CAMPAIGN_LABELS_MAX: usize = 16;
/// Channels that a campaign may put in order: as many as a tenant has.
pub const CAMPAIGN_CHANNELS_MAX: usize = CHANNELS_MAX;
/// Caps of one campaign, or of one tenant: a few spans of time for each of a few channels. Each is counted for every message.
pub const CAPS_MAX: usize = 16;
/// The highest priority of a campaign.
pub const PRIORITY_MAX: u32 = 100;
/// How long campaigns may wait for others to compete with.
pub const ARBITRATION_WINDOW_MAX: Duration = Duration::from_secs(24 * 3600);
/// How old an event may be, by a campaign's own bound, to be taken up.
pub const FRESHNESS_MAX: Duration = Duration::from_secs(30 * 24 * 3600);
/// How often the house looks whether an experiment is decided: rules count days.
pub const WINNERS_BEAT: Duration = Duration::from_secs(3600);
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
/// Modules that wait to be checked or configured: each is in memory meanwhile. Above it: 503.
pub const WORKSHOP_WAITING_MAX: usize = 32;
/// Modules of one tenant that are checked or configured at one time: the other benches are for others.
pub const WORKSHOP_TENANT_RUNNING_MAX: usize = 1;
/// Modules of one tenant that wait to be checked or configured. Above it: 429.
pub const WORKSHOP_TENANT_WAITING_MAX: usize = 3;
/// How long requests under way may take when the server stops. With the deliveries, less than the 30 s that most supervisors wait.
pub const DRAIN_REQUESTS_MAX: Duration = Duration::from_secs(10);
/// How long deliveries under way may take then.
pub const DRAIN_DELIVERIES_MAX: Duration = Duration::from_secs(15);
/// Bytes of a master key's id: people compare it.
pub const MASTER_KEY_ID_BYTES_MAX: usize = 32;
/// Master keys at one time: the current one, and those that a rotation has not reached everywhere.
pub const MASTER_KEYS_MAX: usize = 16;
/// Bytes read of a file of master keys: 16 lines and their comments.
pub const MASTER_KEY_FILE_BYTES_MAX: u64 = 64 << 10;
/// Rows that one transaction seals anew while keys are rotated: others who change something wait that long.
pub const RESEAL_ROWS_MAX: usize = 256;
/// How long the audit log keeps a row: a year, and a month to look back at it.
pub const AUDIT_RETENTION: Duration = Duration::from_secs(400 * 24 * 3600);
/// Rows of one audit log: the oldest goes when another comes. About 40 MB.
pub const AUDIT_ROWS_MAX: u64 = 100_000;
/// Rows that one entry of the audit log may trim: more than one, so that a log that was long becomes short.
pub const AUDIT_TRIM_MAX: u64 = 8;
/// Refusals that one audit log takes in an hour, so that nobody drives changes out of it by being refused.
pub const AUDIT_REFUSALS_PER_HOUR_MAX: u32 = 100;
/// Characters kept of what a change was about.
pub const AUDIT_OBJECT_CHARS_MAX: usize = 128;
/// How often it is written down when keys were last used. A kill loses that much of it.
pub const USES_BEAT: Duration = Duration::from_secs(5 * 60);

// Command line

/// How long a connection to the server may take.
pub const CLI_CONNECT_MAX: Duration = Duration::from_secs(10);
/// How long the server's answer may take.
pub const CLI_CALL_MAX: Duration = Duration::from_secs(30);
/// How long the answer to an upload may take: a module is compiled before it is accepted.
pub const CLI_UPLOAD_MAX: Duration = Duration::from_secs(120);
/// Bytes read of one answer: a page of quarantined elements, every byte of them escaped, fits.
pub const CLI_ANSWER_BYTES_MAX: usize = 256 << 20;
/// Bytes read of an answer of Segment's Public API, which describes one thing.
pub const SEGMENT_ANSWER_BYTES_MAX: usize = 1 << 20;
/// Complaints of one answer of Segment's that are repeated.
pub const SEGMENT_COMPLAINTS_MAX: usize = 5;
/// Bytes read of a file, so that a device or a pipe ends; far above what the server takes.
pub const CLI_FILE_BYTES_MAX: u64 = 64 << 20;
/// Characters shown of a cell; `--json` shows all of it. A module's digest has 71.
pub const CLI_CELL_CHARS_MAX: usize = 80;
/// Scenarios of one file, and steps of one scenario: more than anybody writes by hand, and few enough to play in a minute.
pub const SCENARIOS_MAX: usize = 1_000;
/// Rows read of a scenario's messages, failures and ledgers: each is far below, as its steps are.
pub const SCENARIO_ROWS_MAX: usize = 100_000;
/// How long the house may take to do what one step of a scenario asks for.
pub const REST_MAX: Duration = Duration::from_secs(60);
