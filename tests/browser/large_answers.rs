//! What is too large, in place of what lies beside a file.

use crate::beside::{HOST, World};
use assay_core::digest::Sha256Digest;
use assay_core::verdict::Verdict;
use assay_tests::{Content, Result, Shapes};
use serde_json::{Value, json};

/// More than is read of a list; of anything else less is read.
const LARGE: usize = 5 * 1024 * 1024;

fn put(world: &World, shapes: &Shapes, name: &str, shape: &str) -> Result<()> {
    let padding = json!("x".repeat(LARGE));
    let replay = shapes.replay(shape, &[("padding", padding)])?;
    let path = format!("dl/{name}");
    world.site.put(&path, Content::Replay(replay));
    Ok(())
}

#[test]
fn a_page_of_any_size_is_nothing_that_lies_beside_a_file() -> Result<()> {
    let world = World::new(true)?;
    let shapes = Shapes::of("beside")?;
    world.extension.expect_problem("Failed to load resource");
    // Whatever is asked for, there is a page, or one that says that there is none.
    for (name, shape) in [
        ("tool.zip.sigstore.json", "page"),
        ("tool.zip.sha256", "missing"),
        ("SHA256SUMS", "page"),
        ("SHA512SUMS", "missing"),
    ] {
        put(&world, &shapes, name, shape)?;
    }
    world.download("tool.zip", b"tool")?;
    let text = world.sees("tool.zip", Verdict::Unknown)?;
    assert!(!text.contains("too large"), "{text}");
    // And what is there beside them counts.
    world.forget_habits()?;
    world.list("checksums.txt", &[("tool.zip", b"tool")]);
    world
        .browser
        .download(&format!("https://{HOST}/dl/tool.zip"))?;
    let text = world.sees("tool (1).zip", Verdict::Intact)?;
    assert!(text.contains(HOST), "{text}");
    Ok(())
}

#[test]
fn a_large_text_in_place_of_a_list_is_told_and_hides_no_other() -> Result<()> {
    let world = World::new(true)?;
    let shapes = Shapes::of("beside")?;
    put(&world, &shapes, "SHA256SUMS", "large text")?;
    world.download("alone.zip", b"alone")?;
    world.sees("alone.zip", Verdict::Unchecked)?;
    let record = world.extension.wait_for_judgement("alone.zip")?;
    let reasons = record.judgement.expect("a judgement").reasons;
    let is_told = reasons
        .iter()
        .any(|one| one.key == "reason_source_too_large");
    assert!(is_told, "{reasons:?}");
    world.forget_habits()?;
    let digest = Sha256Digest::of(b"listed").to_hex();
    let of: [(&str, Value); 2] = [("digest", json!(digest)), ("name", json!("listed.zip"))];
    let list = shapes.replay("list of BSD", &of)?;
    world
        .site
        .put("dl/listed.zip.sha256", Content::Replay(list));
    world.download("listed.zip", b"listed")?;
    world.sees("listed.zip", Verdict::Intact)?;
    Ok(())
}

#[test]
fn a_list_of_a_version_is_found_by_the_files_name() -> Result<()> {
    let world = World::new(true)?;
    let shapes = Shapes::of("beside")?;
    let name = "tool_1.2.3_linux_amd64.zip";
    let digest = Sha256Digest::of(b"tool").to_hex();
    let of: [(&str, Value); 2] = [("digest", json!(digest)), ("name", json!(name))];
    let list = shapes.replay("list of a version", &of)?;
    world
        .site
        .put("dl/tool_1.2.3_checksums.txt", Content::Replay(list));
    world.download(name, b"tool")?;
    world.sees(name, Verdict::Intact)?;
    Ok(())
}
