//! What the program `assay` remembers of projects and sites: it says what changed, as the extension
//! does.

use crate::beside::{HOST, World};
use crate::program::{assert_same, path, verify};
use assay_core::message::Request;
use assay_core::verdict::Verdict;
use assay_test_authority::minisign::MinisignPair;
use assay_tests::{Content, DownloadSite, Result, Tunnel, wait_until};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;

const DECLARATION: &str = ".well-known/download-signers.json";
const AT: u64 = 1_790_000_000;

/// Has a site declare these keys for what is under `dl/`; gives back what it says.
fn declare(site: &DownloadSite, keys: &[&MinisignPair]) -> Vec<u8> {
    let signers: Vec<Value> = keys
        .iter()
        .map(|key| json!({ "minisign": key.public() }))
        .collect();
    let declaration = json!({
        "version": 1,
        "downloads": [{ "paths": ["/dl/*"], "signers": signers }],
    });
    let text = declaration.to_string().into_bytes();
    site.put(DECLARATION, Content::Bytes(text.clone()));
    text
}

/// Puts a signature of the file's, whose content is its name.
fn sign(site: &DownloadSite, name: &str, key: &MinisignPair) {
    let signature = key.sign(name.as_bytes(), AT).into_bytes();
    site.put(&format!("dl/{name}.minisig"), Content::Bytes(signature));
}

#[test]
fn a_change_is_one_to_both_for_the_same_reasons_until_it_is_accepted() -> Result<()> {
    let world = World::new(true)?;
    let tunnel = world.site.tunnel()?;
    let folder = tempfile::tempdir().expect("a folder");
    let [one, other, new, next] = [5, 6, 7, 8].map(MinisignPair::new);
    let both_say = |name: &str, verdict, arguments: &[&str]| -> Result<String> {
        let record = world.extension.wait_for_verdict(name, verdict)?;
        let file = path(folder.path(), name, name.as_bytes());
        let url = format!("{}/dl/{name}", world.site.url());
        let asked = [&[&file, "--url", &url], arguments].concat();
        let said = verify(&tunnel, &asked)?;
        assert_same(&said, &record);
        let code = said["reasons"][0]["code"].as_str().expect("a code");
        Ok(code.to_owned())
    };
    let meet = |name: &str, key: Option<&MinisignPair>, verdict| {
        if let Some(key) = key {
            sign(&world.site, name, key);
        }
        world.download(name, name.as_bytes())?;
        both_say(name, verdict, &[])
    };
    let accept = |name: &str, verdict| {
        let record = world.extension.wait_for_verdict(name, Verdict::Changed)?;
        let id = record.id.clone();
        world.extension.ask(&Request::AcceptChange { id })?;
        both_say(name, verdict, &["--accept-change"])?;
        both_say(name, verdict, &[])
    };

    declare(&world.site, &[&one, &other]);
    meet("tool-1.zip", Some(&one), Verdict::Authentic)?;
    // Whom the remembered declaration names is nobody new.
    meet("tool-2.zip", Some(&other), Verdict::Authentic)?;
    // Nor is whom a signer in it adds.
    let text = declare(&world.site, &[&one, &other, &next]);
    let now = std::time::UNIX_EPOCH.elapsed().expect("after 1970");
    let statement = one.sign(&text, now.as_secs()).into_bytes();
    let place = format!("{DECLARATION}.minisig");
    world.site.put(&place, Content::Bytes(statement));
    meet("tool-6.zip", Some(&next), Verdict::Authentic)?;
    let told = meet("tool-3.zip", None, Verdict::Changed)?;
    assert_eq!(told, "signature_gone");
    accept("tool-3.zip", Verdict::Unknown)?;
    // What was never signed is not missed.
    meet("notes.txt", None, Verdict::Unknown)?;

    declare(&world.site, &[&new]);
    let told = meet("tool-4.zip", Some(&new), Verdict::Changed)?;
    assert_eq!(told, "declaration_swapped");
    accept("tool-4.zip", Verdict::Authentic)?;
    world.site.take_away(DECLARATION);
    let told = meet("tool-5.zip", Some(&new), Verdict::Changed)?;
    assert_eq!(told, "declaration_vanished");
    accept("tool-5.zip", Verdict::Unknown)?;
    Ok(())
}

/// A site over TLS, and a user of the program.
struct User {
    site: DownloadSite,
    tunnel: Tunnel,
    folder: TempDir,
}

impl User {
    /// Somebody who has verified a file that the site's first key signed, if they have `met` it.
    fn new(met: bool) -> Result<(Self, [MinisignPair; 2])> {
        let site = DownloadSite::start_secure(HOST)?;
        let keys = [8, 9].map(MinisignPair::new);
        declare(&site, &[&keys[0], &keys[1]]);
        sign(&site, "tool-1.zip", &keys[0]);
        sign(&site, "tool-2.zip", &keys[1]);
        let user = Self {
            tunnel: site.tunnel()?,
            folder: tempfile::tempdir().expect("a folder"),
            site,
        };
        if met {
            let said = user.verify("tool-1.zip", &[])?;
            assert_eq!(said["verdict"], "authentic", "{said}");
            assert_eq!(said["memory"], "first_sight", "{said}");
        }
        Ok((user, keys))
    }

    fn arguments(&self, name: &str) -> [String; 3] {
        let file = path(self.folder.path(), name, name.as_bytes());
        [
            file,
            "--url".to_owned(),
            format!("{}/dl/{name}", self.site.url()),
        ]
    }

    fn verify(&self, name: &str, more: &[&str]) -> Result<Value> {
        let arguments = self.arguments(name);
        let mut all: Vec<&str> = arguments.iter().map(String::as_str).collect();
        all.extend(more);
        verify(&self.tunnel, &all)
    }

    /// What it says on standard error, and how it ends.
    fn verify_aloud(&self, name: &str, more: &[&str]) -> Result<(String, Option<i32>)> {
        let arguments = self.arguments(name);
        let mut command = self.tunnel.command(&["verify"])?;
        let output = command
            .args(arguments)
            .args(more)
            .output()
            .expect("it runs");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok((text, output.status.code()))
    }

    fn memory(&self) -> Result<(Value, Option<i32>)> {
        let (text, code) = self.tunnel.run(&["memory", "--json"])?;
        Ok((serde_json::from_str(&text)?, code))
    }

    /// The only file of what is remembered of projects or sites.
    fn file_of(&self, kind: &str) -> PathBuf {
        let folder = self.tunnel.config().join("memory").join(kind);
        let files = std::fs::read_dir(folder).expect("a folder");
        let mut files = files.map(|file| file.expect("a file").path());
        let is_kept = |file: &PathBuf| file.extension().is_some_and(|ending| ending == "jsonl");
        files.find(is_kept).expect("a file")
    }
}

#[test]
fn what_is_remembered_is_shown_and_forgotten() -> Result<()> {
    let (user, keys) = User::new(true)?;
    let (memory, code) = user.memory()?;
    assert_eq!(code, Some(0));
    assert_eq!(memory["schema"], "assay.memory.v1");
    let project = &memory["projects"][0];
    assert_eq!(project["name"], format!("{HOST}/dl/*"));
    assert_eq!(project["endings"], json!(["zip"]));
    assert_eq!(project["signers"][0]["name"], keys[0].public());
    let site = &memory["sites"][0];
    assert_eq!(site["host"], HOST);
    assert_eq!(site["declared"][0]["signers"][1]["name"], keys[1].public());
    let (text, _) = user.tunnel.run(&["memory"])?;
    for part in [HOST, &keys[0].public(), ".zip"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }

    let other = user.verify("tool-2.zip", &[])?;
    assert_eq!(
        (&other["verdict"], &other["memory"]),
        (&json!("authentic"), &json!("known"))
    );
    let changed = user.verify("stripped.zip", &[])?;
    assert_eq!(
        (&changed["verdict"], &changed["memory"]),
        (&json!("changed"), &json!("known"))
    );
    let (text, code) = user.verify_aloud("stripped.zip", &[])?;
    assert_eq!(code, Some(16), "{text}");
    assert!(text.contains("--accept-change"), "{text}");
    let (text, code) = user.tunnel.run(&["memory", "forget", HOST, "--json"])?;
    assert_eq!(code, Some(0), "{text}");
    let forgotten: Value = serde_json::from_str(&text)?;
    assert_eq!(
        forgotten["forgotten"],
        json!([format!("{HOST}/dl/*"), HOST])
    );
    let (memory, _) = user.memory()?;
    assert_eq!(
        (&memory["projects"], &memory["sites"]),
        (&json!([]), &json!([]))
    );
    let (_, code) = user.tunnel.run(&["memory", "forget", HOST])?;
    assert_eq!(code, Some(1));
    let first = user.verify("tool-2.zip", &[])?;
    assert_eq!(first["memory"], "first_sight");
    Ok(())
}

#[test]
fn what_is_not_proven_or_is_accused_is_not_remembered_by_accepting() -> Result<()> {
    let (user, _) = User::new(true)?;
    let before = user.memory()?;
    let evil = MinisignPair::new(10);
    // By a key that nobody declares, and with the server in trouble.
    sign(&user.site, "strangers.zip", &evil);
    let said = user.verify("strangers.zip", &[])?;
    assert_eq!(said["verdict"], "changed", "{said}");
    assert_eq!(user.memory()?, before);
    let broken = Content::Broken {
        sent: b"untrusted".to_vec(),
        promised: 1000,
    };
    user.site.put("dl/torn.zip.minisig", broken);
    let said = user.verify("torn.zip", &["--accept-change"])?;
    assert_eq!(said["verdict"], "unchecked", "{said}");
    assert_eq!(said["accepted"], Value::Null);
    assert_eq!(user.memory()?, before);
    // Accepting a stranger's is accepting that it is not signed by the project.
    let said = user.verify("strangers.zip", &["--accept-change"])?;
    assert_eq!(said["accepted"], "unsigned");
    assert_eq!(said["verdict"], "unknown", "{said}");
    let (memory, _) = user.memory()?;
    assert_eq!(
        memory["projects"][0]["signers"],
        before.0["projects"][0]["signers"]
    );
    assert_eq!(memory["projects"][0]["endings"], json!([]));
    Ok(())
}

#[test]
fn a_memory_that_was_damaged_is_no_first_sight_and_is_not_written_over() -> Result<()> {
    for kind in ["projects", "sites"] {
        let (user, _) = User::new(true)?;
        let file = user.file_of(kind);
        let whole = std::fs::read(&file).expect("readable");
        for content in [&b""[..], &whole[..whole.len() / 2]] {
            std::fs::write(&file, content).expect("written");
            for name in ["tool-1.zip", "tool-2.zip", "stripped.zip"] {
                let said = user.verify(name, &[])?;
                assert_eq!(said["verdict"], "unchecked", "{said}");
                let reason = &said["reasons"][0];
                assert_eq!(reason["code"], "source_memory", "{said}");
                let text = reason["text"].as_str().expect("words");
                let named = file.file_name().and_then(|name| name.to_str());
                assert!(text.contains(named.expect("a name")), "{text}");
                assert!(text.contains("remove it"), "{text}");
            }
            let (_, code) = user.verify_aloud("tool-1.zip", &["--accept-change"])?;
            assert_ne!(code, Some(10));
            assert_eq!(std::fs::read(&file).expect("readable"), content);
            let (memory, code) = user.memory()?;
            assert_eq!(code, Some(1));
            assert_eq!(memory["unreadable"].as_array().map(Vec::len), Some(1));
        }
        // Put back, it knows what it knew.
        std::fs::write(&file, whole).expect("written");
        assert_eq!(user.verify("stripped.zip", &[])?["verdict"], "changed");
    }
    // Where the folder should be there is a file: no first sight can be remembered.
    let (user, _) = User::new(false)?;
    std::fs::write(user.tunnel.config().join("memory"), "").expect("a file");
    let said = user.verify("tool-1.zip", &[])?;
    assert_eq!(said["verdict"], "unchecked", "{said}");
    assert_eq!(said["reasons"][0]["code"], "source_memory", "{said}");
    let said = user.verify("tool-1.zip", &["--no-memory"])?;
    assert_eq!(said["verdict"], "authentic", "{said}");
    Ok(())
}

#[test]
fn without_memory_nothing_is_kept_and_that_is_said_where_it_matters() -> Result<()> {
    let (user, keys) = User::new(false)?;
    let memory = |folder: &Path| folder.join("memory").exists();
    for name in ["tool-1.zip", "tool-2.zip"] {
        let said = user.verify(name, &["--no-memory"])?;
        assert_eq!(
            (&said["verdict"], &said["memory"]),
            (&json!("authentic"), &json!("off"))
        );
    }
    assert!(!memory(user.tunnel.config()));
    let (text, _) = user.verify_aloud("tool-1.zip", &["--no-memory"])?;
    assert!(text.contains("--no-memory"), "{text}");
    let key = keys[0].public();
    let (text, code) = user.verify_aloud("tool-1.zip", &["--no-memory", "--signer", &key])?;
    assert_eq!((text.as_str(), code), ("", Some(0)));
    let (text, code) = user.verify_aloud("tool-1.zip", &["--no-memory", "--accept-change"])?;
    assert_eq!(code, Some(2), "{text}");
    let mut command = user.tunnel.command(&["verify", "--json"])?;
    command
        .args(user.arguments("tool-1.zip"))
        .env("ASSAY_NO_MEMORY", "1");
    let output = command.output().expect("it runs");
    assert_eq!(output.status.code(), Some(10));
    assert!(!memory(user.tunnel.config()));
    Ok(())
}

/// Of many that meet a project for the first time at once, all believe the same.
#[test]
fn many_first_sights_at_once_remember_one_signer_and_lose_nothing() -> Result<()> {
    let (user, _) = User::new(false)?;
    let mut children = Vec::new();
    // Written once: the programs read them meanwhile.
    let files = ["tool-1.zip", "tool-2.zip"].map(|name| (name, user.arguments(name)));
    for (name, arguments) in files.iter().cycle().take(8) {
        let mut command = user.tunnel.command(&["verify", "--json"])?;
        command.args(arguments).stdout(Stdio::piped());
        children.push((name, command.spawn().expect("it runs")));
    }
    let mut said = Vec::new();
    for (name, child) in children {
        let output = child.wait_with_output().expect("it ends");
        let report: Value = serde_json::from_slice(&output.stdout)?;
        let verdict = report["results"][0]["verdict"].clone();
        said.push((name, verdict.as_str().expect("a verdict").to_owned()));
    }
    let (memory, code) = user.memory()?;
    assert_eq!(code, Some(0), "{memory}");
    let signers = memory["projects"][0]["signers"].as_array();
    assert_eq!(signers.map(Vec::len), Some(1), "{memory}");
    // Both are by whom the declaration names that all of them came to believe.
    for (name, verdict) in said {
        assert_eq!(verdict, "authentic", "{name}");
    }
    Ok(())
}

/// Who read a declaration at what was a first sight, and is slow, believes what another program came to
/// believe meanwhile.
#[test]
fn two_first_sights_of_one_site_do_not_believe_two_declarations() -> Result<()> {
    let (user, keys) = User::new(false)?;
    let held = "dl/tool-1.zip.sigstore.json";
    let rest = Content::Held {
        first: Vec::new(),
        rest: b"nothing".to_vec(),
    };
    user.site.put(held, rest);
    let mut slow = user.tunnel.command(&["verify", "--json"])?;
    slow.args(user.arguments("tool-1.zip"));
    let slow = std::thread::spawn(move || slow.output());
    wait_until("the slow one to look beside the file", || {
        match (user.site.requests(DECLARATION), user.site.requests(held)) {
            (1.., 1..) => Ok(()),
            asked => Err(format!("{asked:?}")),
        }
    })?;
    declare(&user.site, &[&keys[1]]);
    let said = user.verify("tool-2.zip", &[])?;
    assert_eq!(said["memory"], "first_sight", "{said}");
    user.site.release(held);
    let output = slow.join().expect("no panic").expect("it runs");
    let said: Value = serde_json::from_slice(&output.stdout)?;
    let result = &said["results"][0];
    assert_eq!(result["verdict"], "changed", "{said}");
    assert_eq!(result["reasons"][0]["code"], "signature_gone", "{said}");
    Ok(())
}
