//! Container images in registries as the world has them, and as nobody wants them: tokens, redirects,
//! lies and floods.

mod common;

use common::little_server::{Asked, Little, Reply, Store};
use common::registry::{OCI_INDEX, OCI_MANIFEST, TestImage};
use common::{DataFolder, Done, Notary, User, done};
use serde_json::{Value, json};
use std::sync::Arc;

/// `ali:open sesame`.
const BASIC: &str = "Basic YWxpOm9wZW4gc2VzYW1l";
const SECRETS: [&str; 3] = ["open sesame", "YWxpOm9wZW4gc2VzYW1l", "refresh-me"];

struct Setting {
    notary: Notary,
    _data: DataFolder,
    user: User,
    key: String,
}

fn setting() -> Setting {
    let (data, user) = (DataFolder::new(), User::new());
    let key = user.run(&["key", "--json"]).expect(0).json();
    Setting {
        notary: Notary::start(data.path()),
        _data: data,
        user,
        key: key["fingerprint"].as_str().unwrap().to_owned(),
    }
}

impl Setting {
    /// Runs it as a user with these credentials, of which nothing may be told.
    fn run(&self, credentials: &Value, args: &[&str]) -> Done {
        std::fs::create_dir_all(self.user.path("docker")).unwrap();
        self.user
            .write("docker/config.json", credentials.to_string());
        let mut command = self.user.command(args);
        let done = done(
            command
                .env("ASSAY_NOTARY", self.notary.url())
                .output()
                .unwrap(),
        );
        let said = format!("{}{}", done.out, done.err);
        for secret in SECRETS {
            assert!(!said.contains(secret), "{said}");
        }
        done
    }

    fn verify(&self, credentials: &Value, name: &str) -> (String, String) {
        let args = ["verify", name, "--signer", &self.key, "--json"];
        let done = self.run(credentials, &args);
        let result = done.json()["results"][0].clone();
        let verdict = result["verdict"].as_str().unwrap().to_owned();
        (
            verdict,
            format!("{}{}", result["reasons"], result["sources"]),
        )
    }
}

fn auths(host: &str) -> Value {
    json!({ "auths": { (host): { "auth": "YWxpOm9wZW4gc2VzYW1l" } } })
}

fn image(server: &Little, rest: &str) -> String {
    format!("image:{}/{rest}", server.host)
}

/// A registry that has an image `app:1`.
fn with_app() -> (Arc<Store>, TestImage) {
    let (store, image) = (Arc::new(Store::default()), TestImage::of("app"));
    store.push("1", &image);
    (store, image)
}

/// A registry that asks for tokens from another server, and that server.
fn with_tokens(store: &Arc<Store>) -> (Little, Little) {
    let tokens = Little::start(|asked| {
        let is_known = match asked.method.as_str() {
            "GET" => match asked.header("authorization") {
                None => return Reply::new(200, r#"{"token":"nobodys"}"#),
                Some(shown) => shown == BASIC,
            },
            _ => String::from_utf8_lossy(&asked.body).contains("refresh_token=refresh-me"),
        };
        match is_known {
            true => Reply::new(200, r#"{"access_token":"alis"}"#),
            false => Reply::new(401, "{}"),
        }
    });
    let realm = tokens.url("/token");
    let store = Arc::clone(store);
    let registry = Little::start(move |asked| {
        let may = match asked.method.as_str() {
            "GET" => ["Bearer alis", "Bearer nobodys"].as_slice(),
            _ => ["Bearer alis"].as_slice(),
        };
        match asked.header("authorization") {
            Some(shown) if may.contains(&shown) => store.answer(asked),
            _ => Reply::new(401, "{}").with(
                "WWW-Authenticate",
                format!(
                    r#"Bearer realm="{realm}",service="a registry",scope="repository:app:pull""#
                ),
            ),
        }
    });
    (registry, tokens)
}

fn shown(server: &Little) -> Vec<String> {
    let asked = server.asked().into_iter();
    asked
        .filter_map(|asked| asked.header("authorization").map(str::to_owned))
        .collect()
}

#[test]
fn tokens_are_had_where_the_registry_says_and_the_password_goes_there_alone() {
    let s = setting();
    let (store, _) = with_app();
    let (registry, tokens) = with_tokens(&store);
    let name = image(&registry, "app:1");
    // Nobody in particular may read.
    assert_eq!(s.verify(&json!({}), &name).0, "unknown");
    assert!(shown(&tokens).is_empty());
    let sign = ["sign", name.as_str(), "--attach"];
    let refused = s.run(&json!({}), &sign).expect(1);
    assert!(
        refused.err.contains("asks for credentials") || refused.err.contains("refuses"),
        "{}",
        refused.err
    );
    s.run(&auths(&registry.host), &sign).expect(0);
    assert_eq!(s.verify(&auths(&registry.host), &name).0, "verified");
    assert!(
        shown(&registry)
            .iter()
            .all(|one| one.starts_with("Bearer "))
    );
    assert!(shown(&tokens).contains(&BASIC.to_owned()));
    let asked = tokens.asked();
    let path = &asked.first().unwrap().path;
    assert_eq!(
        path,
        "/token?scope=repository%3Aapp%3Apull&service=a%20registry"
    );
}

#[test]
fn an_identity_token_is_exchanged_for_one_of_the_registry() {
    let s = setting();
    let (store, _) = with_app();
    let (registry, tokens) = with_tokens(&store);
    let name = image(&registry, "app:1");
    let auths = json!({ "auths": { (registry.host.as_str()): { "identitytoken": "refresh-me" } } });
    s.run(&auths, &["sign", &name, "--attach"]).expect(0);
    let form = tokens.asked().pop().unwrap();
    assert_eq!(
        (form.method.as_str(), form.path.as_str()),
        ("POST", "/token")
    );
    let form = String::from_utf8(form.body).unwrap();
    assert!(form.contains("grant_type=refresh_token"), "{form}");
    assert!(
        shown(&registry)
            .iter()
            .all(|one| !one.contains("refresh-me"))
    );
}

#[test]
fn a_password_is_sent_neither_to_another_registry_nor_to_a_realm_without_tls() {
    let s = setting();
    let (store, _) = with_app();
    let (registry, tokens) = with_tokens(&store);
    // The credentials are another registry's.
    s.verify(&auths("127.0.0.1:1"), &image(&registry, "app:1"));
    assert!(shown(&tokens).is_empty());
    for realm in [
        "http://tokens.example/",
        "http://a@127.0.0.1/",
        "ftp://127.0.0.1/",
        "token",
        "",
    ] {
        let header = format!("Bearer realm=\"{realm}\"");
        let registry =
            Little::start(move |_| Reply::new(401, "").with("WWW-Authenticate", &header));
        let (verdict, why) = s.verify(&auths(&registry.host), &image(&registry, "app:1"));
        assert_eq!(verdict, "unchecked");
        assert!(why.contains("no credentials are sent"), "{why}");
        assert!(shown(&registry).is_empty());
    }
}

#[test]
fn a_registry_that_knows_what_refers_to_what_is_asked_page_by_page() {
    let s = setting();
    let (store, app) = with_app();
    let subject = format!("sha256:{}", app.digest());
    let pages = Arc::clone(&store);
    let registry = Little::start(move |asked| {
        let is_list = asked.path.starts_with("/v2/app/referrers/");
        let next = match (is_list, asked.path.ends_with("?page=2")) {
            (true, false) => "</v2/app/referrers/x?page=2>; rel=\"next\"",
            (true, true) => {
                let all = pages.referrers(&subject);
                let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": all });
                return Reply::new(200, index.to_string());
            }
            (false, _) => return pages.answer(asked),
        };
        let none = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [] });
        Reply::new(200, none.to_string()).with("Link", next)
    });
    let name = image(&registry, "app:1");
    s.run(&json!({}), &["sign", &name, "--attach"]).expect(0);
    // It said that it knows it: no tag stands in for that.
    let names = store.names();
    assert!(
        names.iter().all(|name| !name.starts_with("sha256-")),
        "{names:?}"
    );
    let args = [
        "verify",
        name.as_str(),
        "--source",
        "registry",
        "--signer",
        s.key.as_str(),
    ];
    s.run(&json!({}), &args).expect(0);
}

#[test]
fn a_list_that_goes_on_elsewhere_or_without_end_is_not_followed() {
    let s = setting();
    let elsewhere = Little::start(|_| Reply::new(200, "{}"));
    for (next, is_endless) in [
        (elsewhere.url("/v2/app/referrers/x"), false),
        ("/v2/app/referrers/y".into(), true),
    ] {
        let (store, _) = with_app();
        let registry = Little::start(move |asked| {
            if !asked.path.contains("/referrers/") {
                return store.answer(asked);
            }
            let none = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [] });
            let link = format!("<{next}>; rel=\"next\"");
            Reply::new(200, none.to_string()).with("Link", link)
        });
        let (verdict, why) = s.verify(&auths(&registry.host), &image(&registry, "app:1"));
        assert_eq!(verdict, "unchecked", "{why}");
        let pages = registry.asked().into_iter();
        let pages = pages
            .filter(|asked| asked.path.contains("/referrers/"))
            .count();
        assert_eq!(pages, if is_endless { 10 } else { 1 });
    }
    assert!(elsewhere.asked().is_empty());
}

#[test]
fn bytes_decide_and_no_header_does() {
    let s = setting();
    let (store, app) = with_app();
    let evil = TestImage::of("evil");
    let evil_bytes = evil.manifest.clone();
    let claimed = format!("sha256:{}", app.digest());
    let registry = Little::start(move |asked| match asked.path.contains("/manifests/") {
        // Whatever is asked for, it is the evil one, by the good one's name.
        true if asked.path.starts_with("/v2/evil/") => Reply::new(200, evil_bytes.clone())
            .with("Content-Type", OCI_MANIFEST)
            .with("Docker-Content-Digest", &claimed),
        _ => store.answer(asked),
    });
    s.run(&json!({}), &["sign", &image(&registry, "app:1")])
        .expect(0);
    assert_eq!(
        s.verify(&json!({}), &image(&registry, "app:1")).0,
        "verified"
    );
    assert_eq!(
        s.verify(&json!({}), &image(&registry, "evil:1")).0,
        "unknown"
    );
    let by_digest = format!("evil@sha256:{}", app.digest());
    let (verdict, why) = s.verify(&json!({}), &image(&registry, &by_digest));
    assert_eq!(verdict, "unchecked");
    assert!(why.contains(&evil.digest().to_hex()), "{why}");
}

#[test]
fn redirects_are_followed_without_credentials_and_not_for_ever() {
    let s = setting();
    let (store, _) = with_app();
    let behind = Arc::clone(&store);
    let storage = Little::start(move |asked| behind.answer(asked));
    let to = storage.url("");
    let registry = Little::start(move |asked| match asked.header("authorization") {
        Some(BASIC) => Reply::new(307, "").with("Location", format!("{to}{}", asked.path)),
        _ => Reply::new(401, "").with("WWW-Authenticate", "Basic realm=x"),
    });
    let name = image(&registry, "app:1");
    assert_eq!(s.verify(&auths(&registry.host), &name).0, "unknown");
    assert!(!storage.asked().is_empty());
    assert!(shown(&storage).is_empty());
    for (to, count) in [
        ("/v2/app/manifests/1", 6),
        ("http://registry.example/", 1),
        ("x", 1),
    ] {
        let registry = Little::start(move |_| Reply::new(302, "").with("Location", to));
        let (verdict, _) = s.verify(&json!({}), &image(&registry, "app:1"));
        assert_eq!(verdict, "unchecked");
        assert_eq!(registry.asked().len(), count, "{to}");
    }
}

#[test]
fn floods_and_nonsense_are_no_verdict_about_an_image() {
    let s = setting();
    let flood = vec![b' '; 4 * 1024 * 1024 + 1];
    let index = json!({ "schemaVersion": 2, "manifests": [], "layers": [] }).to_string();
    for (status, body) in [
        (200, flood),
        (200, b"<html>".to_vec()),
        (200, Vec::new()),
        (200, b"{\"schemaVersion\":1}".to_vec()),
        (200, index.into_bytes()),
        (404, b"{}".to_vec()),
        (403, b"{}".to_vec()),
        (429, b"{}".to_vec()),
        (500, b"{}".to_vec()),
    ] {
        let registry = Little::start(move |_| Reply::new(status, body.clone()));
        let (verdict, why) = s.verify(&json!({}), &image(&registry, "app:1"));
        assert_eq!(verdict, "unchecked", "{status} {why}");
    }
    // Nobody is there.
    assert_eq!(s.verify(&json!({}), "image:127.0.0.1:1/app").0, "unchecked");
    // What cannot be a reference asks nobody.
    assert_eq!(s.verify(&json!({}), "image:Not a reference").0, "unchecked");
    s.run(&json!({}), &["sign", "image:Not a reference"])
        .expect(2);
}

#[test]
fn a_registry_cannot_have_a_signature_sent_elsewhere() {
    let s = setting();
    let elsewhere = Little::start(|_| Reply::new(201, ""));
    let to = elsewhere.url("/uploads/1");
    let (store, _) = with_app();
    let registry = Little::start(move |asked: &Asked| match asked.method.as_str() {
        "POST" => Reply::new(202, "").with("Location", &to),
        _ => store.answer(asked),
    });
    let refused = s
        .run(
            &json!({}),
            &["sign", &image(&registry, "app:1"), "--attach"],
        )
        .expect(4);
    assert!(refused.err.contains("another host"), "{}", refused.err);
    assert!(refused.err.contains("is logged"), "{}", refused.err);
    assert!(elsewhere.asked().is_empty());
}

#[test]
fn one_attached_thing_that_cannot_be_read_keeps_nobody_from_the_others() {
    let s = setting();
    let (store, app) = with_app();
    let behind = Arc::clone(&store);
    let registry = Little::start(move |asked| behind.answer(asked));
    let name = image(&registry, "app:1");
    s.run(&json!({}), &["sign", &name, "--attach"]).expect(0);
    let broken = json!({
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "config": { "mediaType": "x", "digest": "sha256:0", "size": 1 },
        "layers": [{
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "digest": format!("sha256:{}", "0".repeat(64)),
            "size": 1,
        }],
        "subject": { "mediaType": OCI_MANIFEST, "digest": format!("sha256:{}", app.digest()), "size": 1 },
    });
    store.put("broken", OCI_MANIFEST, broken.to_string().as_bytes());
    let args = [
        "verify",
        name.as_str(),
        "--source",
        "registry",
        "--signer",
        s.key.as_str(),
    ];
    s.run(&json!({}), &args).expect(0);
    // Alone, it is an outage.
    let other = TestImage::of("other");
    store.push("2", &other);
    let broken = broken
        .to_string()
        .replace(&app.digest().to_hex(), &other.digest().to_hex());
    store.put("broken", OCI_MANIFEST, broken.as_bytes());
    assert_eq!(
        s.verify(&json!({}), &image(&registry, "app:2")).0,
        "unchecked"
    );
}
