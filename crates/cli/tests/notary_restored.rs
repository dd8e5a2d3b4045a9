//! A notary is restored from a backup of before somebody's key was revoked, a token removed, its own
//! keys replaced; and what its users and its auditors see of that.

mod common;
#[path = "common/front.rs"]
mod front;

use common::{DataFolder, Done, Notary, User};
use front::Front;
use serde_json::{Value, json};

const EVE: &str = "eve@example.org";

/// A notary behind an address that stays, its lock store elsewhere, and a signer with two keys' worth of
/// files.
struct Setting {
    data: DataFolder,
    /// The name of the data directory of now.
    name: &'static str,
    notary: Option<Notary>,
    front: Front,
    eve: User,
}

impl Setting {
    fn new() -> Self {
        let data = DataFolder::new();
        let lock = data.beside("locks").to_str().unwrap().to_owned();
        let notary = start(&data, "notary", &lock);
        let eve = User::new();
        let key = eve.run(&["key"]).expect(0).out;
        eve.write("key.pub", key);
        let setting = Self {
            front: Front::of(&notary.url()),
            notary: Some(notary),
            name: "notary",
            data,
            eve,
        };
        setting
            .administer(&["signer", "add", EVE, "key.pub"])
            .expect(0);
        setting.administer(&["token", "add", "gone"]).expect(0);
        setting.sign("first");
        setting
    }

    fn path(&self, name: &str) -> String {
        self.data.beside(name).to_str().unwrap().to_owned()
    }

    fn administer(&self, args: &[&str]) -> Done {
        let data = self.path(self.name);
        let args = [&["notary"], args, &["--data", &data]].concat();
        self.eve.run(&args)
    }

    fn sign(&self, file: &str) {
        self.eve.write(file, file);
        let url = self.notary.as_ref().unwrap().url();
        self.eve.with(&url, &["sign", file]).expect(0);
    }

    fn sign_as_another(&self, file: &str) {
        let other = User::new();
        other.write(file, file);
        let url = self.notary.as_ref().unwrap().url();
        other.with(&url, &["sign", file]).expect(0);
    }

    fn back_up(&self) {
        let to = self.path("backup");
        self.administer(&["backup", "--to", &to]).expect(0);
    }

    fn stop(&mut self) {
        self.notary.take().unwrap().kill();
    }

    fn start(&mut self) {
        let notary = start(&self.data, self.name, &self.path("locks"));
        self.front.show(&notary.url());
        self.notary = Some(notary);
    }

    /// Stops the notary, and restores the backup.
    fn restore(&mut self, more: &[&str]) -> Done {
        self.stop();
        let (from, to, lock) = (
            self.path("backup"),
            self.path("restored"),
            self.path("locks"),
        );
        let args = ["notary", "restore", &from, "--data", &to, "--lock", &lock];
        self.eve.run(&[&args[..], more].concat())
    }

    fn start_the_restored(&mut self) {
        self.name = "restored";
        self.start();
    }

    fn verify(&self, user: &User, file: &str) -> Done {
        user.write(file, file);
        let args = ["verify", file, "--signer", EVE, "--json"];
        user.with(&self.front.url(), &args)
    }

    fn audit(&self, user: &User, json: bool) -> Done {
        let url = self.front.url();
        let args = ["log", "audit", &url, "--json"];
        user.run(&args[..if json { 4 } else { 3 }])
    }
}

fn start(data: &DataFolder, name: &str, lock: &str) -> Notary {
    let options = ["--open-writing", "--log-level", "error", "--lock", lock];
    Notary::start_with(&data.beside(name), "127.0.0.1:0", &options)
}

#[test]
fn a_restore_brings_back_no_revoked_signer_and_no_removed_token() {
    let mut setting = Setting::new();
    setting.back_up();
    let seen = User::new();
    setting
        .administer(&["signer", "revoke", EVE, "--since", "2020-01-01"])
        .expect(0);
    setting.administer(&["token", "remove", "gone"]).expect(0);
    assert_ne!(setting.verify(&seen, "first").code, 0);
    let restored = setting.restore(&["--json"]).expect(0).json();
    assert_eq!(restored["signers_revoked_again"], json!([EVE]));
    assert_eq!(restored["tokens_removed_again"], json!(["gone"]));
    setting.start_the_restored();
    let signers = setting.administer(&["signer", "list", "--json"]);
    let signers = signers.expect(0).json();
    assert_ne!(signers["signers"][0]["revoked"], Value::Null);
    let tokens = setting.administer(&["token", "list", "--json"]);
    assert_eq!(tokens.expect(0).json()["tokens"], json!([]));
    let url = setting.notary.as_ref().unwrap().url();
    setting.eve.write("stolen", "stolen");
    let refused = setting.eve.with(&url, &["sign", "stolen"]);
    assert_ne!(refused.code, 0);
    // Who had seen the revocation follows on, and who meets the notary now learns of it.
    for user in [&seen, &User::new()] {
        let done = setting.verify(user, "first");
        assert_ne!(done.code, 0);
        assert!(!done.err.contains("is not known"), "{}", done.err);
        assert!(!done.err.contains("does not continue"), "{}", done.err);
    }
}

#[test]
fn replaced_keys_come_back_only_when_told_so_and_the_way_out_is_named() {
    let mut setting = Setting::new();
    setting.back_up();
    setting.stop();
    setting.administer(&["rotate"]).expect(0);
    setting.start();
    let user = User::new();
    setting.verify(&user, "first").expect(0);
    let refused = setting.restore(&[]).expect(1);
    assert!(refused.err.contains("--earlier-keys"), "{}", refused.err);
    assert!(!setting.data.beside("restored").exists());
    setting.start();
    setting.restore(&["--earlier-keys"]).expect(0);
    setting.start_the_restored();
    let url = setting.front.url();
    let done = setting.verify(&user, "first");
    assert_ne!(done.code, 0);
    let way_out = format!("assay logout {url} --forget");
    assert!(done.err.contains(&way_out), "{}", done.err);
    user.run(&["logout", &url, "--forget"]).expect(0);
    setting.verify(&user, "first").expect(0);
}

#[test]
fn a_lost_lock_store_is_told_with_what_is_to_be_done() {
    let mut setting = Setting::new();
    setting.back_up();
    setting.stop();
    std::fs::remove_dir_all(setting.data.beside("locks")).unwrap();
    let (from, to) = (setting.path("backup"), setting.path("restored"));
    let lock = setting.path("locks");
    let args = ["notary", "restore", &from, "--data", &to, "--lock", &lock];
    let told = setting.eve.run(&args).expect(0).out;
    assert!(told.contains("revoke, remove and rotate again"), "{told}");
}

#[test]
fn an_audit_follows_a_restore_of_all_that_it_has_seen() {
    let mut setting = Setting::new();
    let auditor = User::new();
    let before = setting.audit(&auditor, true).expect(0).json();
    setting.back_up();
    setting.sign("lost");
    let saw_more = User::new();
    setting.audit(&saw_more, true).expect(0);
    setting.restore(&[]).expect(0);
    setting.start_the_restored();
    setting.sign_as_another("second");
    let report = setting.audit(&auditor, true).expect(0).json();
    let restored = &report["restored"];
    assert_eq!(restored["restored_entries"], before["size"]);
    assert_eq!(restored["lost_entries"], 1);
    assert_eq!(report["continued_from"], before["size"]);
    assert_ne!(report["origin"], before["origin"]);
    // From then on it is the log that is audited.
    let report = setting.audit(&auditor, true).expect(0).json();
    assert_eq!(report["restored"], Value::Null);
    // Who has seen what is lost is told so, and of which tree.
    let differs = setting.audit(&saw_more, true).expect(5).json();
    let difference = &differs["differences"][0];
    assert_eq!(difference["kind"], "lost");
    let ended = differs["restored"]["ended_tree_id"].as_str().unwrap();
    let expected = difference["expected"].as_str().unwrap();
    assert!(expected.contains(ended), "{expected}");
    assert_eq!(differs["differences"].as_array().unwrap().len(), 1);
    let told = setting.audit(&saw_more, false).expect(5).out;
    assert!(told.contains("restored from a backup"), "{told}");
}

#[test]
fn an_audit_says_that_what_was_lost_is_unknown_where_the_lock_store_was_lost() {
    let mut setting = Setting::new();
    let auditors = [User::new(), User::new()];
    for auditor in &auditors {
        setting.audit(auditor, false).expect(0);
    }
    setting.back_up();
    setting.sign("lost");
    std::fs::rename(setting.data.beside("locks"), setting.data.beside("gone")).unwrap();
    setting.restore(&[]).expect(0);
    setting.start_the_restored();
    let report = setting.audit(&auditors[0], true).expect(0).json();
    let restored = report["restored"].as_object().unwrap();
    assert_eq!(restored["lost_entries"], Value::Null);
    let told = setting.audit(&auditors[1], false).expect(0).out;
    assert!(told.contains("is unknown"), "{told}");
}

#[test]
fn an_audit_does_not_follow_a_restore_that_altered_the_past() {
    let mut setting = Setting::new();
    let auditor = User::new();
    setting.back_up();
    setting.sign("lost");
    setting.audit(&auditor, true).expect(0);
    setting.restore(&[]).expect(0);
    setting.start_the_restored();
    setting.sign_as_another("second");
    // It says that all is there, and has another entry in the place of one.
    setting.front.change("api/v1/log", |_, status, body| {
        let text = String::from_utf8(body).unwrap();
        let said = text.replace("\"restoredSize\":1", "\"restoredSize\":2");
        assert_ne!(said, text);
        (status, said.into_bytes())
    });
    let differs = setting.audit(&auditor, true).expect(5).json();
    let differences = differs["differences"].as_array().unwrap();
    assert!(
        differences.iter().any(|one| one["kind"] == "forked"),
        "{differs}"
    );
}

#[test]
fn a_revocation_with_a_wrong_lock_store_changes_nothing_and_a_repeated_one_is_done() {
    let mut setting = Setting::new();
    let elsewhere = setting.path("elsewhere");
    let wrong = ["signer", "revoke", EVE, "--lock", &elsewhere];
    for running in [true, false] {
        if !running {
            setting.stop();
        }
        let refused = setting.administer(&wrong).expect(1);
        assert!(
            refused.err.contains("nothing was changed"),
            "{}",
            refused.err
        );
        assert!(!refused.err.contains("backup"), "{}", refused.err);
        let signers = setting.administer(&["signer", "list", "--json"]);
        let signers = signers.expect(0).json();
        assert_eq!(signers["signers"][0]["revoked"], Value::Null);
    }
    setting.start();
    // The lock store, which is elsewhere, need not be named.
    let revoke = ["signer", "revoke", EVE, "--reason", "lost", "--json"];
    let revoked = setting.administer(&revoke).expect(0).json();
    assert_eq!(setting.administer(&revoke).expect(0).json(), revoked);
    let other = ["signer", "revoke", EVE, "--reason", "stolen"];
    let refused = setting.administer(&other).expect(1);
    assert!(refused.err.contains("revoked already"), "{}", refused.err);
}

#[test]
fn a_revocation_that_cannot_be_logged_says_that_the_key_is_revoked() {
    let mut setting = Setting::new();
    setting.stop();
    let (log, away) = (setting.path("notary/log.redb"), setting.path("away"));
    std::fs::rename(&log, &away).unwrap();
    let revoke = ["signer", "revoke", EVE, "--since", "2020-01-01"];
    let told = setting.administer(&revoke).expect(1).err;
    for part in ["the key is revoked", "could not be logged yet", "log.redb"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let signers = setting.administer(&["signer", "list", "--json"]);
    let signers = signers.expect(0).json();
    assert_ne!(signers["signers"][0]["revoked"], Value::Null);
    std::fs::rename(&away, &log).unwrap();
    setting.start();
    assert_ne!(setting.verify(&User::new(), "first").code, 0);
}
