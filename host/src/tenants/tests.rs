//! The directory as a whole: what is changed is durable, seen at once, bounded, and kept apart from tenant to tenant.

mod sealing;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::domain::{
    CampaignName, ChannelName, EngagementKind, Json, Manifest, ManualClock, MappingName, ModuleDigest, Revision,
    SourceId, Target, TenantId, Timestamp, Trigger, VariationName, limits,
};
use crate::keyring::{Keyring, MasterKeys};
use crate::mappings::Mapping;
use crate::policy::TenantPolicy;
use crate::settings::Settings;

const START: i64 = 1_767_323_045_678;

struct House {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
    directory: Directory,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(START)));
        let directory = open(folder.path(), clock.clone()).unwrap();
        Self { folder, clock, directory }
    }

    fn reopened(self) -> Self {
        drop(self.directory);
        let directory = open(self.folder.path(), self.clock.clone()).unwrap();
        Self { directory, ..self }
    }

    fn tenant(&self, id: &TenantId) -> Arc<Tenant> {
        self.directory.snapshot().tenant(id).cloned().unwrap()
    }

    fn publish(&self, id: &TenantId, name: &str, configuration: &str) -> Result<Arc<Campaign>, TenantsError> {
        let publication = Publication {
            module: ModuleDigest::new([7; 32]),
            configuration: Json::parse(configuration).unwrap(),
            settings: Settings::default(),
            manifest: manifest(),
        };
        self.directory.by(&deed()).publish(
            id,
            &campaign(name),
            publication,
            format!("configured {configuration}").as_bytes(),
        )
    }

    fn picture(&self, id: &TenantId) -> String {
        let tenant = self.tenant(id);
        format!("{tenant:#?}")
    }
}

fn open(folder: &Path, clock: Arc<ManualClock>) -> Result<Directory, StorageError> {
    open_with(folder, clock, MasterKeys::Beside)
}

fn open_with(folder: &Path, clock: Arc<ManualClock>, master_keys: MasterKeys) -> Result<Directory, StorageError> {
    Directory::open(folder, clock, Arc::new(Keyring::open(master_keys, folder)?))
}

fn deed() -> Deed {
    Deed::of_house("test", "")
}

fn shop() -> TenantId {
    TenantId::parse("shop").unwrap()
}

fn campaign(name: &str) -> CampaignName {
    CampaignName::parse(name).unwrap()
}

fn source(name: &str) -> SourceId {
    SourceId::parse(name).unwrap()
}

fn manifest() -> Manifest {
    let engagement = |target| Trigger::Engagement { kind: EngagementKind::Opened, target };
    Manifest {
        name: "three-lines".to_owned(),
        version: "1.0.0".to_owned(),
        summary: "three lines of defence".to_owned(),
        triggers: vec![
            Trigger::Event("Product Added".to_owned()),
            Trigger::Call("identify".to_owned()),
            engagement(Target::Any),
            engagement(Target::Mine),
            engagement(Target::Channel("push".to_owned())),
            engagement(Target::Campaign("winter".to_owned())),
            engagement(Target::Step("winter".to_owned(), "first".to_owned())),
            Trigger::TraitChanged("tier".to_owned()),
        ],
        channels: vec!["push".to_owned()],
        steps: vec!["first".to_owned()],
        configuration: Json::parse("{}").unwrap(),
    }
}

fn add_source(house: &House, id: &TenantId, name: &str) -> Result<Arc<RegisteredSource>, TenantsError> {
    house.directory.by(&deed()).edit(id, |tenant, now| {
        let drawn = RegisteredSource::draw(tenant.id.clone(), source(name), SourceDemands::default(), now)?;
        tenant.add_source(drawn)
    })
}

fn webhook(channel: &str) -> ChannelSettings {
    ChannelSettings {
        channel: ChannelName::parse(channel).unwrap(),
        provider: "webhook".to_owned(),
        settings: Json::parse(r#"{"url":"https://example.com","secret":"whsec_x"}"#).unwrap(),
    }
}

/// Everything of a tenant that there can be.
fn furnish(house: &House) -> Secret {
    let (_, owner) = house.directory.by(&deed()).create_tenant(shop()).unwrap();
    add_source(house, &shop(), "web").unwrap();
    house.directory.by(&deed()).edit(&shop(), |tenant, _| tenant.rotate_source(&source("web"), None)).unwrap();
    house.directory.by(&deed()).upload(&shop(), b"a module").unwrap();
    house.publish(&shop(), "winter", "{\"wait\":1}").unwrap();
    house.clock.advance_to(Timestamp::from_millis(START).plus(Duration::from_secs(60)));
    house.publish(&shop(), "winter", "{\"wait\":2}").unwrap();
    house
        .directory
        .by(&deed())
        .edit(&shop(), |tenant, _| tenant.act_on_campaign(&campaign("winter"), CampaignAction::Pause))
        .unwrap();
    house.directory.by(&deed()).edit(&shop(), |tenant, now| tenant.create_campaign(campaign("spring"), now)).unwrap();
    house.directory.by(&deed()).edit(&shop(), |tenant, _| tenant.set_channel(webhook("push"))).unwrap();
    owner
}

#[test]
fn everything_survives_a_restart() {
    let house = House::new();
    let owner = furnish(&house);
    let (before, secrets) = (house.picture(&shop()), exposed(&house));

    let house = house.reopened();

    assert_eq!(house.picture(&shop()), before);
    assert_eq!(exposed(&house), secrets);
    let holder = house.directory.snapshot().holder(owner.expose());
    assert!(matches!(holder, Some(Holder::Tenant { tenant, key }) if tenant.id == shop() && key.role == Role::Owner));
    let current = house.tenant(&shop()).campaign(&campaign("winter")).unwrap().current().cloned().unwrap();
    assert_eq!(*current.manifest, manifest());
    assert_eq!(house.directory.component(&current).unwrap(), b"configured {\"wait\":2}");
    let settings = house.tenant(&shop()).channel(&ChannelName::parse("push").unwrap()).cloned().unwrap();
    assert!(settings.settings.as_str().contains("whsec_x"));
}

/// A picture shows no secret, so they are compared apart.
fn exposed(house: &House) -> Vec<String> {
    let tenant = house.tenant(&shop());
    let texts = tenant.sources().flat_map(|registered| {
        let source = &registered.source;
        source.secrets.iter().chain([&source.token]).map(|secret| secret.expose().to_owned()).collect::<Vec<_>>()
    });
    texts.collect()
}

#[test]
fn what_is_removed_stays_removed() {
    let house = House::new();
    furnish(&house);
    let key = house.directory.by(&deed()).edit(&shop(), |tenant, now| {
        let (_, key) = ApiKey::draw("reader".to_owned(), Role::Viewer, now)?;
        tenant.add_key(key)
    });
    house
        .directory
        .by(&deed())
        .edit(&shop(), |tenant, _| {
            tenant.remove_source(&source("web"))?;
            tenant.unset_channel(&ChannelName::parse("push").unwrap())?;
            tenant.remove_key(&key.as_ref().unwrap().id)
        })
        .unwrap();

    let house = house.reopened();

    let tenant = house.tenant(&shop());
    assert_eq!((tenant.sources().count(), tenant.channels().count(), tenant.keys().count()), (0, 0, 1));
}

#[test]
fn no_key_is_on_the_disk_only_digests_are() {
    let house = House::new();
    let bootstrap = house.directory.bootstrap(None).unwrap().unwrap();
    let owner = furnish(&house);
    drop(house.directory);
    for key in [bootstrap, owner] {
        assert!(!is_in_some_file(house.folder.path(), key.expose().as_bytes()));
    }
    assert!(is_in_some_file(house.folder.path(), b"first owner"), "the search should find what is there");
}

fn is_in_some_file(folder: &Path, wanted: &[u8]) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return is_in_some_file(&path, wanted);
        }
        fs::read(path).unwrap().windows(wanted.len()).any(|window| window == wanted)
    })
}

#[test]
fn the_bootstrap_key_is_drawn_once_and_replaced_by_a_given_one() {
    let house = House::new();
    let drawn = house.directory.bootstrap(None).unwrap().unwrap();
    assert!(drawn.expose().starts_with("rkb_"));
    assert_eq!(house.directory.bootstrap(None).unwrap(), None);

    let house = house.reopened();

    let is_bootstrap = |key: &str| matches!(house.directory.snapshot().holder(key), Some(Holder::Bootstrap));
    assert!(is_bootstrap(drawn.expose()));
    assert_eq!(house.directory.bootstrap(Some("given-by-the-script")).unwrap(), None);
    assert!(is_bootstrap("given-by-the-script") && !is_bootstrap(drawn.expose()) && !is_bootstrap(""));
    for bad in ["", "with blank", "ümlaut", &"a".repeat(limits::BOOTSTRAP_KEY_BYTES_MAX + 1)] {
        assert!(matches!(house.directory.bootstrap(Some(bad)), Err(TenantsError::Invalid { .. })), "{bad:?}");
    }
}

#[test]
fn the_door_reads_by_the_mappings_as_they_are_now_also_after_a_start() {
    let house = House::new();
    furnish(&house);
    let registered = add_source(&house, &shop(), "app").unwrap();
    let token = registered.source.token.expose();
    let set = |house: &House, name: &str, document: serde_json::Value| {
        let name = MappingName::parse(name).unwrap();
        let mapping = Mapping::read(&document).unwrap();
        let edit = |tenant: &mut Tenant, set_at| tenant.set_mapping(NamedMapping { name, mapping, set_at });
        house.directory.by(&deed()).edit(&shop(), edit)
    };
    let is_read = |house: &House| house.directory.sources().get(token).unwrap().mappings.event("mail_seen").is_some();
    let seen = json!({"event": "Mail Seen", "engagement": "opened", "channel": "email"});
    assert!(!is_read(&house));
    set(&house, "seen", seen.clone()).unwrap();
    assert!(is_read(&house));

    let clash = set(&house, "again", seen).unwrap_err().to_string();
    assert_eq!(clash, "mapping `again` is not valid: `again` and `seen` map the same: change or remove one of them");
    let stray = set(&house, "stray", json!({"campaign": "x", "is": {"campaign": "nobodys"}})).unwrap_err().to_string();
    assert!(stray.contains("at `/is/campaign`: there is no campaign `nobodys`"), "{stray}");

    let house = house.reopened();
    assert!(is_read(&house) && house.tenant(&shop()).mappings().count() == 1);
    let name = MappingName::parse("seen").unwrap();
    house.directory.by(&deed()).edit(&shop(), |tenant, _| tenant.remove_mapping(&name)).unwrap();
    assert!(!is_read(&house));
    assert!(house.directory.by(&deed()).edit(&shop(), |tenant, _| tenant.remove_mapping(&name)).is_err());
}

#[test]
fn the_door_sees_a_source_as_soon_as_it_is_there_and_no_longer_than_it_is() {
    let house = House::new();
    furnish(&house);
    let door = house.directory.sources();
    let registered = add_source(&house, &shop(), "app").unwrap();
    let token = registered.source.token.expose();
    assert_eq!(door.get(token).unwrap().source.secrets.len(), 1);

    let first = registered.source.secrets[0].clone();
    for rotation in 1..=3 {
        let edit =
            |tenant: &mut Tenant, _| tenant.rotate_source(&source("app"), Some(Secret::new(format!("s{rotation}"))));
        house.directory.by(&deed()).edit(&shop(), edit).unwrap();
        let secrets = &door.get(token).unwrap().source.secrets;
        assert_eq!(secrets.len(), limits::SOURCE_SECRETS_MAX);
        assert_eq!(secrets.contains(&first), rotation == 1);
        assert_eq!(secrets[0].expose(), format!("s{rotation}"));
    }

    house.directory.by(&deed()).edit(&shop(), |tenant, _| tenant.remove_source(&source("app"))).unwrap();
    assert!(door.get(token).is_none());
}

#[test]
fn a_source_asks_for_what_it_was_told_to_ask_for() {
    let draw = |demands| RegisteredSource::draw(shop(), source("web"), demands, Timestamp::EPOCH);
    let given = |text: &str| Some(Secret::new(text.to_owned()));

    let unsigned = draw(SourceDemands { unsigned: true, bearer: given("b"), ..SourceDemands::default() }).unwrap();
    assert!(unsigned.source.secrets.is_empty() && unsigned.source.bearer.is_some());
    let signed = draw(SourceDemands { secret: given("mine"), ..SourceDemands::default() }).unwrap();
    assert_eq!(signed.source.secrets[0].expose(), "mine");

    let both = SourceDemands { unsigned: true, secret: given("mine"), ..SourceDemands::default() };
    let empty = SourceDemands { basic_key: given(""), ..SourceDemands::default() };
    let long = SourceDemands { bearer: given(&"x".repeat(limits::SECRET_BYTES_MAX + 1)), ..SourceDemands::default() };
    for demands in [both, empty, long] {
        assert!(matches!(draw(demands), Err(TenantsError::Invalid { .. })));
    }
}

#[test]
fn a_failed_edit_changes_nothing_and_tells_nobody() {
    let house = House::new();
    furnish(&house);
    let (version, picture) = (house.directory.snapshot().version(), house.picture(&shop()));
    let failed = house.directory.by(&deed()).edit(&shop(), |tenant, now| {
        tenant.create_campaign(campaign("summer"), now)?;
        tenant.create_campaign(campaign("summer"), now)
    });
    assert!(matches!(failed, Err(TenantsError::Conflict { .. })));
    assert_eq!(house.directory.snapshot().version(), version);
    assert_eq!(house.picture(&shop()), picture);
}

#[test]
fn listeners_hear_of_a_change_when_it_can_be_seen() {
    let house = House::new();
    let directory = Arc::new(house.directory);
    let (heard, seen) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(0)));
    let (listening, counting, noting) = (Arc::downgrade(&directory), Arc::clone(&heard), Arc::clone(&seen));
    directory.on_change(move |changed| {
        assert!(listening.upgrade().unwrap().snapshot().tenant(changed).is_some());
        counting.fetch_add(1, Ordering::SeqCst);
        *noting.lock().unwrap() = listening.upgrade().unwrap().snapshot().tenants().count();
    });
    directory.by(&deed()).create_tenant(shop()).unwrap();
    directory.by(&deed()).create_tenant(TenantId::parse("other").unwrap()).unwrap();
    assert_eq!((heard.load(Ordering::SeqCst), *seen.lock().unwrap()), (2, 2));
}

#[test]
fn every_publication_is_a_revision_and_so_is_a_rollback() {
    let house = House::new();
    house.directory.by(&deed()).create_tenant(shop()).unwrap();
    let roll_back = |wanted: Option<u32>| {
        let edit = |tenant: &mut Tenant, now| tenant.roll_back_campaign(&campaign("winter"), wanted.map(Revision), now);
        house.directory.by(&deed()).edit(&shop(), edit)
    };
    let wait = |campaign: &Campaign| {
        let current = campaign.current().unwrap();
        (current.revision.0, current.configuration.as_str().to_owned())
    };
    for configuration in ["1", "2", "3"] {
        house.publish(&shop(), "winter", configuration).unwrap();
    }
    assert_eq!(wait(&roll_back(None).unwrap()), (4, "2".to_owned()));
    assert_eq!(wait(&roll_back(Some(1)).unwrap()), (5, "1".to_owned()));
    assert_eq!(house.tenant(&shop()).active().count(), 1);
    assert!(matches!(roll_back(Some(99)), Err(TenantsError::NotFound { .. })));
}

#[test]
fn what_all_messages_are_judged_by_outlives_a_start() {
    let house = House::new();
    house.directory.by(&deed()).create_tenant(shop()).unwrap();
    let document = json!({"caps": [], "quiet_hours": {"from": "21:00", "to": "08:00"}, "hold_out_percent": 5});
    let policy = TenantPolicy::read(&document).unwrap();
    house.directory.by(&deed()).edit(&shop(), |tenant, _| Ok(tenant.set_policy(policy.clone()))).unwrap();
    let house = house.reopened();
    assert_eq!((&**house.tenant(&shop()).policy(), house.tenant(&shop()).policy().document()), (&policy, document));
}

#[test]
fn a_winner_is_a_revision_of_the_one_that_it_won_in_and_of_no_other() {
    let house = House::new();
    house.directory.by(&deed()).create_tenant(shop()).unwrap();
    let settings = json!({"labels": ["spring"], "experiment": {"variations": {"bold": 1, "plain": 1}}});
    let published = house.publish(&shop(), "winter", "1").unwrap();
    house
        .directory
        .by(&deed())
        .edit(&shop(), |tenant, now| {
            let mut with = (**published.current().unwrap()).clone();
            with.settings = Arc::new(Settings::read(&settings).unwrap());
            let publication = Publication {
                module: with.module,
                configuration: with.configuration,
                settings: Settings::clone(&with.settings),
                manifest: Manifest::clone(&with.manifest),
            };
            tenant.publish(&campaign("winter"), publication, with.component, now)
        })
        .unwrap();
    let apply = |revision: u32| {
        let winner = VariationName::parse("bold").unwrap();
        let edit =
            |tenant: &mut Tenant, now| tenant.apply_winner(&campaign("winter"), (Revision(revision), &winner), now);
        house.directory.by(&deed()).edit(&shop(), edit).unwrap();
        let current = house.tenant(&shop()).campaign(&campaign("winter")).unwrap().current().unwrap().clone();
        (current.revision.0, current.settings.document())
    };
    assert_eq!(apply(1), (2, settings), "another revision took the place of that one");
    let (revision, document) = apply(2);
    assert_eq!((revision, &document["labels"][0]), (3, &"spring".into()));
    assert_eq!(document["experiment"]["variations"], json!({"bold": 1, "plain": 0}));
}

#[test]
fn the_oldest_revision_makes_room_and_its_component_goes_at_the_next_start() {
    let house = House::new();
    house.directory.by(&deed()).create_tenant(shop()).unwrap();
    for number in 0..=limits::REVISIONS_MAX {
        house.publish(&shop(), "winter", &number.to_string()).unwrap();
    }
    let components = |house: &House| fs::read_dir(house.folder.path().join("components")).unwrap().count();
    assert_eq!(components(&house), limits::REVISIONS_MAX + 1);

    let house = house.reopened();

    let tenant = house.tenant(&shop());
    let revisions: Vec<u32> =
        tenant.campaign(&campaign("winter")).unwrap().revisions().map(|revision| revision.revision.0).collect();
    assert_eq!((revisions.len(), revisions[0]), (limits::REVISIONS_MAX, 2));
    assert_eq!(components(&house), limits::REVISIONS_MAX);
}

#[test]
fn an_unused_module_makes_room_and_a_used_one_stays() {
    let mut tenant = Tenant::new(shop(), Timestamp::EPOCH);
    let module = |number: usize| {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&number.to_be_bytes());
        let uploaded_at = Timestamp::from_millis(i64::try_from(number).unwrap());
        Module { digest: ModuleDigest::new(digest), bytes: 1, uploaded_at }
    };
    let publish = |tenant: &mut Tenant, number: usize| {
        let publication = Publication {
            module: module(number).digest,
            configuration: Json::parse("{}").unwrap(),
            settings: Settings::default(),
            manifest: manifest(),
        };
        let name = campaign(&format!("c{}", number / limits::REVISIONS_MAX));
        tenant.publish(&name, publication, module(number).digest, Timestamp::EPOCH).unwrap();
    };
    for number in 0..limits::MODULES_MAX {
        tenant.add_module(module(number)).unwrap();
    }
    publish(&mut tenant, 0);
    tenant.add_module(module(limits::MODULES_MAX)).unwrap();
    assert_eq!(tenant.modules().count(), limits::MODULES_MAX);
    assert!(tenant.module(&module(0).digest).is_some() && tenant.module(&module(1).digest).is_none());

    for number in 2..=limits::MODULES_MAX {
        publish(&mut tenant, number);
    }
    let full = tenant.add_module(module(limits::MODULES_MAX + 1));
    assert!(matches!(full, Err(TenantsError::LimitReached { .. })), "{full:?}");
}

#[test]
fn every_bound_holds_and_says_so() {
    let mut tenant = Tenant::new(shop(), Timestamp::EPOCH);
    let now = Timestamp::EPOCH;
    let key = |_| tenant_key(now);
    fill("keys", limits::KEYS_MAX, |number| tenant.add_key(key(number)).map(drop));
    fill("sources", limits::SOURCES_MAX, |number| {
        let id = source(&format!("s{number}"));
        tenant.add_source(RegisteredSource::draw(shop(), id, SourceDemands::default(), now)?).map(drop)
    });
    fill("channels", limits::CHANNELS_MAX, |number| tenant.set_channel(webhook(&format!("c{number}"))).map(drop));
    fill("active campaigns", limits::ACTIVE_CAMPAIGNS_MAX, |number| publish_to(&mut tenant, number));
    let active = tenant.campaigns().count();
    fill("campaigns, archived ones included,", limits::CAMPAIGNS_MAX - active, |number| {
        tenant.create_campaign(campaign(&format!("draft{number}")), now).map(drop)
    });
    tenant.set_channel(webhook("c0")).expect("a channel that is set already should be set again");
    let settings = Json::from(&serde_json::Value::from("x".repeat(limits::CHANNEL_SETTINGS_BYTES_MAX)));
    assert!(tenant.set_channel(ChannelSettings { settings, ..webhook("c0") }).is_err());
}

#[test]
fn a_paused_campaign_counts_against_the_active_ones_when_it_comes_back() {
    let mut tenant = Tenant::new(shop(), Timestamp::EPOCH);
    (0..limits::ACTIVE_CAMPAIGNS_MAX).for_each(|number| publish_to(&mut tenant, number).unwrap());
    tenant.act_on_campaign(&campaign("active0"), CampaignAction::Pause).unwrap();
    publish_to(&mut tenant, limits::ACTIVE_CAMPAIGNS_MAX).unwrap();
    for attempt in
        [tenant.act_on_campaign(&campaign("active0"), CampaignAction::Resume).map(drop), publish_to(&mut tenant, 0)]
    {
        assert!(matches!(attempt, Err(TenantsError::LimitReached { what: "active campaigns", .. })));
    }
    publish_to(&mut tenant, 1).expect("an active campaign should take another revision");
}

fn tenant_key(now: Timestamp) -> ApiKey {
    ApiKey::draw("somebody".to_owned(), Role::Viewer, now).unwrap().1
}

fn publish_to(tenant: &mut Tenant, number: usize) -> Result<(), TenantsError> {
    let module = ModuleDigest::new([7; 32]);
    let publication = Publication {
        module,
        configuration: Json::parse("{}").unwrap(),
        settings: Settings::default(),
        manifest: manifest(),
    };
    let name = campaign(&format!("active{number}"));
    tenant.publish(&name, publication, module, Timestamp::EPOCH).map(drop)
}

/// `max` go in, one more does not.
fn fill(what: &str, max: usize, mut add: impl FnMut(usize) -> Result<(), TenantsError>) {
    for number in 0..max {
        add(number).unwrap_or_else(|err| panic!("{what} {number}: {err}"));
    }
    match add(max) {
        Err(TenantsError::LimitReached { what: said, max: most, .. }) => assert_eq!((said, most > 0), (what, true)),
        other => panic!("{what}: {other:?}"),
    }
}

#[test]
fn an_owner_can_always_make_keys() {
    let house = House::new();
    house.directory.by(&deed()).create_tenant(shop()).unwrap();
    let first = house.tenant(&shop()).keys().next().cloned().unwrap();
    let revoke = || house.directory.by(&deed()).edit(&shop(), |tenant, _| tenant.remove_key(&first.id));
    assert!(matches!(revoke(), Err(TenantsError::Conflict { .. })));
    let second = |tenant: &mut Tenant, now| tenant.add_key(ApiKey::draw("second".to_owned(), Role::Owner, now)?.1);
    house.directory.by(&deed()).edit(&shop(), second).unwrap();
    revoke().unwrap();
    assert!(matches!(revoke(), Err(TenantsError::NotFound { .. })));
}

#[test]
fn two_processes_do_not_share_a_directory() {
    let house = House::new();
    let second = open(house.folder.path(), house.clock.clone());
    assert!(matches!(second, Err(StorageError::InUse { .. })));
}

#[test]
fn a_flipped_bit_is_told_with_the_files_name_or_changes_nothing() {
    let house = House::new();
    house.directory.by(&deed()).create_tenant(shop()).unwrap();
    add_source(&house, &shop(), "website").unwrap();
    house.publish(&shop(), "winter", "{}").unwrap();
    let good = house.picture(&shop());
    let House { folder, clock, directory } = house;
    drop(directory);
    let file = folder.path().join("tenants.redb");
    let bytes = fs::read(&file).unwrap();
    let mut told = 0;
    for round in 0..120_usize {
        let span = if round < 60 { 512 } else { bytes.len() };
        let bit = (round * 104_729) % (span * 8);
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&file, flipped).unwrap();
        match open(folder.path(), clock.clone()) {
            Ok(directory) => {
                let tenant = directory.snapshot().tenant(&shop()).cloned().unwrap();
                assert_eq!(format!("{tenant:#?}"), good, "bit {bit}");
            }
            Err(error) => {
                assert!(error.to_string().contains("tenants.redb"), "bit {bit}: {error}");
                told += 1;
            }
        }
    }
    assert!(told > 20, "{told}");
}
