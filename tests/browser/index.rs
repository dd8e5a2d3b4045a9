//! A package index that the user entered.

use crate::beside::{HOST, World};
use crate::roots::made_by;
use assay_core::verdict::Verdict;
use assay_test_authority::recipe::Signer;
use assay_test_authority::subject::Subject;
use assay_tests::{Content, Page, Result, Shapes};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

const WHEEL: &str = "tool-1.0-py3-none-any.whl";

/// Enters the site as an index.
fn enter(settings: &Page, world: &World) -> Result<()> {
    settings.click("#index-address")?;
    settings.type_text(&world.site.url())?;
    settings.click("[data-action=add-index]")?;
    settings.wait_for_text("#indexes", HOST)
}

/// What npm's registry serves and tells, under the roots that the extension came with. It is not part of
/// this repository.
fn real_package() -> Option<(Vec<u8>, Value)> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = checkout.join("../shared/fixtures/github");
    if folder.is_dir() {
        let read = |name: &str| std::fs::read(folder.join(name)).expect("a file");
        let bundle = read("sigstore-js-2.1.0-bundle.json");
        let bundle = serde_json::from_slice(&bundle).expect("a bundle");
        return Some((read("sigstore-js-2.1.0.tgz"), bundle));
    }
    let message = format!("the package is not there: {}", folder.display());
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{message}");
    let _ = writeln!(std::io::stderr(), "NOT RUN: {message}");
    None
}

#[test]
fn a_real_package_of_npm_is_its_repositorys_and_no_other_packages() -> Result<()> {
    let Some((package, bundle)) = real_package() else {
        return Ok(());
    };
    let world = World::with_real_roots()?;
    // A tab that another one covers is not painted, so the welcome page comes first.
    let welcome = world.extension.url("welcome.html");
    drop(world.browser.page_at(|open| open == welcome)?);
    enter(&world.extension.open("sources.html")?, &world)?;
    let shapes = Shapes::of("index")?;
    for (name, verdict) in [("sigstore", Verdict::Authentic), ("evil", Verdict::Signed)] {
        let told = shapes.replay("npm attestations", &[("bundle", bundle.clone())])?;
        let path = format!("-/npm/v1/attestations/{name}@2.1.0");
        world.site.put(&path, Content::Replay(told));
        let path = format!("{name}/-/{name}-2.1.0.tgz");
        world.site.put(&path, Content::Bytes(package.clone()));
        let url = format!("{}/{path}", world.site.url());
        world.browser.download(&url)?;
        let text = world.sees(&format!("{name}-2.1.0.tgz"), verdict)?;
        assert!(text.contains("sigstore/sigstore-js"), "{text}");
    }
    Ok(())
}

#[test]
fn an_index_is_asked_once_it_is_entered_and_only_about_what_it_serves() -> Result<()> {
    let mut world = World::new(true)?;
    let workflow = Subject::Workflow {
        repository: "example/tool".into(),
        source_ref: "refs/tags/v1".into(),
        called: None,
    };
    let name = "v0.3, statement, dsse, P-384";
    let made = made_by(&mut world.public, name, Signer::Certified(workflow), 0);
    let bundle: Value = serde_json::from_str(&made.bundle)?;
    let (material, envelope) = (&bundle["verificationMaterial"], &bundle["dsseEnvelope"]);
    let shapes = Shapes::of("index")?;
    let attestation = shapes.part(
        "attestation",
        &[
            ("certificate", material["certificate"]["rawBytes"].clone()),
            ("entries", material["tlogEntries"].clone()),
            ("statement", envelope["payload"].clone()),
            ("signature", envelope["signatures"][0]["sig"].clone()),
        ],
    )?;
    let provenance = [
        ("repository", json!("example/tool")),
        ("attestations", json!([attestation])),
    ];
    let provenance = shapes.replay("provenance", &provenance)?;
    let path = format!("integrity/tool/1.0/{WHEEL}/provenance");
    world.site.put(&path, Content::Replay(provenance));
    let earlier = "tool-0.9-py3-none-any.whl";
    world.download(earlier, b"earlier")?;
    world.sees(earlier, Verdict::Unknown)?;
    let asked = world.site.asked();
    assert!(
        !asked.iter().any(|name| name.starts_with("integrity")),
        "{asked:?}"
    );

    let settings = world.extension.open("sources.html")?;
    settings.click("#index-address")?;
    settings.type_text("not an address")?;
    settings.click("[data-action=add-index]")?;
    settings.wait_for_text("#index-address-problem", "not the address of an index")?;
    settings.evaluate::<Value>("document.querySelector('#index-address').value = ''")?;
    enter(&settings, &world)?;
    world.download(WHEEL, &made.artifact)?;
    let record = world
        .extension
        .wait_for_verdict(WHEEL, Verdict::Authentic)?;
    let popup = world.extension.open("popup.html")?;
    let text = crate::world::read_entry(&popup, &record)?.text;
    for part in [&format!("From {HOST}"), "example/tool"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert_eq!(world.site.requests(&path), 1);
    // What is no package is none of its business.
    world.download("notes.txt", b"notes")?;
    world.sees("notes.txt", Verdict::Unknown)?;
    let asked = world.site.asked();
    assert_eq!(
        asked
            .iter()
            .filter(|name| name.starts_with("integrity"))
            .count(),
        1
    );
    assert!(
        asked.iter().all(|name| !name.contains("and more")),
        "{asked:?}"
    );
    // A test asks about a package that is nobody's.
    world.extension.expect_problem("Failed to load resource");
    let settings = world.extension.open("sources.html")?;
    settings.wait_for_text("#indexes [data-field=asked]", "Answered in")?;
    settings.click("#indexes [data-action=test-source]")?;
    settings.wait_for_text(
        "#indexes [data-field=trial][data-state=answered]",
        "answered in",
    )?;
    let nothing = "integrity/nothing/0/nothing-0.tar.gz/provenance";
    assert_eq!(world.site.asked().last().map(String::as_str), Some(nothing));
    Ok(())
}
