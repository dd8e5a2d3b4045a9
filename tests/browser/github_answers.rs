//! What GitHub answers beside the usual: that a repository moved, that a bundle is elsewhere, that
//! something is wrong; and files that GitHub leads on to.

use crate::github::{REPOSITORY, World};
use assay_core::digest::Sha256Digest;
use assay_core::verdict::Verdict;
use assay_tests::Result;
use serde_json::{Value, json};

fn attestations(repository: &str, content: &[u8]) -> String {
    let digest = Sha256Digest::of(content);
    format!("/{repository}/attestations/sha256:{digest}")
}

#[test]
fn a_repository_that_was_renamed_is_asked_where_githubs_api_leads() -> Result<()> {
    let mut world = World::new()?;
    let made = world.built(REPOSITORY, "v1", 0);
    let bundle: Value = serde_json::from_str(&made.bundle)?;
    let (old, new) = (
        attestations(&format!("repos/{REPOSITORY}"), &made.artifact),
        attestations("repositories/1", &made.artifact),
    );
    let address = json!(format!("https://api.github.com{new}"));
    world.github.reply(&old, "moved", &[("address", address)])?;
    let entry = json!([{ "bundle": bundle, "repository_id": 1 }]);
    let found = [("attestations", entry)];
    world.github.reply(&new, "attestations", &found)?;
    world.download("renamed.zip", &made.artifact)?;
    let text = world.sees("renamed.zip", Verdict::Authentic)?;
    assert!(text.contains("github.com/example/tool"), "{text}");
    let asked: Vec<String> = world
        .github
        .asked()
        .into_iter()
        .map(|one| one.path)
        .collect();
    assert_eq!(asked, [format!("{old}?per_page=100"), new]);
    Ok(())
}

#[test]
fn a_redirect_out_of_githubs_api_is_no_answer() -> Result<()> {
    let mut world = World::new()?;
    let made = world.built(REPOSITORY, "v1", 0);
    let path = attestations(&format!("repos/{REPOSITORY}"), &made.artifact);
    // It would be served there, as GitHub serves it.
    let bundle: Value = serde_json::from_str(&made.bundle)?;
    let digest = Sha256Digest::of(&made.artifact).to_hex();
    world.github.attest("evil/tool", &digest, &[bundle])?;
    let evil = attestations("repos/evil/tool", &made.artifact);
    world.github.mirror(&evil)?;
    let address = json!(format!("https://mirror.example.org{evil}"));
    world
        .github
        .reply(&path, "moved", &[("address", address)])?;
    world.download("led-away.zip", &made.artifact)?;
    let text = world.sees("led-away.zip", Verdict::Unchecked)?;
    assert!(text.contains("302"), "{text}");
    Ok(())
}

#[test]
fn bundles_that_are_elsewhere_are_fetched_there() -> Result<()> {
    let mut world = World::new()?;
    let made = world.built(REPOSITORY, "v1", 0);
    let bundle: Value = serde_json::from_str(&made.bundle)?;
    let digest = Sha256Digest::of(&made.artifact).to_hex();
    world
        .github
        .attest_elsewhere(REPOSITORY, &digest, &[bundle])?;
    world.download("stored.zip", &made.artifact)?;
    world.sees("stored.zip", Verdict::Authentic)?;
    Ok(())
}

#[test]
fn a_file_that_another_host_serves_is_the_repositorys_only_by_its_signature() -> Result<()> {
    let mut world = World::new()?;
    let made = world.built(REPOSITORY, "v1", 0);
    let bundle: Value = serde_json::from_str(&made.bundle)?;
    let digest = Sha256Digest::of(&made.artifact).to_hex();
    world.github.attest(REPOSITORY, &digest, &[bundle])?;
    let put = |name: &str, content: &[u8]| {
        let url = world.github.put_on_mirror(REPOSITORY, name, content)?;
        world.browser.download(&url)
    };
    // The digest that the release lists is of what GitHub serves.
    let listed = Sha256Digest::of(b"listed").to_hex();
    world.github.list(REPOSITORY, "listed.zip", &listed)?;
    put("listed.zip", b"another")?;
    world.sees("listed.zip", Verdict::Unknown)?;
    put("signed.zip", &made.artifact)?;
    world.sees("signed.zip", Verdict::Authentic)?;
    let asked = world.github.asked();
    assert!(
        !asked.iter().any(|one| one.path.contains("releases")),
        "{asked:?}"
    );
    let served = world.github.asked_elsewhere();
    assert_eq!(served.len(), 2, "{served:?}");
    Ok(())
}

#[test]
fn trouble_at_github_leaves_a_file_unchecked_and_is_told() -> Result<()> {
    let world = World::new()?;
    world.extension.expect_problem("Failed to load resource");
    let cases = [
        ("trouble", "HTTP 502"),
        ("broken", "could not be reached"),
        ("silent", "10"),
    ];
    for (shape, _) in cases {
        let content = shape.as_bytes();
        let path = attestations(&format!("repos/{REPOSITORY}"), content);
        world.github.reply(&path, shape, &[])?;
        world.download(&format!("{shape}.zip"), content)?;
    }
    for (shape, words) in cases {
        let name = format!("{shape}.zip");
        let text = world.sees(&name, Verdict::Unchecked)?;
        assert!(text.contains(words), "{shape}: {text}");
        let record = world.extension.wait_for_judgement(&name)?;
        assert!(record.retry.is_some(), "{shape}");
    }
    Ok(())
}

#[test]
fn a_limit_that_is_spent_is_waited_for_until_githubs_own_time() -> Result<()> {
    let world = World::new()?;
    world.extension.expect_problem("403");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let reset = now.expect("a clock").as_secs() + 3000;
    let path = attestations(&format!("repos/{REPOSITORY}"), b"limited");
    let seconds = json!(reset.to_string());
    world
        .github
        .reply(&path, "limit spent", &[("seconds", seconds)])?;
    world.download("limited.zip", b"limited")?;
    world.sees("limited.zip", Verdict::Unchecked)?;
    let record = world.extension.wait_for_judgement("limited.zip")?;
    let due = record.retry.expect("another try").due_at / 1000.0;
    // The header has whole seconds.
    assert!((due - reset as f64).abs() <= 2.0, "{due} {reset}");
    Ok(())
}
