//! `assay log audit`, against real notaries, and against what stands before one and changes what it
//! says: each change must be found, and named.

mod common;
#[path = "common/front.rs"]
mod front;

use assay_notary::merkle::leaf_hash;
use assay_notary::sequencer::{Placed, Submission};
use assay_notary::store::MentionKind;
use common::{DataFolder, Done, Notary, User, copy};
use front::Front;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tokio::runtime::Runtime;

/// A log, and who audits it.
struct World {
    data: DataFolder,
    notary: Option<Notary>,
    front: Front,
    user: User,
}

impl World {
    fn of(size: u64) -> Self {
        let data = DataFolder::new();
        fill(data.path(), 0..size, "");
        let notary = Notary::start(data.path());
        Self {
            front: Front::of(&notary.url()),
            notary: Some(notary),
            data,
            user: User::new(),
        }
    }

    /// Stops the notary, has so many entries more logged, and starts it again.
    fn grow(&mut self, entries: std::ops::Range<u64>) {
        self.notary.take().unwrap().kill();
        fill(self.data.path(), entries, "");
        let notary = Notary::start(self.data.path());
        self.front.show(&notary.url());
        self.notary = Some(notary);
    }

    fn audit(&self, more: &[&str]) -> Done {
        let url = self.front.url();
        let args = ["log", "audit", &url, "--json"];
        self.user.run(&[&args[..], more].concat())
    }

    fn holds(&self, more: &[&str]) -> Value {
        let report = self.audit(more).expect(0).json();
        assert_eq!(report["schema"], "assay.log-audit.v1");
        assert_eq!(
            (&report["outcome"], &report["exit_code"]),
            (&json!("holds"), &json!(0))
        );
        report
    }

    /// What the audit of a user finds who knows nothing of the log yet.
    fn differs_at_first(&self, more: &[&str]) -> Vec<Value> {
        let newcomer = User::new();
        let url = self.front.url();
        let args = ["log", "audit", &url, "--json"];
        differences(newcomer.run(&[&args[..], more].concat()))
    }
}

fn differences(done: Done) -> Vec<Value> {
    let report = done.expect(5).json();
    assert_eq!(
        (&report["outcome"], &report["exit_code"]),
        (&json!("differs"), &json!(5))
    );
    report["differences"].as_array().unwrap().clone()
}

/// The kinds and places of what was found.
fn named(differences: &[Value]) -> Vec<(&str, &str)> {
    let text =
        |value: &'_ Value, name: &str| value[name].as_str().unwrap().to_owned().leak() as &str;
    differences
        .iter()
        .map(|one| (text(one, "kind"), text(one, "place")))
        .collect()
}

/// Has these entries logged by a notary that does not run yet. Nobody verifies their signatures, so
/// thousands are there at once.
fn fill(data: &Path, entries: std::ops::Range<u64>, branch: &str) {
    let runtime = Runtime::new().unwrap();
    let notary = assay_notary::Notary::open(data, None, None, "http://127.0.0.1:7340").unwrap();
    let all: Vec<_> = entries.map(|number| submission(number, branch)).collect();
    runtime.block_on(async {
        for part in all.chunks(1000) {
            let part = part.iter().map(|submission| notary.add(submission.clone()));
            // In their order: none is made to wait in between.
            let all = tokio::task::unconstrained(futures_util::future::join_all(part));
            for placed in all.await {
                assert!(matches!(placed, Ok(Placed::New(_))));
            }
        }
    });
}

fn submission(number: u64, branch: &str) -> Submission {
    let digest = leaf_hash(&number.to_be_bytes());
    Submission {
        body: body(number, branch),
        envelope: None,
        digests: vec![(digest, MentionKind::Search)],
    }
}

fn body(number: u64, branch: &str) -> Vec<u8> {
    let digest = hex::encode(leaf_hash(&number.to_be_bytes()));
    json!({
        "apiVersion": "0.0.1",
        "kind": "hashedrekord",
        "spec": { "data": { "hash": { "algorithm": "sha256", "value": digest } }, "of": branch },
    })
    .to_string()
    .into_bytes()
}

#[test]
fn an_honest_log_holds_at_every_size_and_an_audit_goes_on_where_the_last_one_ended() {
    let mut world = World::of(0);
    let mut before = 0;
    for size in [0, 1, 255, 256, 257, 300, 3000, 3000] {
        if size > before {
            world.grow(before..size);
        }
        let report = world.holds(&[]);
        assert_eq!(
            (&report["size"], &report["differences"]),
            (&size.into(), &json!([]))
        );
        // The tile in which the log ended is read again.
        assert_eq!(report["entries_read"], size - before / 256 * 256);
        assert_eq!(report["search"]["checked"], size - before);
        before = size;
    }
    let report = world.holds(&["--full", "--search", "sample"]);
    let sampled = report["search"]["checked"].as_u64().unwrap();
    assert!((1..3000).contains(&sampled), "{sampled} of 3000");
    let report = world.holds(&["--full", "--search", "all"]);
    assert_eq!(report["continued_from"], Value::Null);
    assert_eq!(
        (&report["entries_read"], &report["search"]["checked"]),
        (&json!(3000), &json!(3000))
    );
    // 12 tiles of level 0, their 12 bundles, and one of level 1.
    assert_eq!(report["tiles_read"], 25);
    let text = world
        .user
        .run(&["log", "audit", &world.front.url(), "--search", "none"]);
    let text = text.expect(0).out;
    assert!(
        text.contains("the log holds") && text.contains("on from the 3000"),
        "{text}"
    );
}

/// With one bit of a byte turned.
fn flipped(mut bytes: Vec<u8>, at: usize) -> Vec<u8> {
    bytes[at] ^= 1;
    bytes
}

#[test]
fn a_byte_that_is_changed_anywhere_in_a_tile_or_an_entry_is_found_and_named() {
    let world = World::of(700);
    for (part, at, kind, place, index) in [
        ("/tile/0/001", 3 * 32, "tile", "tile/0/001", 256 + 3),
        (
            "/tile/0/002.p/188",
            9 * 32 + 31,
            "tile",
            "tile/0/002.p/188",
            512 + 9,
        ),
        ("/tile/1/000.p/2", 40, "tile", "tile/1/000.p/2", 1),
        // The second byte of the first entry, after its length.
        ("/tile/entries/000", 3, "entry", "tile/entries/000", 0),
        (
            "/tile/entries/002.p/188",
            3,
            "entry",
            "tile/entries/002.p/188",
            512,
        ),
    ] {
        world
            .front
            .change(part, move |_, status, body| (status, flipped(body, at)));
        let found = world.differs_at_first(&["--search", "none"]);
        assert_eq!(named(&found), [(kind, place)], "{found:?}");
        assert_eq!(found[0]["index"], index);
        assert_ne!(found[0]["expected"], found[0]["found"]);
    }
}

#[test]
fn entries_in_another_order_left_out_or_cut_off_are_found_and_named() {
    let world = World::of(300);
    let length = body(0, "").len() + 2;
    let none = ["--search", "none"];
    world
        .front
        .change("/tile/entries/000", move |_, status, body| {
            let (first, second) = (&body[..length], &body[length..2 * length]);
            (status, [second, first, &body[2 * length..]].concat())
        });
    let found = world.differs_at_first(&none);
    let place = ("entry", "tile/entries/000");
    assert_eq!(named(&found), [place, place]);
    assert_eq!(
        (&found[0]["index"], &found[1]["index"]),
        (&json!(0), &json!(1))
    );
    for cut in [length, 1] {
        world
            .front
            .change("/tile/entries/001.p/44", move |_, status, mut body| {
                body.truncate(body.len() - cut);
                (status, body)
            });
        let found = world.differs_at_first(&none);
        assert_eq!(named(&found), [("bundle", "tile/entries/001.p/44")]);
        assert!(
            found[0]["found"].as_str().unwrap().contains("entry 43"),
            "{found:?}"
        );
    }
    for place in ["tile/entries/000", "tile/0/001.p/44", "tile/1/000.p/1"] {
        world.front.change(place, |_, _, _| (404, Vec::new()));
        let found = world.differs_at_first(&none);
        assert_eq!(named(&found), [("missing", place)]);
    }
    world.front.change("/tile/0/000", |_, status, body| {
        (status, body[..8000].to_vec())
    });
    let found = world.differs_at_first(&none);
    assert_eq!(named(&found), [("tile", "tile/0/000")]);
    assert_eq!(found[0]["found"], "8000 bytes");
    // Neither the entries nor their hashes are there; all else is.
    world
        .front
        .change("/000", |asked, status, body| match asked.path.as_str() {
            "/tile/0/000" | "/tile/entries/000" => (404, Vec::new()),
            _ => (status, body),
        });
    let found = world.differs_at_first(&none);
    assert_eq!(
        named(&found),
        [("missing", "tile/0/000"), ("missing", "tile/entries/000")]
    );
}

#[test]
fn a_checkpoint_that_the_logs_keys_did_not_sign_is_found_and_named() {
    let world = World::of(3);
    let signed = |text: String, line: usize| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        let signature = lines[line].clone();
        // Within the signature, after the dash, the name and the key's id.
        let at = signature.rfind(' ').unwrap() + 30;
        let other = if &signature[at..=at] == "A" { "B" } else { "A" };
        lines[line].replace_range(at..=at, other);
        lines.join("\n") + "\n"
    };
    for line in [4, 5] {
        world.front.change("/checkpoint", move |_, status, body| {
            (
                status,
                signed(String::from_utf8(body).unwrap(), line).into_bytes(),
            )
        });
        let found = world.differs_at_first(&[]);
        assert_eq!(named(&found), [("checkpoint", "checkpoint")], "{found:?}");
        assert!(
            found[0]["found"]
                .as_str()
                .unwrap()
                .contains("does not hold"),
            "{found:?}"
        );
    }
    for (from, to) in [
        ("\n3\n", "\n4\n"),
        ("127.0.0.1:7340/", "127.0.0.1:7341/"),
        ("\u{2014}", "-"),
    ] {
        world.front.change("/checkpoint", move |_, status, body| {
            let text = String::from_utf8(body).unwrap();
            assert!(text.contains(from));
            (status, text.replace(from, to).into_bytes())
        });
        let found = world.differs_at_first(&[]);
        assert_eq!(named(&found), [("checkpoint", "checkpoint")], "{from:?}");
    }
    let rekor = |change: fn(&mut Value)| {
        move |_: &front::Asked, status, body: Vec<u8>| {
            let mut body = serde_json::from_slice(&body).unwrap();
            change(&mut body);
            (status, body.to_string().into_bytes())
        }
    };
    world
        .front
        .change("/api/v1/log", rekor(|body| body["treeSize"] = json!(2)));
    let place = ("checkpoint", "api/v1/log");
    // The path of an entry begins the same, so the search is left out.
    assert_eq!(
        named(&world.differs_at_first(&["--search", "none"])),
        [place]
    );
    let forged = |body: &mut Value| {
        let text = body["signedTreeHead"]
            .as_str()
            .unwrap()
            .replace("\n3\n", "\n2\n");
        body["signedTreeHead"] = json!(text);
    };
    world.front.change("/api/v1/log", rekor(forged));
    assert_eq!(
        named(&world.differs_at_first(&["--search", "none"])),
        [place]
    );
    world.front.let_pass();
    world.holds(&[]);
}

#[test]
fn an_entry_that_the_search_does_not_find_or_finds_elsewhere_is_found_and_named() {
    let world = World::of(20);
    let all = ["--search", "all"];
    let path = "api/v1/log/entries?logIndex=7";
    world
        .front
        .change("logIndex=7", |_, _, _| (404, Vec::new()));
    let found = world.differs_at_first(&all);
    assert_eq!(
        (named(&found), &found[0]["index"]),
        (vec![("search", path)], &json!(7))
    );
    let url = world.notary.as_ref().unwrap().url();
    world.front.change("logIndex=7", move |_, status, _| {
        let other = format!("{url}/api/v1/log/entries?logIndex=8");
        let other = ureq::get(other).call().unwrap().body_mut().read_to_vec();
        (status, other.unwrap())
    });
    let found = world.differs_at_first(&all);
    assert_eq!(named(&found), [("search", path)]);
    assert!(
        found[0]["found"].as_str().unwrap().starts_with("entry 8 "),
        "{found:?}"
    );
    // A search by digest, with Rekor's numbers of entries, and then without one of them.
    let listed = |left_out: Option<u64>| {
        let uuids: Vec<_> = (0..20)
            .filter(|number| Some(*number) != left_out)
            .map(|number| format!("{:016x}{}", 4711, hex::encode(leaf_hash(&body(number, "")))))
            .collect();
        move |asked: &front::Asked, _: u16, _: Vec<u8>| {
            let asked: Value = serde_json::from_slice(&asked.body).unwrap();
            assert!(asked["hash"].as_str().unwrap().starts_with("sha256:"));
            (200, json!(uuids).to_string().into_bytes())
        }
    };
    world.front.change("/index/retrieve", listed(None));
    assert_eq!(world.holds(&all)["search"]["by_digest"], true);
    world.front.change("/index/retrieve", listed(Some(12)));
    let found = world.differs_at_first(&all);
    assert_eq!(
        (found.len(), &found[0]["kind"], &found[0]["index"]),
        (1, &json!("search"), &json!(12))
    );
    // A notary of an earlier version has no such search, and is searched by the entry's hash.
    world
        .front
        .change("/index/retrieve", |_, _, _| (404, Vec::new()));
    let without = world.audit(&["--full", "--search", "all"]).expect(0).json();
    assert_eq!(
        without["search"],
        json!({ "which": "all", "checked": 20, "by_digest": false })
    );
    // A search that has more to name than it may proves nothing against the log.
    world.front.change("/index/retrieve", |_, _, _| {
        let others = vec!["0".repeat(64); 1000];
        (200, json!(others).to_string().into_bytes())
    });
    world.audit(&["--full", "--search", "all"]).expect(0);
    let hash = hex::encode(leaf_hash(&body(3, "")));
    let of_hash = hash.clone();
    world.front.change("", move |asked, status, body| {
        let gone = asked.path.ends_with("/retrieve") || asked.path.ends_with(&of_hash);
        (if gone { 404 } else { status }, body)
    });
    let place = format!("api/v1/log/entries/{hash}");
    assert_eq!(
        named(&world.differs_at_first(&all)),
        [("search", place.as_str())]
    );
}

/// A log that goes two ways after 300 entries, to these sizes.
fn fork(first: u64, second: u64) -> (World, Notary, DataFolder) {
    let mut world = World::of(300);
    world.notary.take().unwrap().kill();
    // With its lock: otherwise the copy would be refused, as it should be.
    let data = DataFolder::new();
    copy(&world.data.beside(""), &data.beside(""));
    fill(data.path(), 300..second, "second");
    let other = Notary::start(data.path());
    fill(world.data.path(), 300..first, "first");
    let notary = Notary::start(world.data.path());
    world.front.show(&notary.url());
    world.notary = Some(notary);
    (world, other, data)
}

#[test]
fn a_log_that_forks_or_goes_back_is_told_from_what_the_last_audit_saw() {
    for (first, second, kind, entries) in [
        (700, 900, "forked", "the last audit, 700 entries"),
        (600, 600, "forked", "the last audit, 600 entries"),
        (512, 600, "forked", "the last audit, 512 entries"),
        (600, 400, "rolled_back", "the last audit"),
        (600, 300, "rolled_back", "the last audit"),
    ] {
        let (world, other, _data) = fork(first, second);
        let none = ["--search", "none"];
        world.holds(&none);
        world.front.show(&other.url());
        for more in [&none[..], &["--full", "--search", "none"]] {
            let found = differences(world.audit(more));
            assert_eq!(named(&found), [(kind, entries)], "{first} {second}");
        }
        let url = world.front.url();
        let text = world.user.run(&["log", "audit", &url, "--search", "none"]);
        let text = text.expect(5).out;
        assert!(
            text.contains("the log differs") && text.contains("remove "),
            "{text}"
        );
        // Nothing of it was remembered.
        world.front.show(&world.notary.as_ref().unwrap().url());
        assert_eq!(world.holds(&none)["continued_from"], first);
    }
}

#[test]
fn an_audit_that_goes_on_tells_a_damaged_tile_from_a_fork() {
    let mut world = World::of(600);
    world.holds(&["--search", "none"]);
    world.grow(600..800);
    // It was the right edge at the last audit, and is full now.
    world
        .front
        .change("/tile/0/002", |_, status, body| (status, flipped(body, 0)));
    let found = differences(world.audit(&["--search", "none"]));
    assert_eq!(named(&found), [("tile", "tile/0/002")]);
    assert_eq!(found[0]["index"], 512);
    world.front.let_pass();
    assert_eq!(world.holds(&["--search", "none"])["continued_from"], 600);
}

#[test]
fn what_verify_remembers_of_the_log_is_held_against_it() {
    let (world, other, _data) = fork(300, 400);
    world.user.write("file.txt", "file.txt");
    let sign = |notary: &str| world.user.with(notary, &["sign", "file.txt"]).expect(0);
    sign(&world.front.url());
    world.user.with(&world.front.url(), &["verify", "file.txt"]);
    world.front.show(&other.url());
    let found = differences(world.audit(&["--search", "none"]));
    let place = "what is remembered of the log, 301 entries";
    assert_eq!(named(&found), [("forked", place)]);
}

#[test]
fn a_log_that_cannot_be_reached_is_told_apart_from_one_that_differs() {
    let world = World::of(300);
    for part in ["/checkpoint", "/api/v1/log", "/tile/0/001", "/tile/entries"] {
        world.front.refuse(part, 500);
        let failed = world.audit(&[]).expect(4).json();
        assert_eq!(failed["schema"], "assay.error.v1", "{part}");
        assert!(
            failed["error"].as_str().unwrap().contains("500"),
            "{failed}"
        );
    }
    for part in ["/trusted_root.json", "/log.vkey"] {
        world.front.fall_silent(part);
        let newcomer = User::new();
        newcomer
            .run(&["log", "audit", &world.front.url()])
            .expect(4);
    }
    // What was found before it broke off is told, and that it did.
    world
        .front
        .change("/tile/", |asked, status, body| match asked.path.as_str() {
            "/tile/entries/000" => (status, flipped(body, 3)),
            "/tile/0/001.p/44" => (500, Vec::new()),
            _ => (status, body),
        });
    let report = world.audit(&["--search", "none"]).expect(5).json();
    assert!(
        report["incomplete"].as_str().unwrap().contains("500"),
        "{report}"
    );
    assert_eq!(report["differences"][0]["place"], "tile/entries/000");
}

#[test]
fn the_verifier_key_is_pinned_at_the_first_audit_and_another_one_is_refused() {
    let world = World::of(1);
    let vkey = |url: &str| {
        let answer = ureq::get(format!("{url}/log.vkey"))
            .call()
            .unwrap()
            .body_mut()
            .read_to_string();
        answer.unwrap().trim().to_owned()
    };
    let (own, other) = (vkey(&world.front.url()), World::of(0));
    let others = vkey(&other.front.url());
    assert_eq!(world.holds(&["--key", &own])["verifier_key"], own);
    let refused = world.audit(&["--key", &others]).expect(1).json();
    let message = refused["error"].as_str().unwrap();
    let file: PathBuf = message
        .split("remove ")
        .nth(1)
        .unwrap()
        .split(':')
        .next()
        .unwrap()
        .into();
    assert!(file.exists(), "{message}");
    world.audit(&["--key", "nothing"]).expect(2);
    // A log that shows another key now is not believed.
    world.front.change("/log.vkey", move |_, _, _| {
        (200, others.clone().into_bytes())
    });
    world.holds(&[]);
    assert_eq!(
        world.differs_at_first(&[]).len(),
        2,
        "neither checkpoint is of that key"
    );
    // What is remembered and cannot be read is never taken for a first audit.
    std::fs::write(&file, "damaged").unwrap();
    let refused = world.audit(&[]).expect(1).json();
    assert!(
        refused["error"]
            .as_str()
            .unwrap()
            .contains("the next audit is the first"),
        "{refused}"
    );
}
