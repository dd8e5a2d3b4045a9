//! All of rekor-cli's commands.

use std::path::PathBuf;

use crate::{NAME, assert_verified};
use assay_core::digest::Sha256Digest;
use assay_tests::{Client, NotaryProcess, Result, Stranger, output_of};
use serde_json::Value;

struct World {
    program: PathBuf,
    notary: NotaryProcess,
    stranger: Stranger,
}

impl World {
    fn new() -> Result<Option<Self>> {
        let Some(program) = Client::RekorCli.find()? else {
            return Ok(None);
        };
        Ok(Some(Self {
            program,
            notary: NotaryProcess::start()?,
            stranger: Stranger::new()?,
        }))
    }

    /// What it prints as JSON.
    fn run(&self, arguments: &[&str]) -> Result<Value> {
        let mut command = self.stranger.command(&self.program);
        command
            .args(arguments)
            .args(["--format", "json", "--retry", "0"]);
        command.args(["--rekor_server", &self.notary.url()]);
        Ok(serde_json::from_str(&output_of(&mut command)?)?)
    }

    /// What it says when it fails.
    #[track_caller]
    fn refused(&self, arguments: &[&str]) -> String {
        match self.run(arguments) {
            Ok(said) => panic!("{arguments:?} was not refused: {said}"),
            Err(error) => error.to_string(),
        }
    }

    /// Writes an artifact and its signature under a name.
    fn signed(&self, name: &str) -> Result<()> {
        self.stranger.write(name, name)?;
        let signature = self.stranger.sign(name.as_bytes())?;
        self.stranger.write(&format!("{name}.sig"), signature)?;
        Ok(())
    }

    /// Logs one, with this key or certificate, and returns its index and its name in the log.
    fn upload(&self, name: &str, key: &str) -> Result<(u64, String)> {
        self.signed(name)?;
        let said = self.run(&of(&["upload"], name, key))?;
        assert_eq!(said["AlreadyExists"], false, "{said}");
        let location = said["Location"].as_str().unwrap_or_default();
        let uuid = location.rsplit('/').next().unwrap_or_default();
        assert_eq!(uuid.len(), 80, "{said}");
        Ok((said["Index"].as_u64().expect("an index"), uuid.to_owned()))
    }

    fn search(&self, arguments: &[&str]) -> Result<Vec<String>> {
        let said = self.run(&[&["search"], arguments].concat())?;
        Ok(serde_json::from_value(said["UUIDs"].clone())?)
    }
}

/// A command about an artifact with its signature and key.
fn of<'a>(command: &[&'a str], name: &'a str, key: &'a str) -> Vec<&'a str> {
    let signature: &str = match name {
        "one.bin" => "one.bin.sig",
        "two.bin" => "two.bin.sig",
        _ => "three.bin.sig",
    };
    let entry = ["--type", "hashedrekord", "--pki-format", "x509"];
    let files = [
        "--artifact",
        name,
        "--signature",
        signature,
        "--public-key",
        key,
    ];
    [command, &entry, &files].concat()
}

#[test]
fn an_entry_is_uploaded_gotten_and_verified() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let (index, uuid) = world.upload("one.bin", "public.pem")?;
    assert_eq!(index, 0);
    let again = world.run(&of(&["upload"], "one.bin", "public.pem"))?;
    assert_eq!(again["AlreadyExists"], true, "{again}");
    let location = again["Location"].as_str().unwrap_or_default();
    assert!(location.ends_with(&uuid), "{again}");
    // A second one, so that there is something to prove.
    world.upload("two.bin", "public.pem")?;
    for asked in [["--uuid", &uuid], ["--log-index", "0"]] {
        let got = world.run(&[&["get"], &asked[..]].concat())?;
        assert_eq!(got["UUID"], uuid, "{got}");
        let hash = Sha256Digest::of(b"one.bin").to_hex();
        let path = "/Body/HashedRekordObj/data/hash/value";
        assert_eq!(got.pointer(path), Some(&Value::from(hash)), "{got}");
        let verified = world.run(&[&["verify"], &asked[..]].concat())?;
        assert_eq!(verified["EntryUUID"], uuid, "{verified}");
        assert_eq!(verified["Size"], 2, "{verified}");
    }
    // By what was proposed, which the log looks up itself.
    let verified = world.run(&of(&["verify"], "two.bin", "public.pem"))?;
    assert_eq!(verified["Index"], 1, "{verified}");
    let file = world.stranger.path("two.bin");
    assert_verified(&file, &world.notary, &world.stranger.fingerprint())
}

#[test]
fn a_proposal_and_an_envelope_are_uploaded() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let proposal = world.stranger.propose(b"proposed")?;
    world.stranger.write("entry.json", proposal.to_string())?;
    let said = world.run(&["upload", "--entry", "entry.json"])?;
    assert_eq!(said["Index"], 0, "{said}");
    let envelope = world.stranger.envelope(b"stated")?;
    world
        .stranger
        .write("envelope.json", envelope.to_string())?;
    let key = ["--public-key", "public.pem", "--pki-format", "x509"];
    let envelope = ["--type", "dsse", "--artifact", "envelope.json"];
    let said = world.run(&[&["upload"], &envelope[..], &key].concat())?;
    assert_eq!(said["Index"], 1, "{said}");
    let verified = world.run(&[&["verify"], &envelope[..], &key].concat())?;
    assert_eq!(verified["Index"], 1, "{verified}");
    for artifact in [&b"proposed"[..], b"stated"] {
        let file = world.stranger.write("file.bin", artifact)?;
        assert_verified(&file, &world.notary, &world.stranger.fingerprint())?;
    }
    Ok(())
}

#[test]
fn entries_are_searched_by_digest_key_and_name() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    world.stranger.enrol(NAME, &world.notary)?;
    let (_, by_key) = world.upload("one.bin", "public.pem")?;
    let (_, by_name) = world.upload("two.bin", "certificate.pem")?;
    let digest = Sha256Digest::of(b"one.bin").to_hex();
    let only = |uuid: &String| vec![uuid.clone()];
    assert_eq!(world.search(&["--sha", &digest])?, only(&by_key));
    assert_eq!(world.search(&["--artifact", "two.bin"])?, only(&by_name));
    assert_eq!(world.search(&["--email", NAME])?, only(&by_name));
    let key = ["--public-key", "public.pem", "--pki-format", "x509"];
    assert!(world.search(&key)?.contains(&by_key));
    let both = [&["--sha", &digest, "--operator", "and"], &key[..]].concat();
    assert_eq!(world.search(&both)?, only(&by_key));
    let neither = ["--sha", &digest, "--email", NAME, "--operator", "and"];
    let said = world.refused(&[&["search"], &neither[..]].concat());
    assert!(said.contains("no matching entries found"), "{said}");
    let mut either = world.search(&["--sha", &digest, "--email", NAME, "--operator", "or"])?;
    either.sort();
    let mut expected = vec![by_key, by_name];
    expected.sort();
    assert_eq!(either, expected);
    Ok(())
}

#[test]
fn a_name_that_is_an_address_is_searched_as_a_subject() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let name = "https://example.org/team";
    world.stranger.enrol(name, &world.notary)?;
    let (_, uuid) = world.upload("one.bin", "certificate.pem")?;
    assert_eq!(world.search(&["--subject", name])?, [uuid]);
    Ok(())
}

#[test]
fn the_log_proves_that_it_goes_on_from_what_was_seen() -> Result<()> {
    let Some(mut world) = World::new()? else {
        return Ok(());
    };
    let info = world.run(&["loginfo"])?;
    assert_eq!(info["ActiveTreeSize"], 0, "{info}");
    for (size, name) in [(1, "one.bin"), (2, "two.bin"), (3, "three.bin")] {
        world.upload(name, "public.pem")?;
        if size == 2 {
            world.notary.restart()?;
        }
        // It keeps what it saw the last time, and demands the proof.
        let info = world.run(&["loginfo"])?;
        assert_eq!(info["ActiveTreeSize"], size, "{info}");
    }
    let info = world.run(&["loginfo"])?;
    let tree = info["TreeID"].as_str().expect("a tree");
    let sizes = ["--first-size", "1", "--last-size", "3"];
    for asked in [&sizes[..], &[&sizes[..], &["--tree-id", tree]].concat()] {
        let proof = world.run(&[&["logproof"], asked].concat())?;
        assert_eq!(proof["RootHash"], info["RootHash"], "{proof}");
        // RFC 6962, section 2.1.2: the second leaf, and the third.
        assert_eq!(proof["Hashes"].as_array().map(Vec::len), Some(2), "{proof}");
    }
    Ok(())
}

#[test]
fn what_is_wrong_or_unknown_is_refused_in_words() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    world.signed("one.bin")?;
    let other = Stranger::new()?;
    let other = std::fs::read(other.path("public.pem"))?;
    world.stranger.write("other.pem", other)?;
    let mut upload = of(&["upload"], "one.bin", "other.pem");
    // The client looks itself where it has the artifact; so it is given the digest only.
    let digest = Sha256Digest::of(b"one.bin").to_hex();
    let artifact = upload.iter().position(|word| *word == "--artifact");
    let artifact = artifact.expect("an artifact");
    upload[artifact] = "--artifact-hash";
    upload[artifact + 1] = &digest;
    let said = world.refused(&upload);
    assert!(said.contains("verifying signature"), "{said}");
    let unknown = "00".repeat(40);
    for (asked, expected) in [
        (&["get", "--uuid", &unknown][..], "404"),
        (&["get", "--log-index", "7"], "404"),
        (&["verify", "--log-index", "7"], "cannot be located"),
    ] {
        let said = world.refused(asked);
        assert!(said.contains(expected), "{said}");
    }
    let said = world.refused(&["logproof", "--first-size", "1", "--last-size", "9"]);
    assert!(said.contains("400"), "{said}");
    let info = world.run(&["loginfo"])?;
    assert_eq!(info["ActiveTreeSize"], 0, "{info}");
    Ok(())
}
