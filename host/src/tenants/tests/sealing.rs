//! What lies on the disk is sealed: from the first row, after a migration, and after every rotation.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::{ChannelName, Json, ManualClock, SourceId, TenantId, Timestamp};
use crate::keyring::{Keyring, KeyringError, MasterKeys, draw};
use crate::tenants::*;

/// Written by the version before secrets were sealed; every secret in it begins with `planted`, but the last.
const FORMAT_1: &[u8] = include_bytes!("../../../../tests/fixtures/tenants-format-1.redb");
const PLANTED: [&str; 6] = [
    "planted-source-secret",
    "planted-newer-secret",
    "planted-bearer",
    "planted-basic",
    "planted-path",
    "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
];
/// The owner's key, and the token of the source.
const KEY: &str = "rk_notemwbsymrn2cke6zc6ke7vf57xsfvz";
const TOKEN: &str = "yerpr5mea2uoedubct4tgzrriutlvuco";

fn open(folder: &Path, keys: MasterKeys) -> Result<Directory, StorageError> {
    let keyring = Keyring::open(keys, folder)?;
    Directory::open(folder, Arc::new(ManualClock::new(Timestamp::from_millis(1))), Arc::new(keyring))
}

fn shop() -> TenantId {
    TenantId::parse("shop").unwrap()
}

fn deed(operation: &str) -> Deed {
    Deed::of_house(operation, "")
}

/// The files that hold one of the texts.
fn holding(folder: &Path, texts: &[&str]) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let holds = |path: &PathBuf| {
        let bytes = fs::read(path).unwrap();
        texts.iter().any(|text| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
    };
    files.filter(holds).collect()
}

#[test]
fn a_directory_of_the_format_before_is_sealed_at_its_next_start() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tenants.redb"), FORMAT_1).unwrap();
    assert!(!holding(folder.path(), &PLANTED).is_empty(), "the fixture should hold them");

    for _ in 0..2 {
        let directory = open(folder.path(), MasterKeys::Beside).unwrap();
        let source = &directory.sources().get(TOKEN).unwrap().source;
        assert_eq!(source.secrets.iter().map(Secret::expose).collect::<Vec<_>>(), [PLANTED[1], PLANTED[0]]);
        assert_eq!(source.bearer.as_ref().map(Secret::expose), Some(PLANTED[2]));
        assert_eq!(source.basic_key.as_ref().map(Secret::expose), Some(PLANTED[3]));
        assert!(matches!(directory.recognise(KEY), Recognised::Holder(_)), "old keys stay good");
        let tenant = directory.snapshot().tenant(&shop()).cloned().unwrap();
        let settings = tenant.channels().next().unwrap().settings.as_str().to_owned();
        assert!(settings.contains(PLANTED[4]) && settings.contains(PLANTED[5]), "{settings}");
        assert_eq!(tenant.campaigns().count(), 1);
        drop(directory);
        assert_eq!(holding(folder.path(), &[&PLANTED[..], &[TOKEN, KEY]].concat()), [] as [PathBuf; 0]);
    }
}

/// A directory with a source and a channel; their secrets.
fn furnish(directory: &Directory) -> [&'static str; 2] {
    directory.by(&deed("create_tenant")).create_tenant(shop()).unwrap();
    let set_up = |tenant: &mut Tenant, now| {
        let demands =
            SourceDemands { secret: Some(Secret::new("s3cret-of-web".to_owned())), ..SourceDemands::default() };
        tenant.add_source(RegisteredSource::draw(shop(), SourceId::parse("web").unwrap(), demands, now)?)?;
        tenant.set_channel(ChannelSettings {
            channel: ChannelName::parse("push").unwrap(),
            provider: "webhook".to_owned(),
            settings: Json::parse(r#"{"secret":"whsec_of_push"}"#).unwrap(),
        })
    };
    directory.by(&deed("set_up")).edit(&shop(), set_up).unwrap();
    ["s3cret-of-web", "whsec_of_push"]
}

#[test]
fn a_rotation_seals_everything_anew_while_the_old_key_still_opens_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let (old, new) = (draw(), draw());
    let id = |line: &Secret| line.expose().split_once(':').unwrap().0.to_owned();
    fs::write(&path, old.expose()).unwrap();
    let directory = open(folder.path(), MasterKeys::File(path.clone())).unwrap();
    let secrets = furnish(&directory);
    let rotate = || directory.by(&deed("rotate_master_keys")).rotate_master_keys();

    fs::write(&path, new.expose()).unwrap();
    let early = rotate();
    assert!(matches!(early, Err(TenantsError::Keyring(KeyringError::StillNeeded { .. }))), "{early:?}");

    fs::write(&path, format!("{}\n{}\n", new.expose(), old.expose())).unwrap();
    let expected = Rotation { current: id(&new), resealed: 2, retired: vec![id(&old)] };
    assert_eq!(rotate().unwrap(), expected);
    assert_eq!(rotate().unwrap(), Rotation { resealed: 0, ..expected });

    drop(directory);
    fs::write(&path, new.expose()).unwrap();
    let directory = open(folder.path(), MasterKeys::File(path)).unwrap();
    assert_eq!(directory.snapshot().tenant(&shop()).unwrap().sources().count(), 1);
    drop(directory);
    assert_eq!(holding(folder.path(), &secrets), [] as [PathBuf; 0]);
}

#[test]
fn a_directory_whose_master_key_is_missing_is_refused_and_names_it() {
    let folder = tempfile::tempdir().unwrap();
    furnish(&open(folder.path(), MasterKeys::Beside).unwrap());
    let path = folder.path().join("master.key");
    let line = fs::read_to_string(&path).unwrap();
    let id = line.lines().last().unwrap().split_once(':').unwrap().0.to_owned();
    fs::remove_file(&path).unwrap();

    let refused = open(folder.path(), MasterKeys::Beside).unwrap_err().to_string();
    assert!(refused.contains(&id) && refused.contains("--master-key-file"), "{refused}");
    assert!(!path.exists(), "no other key is put in its place");

    fs::write(&path, line).unwrap();
    open(folder.path(), MasterKeys::Beside).unwrap();
}

#[test]
fn every_change_has_its_row_and_every_conflict_too() {
    let folder = tempfile::tempdir().unwrap();
    let directory = open(folder.path(), MasterKeys::Beside).unwrap();
    furnish(&directory);
    let by =
        Deed { actor: Actor::Bootstrap, request_id: Some("req_1".to_owned()), ..deed("create_tenant").about("shop") };
    assert!(directory.by(&by).create_tenant(shop()).is_err());
    let remove = |tenant: &mut Tenant, _: Timestamp| tenant.remove_source(&SourceId::parse("none").unwrap());
    assert!(directory.by(&deed("delete_source")).edit(&shop(), remove).is_err());

    let rows = |log: &AuditLog| {
        let rows = directory.audit(log, u64::MAX, 10).unwrap();
        rows.into_iter().map(|(_, row)| format!("{} {} {}", row.actor, row.operation, row.outcome)).collect::<Vec<_>>()
    };
    assert_eq!(rows(&AuditLog::Operator), ["bootstrap create_tenant conflict", "house create_tenant done"]);
    assert_eq!(rows(&AuditLog::Tenant(shop())), ["house set_up done", "house create_tenant done"]);
    let found = directory.inspect_audit(&AuditLog::Tenant(shop())).unwrap();
    assert_eq!((found.rows, found.broken), (2, None));
}

#[test]
fn refusals_do_not_drive_changes_out_of_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let directory = open(folder.path(), MasterKeys::Beside).unwrap();
    for _ in 0..crate::domain::limits::AUDIT_REFUSALS_PER_HOUR_MAX + 5 {
        directory.by(&deed("create_key")).note(&AuditLog::Operator, DeedOutcome::Forbidden).unwrap();
    }
    let rows = directory.inspect_audit(&AuditLog::Operator).unwrap().rows;
    assert_eq!(rows, u64::from(crate::domain::limits::AUDIT_REFUSALS_PER_HOUR_MAX));
}

#[test]
fn when_a_key_was_last_used_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_767_323_045_678)));
    let open = || {
        let keyring = Keyring::open(MasterKeys::Beside, folder.path()).unwrap();
        Directory::open(folder.path(), clock.clone(), Arc::new(keyring)).unwrap()
    };
    let directory = open();
    let (_, key) = directory.by(&deed("create_tenant")).create_tenant(shop()).unwrap();
    let last_used_at = |directory: &Directory| {
        directory.snapshot().tenant(&shop()).unwrap().keys().next().unwrap().last_used_at().map(|at| at.to_string())
    };
    assert_eq!(last_used_at(&directory), None);
    assert!(matches!(directory.recognise(key.expose()), Recognised::Holder(_)));
    directory.keep_uses().unwrap();
    drop(directory);
    assert_eq!(last_used_at(&open()).as_deref(), Some("2026-01-02T03:04:00.000Z"));
}
