//! Reading by digest: pages, types of predicates, what caches may keep, many digests at once.

mod common;

use assay_core::digest::Sha256Digest;
use assay_notary::dsse::IN_TOTO;
use assay_notary::keys::SigningKey;
use assay_notary::notary::{MAX_ANSWER_BYTES, MAX_ATTESTATIONS};
use common::{Answer, Running, attestations, dsse, hashed_rekord, standing, statement};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn setting() -> (common::DataFolder, Running, SigningKey) {
    let data = common::DataFolder::new();
    let notary = Running::start(data.path());
    (data, notary, SigningKey::generate().unwrap())
}

/// Logs another signature over the same bytes.
fn sign(notary: &Running, content: &[u8], key: &SigningKey) {
    let entry = standing(content, "trusted", key, &key.public_pem());
    assert_eq!(notary.add(&entry).status, 201);
}

fn indexes(list: &Value) -> Vec<u64> {
    let index = |item: &Value| {
        let entry = &item["bundle"]["verificationMaterial"]["tlogEntries"][0];
        entry["logIndex"].as_str().unwrap().parse().unwrap()
    };
    let list = list["attestations"].as_array().unwrap();
    list.iter().map(index).collect()
}

/// The address in a `Link` header.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    let (address, relation) = link.split_once(';').unwrap();
    assert_eq!(relation.trim(), "rel=\"next\"");
    Some(address[1..address.len() - 1].to_owned())
}

#[test]
fn the_pages_of_an_answer_hold_each_entry_and_end() {
    let (_data, notary, key) = setting();
    for _ in 0..7 {
        sign(&notary, b"file", &key);
    }
    let whole = notary.get(&attestations(b"file"));
    assert_eq!(indexes(&whole.json()), [6, 5, 4, 3, 2, 1, 0]);
    assert_eq!((next(&whole), whole.json().get("next")), (None, None));

    let mut found = vec![];
    let mut path = format!("{}?per_page=3", attestations(b"file"));
    loop {
        let page = notary.get(&path);
        assert_eq!(page.status, 200);
        let list = page.json();
        let here = indexes(&list);
        assert!(here.len() <= 3);
        found.extend(here);
        let Some(link) = next(&page) else {
            assert_eq!((list.get("truncated"), list.get("next")), (None, None));
            break;
        };
        assert_eq!(list["truncated"], true);
        let cursor = list["next"].as_str().unwrap();
        assert!(link.contains(&format!("after={cursor}")) && link.contains("per_page=3"));
        path = link;
        // What comes between two pages moves nothing.
        sign(&notary, b"file", &key);
    }
    assert_eq!(found, [6, 5, 4, 3, 2, 1, 0]);
}

#[test]
fn long_entries_go_on_further_pages_and_none_is_lost() {
    let (data, notary, key) = setting();
    assay_notary::signers::enrol(data.path(), "a@example.org", key.public_pem().as_bytes())
        .unwrap();
    let certificate = notary.get(&format!("/signers/sha256:{}", key.id())).text;
    notary.add(&standing(b"long", "untrusted", &key, &certificate));
    let stranger = SigningKey::generate().unwrap();
    for number in 0..14 {
        let predicate = json!({ "number": number, "filling": "x".repeat(500_000) });
        let payload = statement(b"long", "https://example.org/long", &predicate);
        let pem = stranger.public_pem();
        let entry = dsse(IN_TOTO, payload.as_bytes(), &[&stranger], &[&pem]);
        assert_eq!(notary.add(&entry).status, 201);
    }
    let mut found = BTreeSet::new();
    let mut path = attestations(b"long");
    let mut pages = 0;
    loop {
        let page = notary.get(&path);
        assert!(page.text.len() < 2 * MAX_ANSWER_BYTES + 1024 * 1024);
        let here = indexes(&page.json());
        assert!(!here.is_empty());
        if pages == 0 {
            assert_eq!(here[0], 0, "the signer with a name comes first");
        }
        found.extend(here);
        pages += 1;
        match next(&page) {
            Some(link) => path = link,
            None => break,
        }
    }
    assert!(pages > 1);
    assert_eq!(found, (0..15).collect());
}

#[test]
fn only_statements_of_one_type_are_given_if_that_is_asked() {
    let (_data, notary, key) = setting();
    let pem = key.public_pem();
    sign(&notary, b"file", &key);
    notary.add(&hashed_rekord(b"file", &key, &pem));
    let scan = "https://example.org/scan?a=b&c";
    for number in 0..3 {
        let payload = statement(b"file", scan, &json!({ "number": number }));
        notary.add(&dsse(IN_TOTO, payload.as_bytes(), &[&key], &[&pem]));
    }
    let path = attestations(b"file");
    let asked = "predicate_type=https%3A%2F%2Fexample.org%2Fscan%3Fa%3Db%26c";
    assert_eq!(indexes(&notary.get(&path).json()).len(), 5);
    let scans = notary.get(&format!("{path}?{asked}"));
    assert_eq!(indexes(&scans.json()), [4, 3, 2]);
    let standing = notary.get(&format!("{path}?predicate_type=urn:assay:standing:v1"));
    assert_eq!(indexes(&standing.json()), [0]);
    let first = notary.get(&format!("{path}?{asked}&per_page=2"));
    assert_eq!(indexes(&first.json()), [4, 3]);
    let rest = notary.get(&next(&first).unwrap());
    assert_eq!(indexes(&rest.json()), [2]);
    let none = notary.get(&format!("{path}?predicate_type=urn:other"));
    assert_eq!(
        (none.status, none.json()),
        (404, json!({ "attestations": [] }))
    );
}

#[test]
fn what_a_client_has_is_good_until_there_is_more_to_tell() {
    let (_data, notary, key) = setting();
    let path = attestations(b"file");
    let unknown = notary.get(&path);
    assert_eq!(unknown.header("cache-control"), Some("no-cache"));
    assert_eq!(unknown.header("etag"), None);

    sign(&notary, b"file", &key);
    let first = notary.get(&path);
    let tag = first.header("etag").unwrap().to_owned();
    assert!(
        tag.starts_with('"') && tag.ends_with('"'),
        "a strong tag: {tag}"
    );
    assert_eq!(first.header("cache-control"), Some("max-age=60"));
    assert_eq!(notary.get(&path).header("etag"), Some(&*tag));
    assert_eq!(
        notary.get(&path).text,
        first.text,
        "the same tag, the same bytes"
    );

    let ask = |tags: &str| notary.send("GET", &path, &[("if-none-match", tags)], None);
    let same = ask(&tag);
    assert_eq!((same.status, &*same.text), (304, ""));
    assert_eq!(same.header("etag"), Some(&*tag));
    assert_eq!(same.header("cache-control"), Some("max-age=60"));
    assert_eq!(ask(&format!("\"other\", W/{tag}")).status, 304);
    assert_eq!(ask("*").status, 304);
    for other in ["\"other\"", "*x", "", "\"", &tag[..9]] {
        assert_eq!(ask(other).status, 200, "{other:?}");
    }
    let (entries, _) = tag.split_once('-').unwrap();
    assert_eq!(
        ask(&format!("{entries}-99\"")).status,
        200,
        "of no state that was"
    );

    // Something else was logged: the proofs would be others, and those before hold as well.
    sign(&notary, b"another file", &key);
    assert_eq!(ask(&tag).status, 304);
    assert_eq!(ask(&tag).header("etag"), Some(&*tag));
    let newer = notary.get(&path);
    assert_ne!(
        newer.header("etag"),
        Some(&*tag),
        "other bytes, another tag"
    );
    assert_ne!(newer.text, first.text);

    sign(&notary, b"file", &key);
    let more = ask(&tag);
    assert_eq!((more.status, indexes(&more.json()).len()), (200, 2));
}

#[test]
fn many_digests_are_asked_about_at_once() {
    let (_data, notary, key) = setting();
    let name = |content: &[u8]| format!("sha256:{}", Sha256Digest::of(content));
    sign(&notary, b"one", &key);
    for _ in 0..40 {
        sign(&notary, b"many", &key);
    }
    let digests = [name(b"one"), name(b"many"), name(b"unknown")];
    let upper = format!(
        "sha256:{}",
        Sha256Digest::of(b"one").to_hex().to_uppercase()
    );
    let body = json!({ "digests": [digests[0], digests[1], digests[2], upper] });
    let answer = notary.post("/attestations/bulk", &body);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let lists = answer.json();
    let lists = lists["digests"].as_object().unwrap();
    assert_eq!(lists.len(), 3);
    assert_eq!(indexes(&lists[&digests[0]]), [0]);
    assert_eq!(lists[&digests[2]], json!({ "attestations": [] }));
    let many = &lists[&digests[1]];
    assert_eq!(
        (many["truncated"].as_bool(), indexes(many).len()),
        (Some(true), 30)
    );
    let rest = format!(
        "{}?after={}",
        attestations(b"many"),
        many["next"].as_str().unwrap()
    );
    assert_eq!(indexes(&notary.get(&rest).json()).len(), 10);

    let body = json!({ "digests": digests, "predicate_type": "urn:other" });
    let none = notary.post("/attestations/bulk", &body).json();
    assert_eq!(none["digests"][&digests[0]], json!({ "attestations": [] }));
}

#[test]
fn one_long_list_leaves_the_others_their_share() {
    let (_data, notary, key) = setting();
    let pem = key.public_pem();
    for number in 0..12 {
        let predicate = json!({ "number": number, "filling": "x".repeat(600_000) });
        let payload = statement(b"long", "https://example.org/long", &predicate);
        let entry = dsse(IN_TOTO, payload.as_bytes(), &[&key], &[&pem]);
        assert_eq!(notary.add(&entry).status, 201);
    }
    let short: Vec<_> = (0..20u8).map(|number| vec![number; 3]).collect();
    for content in &short {
        sign(&notary, content, &key);
    }
    let contents = short.iter().map(Vec::as_slice).chain([&b"long"[..]]);
    let digests: Vec<_> = contents
        .map(|content| format!("sha256:{}", Sha256Digest::of(content)))
        .collect();
    let answer = notary.post("/attestations/bulk", &json!({ "digests": digests }));
    assert_eq!(answer.status, 200);
    assert!(answer.text.len() < 2 * MAX_ANSWER_BYTES + 1024 * 1024);
    let lists = answer.json();
    for digest in &digests[..20] {
        assert_eq!(indexes(&lists["digests"][digest]).len(), 1);
        assert_eq!(lists["digests"][digest].get("truncated"), None);
    }
    let long = &lists["digests"][&digests[20]];
    assert_eq!(long["truncated"], true);
    // Even if none of them had room, the next page begins with the first.
    let rest = format!(
        "{}?after={}",
        attestations(b"long"),
        long["next"].as_str().unwrap()
    );
    assert!(!indexes(&notary.get(&rest).json()).is_empty());
}

#[test]
fn a_question_that_cannot_be_answered_is_refused() {
    let (_data, notary, _) = setting();
    let path = attestations(b"file");
    let long = "x".repeat(513);
    for (query, code) in [
        ("per_page=0".to_owned(), 609),
        ("per_page=101".to_owned(), 608),
        ("per_page=ten".to_owned(), 601),
        ("per_page=1&per_page=2".to_owned(), 601),
        ("after=7".to_owned(), 605),
        ("after=".to_owned(), 605),
        (format!("predicate_type={long}"), 603),
    ] {
        let answer = notary.get(&format!("{path}?{query}"));
        assert_eq!(answer.status, 422, "{query}");
        assert_eq!(answer.json()["code"], code, "{query}");
    }
    let digest = format!("sha256:{}", "0".repeat(64));
    for (body, status, code) in [
        (json!({}), 422, 602),
        (json!({ "digests": vec![&digest; 101] }), 422, 611),
        (json!({ "digests": ["sha256:zz"] }), 400, 400),
        (json!({ "digests": [7] }), 400, 400),
        (
            json!({ "digests": [&digest], "predicate_type": long }),
            422,
            603,
        ),
    ] {
        let answer = notary.post("/attestations/bulk", &body);
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (status, &json!(code))
        );
    }
    let none = notary.post("/attestations/bulk", &json!({ "digests": [] }));
    assert_eq!((none.status, none.json()), (200, json!({ "digests": {} })));
    assert_eq!(MAX_ATTESTATIONS, 100, "what the documentation says");
}
