use assay_core::refresh_error::RefreshCheck;
use assay_sources::tuf::{Origin, in_use, refresh};
use assay_tuf_repository::{DAY, Key, Memory, NOW, Repository, Wire, ready};
use wasm_bindgen_test::wasm_bindgen_test;

const NEW: &str = include_str!("fixtures/trusted_root.json");

/// A repository whose keys have changed and which has a new trust root, and the origin of a
/// program that knows neither.
fn repository() -> (Repository, Origin) {
    let old = Origin::sigstore().trusted_root;
    let mut repository = Repository::new(&old);
    let origin = repository.origin(Wire::ADDRESS, 1, &old);
    repository.rotate(|next| {
        next.root.keys[0] = Key::new("root d");
        next.targets.keys = vec![Key::new("targets c"), Key::new("targets d")];
    });
    repository.release(NEW);
    (repository, origin)
}

#[wasm_bindgen_test]
fn a_trust_root_is_refreshed_and_known_after_a_restart() {
    let (repository, origin) = repository();
    let memory = Memory::default();
    ready(refresh(&Wire::to(&repository), &memory, &origin, NOW)).expect("refreshed");
    let record = memory.record();
    let used = in_use(&origin, record.as_ref()).expect("a root");
    assert_eq!((used.trusted_root, used.tuf_root), (NEW, 2));
    assert_eq!(used.freshness.stale(&origin.root, NOW + DAY), None);
}

#[wasm_bindgen_test]
fn what_somebody_else_signed_or_what_is_older_is_refused() {
    let (mut repository, origin) = repository();
    let memory = Memory::default();
    ready(refresh(&Wire::to(&repository), &memory, &origin, NOW)).expect("refreshed");
    repository.timestamp.version = 1;
    repository.publish();
    let older = ready(refresh(&Wire::to(&repository), &memory, &origin, NOW));
    assert_eq!(older.expect_err("older").check, RefreshCheck::Rollback);
    repository.timestamp.keys = vec![Key::new("thief")];
    repository.timestamp.version = 9;
    repository.publish();
    let forged = ready(refresh(&Wire::to(&repository), &memory, &origin, NOW));
    assert_eq!(forged.expect_err("forged").check, RefreshCheck::Signatures);
    let record = memory.record();
    let used = in_use(&origin, record.as_ref()).expect("a root");
    assert_eq!(used.trusted_root, NEW);
}

#[wasm_bindgen_test]
fn what_comes_with_the_program_can_be_used() {
    for origin in Origin::all() {
        let used = in_use(&origin, None).expect("a root");
        assert!(used.embedded && used.tuf_root > 8);
    }
}
