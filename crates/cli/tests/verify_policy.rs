//! `assay verify --policy`: settings as the extension exports them, with the real program and real
//! notaries.

mod common;
#[path = "common/front.rs"]
mod front;

use common::{DataFolder, Done, Notary, User};
use front::Front;
use serde_json::{Value, json};

const NAME: &str = "release@example.org";

/// A publisher with a notary behind an address that stays, and a user who has its trust root from a
/// policy.
struct World {
    data: DataFolder,
    notary: Option<Notary>,
    front: Front,
    publisher: User,
    user: User,
    policy: Value,
}

impl World {
    fn new() -> Self {
        let data = DataFolder::new();
        let notary = Notary::start(data.path());
        let front = Front::of(&notary.url());
        let publisher = User::new();
        publisher.write("key.pub", publisher.run(&["key"]).expect(0).out);
        let mut world = Self {
            data,
            front,
            publisher,
            user: User::new(),
            policy: Value::Null,
            notary: Some(notary),
        };
        world.administer(&["signer", "add", NAME, "key.pub"]);
        world.policy = world.policy_of(&world.front.url());
        world
    }

    fn administer(&self, args: &[&str]) -> Value {
        let data = self.data.path().to_str().unwrap();
        let args = [&["notary"], args, &["--json", "--data", data]].concat();
        self.publisher.run(&args).expect(0).json()
    }

    /// A policy that has this notary as it is now, and trusts its signer.
    fn policy_of(&self, address: &str) -> Value {
        let notary = self.notary.as_ref().unwrap();
        let fingerprint = notary.ready["trust_root_fingerprint"].as_str().unwrap();
        let root = ureq::get(format!("{}/trusted_root.json", notary.url()));
        let root = root.call().unwrap().body_mut().read_to_string().unwrap();
        let signer = json!({
            "root": format!("notary:{fingerprint}"),
            "identity": { "named": {
                "issuer": notary.ready["address"], "subject_kind": "email", "subject": NAME,
            } },
        });
        json!({ "schema": "assay.settings.v1", "settings": {
            "version": 1,
            "notaries": [{
                "address": address, "name": "ours", "trusted_root": root,
                "fingerprint": fingerprint, "enabled": true,
            }],
            "trusted": [{ "signer": signer, "scope": "everywhere" }],
            "rules": [],
        } })
    }

    fn settings(&mut self) -> &mut Value {
        &mut self.policy["settings"]
    }

    fn sign(&self, file: &str) {
        self.publisher.write(file, file);
        let url = self.notary.as_ref().unwrap().url();
        self.publisher.with(&url, &["sign", file]).expect(0);
    }

    fn rotate(&mut self) {
        self.notary.take().unwrap().kill();
        self.administer(&["rotate"]);
        let notary = Notary::start(self.data.path());
        self.front.show(&notary.url());
        self.notary = Some(notary);
    }

    /// Verifies a file of that name and content, with nothing but the policy.
    fn verify(&self, file: &str, args: &[&str]) -> Done {
        self.verify_as(&self.user, file, args)
    }

    fn verify_as(&self, user: &User, file: &str, args: &[&str]) -> Done {
        user.write(file, file);
        user.write("policy.json", self.policy.to_string());
        let first = ["verify", "--json", "--policy", "policy.json", file];
        user.run(&[&first[..], args].concat())
    }
}

#[test]
fn a_policy_says_whom_to_ask_and_whom_to_trust_and_its_notary_is_followed() {
    let mut world = World::new();
    world.sign("first");
    let done = world.verify("first", &[]).expect(0);
    // It was not met by chance: its trust root is the policy's.
    assert!(!done.err.contains("first contact"), "{}", done.err);
    let report = done.json();
    let fingerprint = &world.policy["settings"]["notaries"][0]["fingerprint"];
    let notary = json!({ "notary": world.front.url(), "trust_root_fingerprint": fingerprint });
    assert_eq!(report["notaries"], json!([notary]));
    assert_eq!(report["notary"], world.front.url());
    world.rotate();
    world.sign("second");
    for user in [&world.user, &User::new()] {
        let done = world.verify_as(user, "second", &[]).expect(0);
        assert!(done.err.contains("signed them with those"), "{}", done.err);
        assert_eq!(world.verify_as(user, "first", &[]).expect(0).err, "");
    }
    // What it revokes is told to whoever has it from the policy, and stays known offline.
    let bundle = world.publisher.path("second.sigstore.json");
    std::fs::copy(bundle, world.user.path("second.sigstore.json")).unwrap();
    world.verify("second", &["--offline"]).expect(0);
    world.administer(&["signer", "revoke", NAME, "--since", "2020-01-01"]);
    world.verify("first", &[]).expect(13);
    let report = world.verify("second", &["--offline"]).expect(19).json();
    assert_eq!(report["results"][0]["reasons"][0]["code"], "key_revoked");
}

#[test]
fn another_notary_at_the_address_is_refused_and_an_outage_is_none() {
    let mut world = World::new();
    world.sign("file");
    let other = World::new();
    world.front.show(&other.notary.as_ref().unwrap().url());
    let refused = world.verify("file", &[]).expect(3);
    assert!(refused.err.contains("trust root"), "{}", refused.err);
    // Nobody is met at first sight: an outage is one even then.
    world.front.fall_silent("/");
    let report = world.verify("file", &[]).expect(14).json();
    let reason = &report["results"][0]["reasons"][0]["code"];
    assert_eq!(reason, "source_unreachable");
    // Whoever met another one there before is told.
    world.front.let_pass();
    let met = User::new();
    met.write("file", "file");
    met.with(&world.front.url(), &["verify", "file"]);
    let refused = world.verify_as(&met, "file", &[]).expect(3);
    assert!(refused.err.contains("remove"), "{}", refused.err);
    // One that is turned off is not asked, and there is nobody else.
    world.settings()["notaries"][0]["enabled"] = json!(false);
    world.verify("file", &[]).expect(2);
}

#[test]
fn logs_of_a_policy_are_asked_unless_sources_are_chosen_or_nobody_is() {
    let mut world = World::new();
    world.sign("file");
    // Nobody listens there.
    let log = "https://127.0.0.1:1";
    world.settings()["rekors"] = json!([log]);
    let asked = |done: Done| -> Vec<String> {
        let report = done.expect(0).json();
        let sources = report["results"][0]["sources"].as_array().unwrap().clone();
        let name = |source: &Value| source["source"].as_str().unwrap().to_owned();
        sources.iter().map(name).collect()
    };
    let notary = world.front.url();
    assert_eq!(asked(world.verify("file", &[])), [notary.as_str(), log]);
    let chosen = ["--source", "notary"];
    assert_eq!(asked(world.verify("file", &chosen)), [notary.as_str()]);
    let bundle = world.publisher.path("file.sigstore.json");
    std::fs::copy(bundle, world.user.path("file.sigstore.json")).unwrap();
    assert_eq!(asked(world.verify("file", &["--offline"])), ["brought"]);
    let all = [notary.as_str(), log, "brought"];
    assert_eq!(asked(world.verify("file", &[])), all);
}

#[test]
fn what_a_policy_requires_is_not_loosened_and_who_alone_may_sign_is_held_to() {
    let mut world = World::new();
    world.sign("file");
    let url = "https://dl.example.org/file";
    let verify = |world: &World, args: &[&str]| {
        let own = ["--source", "notary", "--no-memory"];
        world.verify("file", &[&own, args].concat())
    };
    let signer = world.settings()["trusted"][0]["signer"].clone();
    world.settings()["trusted"] = json!([]);
    verify(&world, &[]).expect(11);
    verify(&world, &["--accept", "signed"]).expect(0);
    let rule = |mode: &str, signers: Value| json!([{ "host": "example.org", "demand": { "mode": mode }, "signers": signers }]);
    world.settings()["rules"] = rule("require", json!([]));
    let told = verify(&world, &["--accept", "signed", "--url", url])
        .expect(11)
        .json();
    let unmet = told["results"][0]["unmet"].as_str().unwrap();
    assert!(unmet.contains("example.org"), "{unmet}");
    verify(&world, &["--accept", "signed"]).expect(0);
    // Who asks for it gets a verdict, whatever is not checked by itself.
    world.settings()["rules"] = rule("off", json!([]));
    verify(&world, &["--url", url]).expect(11);
    // Whom a rule names is trusted there, and nobody else is.
    world.settings()["rules"] = rule("require", json!([signer]));
    verify(&world, &["--url", url]).expect(0);
    verify(&world, &[]).expect(11);
    let other = json!({ "root": "sigstore", "identity": { "key": { "fingerprint": "SHA256:x" } } });
    world.settings()["rules"] = rule("warn", json!([other]));
    world.settings()["trusted"] = json!([{ "signer": signer, "scope": "everywhere" }]);
    verify(&world, &[]).expect(0);
    verify(&world, &["--url", url]).expect(11);
    // Trust for a site is trust there.
    world.settings()["rules"] = json!([]);
    let scope = json!({ "site": { "host": "example.org" } });
    world.settings()["trusted"] = json!([{ "signer": signer, "scope": scope }]);
    verify(&world, &["--url", url]).expect(0);
    verify(&world, &["--url", "https://example.net/file"]).expect(11);
    verify(&world, &[]).expect(11);
}

#[test]
fn a_policy_that_is_not_understood_is_no_policy() {
    let mut world = World::new();
    world.sign("file");
    let good = world.policy.clone();
    for (part, value, named) in [
        ("rekors", json!(["x y"]), "x y"),
        ("require", json!(true), "settings.require"),
        (
            "version",
            json!(7),
            "settings.version is 7, and this program knows version 1",
        ),
        ("rules", json!([{ "host": "example.org" }]), "demand"),
    ] {
        world.policy = good.clone();
        world.settings()[part] = value;
        let refused = world.verify("file", &[]).expect(2);
        assert!(refused.err.contains(named), "{}", refused.err);
        assert!(refused.err.contains("policy.json"), "{}", refused.err);
        assert_eq!(refused.json()["schema"], "assay.error.v1");
    }
    for (schema, named) in [
        (
            json!("assay.settings.v2"),
            r#"its schema is "assay.settings.v2", and this program knows"#,
        ),
        (Value::Null, "its schema is null"),
    ] {
        world.policy = good.clone();
        world.policy["schema"] = schema;
        let refused = world.verify("file", &[]).expect(2);
        assert!(refused.err.contains(named), "{}", refused.err);
    }
    world.policy = good;
    world.verify("file", &["--policy", "absent.json"]).expect(2);
    world.verify("file", &[]).expect(0);
    world.settings()["notaries"][0]["trusted_root"] = json!("{}");
    let refused = world.verify("file", &[]).expect(2);
    assert!(refused.err.contains(&world.front.url()), "{}", refused.err);
}

/// The policies that the documentation has.
fn documented() -> Vec<Value> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md");
    let text = std::fs::read_to_string(file).unwrap();
    let parts = text.split("```json\n").skip(1);
    let parts = parts.filter_map(|part| part.split("```").next());
    let read = parts.map(|part| serde_json::from_str(part).unwrap());
    let is_policy = |value: &Value| value["schema"] == "assay.settings.v1";
    read.filter(is_policy).collect()
}

#[test]
fn the_policies_of_the_documentation_can_be_used() {
    let user = User::new();
    user.write("file", "content");
    let documented = documented();
    assert_eq!(documented.len(), 2);
    for policy in documented {
        user.write("policy.json", policy.to_string());
        let args = ["verify", "file", "--policy", "policy.json", "--offline"];
        user.run(&args).expect(13);
    }
}
