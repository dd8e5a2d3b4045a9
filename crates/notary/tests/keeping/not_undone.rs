//! What was revoked, removed and replaced after a backup stays so when the backup is restored.

use crate::World;
use crate::common::Running;
use assay_core::succession::{SUCCESSION_PATH, follow};
use assay_notary::keys::SigningKey;
use assay_notary::restore::{Agreed, Restored, restore, restore_agreed};
use assay_notary::revocation::{Wanted, revoke};
use assay_notary::rotation::{Rotate, rotate};
use assay_notary::signers::{Signers, enrol};
use assay_notary::{Config, NotaryError, backup_file, tokens};
use std::path::PathBuf;
use tokio::runtime::Runtime;

const NAME: &str = "eve@example.org";

/// A notary with a signer and a token, stopped, and a backup of then.
struct Setting {
    world: World,
    signer: SigningKey,
    token: String,
    backup: PathBuf,
}

impl Setting {
    fn new() -> Self {
        let world = World::new();
        let notary = world.start();
        world.log(&notary, "before");
        let signer = SigningKey::generate().unwrap();
        let data = world.data.path();
        enrol(data, NAME, signer.public_pem().as_bytes()).unwrap();
        let token = tokens::add(data, "gone").unwrap();
        tokens::add(data, "stays").unwrap();
        let backup = world.data.beside("backup");
        backup_file::make(data, &backup).unwrap();
        notary.stop();
        Self {
            world,
            signer,
            token,
            backup,
        }
    }

    /// Revokes the signer and removes the token.
    fn act(&self) {
        let data = self.world.data.path();
        revoke(data, None, NAME, Wanted::default()).unwrap();
        tokens::remove(data, None, "gone").unwrap();
    }

    /// Runs the notary for a moment, so that what was written down is logged.
    fn run(&self, name: &str) -> Running {
        let mut config = Config::on_loopback(self.world.data.beside(name));
        config.lock = Some(self.world.lock());
        Running::try_start(config).unwrap()
    }

    fn restore(&self, agreed: Agreed) -> Result<Restored, NotaryError> {
        let to = self.world.data.beside("restored");
        restore_agreed(&self.backup, &to, Some(&self.world.lock()), agreed)
    }

    /// The revocation and the removal hold in what was restored.
    fn check(&self) {
        let data = self.world.data.beside("restored");
        let signers = Signers::of(&data).all().unwrap();
        assert!(signers[0].revoked.is_some());
        let names: Vec<String> = tokens::list(&data)
            .unwrap()
            .into_iter()
            .map(|token| token.name)
            .collect();
        assert_eq!(names, ["stays"]);
        let opened = tokens::Tokens::of(&data).name_of(&self.token).unwrap();
        assert_eq!(opened, None);
        let notary = self.run("restored");
        let certificate = format!("/signers/sha256:{}", self.signer.id());
        assert_eq!(notary.get(&certificate).status, 404);
        let statement = notary.get(&format!("/attestations/sha256:{}", self.signer.id()));
        let statements = statement.json()["attestations"].clone();
        assert_eq!(statements.as_array().unwrap().len(), 1, "it is logged");
        notary.stop();
    }
}

#[test]
fn a_restore_revokes_and_removes_again_and_who_followed_follows_on() {
    let setting = Setting::new();
    setting.act();
    let notary = setting.run("notary");
    let root = notary.get("/trusted_root.json").text;
    let seen = follow(&root, None, &notary.get(SUCCESSION_PATH).text).unwrap();
    assert_eq!(seen.followed.revoked.len(), 1);
    notary.stop();
    let restored = setting.restore(Agreed::default()).unwrap();
    let redone = restored.redone.unwrap();
    assert_eq!(redone.revoked, [NAME]);
    assert_eq!(redone.removed, ["gone"]);
    setting.check();
    let notary = setting.run("restored");
    let shown = notary.get(SUCCESSION_PATH).text;
    let latest = follow(&root, Some(&seen.followed), &shown).unwrap();
    assert_eq!(latest.followed.revoked, seen.followed.revoked);
    notary.stop();
}

#[test]
fn what_was_not_logged_yet_is_done_again_too() {
    let setting = Setting::new();
    setting.act();
    // The log has not gone on: it is the same tree.
    let restored = setting.restore(Agreed::default()).unwrap();
    assert!(restored.ended.is_empty());
    setting.check();
}

#[test]
fn what_was_written_down_and_cut_off_takes_effect_at_the_next_start() {
    let setting = Setting::new();
    let data = setting.world.data.path();
    let tokens_before = std::fs::read(data.join("tokens.json")).unwrap();
    setting.act();
    // As if the process had ended before the data was changed.
    std::fs::write(data.join("tokens.json"), tokens_before).unwrap();
    std::fs::remove_dir_all(data.join("revocations")).unwrap();
    setting.run("notary").stop();
    assert!(Signers::of(data).all().unwrap()[0].revoked.is_some());
    assert_eq!(tokens::list(data).unwrap().len(), 1);
}

#[test]
fn replaced_keys_come_back_only_on_the_administrators_word() {
    let setting = Setting::new();
    let both = Rotate {
        log: true,
        authority: true,
    };
    let runtime = Runtime::new().unwrap();
    let rotated = runtime
        .block_on(rotate(setting.world.data.path(), None, both))
        .unwrap();
    let refused = setting.restore(Agreed::default()).unwrap_err();
    assert!(matches!(refused, NotaryError::EarlierKeys { .. }));
    for part in ["--earlier-keys", "assay logout", "--forget"] {
        assert!(refused.to_string().contains(part), "{refused}");
    }
    assert!(!setting.world.data.beside("restored").exists());
    setting.act();
    setting
        .restore(Agreed {
            earlier_keys: true,
            ..Agreed::default()
        })
        .unwrap();
    setting.check();
    let notary = setting.run("restored");
    assert_eq!(notary.handle().notary().fingerprint(), rotated.before);
    notary.stop();
    // A backup of after the rotation needs no word.
    let later = setting.world.data.beside("later");
    backup_file::make(&setting.world.data.beside("restored"), &later).unwrap();
    let to = setting.world.data.beside("again");
    restore(&later, &to, Some(&setting.world.lock())).unwrap();
}

#[test]
fn without_the_lock_store_a_restore_says_that_it_does_not_know() {
    let setting = Setting::new();
    setting.act();
    let lock = setting.world.data.beside("another.lock");
    let to = setting.world.data.beside("restored");
    let restored = restore(&setting.backup, &to, Some(&lock)).unwrap();
    assert_eq!(restored.redone, None);
}

#[test]
fn nothing_is_revoked_or_removed_where_it_could_not_be_written_down() {
    let setting = Setting::new();
    let data = setting.world.data.path();
    let elsewhere = setting.world.data.beside("elsewhere.lock");
    let revoked = revoke(data, Some(&elsewhere), NAME, Wanted::default());
    let removed = tokens::remove(data, Some(&elsewhere), "gone");
    for refused in [revoked.map(|_| ()), removed] {
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("--lock"), "{refused}");
        assert!(!refused.contains("restore"), "{refused}");
    }
    assert!(Signers::of(data).all().unwrap()[0].revoked.is_none());
    assert_eq!(tokens::list(data).unwrap().len(), 2);
    assert!(!elsewhere.exists());
}

#[test]
fn a_lock_store_elsewhere_need_not_be_named_once_the_notary_ran_with_it() {
    let setting = Setting::new();
    let elsewhere = setting.world.data.beside("elsewhere.lock");
    std::fs::rename(setting.world.lock(), &elsewhere).unwrap();
    let mut config = Config::on_loopback(setting.world.data.path());
    config.lock = Some(elsewhere.clone());
    let notary = Running::try_start(config).unwrap();
    setting.act();
    notary.stop();
    assert!(!setting.world.lock().exists());
    let restored = restore(
        &setting.backup,
        &setting.world.data.beside("restored"),
        Some(&elsewhere),
    );
    assert_eq!(restored.unwrap().redone.unwrap().removed, ["gone"]);
}
