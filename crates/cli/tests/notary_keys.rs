//! A notary's keys are changed and its signers' keys revoked, and whoever knows the notary is told.

mod common;
#[path = "common/front.rs"]
mod front;

use common::{Done, Notary, User};
use front::Front;
use serde_json::{Value, json};

const NAME: &str = "release@example.org";

struct Setting {
    notary: Option<Notary>,
    front: Front,
    data: common::DataFolder,
    publisher: User,
}

impl Setting {
    /// A notary with a signer, behind an address that stays.
    fn new() -> Self {
        let data = common::DataFolder::new();
        let notary = Notary::start(data.path());
        let publisher = User::new();
        let key = publisher.run(&["key"]).expect(0).out;
        publisher.write("key.pub", key);
        let setting = Self {
            front: Front::of(&notary.url()),
            notary: Some(notary),
            data,
            publisher,
        };
        setting
            .administer(&["signer", "add", NAME, "key.pub"])
            .expect(0);
        setting
    }

    fn administer(&self, args: &[&str]) -> Done {
        let data = self.data.path().to_str().unwrap();
        let args = [&["notary"], args, &["--data", data]].concat();
        self.publisher.run(&args)
    }

    /// Signs a new file at the notary itself; the file's name.
    fn sign(&self, name: &str) {
        self.publisher.write(name, name);
        let url = self.notary.as_ref().unwrap().url();
        self.publisher.with(&url, &["sign", name]).expect(0);
    }

    fn rotate(&mut self) -> Value {
        self.stop();
        let rotated = self.administer(&["rotate", "--json"]).expect(0).json();
        self.start();
        rotated
    }

    fn stop(&mut self) {
        // Its port is free when it is gone.
        self.notary.take().unwrap().kill();
    }

    fn start(&mut self) {
        let notary = Notary::start(self.data.path());
        self.front.show(&notary.url());
        self.notary = Some(notary);
    }

    /// Verifies a file by that name for somebody who trusts the signer.
    fn verify(&self, user: &User, name: &str) -> Done {
        user.write(name, name);
        let args = ["verify", name, "--signer", NAME, "--json"];
        user.with(&self.front.url(), &args)
    }
}

#[test]
fn a_user_follows_two_rotations_and_everything_stays_verified() {
    let mut setting = Setting::new();
    let (early, late) = (User::new(), User::new());
    setting.sign("first");
    setting.verify(&early, "first").expect(0);
    setting.verify(&late, "first").expect(0);
    let rotated = setting.rotate();
    assert_eq!(rotated["schema"], "assay.notary.rotated.v1");
    assert_ne!(
        rotated["previous_trust_root_fingerprint"],
        rotated["trust_root_fingerprint"]
    );
    setting.sign("second");
    for name in ["first", "second"] {
        let done = setting.verify(&early, name).expect(0);
        let told = done.err.contains("signed them with those that were pinned");
        assert_eq!(told, name == "first", "{}", done.err);
    }
    let rotated = setting.rotate();
    setting.sign("third");
    for user in [&early, &late, &User::new()] {
        for name in ["first", "second", "third"] {
            setting.verify(user, name).expect(0);
        }
    }
    // The fingerprint of now says which notary is meant, as well as the first one.
    for fingerprint in ["previous_trust_root_fingerprint", "trust_root_fingerprint"] {
        let fingerprint = rotated[fingerprint].as_str().unwrap();
        let args = [
            "verify",
            "third",
            "--signer",
            NAME,
            "--fingerprint",
            fingerprint,
        ];
        let done = late.with(&setting.front.url(), &args);
        let is_known = fingerprint == rotated["trust_root_fingerprint"];
        assert_eq!(done.code, if is_known { 0 } else { 3 }, "{}", done.err);
    }
}

#[test]
fn who_knows_an_earlier_fingerprint_meets_the_notary_by_it() {
    let mut setting = Setting::new();
    setting.sign("first");
    let (one, two) = (setting.rotate(), setting.rotate());
    setting.sign("second");
    let meet = |user: &User, fingerprint: &Value| {
        user.write("second", "second");
        let fingerprint = fingerprint.as_str().unwrap();
        let args = [
            "verify",
            "second",
            "--signer",
            NAME,
            "--fingerprint",
            fingerprint,
        ];
        user.with(&setting.front.url(), &args)
    };
    let (old, middle) = (
        &one["previous_trust_root_fingerprint"],
        &one["trust_root_fingerprint"],
    );
    for known in [old, middle] {
        let user = User::new();
        let done = meet(&user, known).expect(0);
        assert!(done.err.contains(known.as_str().unwrap()), "{}", done.err);
        // It stays the one that is pinned, also where nothing is expected.
        meet(&user, known).expect(0);
        meet(&user, &two["trust_root_fingerprint"]).expect(0);
        setting.verify(&user, "first").expect(0);
    }
    let user = User::new();
    meet(&user, &json!("00".repeat(32))).expect(3);
    // Nothing was pinned by that.
    meet(&user, middle).expect(0);
}

#[test]
fn bundles_of_before_and_after_a_rotation_verify_offline_with_the_new_root() {
    let mut setting = Setting::new();
    setting.sign("old");
    let first = setting.notary.as_ref().unwrap().ready["address"].clone();
    setting.rotate();
    setting.sign("new");
    let root = ureq::get(format!("{}/trusted_root.json", setting.front.url()))
        .call()
        .unwrap()
        .body_mut()
        .read_to_string()
        .unwrap();
    setting.publisher.write("root.json", root);
    setting.stop();
    for name in ["old", "new"] {
        let bundle = format!("{name}.sigstore.json");
        let args = [
            "verify-bundle",
            "--bundle",
            &bundle,
            "--certificate-identity",
            NAME,
            "--certificate-oidc-issuer",
            first.as_str().unwrap(),
            "--trusted-root",
            "root.json",
            name,
        ];
        setting.publisher.run(&args).expect(0);
    }
}

#[test]
fn the_newest_standing_counts_across_a_rotation() {
    let mut setting = Setting::new();
    let user = User::new();
    setting.sign("file");
    setting.verify(&user, "file").expect(0);
    let declare = |setting: &Setting, what: &str| {
        let url = setting.notary.as_ref().unwrap().url();
        setting.publisher.with(&url, &[what, "file"]).expect(0);
    };
    declare(&setting, "untrust");
    setting.verify(&user, "file").expect(19);
    setting.rotate();
    setting.verify(&user, "file").expect(19);
    declare(&setting, "trust");
    setting.verify(&user, "file").expect(0);
    declare(&setting, "unsupport");
    setting.verify(&user, "file").expect(15);
}

#[test]
fn another_notary_at_the_address_is_not_followed() {
    let setting = Setting::new();
    setting.sign("file");
    let user = User::new();
    setting.verify(&user, "file").expect(0);
    let other = Setting::new();
    setting.front.show(&other.notary.as_ref().unwrap().url());
    let refused = setting.verify(&user, "file").expect(3);
    assert!(
        refused.err.contains("another trust root"),
        "{}",
        refused.err
    );
    setting.front.show(&setting.notary.as_ref().unwrap().url());
    setting.verify(&user, "file").expect(0);
}

#[test]
fn what_a_revoked_key_signed_does_not_count_from_that_day_on() {
    let setting = Setting::new();
    setting.sign("file");
    let user = User::new();
    setting.verify(&user, "file").expect(0);
    let revoked = setting
        .administer(&[
            "signer",
            "revoke",
            NAME,
            "--since",
            "2020-01-01",
            "--reason",
            "lost",
            "--json",
        ])
        .expect(0)
        .json();
    assert_eq!(revoked["schema"], "assay.signer.revoked.v1");
    assert_eq!(revoked["since"], 1_577_836_800);
    // A bundle that lies beside the file is as little proven as one that the notary has.
    let judged = setting.verify(&user, "file");
    assert_ne!(judged.code, 0);
    let pinned: Vec<Value> = std::fs::read_dir(user.path("config/notaries"))
        .unwrap()
        .map(|file| serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap())
        .collect();
    assert_eq!(pinned[0]["followed"]["revoked"][0]["name"], NAME);
    setting.publisher.write("again", "again");
    let url = setting.notary.as_ref().unwrap().url();
    let refused = setting.publisher.with(&url, &["sign", "again"]).expect(1);
    assert!(refused.err.contains("revoked"), "{}", refused.err);
}

#[test]
fn what_is_known_to_be_revoked_does_not_count_whoever_offers_it() {
    let setting = Setting::new();
    setting.sign("file");
    let user = User::new();
    setting.verify(&user, "file").expect(0);
    // As if it had been learned from the notary, before somebody else answered in its place.
    let listed = setting.administer(&["signer", "list", "--json"]);
    let fingerprint = listed.expect(0).json()["signers"][0]["fingerprint"].clone();
    let pins = std::fs::read_dir(user.path("config/notaries")).unwrap();
    let pin = pins.map(|pin| pin.unwrap().path()).next().unwrap();
    let mut notary: Value = serde_json::from_slice(&std::fs::read(&pin).unwrap()).unwrap();
    let revocation = json!({ "key": fingerprint, "name": NAME, "since": 1_577_836_800 });
    notary["followed"]["revoked"] = json!([revocation]);
    std::fs::write(&pin, notary.to_string()).unwrap();
    for _ in 0..2 {
        let judged = setting.verify(&user, "file").expect(19);
        for part in ["key_revoked", NAME, "2020-01-01"] {
            assert!(judged.out.contains(part), "{}", judged.out);
        }
    }
    // A bundle beside the file is the notary's word, and not the file's.
    let bundle = std::fs::read(setting.publisher.path("file.sigstore.json")).unwrap();
    user.write("file.sigstore.json", bundle);
    let told = user.with(&setting.front.url(), &["verify", "file", "--signer", NAME]);
    let told = told.expect(19);
    let told = told.out + &told.err;
    assert!(!told.contains("file.sigstore.json has revoked"), "{told}");
    assert!(
        told.contains("127.0.0.1 has revoked") || told.contains("has revoked the key"),
        "{told}"
    );
    std::fs::remove_file(user.path("file.sigstore.json")).unwrap();
    // Nor does it offline, under the root of that notary.
    let root = format!(
        "{}/trusted_root.json",
        setting.notary.as_ref().unwrap().url()
    );
    let root = ureq::get(root).call().unwrap().body_mut().read_to_vec();
    let root = root.unwrap();
    user.write("file", "file");
    for one in [&user, &setting.publisher] {
        one.write("root.json", &root);
    }
    let bundle = setting.publisher.path("file.sigstore.json");
    let issuer = setting.notary.as_ref().unwrap().ready["address"].clone();
    let args = [
        "verify-bundle",
        "--bundle",
        bundle.to_str().unwrap(),
        "--certificate-identity",
        NAME,
        "--certificate-oidc-issuer",
        issuer.as_str().unwrap(),
        "--trusted-root",
        "root.json",
        "file",
    ];
    setting.publisher.run(&args).expect(0);
    let judged = user.run(&args).expect(1);
    assert!(
        judged.err.contains("revoked"),
        "{} {}",
        judged.out,
        judged.err
    );
    setting.publisher.write("other", "other");
    // The key's holder has not heard of it, and whoever has does not take that for signed.
    setting.sign("other");
    setting.verify(&user, "other").expect(19);
}

#[test]
fn a_name_that_was_revoked_later_counts_for_what_was_signed_before() {
    let setting = Setting::new();
    setting.sign("file");
    let user = User::new();
    setting.verify(&user, "file").expect(0);
    // Until the second in which it was signed is over.
    let signed = std::time::SystemTime::now();
    while signed.elapsed().unwrap().as_secs() < 1 {
        std::thread::yield_now();
    }
    setting.administer(&["signer", "revoke", NAME]).expect(0);
    setting.verify(&user, "file").expect(0);
}

#[test]
fn signers_are_listed_with_what_was_revoked_and_why() {
    let mut setting = Setting::new();
    // As well while nothing runs.
    setting.stop();
    let listed = setting
        .administer(&["signer", "list", "--json"])
        .expect(0)
        .json();
    assert_eq!(listed["schema"], "assay.signers.v1");
    assert_eq!(listed["signers"][0]["name"], NAME);
    assert_eq!(listed["signers"][0]["revoked"], Value::Null);
    setting
        .administer(&[
            "signer",
            "revoke",
            NAME,
            "--since",
            "2026-01-02",
            "--reason",
            "lost",
        ])
        .expect(0);
    let text = setting.administer(&["signer", "list"]).expect(0).out;
    for part in [NAME, "SHA256:", "revoked 2026-01-02 (lost)"] {
        assert!(text.contains(part), "{text}");
    }
    let wrong = ["signer", "revoke", NAME, "--since", "yesterday"];
    setting.administer(&wrong).expect(2);
    setting
        .administer(&["signer", "revoke", "nobody"])
        .expect(1);
    setting.start();
    let refused = setting.administer(&["rotate"]).expect(1);
    assert!(refused.err.contains("stop it"), "{}", refused.err);
}
