//! Container images in registries as the world has them, and as nobody wants them: tokens, redirects,
//! lies and floods.

mod common;

use common::Done;
use common::little_server::{Asked, Little, Reply, Store};
use common::registry::{OCI_INDEX, OCI_MANIFEST, TestImage, descriptor, index};
use common::setting::{Setting, setting};
use serde_json::{Value, json};
use std::sync::Arc;

/// `ali:open sesame`.
const BASIC: &str = "Basic YWxpOm9wZW4gc2VzYW1l";
const SECRETS: [&str; 3] = ["open sesame", "YWxpOm9wZW4gc2VzYW1l", "refresh-me"];

impl Setting {
    /// Runs it as a user with these credentials, of which nothing may be told.
    fn run_with(&self, credentials: &Value, args: &[&str]) -> Done {
        std::fs::create_dir_all(self.user.path("docker")).unwrap();
        self.user
            .write("docker/config.json", credentials.to_string());
        let done = self.run(args);
        let said = format!("{}{}", done.out, done.err);
        for secret in SECRETS {
            assert!(!said.contains(secret), "{said}");
        }
        done
    }

    /// The verdict about an image, and why it is that.
    fn verdict_with(&self, credentials: &Value, name: &str) -> (String, String) {
        let signer = self.fingerprint();
        let args = ["verify", name, "--signer", &signer, "--json"];
        let done = self.run_with(credentials, &args);
        let result = done.result();
        let why = format!("{}{}", result["reasons"], result["sources"]);
        (done.verdict(), why)
    }

    /// The same, for nobody in particular.
    fn verdict(&self, name: &str) -> (String, String) {
        self.verdict_with(&json!({}), name)
    }

    /// Signs an image and attaches that.
    fn attach(&self, name: &str) {
        self.run(&["sign", name, "--attach"]).expect(0);
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
    assert_eq!(s.verdict(&name).0, "unknown");
    assert!(shown(&tokens).is_empty());
    let sign = ["sign", name.as_str(), "--attach"];
    let refused = s.run(&sign).expect(1);
    assert!(
        refused.err.contains("asks for credentials") || refused.err.contains("refuses"),
        "{}",
        refused.err
    );
    s.run_with(&auths(&registry.host), &sign).expect(0);
    assert_eq!(s.verdict_with(&auths(&registry.host), &name).0, "verified");
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
    s.run_with(&auths, &["sign", &name, "--attach"]).expect(0);
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
    s.verdict_with(&auths("127.0.0.1:1"), &image(&registry, "app:1"));
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
        let (verdict, why) = s.verdict_with(&auths(&registry.host), &image(&registry, "app:1"));
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
    s.attach(&name);
    // It said that it knows it: no tag stands in for that.
    let names = store.names();
    assert!(
        names.iter().all(|name| !name.starts_with("sha256-")),
        "{names:?}"
    );
    s.verify_attached(&name).expect(0);
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
        let (verdict, why) = s.verdict_with(&auths(&registry.host), &image(&registry, "app:1"));
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
    s.run(&["sign", &image(&registry, "app:1")]).expect(0);
    assert_eq!(s.verdict(&image(&registry, "app:1")).0, "verified");
    assert_eq!(s.verdict(&image(&registry, "evil:1")).0, "unknown");
    let by_digest = format!("evil@sha256:{}", app.digest());
    let (verdict, why) = s.verdict(&image(&registry, &by_digest));
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
    assert_eq!(s.verdict_with(&auths(&registry.host), &name).0, "unknown");
    assert!(!storage.asked().is_empty());
    assert!(shown(&storage).is_empty());
    for (to, count) in [
        ("/v2/app/manifests/1", 6),
        ("http://registry.example/", 1),
        ("x", 1),
    ] {
        let registry = Little::start(move |_| Reply::new(302, "").with("Location", to));
        let (verdict, _) = s.verdict(&image(&registry, "app:1"));
        assert_eq!(verdict, "unchecked");
        assert_eq!(registry.asked().len(), count, "{to}");
    }
}

#[test]
fn who_a_registry_leads_to_gets_no_password_however_it_asks() {
    let s = setting();
    // It says where to get a token from: from itself, for the registry's password.
    let storage = Little::start(|asked| match asked.path.starts_with("/token") {
        true => Reply::new(200, r#"{"token":"stolen"}"#),
        false => Reply::new(401, "").with(
            "WWW-Authenticate",
            format!(
                "Bearer realm=\"http://{}/token\", Basic realm=x",
                asked.header("host").unwrap()
            ),
        ),
    });
    let to = storage.url("");
    for asks in [false, true] {
        let to = to.clone();
        let registry = Little::start(move |asked| match asked.header("authorization") {
            None if asks => Reply::new(401, "").with("WWW-Authenticate", "Basic realm=x"),
            _ => Reply::new(307, "").with("Location", format!("{to}{}", asked.path)),
        });
        let name = image(&registry, "app:1");
        let (verdict, why) = s.verdict_with(&auths(&registry.host), &name);
        assert_eq!(verdict, "unchecked");
        assert!(why.contains("401"), "{why}");
    }
    let paths: Vec<String> = storage.asked().into_iter().map(|one| one.path).collect();
    assert_eq!(paths, ["/v2/app/manifests/1"; 2]);
    assert!(shown(&storage).is_empty());
}

#[test]
fn however_much_is_attached_so_much_is_looked_at_and_no_more() {
    let s = setting();
    let (store, app) = with_app();
    let subject = json!({
        "mediaType": OCI_MANIFEST,
        "digest": format!("sha256:{}", app.digest()),
        "size": app.manifest.len(),
    });
    let layers = |kind: &str, annotations: &Value| -> Vec<Value> {
        let one = |n: u32| {
            json!({
                "mediaType": kind,
                "digest": format!("sha256:{n:064x}"),
                "size": 1,
                "annotations": annotations,
            })
        };
        (0..1000).map(one).collect()
    };
    // Attached things of which nobody says what they are, and that are nothing.
    let nothing = json!({
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": { "mediaType": "x", "digest": format!("sha256:{}", "0".repeat(64)), "size": 1 },
        "layers": [],
        "subject": subject,
    });
    store.put("nothing", OCI_MANIFEST, nothing.to_string().as_bytes());
    let listed = vec![descriptor(OCI_MANIFEST, nothing.to_string().as_bytes()); 1000];
    let list = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed });
    // And signatures as cosign made them, that are not there.
    let mut older = nothing.clone();
    let annotations = json!({
        "dev.cosignproject.cosign/signature": "",
        "dev.sigstore.cosign/bundle": "{}",
    });
    older["layers"] = layers(
        "application/vnd.dev.cosign.simplesigning.v1+json",
        &annotations,
    )
    .into();
    let tag = format!("sha256-{}.sig", app.digest());
    store.put(&tag, OCI_MANIFEST, older.to_string().as_bytes());
    let behind = Arc::clone(&store);
    let registry = Little::start(move |asked| match asked.path.contains("/referrers/") {
        true => Reply::new(200, list.to_string()).with("Content-Type", OCI_INDEX),
        false => behind.answer(asked),
    });
    let (verdict, why) = s.verdict(&image(&registry, "app:1"));
    assert_eq!(verdict, "unchecked", "{why}");
    let of = |kind: &str| {
        let asked = registry.asked().into_iter();
        asked.filter(|asked| asked.path.contains(kind)).count()
    };
    // The image, the tag, and the first of those that are attached.
    assert_eq!((of("/manifests/"), of("/blobs/")), (130, 128));
}

#[test]
fn a_registry_that_does_not_know_the_call_has_the_list_under_a_tag_which_keeps_what_is_there() {
    let s = setting();
    for status in [400, 404, 405, 406, 501] {
        let (store, app) = with_app();
        let tag = format!("sha256-{}", app.digest());
        let others = json!({
            "schemaVersion": 2,
            "mediaType": OCI_INDEX,
            "manifests": [{
                "mediaType": OCI_MANIFEST,
                "digest": format!("sha256:{}", "1".repeat(64)),
                "size": 2,
                "artifactType": "application/spdx+json",
                "platform": { "os": "windows", "architecture": "amd64", "os.version": "10.0" },
                "data": "e30=",
            }],
            "annotations": { "a": "b" },
        });
        store.put(&tag, OCI_INDEX, others.to_string().as_bytes());
        let behind = Arc::clone(&store);
        let registry = Little::start(move |asked| {
            if asked.path.contains("/referrers/") {
                return Reply::new(status, "{}");
            }
            let mut reply = behind.answer(asked);
            reply.headers.retain(|(name, _)| name != "OCI-Subject");
            reply
        });
        let name = image(&registry, "app:1");
        s.attach(&name);
        s.verify_attached(&name).expect(0);
        let listed: Value = serde_json::from_slice(&store.manifest(&tag)).unwrap();
        assert_eq!(listed["manifests"].as_array().unwrap().len(), 2, "{listed}");
        assert_eq!(listed["manifests"][0], others["manifests"][0]);
        assert_eq!(listed["annotations"], others["annotations"]);
    }
}

#[test]
fn an_index_in_an_index_is_no_image_for_a_platform() {
    let s = setting();
    let (store, app) = with_app();
    let inner = index(&[("linux/arm64", &app)]);
    store.put("inner", OCI_INDEX, &inner);
    let mut one = descriptor(OCI_INDEX, &inner);
    one["platform"] = json!({ "os": "linux", "architecture": "arm64" });
    let outer = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [one] });
    store.put("2", OCI_INDEX, outer.to_string().as_bytes());
    let registry = Little::start(move |asked| store.answer(asked));
    let name = image(&registry, "app:2");
    assert_eq!(s.verdict(&name).0, "unknown");
    let done = s.verify_with(&[&name, "--platform", "linux/arm64"]);
    assert_eq!(done.verdict(), "unchecked");
    assert!(done.out.contains("is an index"), "{}", done.out);
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
        let (verdict, why) = s.verdict(&image(&registry, "app:1"));
        assert_eq!(verdict, "unchecked", "{status} {why}");
    }
    // Nobody is there.
    assert_eq!(s.verdict("image:127.0.0.1:1/app").0, "unchecked");
    // What cannot be a reference asks nobody.
    assert_eq!(s.verdict("image:Not a reference").0, "unchecked");
    s.run(&["sign", "image:Not a reference"]).expect(2);
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
        .run_with(
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
    s.attach(&name);
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
    s.verify_attached(&name).expect(0);
    // Alone, it is an outage.
    let other = TestImage::of("other");
    store.push("2", &other);
    let broken = broken
        .to_string()
        .replace(&app.digest().to_hex(), &other.digest().to_hex());
    store.put("broken", OCI_MANIFEST, broken.as_bytes());
    assert_eq!(s.verdict(&image(&registry, "app:2")).0, "unchecked");
}
