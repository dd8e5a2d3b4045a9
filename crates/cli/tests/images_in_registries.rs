//! Container images in a real registry.

mod common;

use common::registry::{Asking, OCI_INDEX, OCI_MANIFEST, PASSWORD, Registry, TestImage, USER};
use common::setting::{Setting, setting};
use common::{User, done};
use serde_json::{Value, json};

/// `None` where there is no registry to test with.
fn with_registry(asking: &Asking<'_>) -> Option<(Setting, Registry)> {
    let registry = Registry::start_asking(asking)?;
    Some((setting(), registry))
}

/// One that lets everybody in.
fn open() -> Option<(Setting, Registry)> {
    with_registry(&Asking::default())
}

/// One that asks for a password.
fn locked() -> Option<(Setting, Registry)> {
    with_registry(&Asking {
        password: true,
        ..Asking::default()
    })
}

#[test]
fn of_five_images_exactly_the_signed_one_verifies_whatever_names_are_moved() {
    let Some((s, registry)) = open() else { return };
    let images: Vec<TestImage> = (0..5)
        .map(|n| TestImage::of(&format!("image {n}")))
        .collect();
    let name = |n: usize| registry.image(&format!("team/app{n}:1"));
    for (n, image) in images.iter().enumerate() {
        registry.push(&format!("team/app{n}"), "1", image);
    }
    let signed = s.sign(&name(2));
    assert_eq!(signed["sha256"], images[2].digest().to_hex());
    assert_eq!(signed["kind"], "image");

    let each: Vec<i32> = (0..5).map(|n| s.verify(&name(n)).code).collect();
    assert_eq!(each, [13, 13, 0, 13, 13]);
    let names: Vec<String> = (0..5).map(name).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let all = s.verify_with(&names).expect(13).json();
    let verdicts = all["results"].as_array().unwrap().iter();
    let verdicts: Vec<&Value> = verdicts.map(|one| &one["verdict"]).collect();
    let expected = ["unknown", "unknown", "verified", "unknown", "unknown"];
    assert_eq!(verdicts, expected);

    // The tag is moved to another image.
    registry.push("team/app2", "1", &images[3]);
    s.verify(&name(2)).expect(13);
    // The signed image goes by another name, and by its digest.
    registry.push("other/name", "new", &images[2]);
    s.verify(&registry.image("other/name:new")).expect(0);
    let by_digest = format!("other/name@sha256:{}", images[2].digest());
    s.verify(&registry.image(&by_digest)).expect(0);
    // What was signed is this image and nothing that has its layers or its configuration.
    let mut again: Value = serde_json::from_slice(&images[2].manifest).unwrap();
    again["annotations"] = json!({ "a": "b" });
    let again = again.to_string();
    registry.push_manifest("other/name", "like", OCI_MANIFEST, again.as_bytes());
    s.verify(&registry.image("other/name:like")).expect(13);
}

#[test]
fn a_warning_about_an_image_is_heard() {
    let Some((s, registry)) = open() else { return };
    registry.push("app", "1", &TestImage::of("a"));
    let name = registry.image("app:1");
    s.sign(&name);
    s.verify(&name).expect(0);
    s.run(&["untrust", &name, "--reason", "bad"]).expect(0);
    s.verify(&name).expect(19);
}

#[test]
fn an_index_is_known_by_its_own_digest_and_covers_its_images() {
    let Some((s, registry)) = open() else { return };
    let (amd, arm) = (
        TestImage::for_platform("linux/amd64", "a"),
        TestImage::for_platform("linux/arm64", "b"),
    );
    let both = [("linux/amd64", &amd), ("linux/arm64", &arm)];
    let index = registry.push_index("app", "1", &both);
    let name = registry.image("app:1");
    let platform = |platform: &str| s.verify_with(&[&name, "--platform", platform]);
    // Who signed an image has not signed which images are in the index.
    let signed = s.run(&["sign", &name, "--platform", "linux/amd64", "--json"]);
    let signed = signed.expect(0).result();
    assert_eq!(signed["sha256"], amd.digest().to_hex());
    s.verify(&name).expect(13);
    platform("linux/amd64").expect(0);
    platform("linux/arm64").expect(13);
    // Who signed the index has signed all of them.
    assert_eq!(s.sign(&name)["sha256"], index.to_hex());
    s.verify(&name).expect(0);
    let result = platform("linux/arm64").expect(0).result();
    assert_eq!(result["sha256"], arm.digest().to_hex());
    assert_eq!(result["also"], json!([index.to_hex()]));
    assert_eq!(result["decided_by"], index.to_hex());
    // What is not there is not guessed.
    let none = platform("linux/riscv64");
    assert_eq!((none.code, none.verdict()), (14, "unchecked".to_owned()));
    assert!(
        none.out.contains("The image could not be had"),
        "{}",
        none.out
    );
    assert!(
        none.out.contains("linux/amd64, linux/arm64"),
        "{}",
        none.out
    );
}

#[test]
fn a_signature_is_attached_to_its_image_and_found_there() {
    let Some((s, registry)) = open() else { return };
    let image = TestImage::of("a");
    registry.push("team/app", "1", &image);
    let name = registry.image("team/app:1");
    s.verify(&name).expect(13);
    for outcome in ["signed", "already_signed"] {
        let signed = s.run(&["sign", &name, "--attach", "--json"]).expect(0);
        let result = signed.result();
        assert_eq!(result["outcome"], outcome);
        let there = result["attached"].as_str().unwrap();
        assert!(there.starts_with(&format!("{}/team/app@sha256:", registry.host)));
    }
    let listed = registry
        .get(&format!("team/app/manifests/sha256-{}", image.digest()))
        .unwrap();
    assert_eq!(listed["manifests"].as_array().unwrap().len(), 1, "{listed}");
    // Nobody is asked but the registry, whose answer is proven under the notary's root.
    let found = s.verify_attached(&name).expect(0).result();
    let sources = found["sources"].as_array().unwrap();
    let of_registry = sources
        .iter()
        .find(|one| one["source"] == format!("oci:{}/team/app", registry.host))
        .unwrap();
    assert_eq!(of_registry["proven"][0]["claim"], "signature");
    // It is attached to this image alone.
    registry.push("team/app", "2", &TestImage::of("b"));
    s.verify(&registry.image("team/app:2")).expect(13);
    // What is listed for another image, and is not about it, does not count.
    let other = TestImage::of("b").digest();
    registry.push_manifest(
        "team/app",
        &format!("sha256-{other}"),
        OCI_INDEX,
        listed.to_string().as_bytes(),
    );
    s.verify(&registry.image("team/app:2")).expect(13);
}

#[test]
fn only_what_is_in_a_registry_gets_signatures_attached() {
    let s = setting();
    s.user.write("a.txt", "a");
    let refused = s.run(&["sign", "a.txt", "--attach"]).expect(2);
    assert!(refused.err.contains("image:REF"), "{}", refused.err);
}

#[test]
fn a_password_opens_the_registry_that_it_is_for_and_is_not_told() {
    let Some((s, registry)) = locked() else {
        return;
    };
    registry.push("app", "1", &TestImage::of("a"));
    let name = registry.image("app:1");
    let outside = s.verify(&name);
    assert_eq!((outside.code, outside.verdict()), (14, "unchecked".into()));
    assert!(outside.out.contains("docker login"), "{}", outside.out);

    let run = |variables: &[(&str, &str)], args: &[&str]| {
        let mut command = s.user.command(args);
        command.env("ASSAY_NOTARY", s.notary.url());
        command.envs(variables.iter().copied());
        let done = done(command.output().unwrap());
        let said = format!("{}{}", done.out, done.err);
        assert!(
            !said.contains(PASSWORD) && !said.contains("wrong sesame"),
            "{said}"
        );
        done
    };
    let sign = ["sign", name.as_str(), "--attach"];
    let user = ("ASSAY_REGISTRY_USER", USER);
    run(&[user, ("ASSAY_REGISTRY_PASSWORD", "wrong sesame")], &sign).expect(1);
    run(&[user], &sign).expect(2);
    let elsewhere = ("ASSAY_REGISTRY", "registry.example");
    let password = ("ASSAY_REGISTRY_PASSWORD", PASSWORD);
    run(&[user, password, elsewhere], &sign).expect(1);
    run(&[user, password], &sign).expect(0);
    run(&[user, password, ("ASSAY_REGISTRY", &registry.host)], &sign).expect(0);
    let address = ("ASSAY_REGISTRY", registry.url());
    let no_host = run(&[user, password, (address.0, &address.1)], &sign).expect(2);
    assert!(no_host.err.contains("must be a host"), "{}", no_host.err);
    // For which of two it is has to be said.
    let two = ["verify", name.as_str(), "image:127.0.0.1:1/app"];
    run(&[user, password], &two).expect(2);

    // Docker's file, and Podman's.
    use base64::Engine;
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let file = json!({ "auths": { (registry.host.as_str()): { "auth": auth } } }).to_string();
    for place in ["docker/config.json", "run/containers/auth.json"] {
        let path = s.user.path(place);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &file).unwrap();
        s.verify(&name).expect(0);
        std::fs::remove_file(path).unwrap();
    }
    s.user.write("auth.json", &file);
    let own = s.user.path("auth.json").display().to_string();
    let signer = s.fingerprint();
    let verify = ["verify", name.as_str(), "--signer", signer.as_str()];
    run(&[("REGISTRY_AUTH_FILE", own.as_str())], &verify).expect(0);
    s.user.write("auth.json", file.replace(&auth, "!hidden!"));
    let unreadable = run(&[("REGISTRY_AUTH_FILE", own.as_str())], &verify).expect(14);
    assert!(!unreadable.out.contains("hidden"), "{}", unreadable.out);
}

#[cfg(unix)]
#[test]
fn a_program_that_keeps_credentials_is_asked_where_the_users_file_names_it() {
    use std::os::unix::fs::PermissionsExt;
    let Some((s, registry)) = locked() else {
        return;
    };
    registry.push("app", "1", &TestImage::of("a"));
    let name = registry.image("app:1");
    let program = s.user.path("docker-credential-test");
    let host = &registry.host;
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = get ] && [ \"$(cat)\" = {host} ] || exit 1\n\
         env | grep -q ^ASSAY_ && exit 1\n\
         echo '{{\"ServerURL\":\"{host}\",\"Username\":\"{USER}\",\"Secret\":\"{PASSWORD}\"}}'\n"
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", s.user.home.path().display());
    let verify = |config: Value| {
        std::fs::create_dir_all(s.user.path("docker")).unwrap();
        s.user.write("docker/config.json", config.to_string());
        let mut command = s.user.command(&["verify", &name]);
        command
            .env("ASSAY_NOTARY", s.notary.url())
            .env("PATH", &path);
        done(command.output().unwrap())
    };
    verify(json!({ "credsStore": "test" })).expect(13);
    verify(json!({ "credHelpers": { (host.as_str()): "test" } })).expect(13);
    verify(json!({ "credHelpers": { "registry.example": "test" } })).expect(14);
    for wrong in ["missing", "../docker-credential-test", ""] {
        verify(json!({ "credsStore": wrong })).expect(14);
    }
}

#[test]
fn a_registry_with_a_certificate_of_an_own_authority_is_believed_by_who_names_it() {
    let user = User::new();
    let mut authority = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let own_key = rcgen::KeyPair::generate().unwrap();
    let certificate = authority.self_signed(&own_key).unwrap();
    let issuer = rcgen::Issuer::new(authority, own_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let server = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let server = server.signed_by(&key, &issuer).unwrap();
    user.write("ca.pem", certificate.pem());
    user.write("server.pem", server.pem());
    user.write("server.key", key.serialize_pem());
    let Some((s, registry)) = with_registry(&Asking {
        tls: Some((&user.path("server.pem"), &user.path("server.key"))),
        ..Asking::default()
    }) else {
        return;
    };
    registry.push("app", "1", &TestImage::of("a"));
    let name = registry.image("app:1");
    let with = |file: &str| {
        let file = user.path(file).display().to_string();
        s.run(&["verify", &name, "--registry-ca", &file, "--json"])
    };
    let distrusted = s.verify(&name).expect(14);
    assert!(
        distrusted.out.contains("certificate is not trusted")
            && distrusted.out.contains("--registry-ca"),
        "{}",
        distrusted.out
    );
    assert_eq!(with("ca.pem").expect(13).verdict(), "unknown");
    with("server.key").expect(14);
    // What is no file at all is told once, before anything is asked.
    with("missing.pem").expect(1);
}
