//! What a Rekor log's answers become: entries made out of the test authority's bundles, in the
//! shapes of Rekor's openapi.yaml.

use assay_core::artifact::ArtifactDigests;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure, Outcome};
use assay_core::proof::{Check, ReadBundle};
use assay_core::roots::Roots;
use assay_core::settings::{Scope, Settings};
use assay_core::signer::{Identity, RootId, Signer, SubjectKind};
use assay_core::trust_root::TrustRoot;
use assay_sources::driver;
use assay_sources::rekor::{self, Inquiry, MAX_ENTRIES, MAX_NAMES, MOST_ENTRIES, Name};
use assay_sources::{HttpRequest, HttpResponse, Method, Transport};
use assay_test_authority::{Curve, Honest, Instance, Made, Manner, Recipe, log_entry};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::cell::RefCell;

const ADDRESS: &str = "https://rekor.example";

/// A log that finds by digest, and by digest and e-mail address or key.
#[derive(Default)]
struct Log {
    /// Entries by id, each with the name that it is found by.
    entries: Vec<(String, Option<String>, Value)>,
    instead: Option<(&'static str, u16, String)>,
    /// An entry that cannot be had, nor what is asked for with it.
    refused: Option<usize>,
    asked: RefCell<Vec<(String, Value)>>,
}

impl Log {
    fn add(&mut self, entry: Value, name: Option<&str>) {
        let id = format!("{:080x}", self.entries.len());
        self.entries.push((id, name.map(str::to_owned), entry));
    }
}

impl Transport for Log {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        let Method::Post { json } = &request.method else {
            panic!("{request:?}");
        };
        let path = request.url.strip_prefix(ADDRESS).unwrap();
        let asked: Value = serde_json::from_str(json).unwrap();
        self.asked
            .borrow_mut()
            .push((path.to_owned(), asked.clone()));
        let answer = |status, body: String| {
            Ok(HttpResponse {
                status,
                body: body.into_bytes(),
            })
        };
        if let Some((part, status, body)) = &self.instead
            && path.contains(part)
        {
            return answer(*status, body.clone());
        }
        let body = match path {
            "/api/v1/index/retrieve" => {
                let key = asked["publicKey"]["content"].as_str();
                assert_eq!(key.is_some(), asked["publicKey"]["format"] == "x509");
                let name = asked["email"].as_str().or(key);
                assert_eq!(name.is_some(), asked["operator"] == "and");
                let found = self.entries.iter();
                let found =
                    found.filter(|(_, known, _)| name.is_none() || known.as_deref() == name);
                json!(found.map(|(id, _, _)| id).collect::<Vec<_>>())
            }
            "/api/v1/log/entries/retrieve" => {
                let ids = asked["entryUUIDs"].as_array().unwrap();
                assert!(ids.len() <= MAX_ENTRIES);
                let refused = self.refused.map(|number| json!(format!("{number:080x}")));
                if refused.is_some_and(|id| ids.contains(&id)) {
                    return answer(503, "{}".into());
                }
                let found = self.entries.iter();
                let found = found.filter(|(id, _, _)| ids.contains(&json!(id)));
                json!(
                    found
                        .map(|(id, _, entry)| json!({ id: entry }))
                        .collect::<Vec<_>>()
                )
            }
            other => panic!("{other}"),
        };
        let body = body.to_string();
        match body.len() > request.size_limit {
            true => Err(Failure::TooLarge {
                limit: request.size_limit as u64,
            }),
            false => answer(200, body),
        }
    }
}

fn instance() -> Instance {
    Instance::new(Manner::Public, Curve::P256, "rekor")
}

fn made_by(instance: &mut Instance, name: &str, number: u64) -> Made {
    let all = Recipe::all();
    let recipe = all.iter().find(|one| one.name == name).unwrap();
    recipe.make_by(instance, number, &Honest)
}

fn entry_of(made: &Made) -> Value {
    log_entry(&made.bundle)
}

/// A kind of bundle by a person, all of which a log's entry holds.
const PERSON: &str = "v0.1, message, promise and proof";

fn roots(instance: &Instance) -> Roots {
    let root = instance.trusted_root().to_string();
    let mut roots = Roots::new();
    let root = TrustRoot::parse(RootId::sigstore(), &root).unwrap();
    roots.add(root).unwrap();
    roots
}

fn ask(log: &Log, roots: &Roots, made: &Made, names: &[Name]) -> Evidence {
    let digest = Sha256Digest::of(&made.artifact);
    let mut inquiry = Inquiry::new(ADDRESS, digest, names);
    let digests = ArtifactDigests::from(digest);
    let asking = driver::ask(log, &mut inquiry, roots, &digests, 1_800_000_000);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(asking)
}

fn refused(evidence: &Evidence) -> Vec<Check> {
    match &evidence.outcome {
        Outcome::Answered { rejected, .. } => rejected.iter().map(|one| one.check).collect(),
        Outcome::Failed { failure } => panic!("{failure}"),
    }
}

#[test]
fn what_was_logged_is_proven() {
    let mut instance = instance();
    let made = made_by(&mut instance, PERSON, 0);
    let mut log = Log::default();
    log.add(entry_of(&made), None);
    let evidence = ask(&log, &roots(&instance), &made, &[]);
    assert_eq!(evidence.proven().len(), 1, "{evidence:?}");
    assert!(evidence.is_complete());
    assert_eq!(
        (&*evidence.source, &*evidence.name),
        (ADDRESS, "rekor.example")
    );
    assert_eq!(log.asked.borrow().len(), 2);

    let nothing = Log::default();
    let evidence = ask(&nothing, &roots(&instance), &made, &[]);
    assert!(evidence.is_complete() && evidence.proven().is_empty());
    assert_eq!(
        nothing.asked.borrow().len(),
        1,
        "no entries, no request for them"
    );
}

/// Has the log hold so many entries, this one among them at a place.
fn bury(log: &mut Log, strangers: &[Value], times: usize, own: (usize, &Made, Option<&str>)) {
    let (place, made, name) = own;
    for number in 0..times {
        if number == place {
            log.add(entry_of(made), name);
        }
        log.add(strangers[number % strangers.len()].clone(), name);
    }
    if place >= times {
        log.add(entry_of(made), name);
    }
}

/// What cannot be proven about any file: a statement that the log does not hold.
fn of_a_statement(instance: &mut Instance) -> Value {
    let name = "v0.3, statement, dsse, several subjects";
    entry_of(&made_by(instance, name, 1))
}

/// How many entries were asked for.
fn looked_through(log: &Log) -> usize {
    let asked = log.asked.borrow();
    let ids = asked
        .iter()
        .filter_map(|(_, body)| body["entryUUIDs"].as_array());
    ids.map(Vec::len).sum()
}

#[test]
fn strangers_cannot_bury_what_a_trusted_signer_logged() {
    const SIGNER: &str = "release@example.org";
    let mut instance = instance();
    let made = made_by(&mut instance, PERSON, 0);
    let mut log = Log::default();
    let statement = of_a_statement(&mut instance);
    for number in 0..3 * MOST_ENTRIES {
        log.add(statement.clone(), None);
        if number == MOST_ENTRIES {
            log.add(entry_of(&made), Some(SIGNER));
        }
    }
    let roots = roots(&instance);
    let buried = ask(&log, &roots, &made, &[]);
    assert!(buried.proven().is_empty());
    assert!(!buried.is_complete(), "a search that is cut short says so");
    assert_eq!(looked_through(&log), MOST_ENTRIES);
    assert!(log.asked.borrow().len() <= 102);
    log.asked.borrow_mut().clear();
    let found = ask(&log, &roots, &made, &[Name::Email(SIGNER.into())]);
    assert_eq!(found.proven().len(), 1);
    // Two searches, and the entries.
    assert_eq!(log.asked.borrow().len(), 3);
}

/// Certificates that somebody made themselves, for the very name that is searched for.
#[test]
fn a_thousand_forged_certificates_do_not_bury_the_entry_of_whom_they_name() {
    const SIGNER: &str = "release@example.org";
    let mut instance = instance();
    let made = made_by(&mut instance, PERSON, 0);
    let mut other = Instance::new(Manner::Public, Curve::P256, "stranger");
    other.rekor = instance.rekor.clone();
    let forged: Vec<Value> = (0..8)
        .map(|_| entry_of(&made_by(&mut other, PERSON, 0)))
        .collect();
    let roots = roots(&instance);
    let names = [Name::Email(SIGNER.into())];
    for (place, at_once) in [(0, true), (1000, true), (500, false)] {
        let mut log = Log::default();
        bury(&mut log, &forged, 1000, (place, &made, Some(SIGNER)));
        let found = ask(&log, &roots, &made, &names);
        assert_eq!(found.proven().len(), 1, "{place}");
        assert_eq!(refused(&found), []);
        // Whoever comes later takes nothing from who was first, in whichever order a log lists them.
        assert_eq!(looked_through(&log) == MAX_ENTRIES, at_once, "{place}");
    }
    // What cannot be had is told, and takes nothing from what was had with it.
    for (refused, is_found) in [(490, true), (20, false)] {
        let mut log = Log {
            refused: Some(refused),
            ..Log::default()
        };
        bury(&mut log, &forged, 1000, (500, &made, Some(SIGNER)));
        let found = ask(&log, &roots, &made, &names);
        assert_eq!(found.proven().len(), usize::from(is_found), "{refused}");
        assert_eq!(found.missing, Some(Failure::Status { status: 503 }));
    }
    // All of them looked through, and nothing of it anybody's: that is no outage.
    let mut log = Log::default();
    for number in 0..1000 {
        log.add(forged[number % forged.len()].clone(), Some(SIGNER));
    }
    let nothing = ask(&log, &roots, &made, &names);
    assert!(nothing.proven().is_empty() && nothing.is_complete());
    assert_eq!(looked_through(&log), 1000);
}

#[test]
fn entries_that_are_too_large_do_not_hide_the_others_and_are_told_of() {
    let mut instance = instance();
    let made = made_by(&mut instance, PERSON, 0);
    let roots = roots(&instance);
    let mut huge = of_a_statement(&mut instance);
    huge["attestation"] = json!({ "data": "A".repeat(3 * 1024 * 1024) });
    let mut log = Log::default();
    log.add(huge.clone(), None);
    let alone = ask(&log, &roots, &made, &[]);
    assert!(alone.proven().is_empty() && !alone.is_complete());
    log.add(entry_of(&made), None);
    assert_eq!(ask(&log, &roots, &made, &[]).proven().len(), 1);

    // However many there are, what is read of them is bounded.
    let mut log = Log::default();
    huge["attestation"] = json!({ "data": "A".repeat(100 * 1024) });
    for _ in 0..MOST_ENTRIES {
        log.add(huge.clone(), None);
    }
    let cut = ask(&log, &roots, &made, &[]);
    assert!(cut.proven().is_empty() && !cut.is_complete());
    let read = looked_through(&log);
    assert!(read < MOST_ENTRIES / 2, "{read}");
}

#[test]
fn a_key_that_is_trusted_is_searched_for_as_a_name_is() {
    let mut instance = instance();
    let all = Recipe::all();
    let recipe = all.iter().find(|one| one.name == PERSON).unwrap();
    let keyed = Recipe {
        signer: assay_test_authority::recipe::Signer::Key,
        ..recipe.clone()
    };
    let made = keyed.make_by(&mut instance, 0, &Honest);
    let roots = roots(&instance);
    let key = ReadBundle::parse(&made.bundle).unwrap().bare_key().unwrap();
    assert!(key.starts_with("-----BEGIN PUBLIC KEY-----"), "{key}");
    let of_a_person = made_by(&mut instance, PERSON, 1);
    let certified = ReadBundle::parse(&of_a_person.bundle).unwrap();
    assert_eq!(certified.bare_key(), None);

    let mut log = Log::default();
    for number in 0..3 * MOST_ENTRIES {
        log.add(entry_of(&of_a_person), None);
        if number == MOST_ENTRIES {
            log.add(entry_of(&made), Some(&STANDARD.encode(&key)));
        }
    }
    assert!(ask(&log, &roots, &made, &[]).proven().is_empty());
    let found = ask(&log, &roots, &made, &[Name::Key(key.clone())]);
    let [proven] = found.proven() else {
        panic!("{found:?}");
    };
    let mut settings = Settings::default();
    settings.trust(proven.signer.clone(), Scope::Everywhere);
    // As long as only its fingerprint is known, it cannot be searched for.
    assert_eq!(rekor::names(&settings), []);
    settings.note_key(&proven.signer, &key);
    assert_eq!(rekor::names(&settings), [Name::Key(key)]);
}

#[test]
fn what_strangers_log_that_proves_nothing_is_not_held_against_the_log() {
    let mut instance = instance();
    let made = made_by(&mut instance, PERSON, 0);
    let statement = made_by(&mut instance, "v0.3, statement, dsse, several subjects", 1);
    let mut log = Log::default();
    // A statement's entry does not hold the statement.
    log.add(entry_of(&statement), None);
    // A certificate by an authority of somebody's own, in the known log.
    let mut other = Instance::new(Manner::Public, Curve::P256, "stranger");
    other.rekor = instance.rekor.clone();
    let forged = made_by(&mut other, PERSON, 0);
    log.add(entry_of(&forged), None);
    let roots = roots(&instance);
    let evidence = ask(&log, &roots, &forged, &[]);
    assert!(evidence.proven().is_empty());
    assert_eq!(refused(&evidence), []);
    assert!(evidence.is_complete());
    // And it does not keep what is real from being proven.
    log.add(entry_of(&made), None);
    assert_eq!(ask(&log, &roots, &made, &[]).proven().len(), 1);
}

#[test]
fn what_the_log_says_wrongly_is_held_against_it() {
    let mut instance = instance();
    let made = made_by(&mut instance, PERSON, 0);
    let roots = roots(&instance);
    let with = |change: fn(&mut Value)| {
        let mut entry = entry_of(&made);
        change(&mut entry);
        let mut log = Log::default();
        log.add(entry, None);
        ask(&log, &roots, &made, &[])
    };
    let promise = with(|entry| entry["integratedTime"] = json!(1_735_689_700));
    assert_eq!(refused(&promise), [Check::InclusionPromise]);
    let path = with(|entry| {
        let hash = &mut entry["verification"]["inclusionProof"]["rootHash"];
        *hash = json!("00".repeat(32));
    });
    assert!(!path.is_complete());
    // The entry of another file.
    let other = made_by(&mut instance, PERSON, 1);
    let mut log = Log::default();
    log.add(entry_of(&other), None);
    assert_eq!(refused(&ask(&log, &roots, &made, &[])), [Check::ThisFile]);
    // A log that nobody knows.
    let mut stranger = Instance::new(Manner::Public, Curve::P256, "stranger");
    let strange = made_by(&mut stranger, PERSON, 0);
    let mut log = Log::default();
    log.add(entry_of(&strange), None);
    assert_eq!(
        refused(&ask(&log, &roots, &strange, &[])),
        [Check::KnownRoot]
    );
}

#[test]
fn what_is_no_answer_is_an_outage() {
    let mut instance = instance();
    let made = made_by(&mut instance, PERSON, 0);
    let roots = roots(&instance);
    for (part, status, body) in [
        ("index", 500, "[]"),
        ("index", 404, "[]"),
        ("index", 200, "<html>"),
        ("index", 200, "{}"),
        ("index", 200, r#"["../../secret"]"#),
        ("entries", 500, "[]"),
        ("entries", 200, "null"),
        ("entries", 200, r#"[{"00": {"body": 7}}]"#),
    ] {
        let mut log = Log::default();
        log.add(entry_of(&made), None);
        log.instead = Some((part, status, body.to_owned()));
        let evidence = ask(&log, &roots, &made, &[]);
        assert!(
            matches!(evidence.outcome, Outcome::Failed { .. }),
            "{part} {status} {body}: {evidence:?}"
        );
    }
}

#[test]
fn only_addresses_of_those_who_are_trusted_under_sigstores_root_are_searched_for() {
    let mut settings = Settings::default();
    let mut trust = |root: RootId, subject_kind, subject: &str| {
        let identity = Identity::Named {
            issuer: "https://accounts.google.com".into(),
            subject_kind,
            subject: subject.into(),
        };
        settings.trust(Signer { root, identity }, Scope::Everywhere);
    };
    trust(
        RootId::notary("00"),
        SubjectKind::Email,
        "notary@example.org",
    );
    trust(RootId::sigstore(), SubjectKind::Uri, "https://example.org");
    trust(RootId::github(), SubjectKind::Email, "unknown@example.org");
    for number in 0..=MAX_NAMES {
        let name = format!("{number}@example.org");
        trust(RootId::sigstore(), SubjectKind::Email, &name);
    }
    let expected: Vec<_> = (0..MAX_NAMES)
        .map(|n| Name::Email(format!("{n}@example.org")))
        .collect();
    assert_eq!(rekor::names(&settings), expected);
}
