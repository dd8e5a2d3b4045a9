//! Refreshing over HTTP, from a repository on this machine, with records on the disk. The real
//! repositories are not asked.

use super::files::RootFiles;
use super::{Outcome, Shown, list, refresh_all, used};
use crate::client::Client;
use crate::exit::Exit;
use assay_sources::tuf::Origin;
use assay_tuf_repository::{DAY, NOW, Repository, Server};
use serde_json::Value;
use sigstore_trust_root::TrustedRoot;
use tempfile::TempDir;

const OLD: &str = sigstore_trust_root::SIGSTORE_PRODUCTION_TRUSTED_ROOT;
const NEW: &str = sigstore_trust_root::SIGSTORE_STAGING_TRUSTED_ROOT;

struct Scene {
    server: Server,
    origin: Origin,
    folder: TempDir,
}

impl Scene {
    fn new(repository: Repository) -> Self {
        let server = Server::start(repository.clone());
        Self {
            origin: repository.origin(server.address(), 1, OLD),
            server,
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// A refresh by a process of its own: nothing is known but what is on the disk.
    fn refresh(&self, now: i64) -> (Value, Option<Outcome>, Exit) {
        let files = RootFiles::in_folder(&self.folder.path().join("roots"));
        let origins = [self.origin.clone()];
        let (mut results, exit) =
            refresh_all(&origins, &files, &Client::new(), now).expect("it is told");
        let shown = results.remove(0);
        (as_json(&shown), shown.outcome, exit)
    }

    fn list(&self, now: i64) -> Value {
        let files = RootFiles::in_folder(&self.folder.path().join("roots"));
        let results = list(std::slice::from_ref(&self.origin), &files, now).expect("a list");
        as_json(&results[0])
    }
}

fn as_json(shown: &Shown) -> Value {
    serde_json::to_value(shown).expect("JSON")
}

fn fingerprint(trusted_root: &str) -> String {
    assay_core::trust_root::fingerprint(trusted_root).expect("a fingerprint")
}

#[test]
fn a_refresh_over_http_is_seen_in_the_list_of_the_next_process() {
    let mut repository = Repository::new(NEW);
    repository.rotate(|_| {});
    let scene = Scene::new(repository);
    let before = scene.list(NOW);
    assert_eq!(before["embedded"], true);
    assert_eq!(before["fingerprint"], fingerprint(OLD));
    let (shown, outcome, exit) = scene.refresh(NOW);
    assert_eq!((outcome, exit), (Some(Outcome::Renewed), Exit::DONE));
    assert_eq!(shown["outcome"], "renewed");
    let after = scene.list(NOW + DAY);
    assert_eq!(after["embedded"], false);
    assert_eq!(after["fingerprint"], fingerprint(NEW));
    assert_eq!(after["refreshed_at"], NOW);
    assert_eq!(after["age_seconds"], DAY);
    assert_eq!(after["tuf_root_version"], 2);
    assert_eq!(after["address"], scene.server.address());
    let (_, outcome, _) = scene.refresh(NOW);
    assert_eq!(outcome, Some(Outcome::Current));
}

#[test]
fn a_rollback_is_noticed_by_the_next_process() {
    let old = Repository::new(OLD);
    let mut repository = old.clone();
    repository.release(NEW);
    let scene = Scene::new(repository);
    scene.refresh(NOW);
    scene.server.change(|served| *served = old);
    let (shown, outcome, exit) = scene.refresh(NOW);
    assert_eq!((outcome, exit), (Some(Outcome::Failed), Exit::NO_ANSWER));
    assert_eq!(shown["last_failure"]["code"], "rollback");
    assert_eq!(shown["last_failure"]["file"], "timestamp.json");
    assert_eq!(shown["last_failure"]["expected"], "version 2 or later");
    assert_eq!(shown["last_failure"]["found"], "version 1");
    assert_eq!(scene.list(NOW)["fingerprint"], fingerprint(NEW));
}

#[test]
fn a_body_that_never_ends_is_cut_off() {
    for file in ["2.root.json", "timestamp.json", "1.targets.json"] {
        let scene = Scene::new(Repository::new(NEW));
        scene.server.make_endless(file);
        let (shown, outcome, _) = scene.refresh(NOW);
        assert_eq!(outcome, Some(Outcome::Failed));
        assert_eq!(shown["last_failure"]["code"], "size", "{shown}");
        assert_eq!(shown["last_failure"]["file"], file);
        assert_eq!(shown["fingerprint"], fingerprint(OLD));
    }
}

#[test]
fn a_server_that_is_gone_is_told_and_the_root_in_use_stays() {
    let mut scene = Scene::new(Repository::new(NEW));
    scene.refresh(NOW);
    // A port on which nobody listens any more.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", gone.local_addr().expect("an address"));
    drop(gone);
    scene.origin.address = address.into();
    let (shown, _, exit) = scene.refresh(NOW + DAY);
    assert_eq!(exit, Exit::NO_ANSWER);
    assert_eq!(shown["last_failure"]["code"], "answer");
    assert_eq!(shown["last_failure"]["at"], NOW + DAY);
    assert_eq!(shown["fingerprint"], fingerprint(NEW));
    assert_eq!(shown["refreshed_at"], NOW);
}

#[test]
fn a_root_whose_timestamp_expired_is_told_as_stale() {
    let mut repository = Repository::new(NEW);
    repository.timestamp.expires = "2026-12-08T00:00:00Z".into();
    repository.publish();
    let scene = Scene::new(repository);
    scene.refresh(NOW);
    assert_eq!(scene.list(NOW + DAY)["stale"], Value::Null);
    let later = scene.list(NOW + 8 * DAY);
    assert_eq!(later["stale"]["code"], "stale_root_expired");
    let text = later["stale"]["text"].as_str().expect("words");
    assert!(
        text.contains("2026-12-01") && text.contains("2026-12-08"),
        "{text}"
    );
}

#[test]
fn proofs_are_checked_against_the_refreshed_root() {
    let scene = Scene::new(Repository::new(NEW));
    let files = RootFiles::in_folder(&scene.folder.path().join("roots"));
    let logs = |json: &str| {
        let root = TrustedRoot::from_json(json).expect("a root");
        root.tlogs.len()
    };
    assert_ne!(logs(OLD), logs(NEW), "they can be told apart");
    let used = |files, now| {
        let (root, stale) = used(&scene.origin, files, now).expect("a root");
        assert_eq!(*root.id(), scene.origin.root);
        (root.content().tlogs.len(), stale)
    };
    assert_eq!(used(Some(&files), NOW), (logs(OLD), None));
    scene.refresh(NOW);
    assert_eq!(used(Some(&files), NOW), (logs(NEW), None));
    assert_eq!(used(None, NOW), (logs(OLD), None));
    let (_, stale) = used(Some(&files), NOW + 100 * DAY);
    assert_eq!(stale.map(|stale| stale.refreshed_at), Some(NOW));
}

#[test]
fn only_the_files_of_the_repository_are_asked_for() {
    let scene = Scene::new(Repository::new(NEW));
    let target = Repository::new(NEW).target_file();
    scene.refresh(NOW);
    assert_eq!(
        scene.server.asked(),
        [
            "2.root.json",
            "timestamp.json",
            "1.snapshot.json",
            "1.targets.json",
            target.as_str()
        ]
    );
}
