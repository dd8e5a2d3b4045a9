//! The log as tiles, asked for over a real socket.

mod common;

use assay_notary::checkpoint::Statement;
use assay_notary::keys::SigningKey;
use assay_notary::keys::pem as pem_of;
use assay_notary::merkle::{Frontier, Hash, leaf_hash, root};
use assay_notary::note_key;
use assay_notary::signed_note::{Note, VerifierKey};
use assay_notary::signers;
use assay_notary::tile_checkpoint::COSIGNED_FILE;
use assay_notary::tiles::{
    Edge, MAX_ENTRY_BYTES, Tile, TileKind, root_over, split_entries, split_hashes,
};
use common::{Running, fill, hashed_rekord};
use std::path::Path;
use x509_cert::Certificate;
use x509_cert::der::asn1::OctetString;
use x509_cert::der::{DecodePem, Encode};

fn body(number: u64) -> Vec<u8> {
    format!("entry {number}").into_bytes()
}

fn log_of(data: &Path, size: u64) -> Running {
    fill(data, (0..size).map(body));
    Running::start(data)
}

fn get(notary: &Running, tile: Tile) -> Vec<u8> {
    let (status, cache, bytes) = notary.get_bytes(&format!("/{tile}"));
    assert_eq!(status, 200, "{tile}");
    assert_eq!(cache.unwrap(), "public, max-age=86400");
    bytes
}

fn hashes(notary: &Running, level: u8, index: u64, size: u64) -> Option<Vec<Hash>> {
    let tile = Tile::in_log(TileKind::Hashes { level }, index, size)?;
    let bytes = get(notary, tile);
    assert_eq!(bytes.len(), usize::from(tile.width) * 32);
    Some(split_hashes(&bytes))
}

fn checkpoint(notary: &Running) -> Note {
    Note::parse(&notary.get("/checkpoint").text).unwrap()
}

#[test]
fn all_tiles_lead_from_the_entries_to_the_signed_root() {
    for size in [0, 1, 255, 256, 257, 700] {
        let data = common::DataFolder::new();
        let notary = log_of(data.path(), size);
        let key: VerifierKey = notary.get("/log.vkey").text.trim_end().parse().unwrap();
        let note = checkpoint(&notary);
        key.verify(&note).unwrap();
        let said = Statement::read(&note.text).unwrap();
        assert_eq!((said.origin.as_str(), said.size), (key.name(), size));
        let mut frontier = Frontier::default();
        let mut leaves = Vec::new();
        for index in 0..=size / 256 {
            let Some(tile) = Tile::in_log(TileKind::Entries, index, size) else {
                continue;
            };
            let bytes = get(&notary, tile);
            for (entry, number) in split_entries(&bytes, tile.width)
                .unwrap()
                .iter()
                .zip(tile.start()..)
            {
                assert_eq!(*entry, body(number));
                leaves.push(leaf_hash(entry));
                frontier.append(leaf_hash(entry), &mut Vec::new());
            }
            assert_eq!(
                hashes(&notary, 0, index, size).unwrap(),
                leaves[tile.start() as usize..]
            );
        }
        assert_eq!(frontier.root(), said.root, "{size}");
        let above: Vec<_> = leaves
            .as_chunks::<256>()
            .0
            .iter()
            .map(|c| root_over(c))
            .collect();
        assert_eq!(hashes(&notary, 1, 0, size).unwrap_or_default(), above);
        let rest = (size - size % 256) as usize;
        let edge = Edge(vec![leaves[rest..].to_vec(), above]);
        assert_eq!(root(size, &edge), Ok(said.root));
        notary.stop();
    }
}

#[test]
fn only_what_the_log_has_is_there_and_a_tile_that_grows_keeps_its_earlier_widths() {
    let data = common::DataFolder::new();
    let notary = log_of(data.path(), 257);
    let status = |path: &str| notary.get_bytes(path).0;
    for path in [
        "/tile/0/000",
        "/tile/0/000.p/255",
        "/tile/0/001.p/1",
        "/tile/1/000.p/1",
        "/tile/entries/000",
        "/tile/entries/000.p/7",
        "/tile/entries/001.p/1",
    ] {
        assert_eq!(status(path), 200, "{path}");
    }
    for path in [
        "/tile/0/001",
        "/tile/0/001.p/2",
        "/tile/0/002.p/1",
        "/tile/1/000",
        "/tile/1/000.p/2",
        "/tile/2/000.p/1",
        "/tile/63/000.p/1",
        "/tile/entries/001",
        "/tile/entries/001.p/2",
        "/tile/entries/x999/x999/x999/x999/x999/x999/x999/999",
        "/tile/0/x001/000.p/1",
    ] {
        let (status, cache, _) = notary.get_bytes(path);
        assert_eq!(
            (status, cache.as_deref()),
            (404, Some("no-cache")),
            "{path}"
        );
    }
    for path in [
        "/tile/0/1",
        "/tile/64/000",
        "/tile/00/000",
        "/tile/0/000.p/0",
        "/tile/0/000.p/256",
        "/tile/0/x000/001",
        "/tile/entries/000.p/",
        "/tile/nosuch/000",
        "/tile/0",
    ] {
        assert_eq!(status(path), 400, "{path}");
        assert!(notary.get(path).json()["message"].is_string());
    }
    let whole = notary.get_bytes("/tile/0/000").2;
    assert_eq!(notary.get_bytes("/tile/0/000.p/3").2, whole[..96]);
    assert_eq!(
        notary.get("/checkpoint").header("cache-control"),
        Some("public, max-age=3")
    );
    let kind = |path: &str| {
        let response = ureq::get(format!("{}{path}", notary.handle().url()))
            .call()
            .unwrap();
        response.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(kind("/checkpoint"), "text/plain; charset=utf-8");
    assert_eq!(kind("/tile/0/000"), "application/octet-stream");
    assert_eq!(kind("/tile/entries/000"), "application/octet-stream");
}

#[test]
fn the_checkpoint_says_what_rekors_says_and_the_trust_roots_key_signed_it_too() {
    let data = common::DataFolder::new();
    let notary = log_of(data.path(), 0);
    let key = SigningKey::generate().unwrap();
    notary.add(&hashed_rekord(b"file", &key, &key.public_pem()));
    let note = checkpoint(&notary);
    let said = Statement::read(&note.text).unwrap();
    let rekor = notary.get("/api/v1/log").json();
    assert_eq!(
        (said.size, hex::encode(said.root)),
        (1, rekor["rootHash"].as_str().unwrap().into())
    );
    let rekors = Note::parse(rekor["signedTreeHead"].as_str().unwrap()).unwrap();
    assert_eq!(
        rekors.signatures.len(),
        1,
        "Rekor's clients accept no other"
    );
    let pem = notary.get("/api/v1/log/publicKey").text;
    let (_, der) = x509_cert::der::Document::from_pem(&pem).unwrap();
    note.verify_ecdsa(&said.origin, der.as_bytes()).unwrap();
    let other = SigningKey::generate().unwrap();
    assert!(note.verify_ecdsa(&said.origin, other.public_der()).is_err());
    let tree = rekor["treeID"].as_str().unwrap();
    assert!(
        said.origin.ends_with(&format!("/{tree}")),
        "{}",
        said.origin
    );
}

#[test]
fn lines_of_witnesses_are_served_under_the_checkpoint_that_they_are_about() {
    let data = common::DataFolder::new();
    let notary = log_of(data.path(), 3);
    let file = data.path().join(COSIGNED_FILE);
    let own = checkpoint(&notary);
    assert_eq!(own.signatures.len(), 2);
    let mut cosigned = own.clone();
    cosigned.signatures[0].name = "witness.example/w1".into();
    std::fs::write(&file, cosigned.to_string()).unwrap();
    let served = checkpoint(&notary);
    assert_eq!(served.text, own.text);
    assert_eq!(served.signatures[..2], own.signatures);
    assert_eq!(
        served.signatures[2..],
        cosigned.signatures[..1],
        "and nothing in the log's name"
    );
    for useless in [
        "nothing".to_owned(),
        cosigned.to_string().replace("\n3\n", "\n4\n"),
    ] {
        std::fs::write(&file, useless).unwrap();
        assert_eq!(checkpoint(&notary), own);
    }
}

#[test]
fn a_data_directory_of_an_earlier_version_gets_its_checkpoint_key_and_keeps_its_trust_root() {
    let data = common::DataFolder::new();
    let first = Running::start(data.path());
    let root = first.get("/trusted_root.json").text;
    first.stop();
    std::fs::remove_file(data.path().join(note_key::KEY_FILE)).unwrap();
    std::fs::remove_file(data.path().join(note_key::PUBLIC_FILE)).unwrap();
    let second = Running::start(data.path());
    assert_eq!(second.get("/trusted_root.json").text, root);
    let key = second.get("/log.vkey").text;
    second.stop();
    let third = Running::start(data.path());
    assert_eq!(third.get("/log.vkey").text, key);
}

#[test]
fn large_entries_come_in_parts_and_longer_ones_than_a_bundle_holds_are_not_logged() {
    let data = common::DataFolder::new();
    let large = |number: u8| {
        let mut body = vec![b'x'; MAX_ENTRY_BYTES];
        body[0] = number;
        body
    };
    fill(data.path(), (0..40).map(large));
    let notary = Running::start(data.path());
    let (status, _, bytes) = notary.get_bytes("/tile/entries/000.p/40");
    assert_eq!(status, 200);
    let entries = split_entries(&bytes, 40).unwrap();
    assert!(
        entries
            .iter()
            .zip(0..)
            .all(|(entry, number)| *entry == large(number))
    );
    let key = SigningKey::generate().unwrap();
    let enrolled = signers::enrol(data.path(), "a@b.example", key.public_pem().as_bytes()).unwrap();
    let pem = std::fs::read(enrolled.file).unwrap();
    let mut certificate = Certificate::from_pem(pem).unwrap();
    let extensions = certificate.tbs_certificate.extensions.as_mut().unwrap();
    extensions[0].extn_value = OctetString::new(vec![0; 60_000]).unwrap();
    let long = pem_of("CERTIFICATE", &certificate.to_der().unwrap());
    let refused = notary.add(&hashed_rekord(b"file", &key, &long));
    let message = refused.json()["message"].as_str().unwrap().to_owned();
    assert_eq!(refused.status, 400, "{message}");
    assert!(message.contains("at most 65535"), "{message}");
}

#[test]
fn a_tile_of_one_tree_is_told_from_the_same_of_another() {
    let tag = |answer: &common::Answer| answer.header("etag").unwrap().to_owned();
    let data = common::DataFolder::new();
    let notary = log_of(data.path(), 3);
    let path = "/tile/entries/000.p/3";
    let first = notary.get(path);
    let known = tag(&first);
    let same = notary.get_with(path, &[("if-none-match", &known)]);
    assert_eq!((same.status, same.text.as_str()), (304, ""));
    assert_eq!(tag(&same), known);
    let weak = format!("\"other\", W/{known}");
    let same = notary.get_with(path, &[("if-none-match", &weak)]);
    assert_eq!(same.status, 304);
    // What is not there is not said to be known.
    let beyond = "/tile/entries/000.p/4";
    let missing = notary.get_with(beyond, &[("if-none-match", &known)]);
    assert_eq!(missing.status, 404);
    // A restore puts another entry in the place of one that was lost.
    let backup = data.beside("backup");
    assay_notary::backup_file::make(data.path(), &backup).unwrap();
    notary.stop();
    fill(data.path(), [body(3)]);
    let notary = Running::start(data.path());
    let lost = tag(&notary.get(beyond));
    notary.stop();
    let (to, lock) = (data.beside("restored"), data.beside("notary.lock"));
    assay_notary::restore::restore(&backup, &to, Some(&lock)).unwrap();
    std::fs::rename(&lock, data.beside("restored.lock")).unwrap();
    fill(&to, [body(4)]);
    let notary = Running::start(&to);
    let now = notary.get_with(beyond, &[("if-none-match", &lost)]);
    assert_eq!(now.status, 200);
    assert_ne!(tag(&now), lost);
}

#[test]
fn a_tile_that_no_log_has_is_named_as_it_was_asked_for() {
    let data = common::DataFolder::new();
    let notary = log_of(data.path(), 1);
    let index = format!("{}999", "x999/".repeat(41));
    let answer = notary.get(&format!("/tile/0/{index}"));
    assert!(matches!(answer.status, 400 | 404), "{}", answer.text);
    assert!(!answer.text.contains("x018"), "{}", answer.text);
}
