//! What is sealed opens in its place, with its key, and nowhere else.

use std::fs;

use expect_test::expect;
use proptest::prelude::*;

use super::*;
use crate::domain::{Secret, TenantId};

const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

fn keyring(lines: &str) -> Result<Keyring, KeyringError> {
    Keyring::open(MasterKeys::Text(Secret::new(lines.to_owned())), Path::new("nowhere"))
}

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

fn place<'a>(tenant: &'a TenantId, name: &'a str) -> Place<'a> {
    Place { tenant, kind: "source", name }
}

#[test]
fn what_is_sealed_opens_in_its_place_and_in_no_other() {
    let keyring = keyring(&format!("a:{KEY}")).unwrap();
    let (shop, other) = (tenant("shop"), tenant("other"));
    let here = place(&shop, "web");
    let sealed = keyring.seal(&here, b"s3cret");
    assert_eq!(keyring.open_sealed(&here, sealed.as_bytes()).unwrap().as_slice(), b"s3cret");
    assert_ne!(sealed, keyring.seal(&here, b"s3cret"), "a nonce should be used once");
    let kind = Place { kind: "channel", ..here };
    for elsewhere in [place(&other, "web"), place(&shop, "app"), kind] {
        let opened = keyring.open_sealed(&elsewhere, sealed.as_bytes());
        assert!(matches!(opened, Err(OpenError::DoesNotOpen { .. })), "{elsewhere}");
    }
}

#[test]
fn no_two_places_look_alike() {
    let encoded = |name: &str, tenant: &str| {
        let tenant = TenantId::parse(tenant).unwrap();
        Place { tenant: &tenant, kind: "source", name }.encoded("k")
    };
    assert_ne!(encoded("bc", "a"), encoded("c", "ab"));
}

#[test]
fn older_keys_open_and_the_first_seals() {
    let shop = tenant("shop");
    let old = keyring(&format!("old:{KEY}")).unwrap();
    let sealed = old.seal(&place(&shop, "web"), b"s3cret");
    let newer = keyring(&format!("# the current one\n{}\n\nold : {KEY} \n", draw().expose())).unwrap();
    assert_eq!(newer.open_sealed(&place(&shop, "web"), sealed.as_bytes()).unwrap().as_slice(), b"s3cret");
    assert_eq!(sealed_by(sealed.as_bytes()).unwrap(), "old");
    assert_eq!(sealed_by(newer.seal(&place(&shop, "web"), b"").as_bytes()).unwrap(), newer.current());
    assert_ne!(newer.derive("one"), newer.derive("other"));
    assert_eq!(old.derive("one"), keyring(&format!("renamed:{KEY}")).unwrap().derive("one"));
}

#[test]
fn a_missing_key_and_another_one_of_that_name_are_told_apart() {
    let shop = tenant("shop");
    let here = place(&shop, "web");
    let sealed = keyring(&format!("a:{KEY}")).unwrap().seal(&here, b"s3cret");
    let failure = |lines: String| keyring(&lines).unwrap().open_sealed(&here, sealed.as_bytes()).unwrap_err();
    let other = draw().expose().split_once(':').unwrap().1.to_owned();
    let told = [failure(format!("b:{KEY}")), failure(format!("a:{other}"))].map(|err| err.to_string());
    expect![[r#"
        its secrets are sealed with master key `a`, which is not there: give the file that holds it (`--master-key-file`), or put its line back
        what master key `a` sealed for source `web` of tenant `shop` does not open: the key of that name is another one, or the bytes were changed"#]]
    .assert_eq(&told.join("\n"));
}

#[test]
fn a_wrong_line_is_named_and_not_repeated() {
    let wrong = ["no-colon", "Id:x", "a:not base64", "a:c2hvcnQ=", &format!("a:{KEY}\na:{KEY}"), "# nothing else\n"];
    let told = wrong.map(|lines| keyring(&format!("# master keys\n{lines}")).unwrap_err().to_string());
    expect![[r#"
        line 2 of `REKINDLE_MASTER_KEY` holds no `:`: write `ID:KEY`, as `rekindle keyring new` prints it
        line 2 of `REKINDLE_MASTER_KEY` has an id that is not 1 to 32 of `a-z`, `0-9`, `-` and `_`: write `ID:KEY`, as `rekindle keyring new` prints it
        line 2 of `REKINDLE_MASTER_KEY` has a key that is no base64: write `ID:KEY`, as `rekindle keyring new` prints it
        line 2 of `REKINDLE_MASTER_KEY` has a key that is not of 32 bytes: write `ID:KEY`, as `rekindle keyring new` prints it
        line 3 of `REKINDLE_MASTER_KEY` has the id of a line before: write `ID:KEY`, as `rekindle keyring new` prints it
        `REKINDLE_MASTER_KEY` holds no master key: `rekindle keyring new` makes one"#]]
    .assert_eq(&told.join("\n"));
}

#[test]
fn a_key_beside_the_data_is_drawn_once_and_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let shop = tenant("shop");
    let drawn = Keyring::open(MasterKeys::Beside, folder.path()).unwrap();
    assert!(!folder.path().join("master.key").exists(), "nothing was sealed yet");
    drawn.keep().unwrap();
    let sealed = drawn.seal(&place(&shop, "web"), b"s3cret");

    let again = Keyring::open(MasterKeys::Beside, folder.path()).unwrap();
    assert_eq!(again.open_sealed(&place(&shop, "web"), sealed.as_bytes()).unwrap().as_slice(), b"s3cret");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(folder.path().join("master.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_key_that_is_still_needed_cannot_be_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    fs::write(&path, format!("old:{KEY}\n")).unwrap();
    let keyring = Keyring::open(MasterKeys::File(path.clone()), folder.path()).unwrap();
    let line = draw();
    fs::write(&path, line.expose()).unwrap();
    let needed = ["old".to_owned()];
    assert!(matches!(keyring.reload(&needed), Err(KeyringError::StillNeeded { id }) if id == "old"));
    assert_eq!(keyring.current(), "old");
    fs::write(&path, format!("{}\nold:{KEY}\n", line.expose())).unwrap();
    assert!(line.expose().starts_with(&keyring.reload(&needed).unwrap()));
    assert_eq!(keyring.ids().len(), 2);
}

proptest! {
    #[test]
    fn a_changed_byte_does_not_open(bytes in proptest::collection::vec(any::<u8>(), 0..64), at in any::<prop::sample::Index>()) {
        let keyring = keyring(&format!("a:{KEY}")).unwrap();
        let shop = tenant("shop");
        let mut sealed = keyring.seal(&place(&shop, "web"), &bytes).into_bytes();
        let at = at.index(sealed.len());
        sealed[at] ^= 1;
        prop_assert!(keyring.open_sealed(&place(&shop, "web"), &sealed).is_err());
    }
}
