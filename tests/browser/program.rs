//! The program `assay` asks the same sources as the extension, and comes to the same verdicts for the
//! same reasons.

use crate::beside;
use crate::github;
use assay_core::message::Request;
use assay_core::record::DownloadRecord;
use assay_core::verdict::Verdict;
use assay_core::words::Message;
use assay_test_authority::minisign::MinisignPair;
use assay_tests::{Content, LogRequest, RekorSite, Result, Tunnel};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::path::Path;

/// What the program says of one file.
pub fn verify(tunnel: &Tunnel, arguments: &[&str]) -> Result<Value> {
    let (text, code) = tunnel.run(&[&["verify", "--json"], arguments].concat())?;
    let report: Value = serde_json::from_str(&text)?;
    assert_eq!(report["exit_code"], json!(code), "{report}");
    assert_eq!(report["schema"], "assay.verify.v1", "{report}");
    Ok(report["results"][0].clone())
}

/// Has the program forget what it found on the site, if it remembers anything.
fn forget(tunnel: &Tunnel) -> Result<()> {
    tunnel.run(&["memory", "forget", beside::HOST])?;
    Ok(())
}

/// That the program said just what the extension keeps.
#[track_caller]
pub fn assert_same(said: &Value, record: &DownloadRecord) {
    let judged = record.judgement.as_ref().expect("a judgement");
    assert_eq!(said["verdict"], judged.verdict.word(), "{said}");
    let reasons = said["reasons"].as_array().expect("reasons");
    let told: Vec<&str> = reasons
        .iter()
        .filter_map(|one| one["text"].as_str())
        .collect();
    let kept: Vec<String> = judged.reasons.iter().map(Message::english).collect();
    assert_eq!(told, kept);
}

pub fn path(folder: &Path, name: &str, content: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).expect("a file");
    path.to_string_lossy().into_owned()
}

#[test]
fn a_file_from_github_has_the_same_verdict_there_and_here() -> Result<()> {
    let world = github::World::new()?;
    let tunnel = world.github.tunnel()?;
    let folder = tempfile::tempdir().expect("a folder");
    let digest = assay_core::digest::Sha256Digest::of(b"tool").to_hex();
    world
        .github
        .list(github::REPOSITORY, "listed.zip", &digest)?;
    for (content, verdict) in [
        (&b"tool"[..], Verdict::Intact),
        (b"another", Verdict::Mismatch),
    ] {
        let url = world
            .github
            .put(github::REPOSITORY, "listed.zip", content)?;
        world.browser.download(&url)?;
        let name = match verdict {
            Verdict::Intact => "listed.zip",
            // As the browser names a second one.
            _ => "listed (1).zip",
        };
        let record = world.extension.wait_for_verdict(name, verdict)?;
        let file = path(folder.path(), "listed.zip", content);
        assert_same(&verify(&tunnel, &[&file, "--url", &url])?, &record);
    }
    let url = world
        .github
        .put(github::REPOSITORY, "unknown.zip", b"unknown")?;
    world.browser.download(&url)?;
    let record = world
        .extension
        .wait_for_verdict("unknown.zip", Verdict::Unknown)?;
    let file = path(folder.path(), "unknown.zip", b"unknown");
    let chosen = [&file, "--url", &url, "--source", "github"];
    assert_same(&verify(&tunnel, &chosen)?, &record);
    let token = "github_pat_0123456789abcdefghijABCDEF";
    // A file that only its owner can read, as it has to be.
    let kept = tempfile::NamedTempFile::new_in(folder.path()).expect("a file");
    std::fs::write(kept.path(), token).expect("written");
    let kept = kept.path().to_string_lossy();
    let with_token = [&chosen[..], &["--github-token-file", &kept]].concat();
    assert_same(&verify(&tunnel, &with_token)?, &record);
    let last = world.github.asked().pop().expect("a request");
    assert_eq!(last.token.as_deref(), Some(token));
    Ok(())
}

#[test]
fn what_lies_beside_a_file_is_seen_by_both() -> Result<()> {
    let world = beside::World::new(true)?;
    let tunnel = world.site.tunnel()?;
    let folder = tempfile::tempdir().expect("a folder");
    let files: [(&str, &[u8]); 2] = [("good.zip", b"good"), ("bad.zip", b"bad")];
    world.list("SHA256SUMS", &files);
    let broken = Content::Broken {
        sent: b"{".to_vec(),
        promised: 1000,
    };
    world.site.put("dl/torn.zip.sha256", broken);
    for (name, content, verdict) in [
        ("good.zip", &b"good"[..], Verdict::Intact),
        ("bad.zip", b"changed", Verdict::Mismatch),
        ("torn.zip", b"torn", Verdict::Unchecked),
    ] {
        // As a browser that has never been there, and a program.
        world.forget_habits()?;
        forget(&tunnel)?;
        world.download(name, content)?;
        let record = world.extension.wait_for_verdict(name, verdict)?;
        let file = path(folder.path(), name, content);
        let url = format!("{}/dl/{name}?token=secret", world.site.url());
        assert_same(&verify(&tunnel, &[&file, "--url", &url])?, &record);
    }
    // Before a login, and where a list names no algorithm.
    world.forget_habits()?;
    forget(&tunnel)?;
    let page = Content::Page("<title>Welcome</title>".into());
    world.site.stand_before(Some(("dl/login.zip", page)));
    let both = |name: &str, content: &[u8], verdict| -> Result<()> {
        world.download(name, content)?;
        let record = world.extension.wait_for_verdict(name, verdict)?;
        let file = path(folder.path(), name, content);
        let url = format!("{}/dl/{name}", world.site.url());
        assert_same(&verify(&tunnel, &[&file, "--url", &url])?, &record);
        Ok(())
    };
    both("login.zip", b"login", Verdict::Unchecked)?;
    world.site.stand_before(None);
    world.list("checksums.txt", &[("other.zip", b"good")]);
    both("other.zip", b"changed", Verdict::Mismatch)?;
    let own = MinisignPair::new(4);
    let key = own.public();
    let trust = Request::TrustMinisign { key: key.clone() };
    world.extension.ask(&trust)?;
    let at = 1_790_000_000;
    for (name, signature, verdict) in [
        ("new.zip", own.sign(b"content", at), Verdict::Verified),
        (
            "old.zip",
            own.sign_legacy(b"content", at),
            Verdict::Verified,
        ),
        ("forged.zip", own.sign(b"another", at), Verdict::Forged),
        (
            "old-forged.zip",
            own.sign_legacy(b"another", at),
            Verdict::Forged,
        ),
    ] {
        world.forget_habits()?;
        forget(&tunnel)?;
        world.put(&format!("{name}.minisig"), signature.as_bytes());
        world.download(name, b"content")?;
        let record = world.extension.wait_for_verdict(name, verdict)?;
        let file = path(folder.path(), name, b"content");
        let url = format!("{}/dl/{name}", world.site.url());
        let said = verify(&tunnel, &[&file, "--url", &url, "--signer", &key])?;
        assert_same(&said, &record);
    }
    Ok(())
}

#[test]
fn a_log_is_asked_only_where_that_is_chosen() -> Result<()> {
    let rekor = RekorSite::start()?;
    let tunnel = rekor.tunnel()?;
    let folder = tempfile::tempdir().expect("a folder");
    let file = path(folder.path(), "file.bin", b"file");
    let said = verify(
        &tunnel,
        &[
            &file,
            "--source",
            "rekor",
            "--signer",
            "release@example.org",
        ],
    )?;
    assert_eq!(said["verdict"], "unknown");
    assert_eq!(said["sources"][0]["source"], "https://rekor.sigstore.dev");
    let asked = rekor.asked();
    let emails: Vec<&Value> = asked.iter().map(|asked| &asked.body["email"]).collect();
    // Both at once: either may come first.
    assert_eq!(emails.len(), 2);
    for expected in [&json!("release@example.org"), &Value::Null] {
        assert!(emails.contains(&expected), "{emails:?}");
    }
    // A signer's key is searched for itself.
    let (key, _) = tunnel.run(&["key"])?;
    let own = path(folder.path(), "own.pub", key.as_bytes());
    verify(&tunnel, &[&file, "--source", "rekor", "--signer-key", &own])?;
    let named = json!({ "format": "x509", "content": STANDARD.encode(&key) });
    let later = &rekor.asked()[asked.len()..];
    let is_search = |one: &LogRequest| one.body["publicKey"] == named;
    assert!(later.iter().any(is_search), "{later:?}");
    rekor.fail(Some(503));
    let said = verify(&tunnel, &[&file, "--source", "rekor"])?;
    assert_eq!(said["verdict"], "unchecked");
    // Another log, by its address; beside Sigstore's, if that is chosen, too.
    rekor.fail(None);
    let other = ["--rekor", "https://rekor.sigstore.dev/"];
    let said = verify(&tunnel, &[&[file.as_str()], &other[..]].concat())?;
    assert_eq!(said["verdict"], "unknown");
    assert_eq!(said["sources"][0]["source"], "https://rekor.sigstore.dev");
    let (_, code) = tunnel.run(&["verify", &file, "--rekor", "ftp://log.example"])?;
    assert_eq!(code, Some(2));
    // Without an address and without a choice there is nobody to ask.
    let (_, code) = tunnel.run(&["verify", &file])?;
    assert_eq!(code, Some(2));
    Ok(())
}
