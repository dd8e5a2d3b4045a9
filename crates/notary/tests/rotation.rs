//! A notary gets new keys: what was logged stays provable, and whoever knows the old keys follows.

mod common;

use assay_core::succession::{Followed, Latest, SUCCESSION_PATH, SuccessionError, follow};
use assay_core::trust_root::fingerprint;
use assay_notary::identity::Identity;
use assay_notary::keys::SigningKey;
use assay_notary::rotation::{Rotate, Rotated, begin, rotate};
use assay_notary::store::StoreError;
use assay_notary::trust::TrustState;
use assay_notary::{Config, NotaryError, signers};
use common::{Running, hashed_rekord};
use serde_json::{Value, json};
use sigstore_trust_root::TrustedRoot;
use sigstore_types::{Bundle, DerPublicKey};
use sigstore_verify::{PublicKeyVerificationPolicy, VerificationPolicy, Verifier};
use std::path::Path;
use tokio::runtime::Runtime;

const BOTH: Rotate = Rotate {
    log: true,
    authority: true,
};

const NAME: &str = "release@example.org";

/// What a client knows of a notary.
struct Known {
    root: String,
    succession: String,
}

impl Known {
    fn of(notary: &Running) -> Self {
        Self {
            root: notary.get("/trusted_root.json").text,
            succession: notary.get(SUCCESSION_PATH).text,
        }
    }

    fn follow(&self, pinned: &Self) -> Result<Latest, SuccessionError> {
        follow(&pinned.root, None, &self.succession)
    }

    fn verifies_name(&self, content: &[u8], bundle: &Value) -> bool {
        let bundle = Bundle::from_json(&bundle.to_string()).unwrap();
        let policy = VerificationPolicy::any_identity().skip_sct();
        let result = self.verifier().verify(content, &bundle, &policy);
        result.is_ok_and(|result| result.certificate_verified() && result.tlog_verified())
    }

    fn verifies_key(&self, content: &[u8], bundle: &Value, key: &SigningKey) -> bool {
        let bundle = Bundle::from_json(&bundle.to_string()).unwrap();
        let key = DerPublicKey::new(key.public_der().to_vec());
        let policy = PublicKeyVerificationPolicy::new(key);
        let result = self.verifier().verify(content, &bundle, &policy);
        result.is_ok_and(|result| result.tlog_verified())
    }

    fn verifier(&self) -> Verifier {
        Verifier::new(&TrustedRoot::from_json(&self.root).unwrap()).unwrap()
    }
}

fn rotated(data: &Path, what: Rotate) -> Rotated {
    Runtime::new()
        .unwrap()
        .block_on(rotate(data, None, what))
        .unwrap()
}

/// The certificate that the notary hands out for the key.
fn certificate(notary: &Running, key: &SigningKey) -> String {
    let answer = notary.get(&format!("/signers/sha256:{}", key.id()));
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.text
}

fn sign(notary: &Running, content: &[u8], key: &SigningKey, verifier: &str) -> Value {
    let answer = notary.add(&hashed_rekord(content, key, verifier));
    assert_eq!(answer.status, 201, "{}", answer.text);
    only_bundle(notary, content)
}

fn only_bundle(notary: &Running, content: &[u8]) -> Value {
    let bundles = notary.bundles(content);
    assert_eq!(bundles.len(), 1);
    bundles[0].clone()
}

fn log_id(notary: &Running, index: u64) -> String {
    let entry = notary.get(&format!("/api/v1/log/entries?logIndex={index}"));
    let entry = entry.json();
    let entry = entry.as_object().unwrap().values().next().unwrap();
    entry["logID"].as_str().unwrap().to_owned()
}

/// Signs as a key and under a name in the eras of three pairs of keys.
#[test]
fn what_was_logged_before_and_after_two_rotations_verifies_with_the_new_root() {
    let data = common::DataFolder::new();
    let (named, bare) = (
        SigningKey::generate().unwrap(),
        SigningKey::generate().unwrap(),
    );
    let mut notary = Running::start(data.path());
    signers::enrol(data.path(), NAME, named.public_pem().as_bytes()).unwrap();
    let mut given: Vec<(Vec<u8>, Value, bool)> = Vec::new();
    let mut logs = Vec::new();
    for era in 0..3 {
        logs.push(notary.handle().notary().log_id());
        let pem = certificate(&notary, &named);
        for (kind, key, verifier) in [("named", &named, pem), ("bare", &bare, bare.public_pem())] {
            let content = format!("{kind} {era}").into_bytes();
            let bundle = sign(&notary, &content, key, &verifier);
            given.push((content, bundle, kind == "named"));
        }
        notary.stop();
        if era < 2 {
            let done = rotated(data.path(), BOTH);
            assert_ne!(done.before, done.after);
        }
        notary = Running::start(data.path());
    }
    let known = Known::of(&notary);
    for (content, earlier, is_named) in &given {
        let later = only_bundle(&notary, content);
        for bundle in [earlier, &later] {
            let holds = match is_named {
                true => known.verifies_name(content, bundle),
                false => known.verifies_key(content, bundle, &bare),
            };
            assert!(holds, "{}: {bundle}", String::from_utf8_lossy(content));
        }
    }
    // Two entries of each era, and after each rotation the link that leads on.
    let found: Vec<String> = (0..8).map(|index| log_id(&notary, index)).collect();
    let eras = [0, 0, 1, 1, 1, 2, 2, 2];
    let expected: Vec<&String> = eras.iter().map(|era| &logs[*era]).collect();
    assert_eq!(found.iter().collect::<Vec<_>>(), expected);
    let log = notary.get("/api/v1/log").json();
    assert_eq!(log["treeSize"], 8);
    // It is one tree.
    let proof = notary.get("/api/v1/log/proof?firstSize=2&lastSize=8");
    assert_eq!(proof.status, 200);
}

#[test]
fn a_client_that_pinned_any_of_the_roots_follows_to_the_last() {
    let data = common::DataFolder::new();
    let mut roots = Vec::new();
    for era in 0..3 {
        if era > 0 {
            rotated(data.path(), BOTH);
        }
        let notary = Running::start(data.path());
        roots.push(Known::of(&notary));
        notary.stop();
    }
    let last = &roots[2];
    for pinned in &roots {
        let latest = last.follow(pinned).unwrap();
        assert_eq!(
            fingerprint(&latest.trusted_root),
            fingerprint(&last.root),
            "the first rotation may be missed"
        );
        // From there on nothing is new, and nothing older is taken.
        let known = Some(&latest.followed);
        assert_eq!(
            follow(&latest.trusted_root, known, &last.succession).unwrap(),
            latest
        );
        assert_eq!(
            follow(&latest.trusted_root, known, &roots[1].succession),
            Err(SuccessionError::Unrelated),
            "it does not even have that root"
        );
    }
    assert_eq!(
        roots[0].follow(last).unwrap_err(),
        SuccessionError::Unrelated
    );
}

#[test]
fn a_succession_that_the_pinned_keys_did_not_sign_is_refused() {
    let (ours, theirs) = (common::DataFolder::new(), common::DataFolder::new());
    let [our, their] = [&ours, &theirs].map(|data| {
        let notary = Running::start(data.path());
        let known = Known::of(&notary);
        notary.stop();
        known
    });
    assert_eq!(their.follow(&our), Err(SuccessionError::Unrelated));
    // Another notary's root behind our first link, signed by its own keys alone.
    let identity = Identity::load(ours.path()).unwrap();
    let thief = SigningKey::load(&theirs.path().join("keys/log.pem")).unwrap();
    let forge = |keys: &[&SigningKey]| {
        let mut state = TrustState::load(ours.path(), &identity).unwrap();
        state.add_link(Some(&their.root), vec![], keys).unwrap();
        json!({ "version": 1, "links": state.links }).to_string()
    };
    for keys in [vec![&thief], vec![&thief, &thief], vec![]] {
        let refused = follow(&our.root, None, &forge(&keys));
        let Err(SuccessionError::Broken { number: 1, .. }) = refused else {
            panic!("{refused:?}");
        };
    }
    // The old key alone does not do: the new one must be there, too.
    let own = SigningKey::load(&ours.path().join("keys/log.pem")).unwrap();
    let refused = follow(&our.root, None, &forge(&[&own]));
    assert!(matches!(refused, Err(SuccessionError::Broken { .. })));
    assert!(follow(&our.root, None, &forge(&[&own, &thief])).is_ok());
}

#[test]
fn links_that_were_changed_left_out_or_exchanged_do_not_follow() {
    let data = common::DataFolder::new();
    let notary = Running::start(data.path());
    let first = Known::of(&notary);
    notary.stop();
    rotated(data.path(), BOTH);
    rotated(data.path(), BOTH);
    let notary = Running::start(data.path());
    let whole: Value = serde_json::from_str(&notary.get(SUCCESSION_PATH).text).unwrap();
    let links = whole["links"].as_array().unwrap().clone();
    assert_eq!(links.len(), 3);
    let shown = |links: &[&Value]| json!({ "version": 1, "links": links }).to_string();
    let [a, b, c] = &links[..] else { panic!() };
    let followed = follow(&first.root, None, &shown(&[a, b, c])).unwrap();
    let mut other_signature = b.clone();
    other_signature["signatures"] = c["signatures"].clone();
    for wrong in [
        vec![],
        vec![a, c],
        vec![a, c, b],
        vec![b, c],
        vec![a, a],
        vec![a, &other_signature, c],
    ] {
        let refused = follow(&first.root, None, &shown(&wrong));
        assert!(refused.is_err(), "{wrong:?}");
    }
    // Less than was there before is an old answer.
    let known = Followed {
        number: 7,
        ..followed.followed
    };
    assert_eq!(
        follow(&followed.trusted_root, Some(&known), &shown(&[a, b, c])),
        Err(SuccessionError::Older { shown: 2, known: 7 })
    );
}

#[test]
fn a_rotation_that_is_cut_off_leaves_the_old_keys_or_the_new_ones() {
    let data = common::DataFolder::new();
    let key = SigningKey::generate().unwrap();
    let notary = Running::start(data.path());
    signers::enrol(data.path(), NAME, key.public_pem().as_bytes()).unwrap();
    let old = sign(&notary, b"old", &key, &certificate(&notary, &key));
    let pinned = Known::of(&notary);
    notary.stop();
    // Before the one write that counts: new keys are there, and not in office.
    SigningKey::load_or_create(&data.path().join("keys/log-1.pem")).unwrap();
    SigningKey::load_or_create(&data.path().join("keys/authority-1.pem")).unwrap();
    let notary = Running::start(data.path());
    assert_eq!(Known::of(&notary).root, pinned.root);
    assert_eq!(notary.get("/api/v1/log").json()["treeSize"], 1);
    for unused in ["keys/log-1.pem", "keys/authority-1.pem"] {
        assert!(!data.path().join(unused).exists(), "{unused}");
    }
    notary.stop();
    // After it: the next start does the rest.
    Runtime::new()
        .unwrap()
        .block_on(begin(data.path(), None, BOTH))
        .unwrap();
    assert!(data.path().join("keys/log.pem").exists());
    for _ in 0..2 {
        let notary = Running::start(data.path());
        let known = Known::of(&notary);
        assert_ne!(known.root, pinned.root);
        assert!(known.follow(&pinned).is_ok());
        assert_eq!(notary.get("/api/v1/log").json()["treeSize"], 2);
        assert!(known.verifies_name(b"old", &old));
        assert!(known.verifies_name(b"old", &only_bundle(&notary, b"old")));
        for gone in ["keys/log.pem", "keys/authority.pem", "authority.pem"] {
            assert!(!data.path().join(gone).exists(), "{gone}");
        }
        notary.stop();
    }
    let notary = Running::start(data.path());
    let new = sign(&notary, b"new", &key, &certificate(&notary, &key));
    assert!(Known::of(&notary).verifies_name(b"new", &new));
    assert!(!pinned.verifies_name(b"new", &new), "by keys of before");
}

#[test]
fn one_key_alone_can_be_changed() {
    let data = common::DataFolder::new();
    let key = SigningKey::generate().unwrap();
    let notary = Running::start(data.path());
    signers::enrol(data.path(), NAME, key.public_pem().as_bytes()).unwrap();
    let (pinned, log) = (Known::of(&notary), notary.handle().notary().log_id());
    let first = certificate(&notary, &key);
    sign(&notary, b"first", &key, &first);
    notary.stop();
    rotated(
        data.path(),
        Rotate {
            log: false,
            authority: true,
        },
    );
    let notary = Running::start(data.path());
    assert_eq!(notary.handle().notary().log_id(), log);
    let second = certificate(&notary, &key);
    assert_ne!(first, second, "it is issued anew");
    sign(&notary, b"second", &key, &second);
    // The old certificate names nobody any more.
    let late = notary.add(&hashed_rekord(b"late", &key, &first));
    assert_eq!(late.status, 201);
    let path = format!(
        "/attestations/sha256:{}",
        assay_core::digest::Sha256Digest::of(b"late")
    );
    assert_eq!(notary.get(&path).status, 404);
    notary.stop();
    let done = rotated(
        data.path(),
        Rotate {
            log: true,
            authority: false,
        },
    );
    assert_ne!(done.log_id, log);
    let notary = Running::start(data.path());
    assert_eq!(certificate(&notary, &key), second);
    sign(&notary, b"third", &key, &second);
    let known = Known::of(&notary);
    for content in [b"first".as_slice(), b"second", b"third"] {
        assert!(known.verifies_name(content, &only_bundle(&notary, content)));
    }
    assert!(known.follow(&pinned).is_ok());
}

#[test]
fn the_keys_of_a_running_notary_stay_as_they_are() {
    let data = common::DataFolder::new();
    let notary = Running::start(data.path());
    let before = Known::of(&notary).root;
    let refused = Runtime::new()
        .unwrap()
        .block_on(rotate(data.path(), None, BOTH));
    assert!(matches!(
        refused,
        Err(NotaryError::Store(StoreError::InUse))
    ));
    notary.stop();
    let notary = Running::start(data.path());
    assert_eq!(Known::of(&notary).root, before);
    let nowhere = common::DataFolder::new();
    let refused = Runtime::new()
        .unwrap()
        .block_on(rotate(nowhere.path(), None, BOTH));
    assert!(matches!(refused, Err(NotaryError::NotSetUp { .. })));
}

#[cfg(unix)]
#[test]
fn new_private_keys_are_their_owners_alone_and_old_ones_are_gone() {
    use std::os::unix::fs::PermissionsExt;
    let data = common::DataFolder::new();
    Running::start(data.path()).stop();
    rotated(data.path(), BOTH);
    let mut found: Vec<String> = Vec::new();
    for file in std::fs::read_dir(data.path().join("keys")).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        found.push(file.file_name().into_string().unwrap());
    }
    found.sort();
    assert_eq!(found, ["authority-1.pem", "checkpoint.pem", "log-1.pem"]);
}

#[test]
fn a_notary_that_lost_its_succession_or_a_new_key_does_not_begin_anew() {
    for lost in ["trust.json", "keys/log-1.pem", "authority-1.pem"] {
        let data = common::DataFolder::new();
        Running::start(data.path()).stop();
        rotated(data.path(), BOTH);
        std::fs::remove_file(data.path().join(lost)).unwrap();
        let opened = assay_notary::Notary::open(data.path(), None, None, "http://127.0.0.1:1");
        assert!(matches!(opened, Err(NotaryError::Lost { .. })), "{lost}");
    }
}

#[test]
fn a_backup_brings_the_keys_in_office_back_and_what_those_before_signed() {
    let data = common::DataFolder::new();
    let key = SigningKey::generate().unwrap();
    let notary = Running::start(data.path());
    sign(&notary, b"before", &key, &key.public_pem());
    notary.stop();
    let after = rotated(data.path(), BOTH).after;
    let notary = Running::start(data.path());
    sign(&notary, b"after", &key, &key.public_pem());
    let ids = [log_id(&notary, 0), log_id(&notary, 2)];
    assert_ne!(ids[0], ids[1]);
    let succession = notary.get(SUCCESSION_PATH).text;
    notary.stop();
    let (file, new) = (data.beside("backup"), data.beside("new"));
    assay_notary::backup_file::make(data.path(), &file).unwrap();
    // Without the lock, so in a new tree.
    let lock = data.beside("another.lock");
    let restored = assay_notary::restore::restore(&file, &new, Some(&lock)).unwrap();
    assert!(!restored.ended.is_empty());
    let mut config = Config::on_loopback(&new);
    config.lock = Some(lock);
    let notary = Running::start_with(config);
    let known = Known::of(&notary);
    assert_eq!(fingerprint(&known.root).unwrap(), after);
    assert_eq!(known.succession, succession);
    assert_eq!([log_id(&notary, 0), log_id(&notary, 2)], ids);
    sign(&notary, b"restored", &key, &key.public_pem());
    for content in [b"before".as_slice(), b"after", b"restored"] {
        let bundle = only_bundle(&notary, content);
        assert!(known.verifies_key(content, &bundle, &key));
    }
}
