//! Container images on Docker and Podman hosts: a replay of the API that both document, and the real
//! Podman.
#![cfg(unix)]

mod common;
#[cfg(target_os = "linux")]
#[path = "common/terminal.rs"]
mod terminal;

use common::Done;
use common::little_server::{Little, Reply, Store};
use common::registry::{Registry, TestImage, program};
use common::setting::{Setting, setting};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// Where the engine answers.
fn socket(s: &Setting) -> PathBuf {
    s.user.path("engine.sock")
}

/// Somebody whose engine answers there.
fn host() -> Setting {
    let mut s = setting();
    let socket = format!("unix://{}", socket(&s).display());
    s.user.set("DOCKER_HOST", socket);
    s
}

impl Setting {
    /// What people see.
    fn verify_all(&self) -> Done {
        let signer = self.fingerprint();
        self.run(&["verify", "--all-images", "--signer", &signer])
    }
}

/// An image as the engine lists it.
fn listed(image: &TestImage, tags: &[&str], digests: &[String]) -> Value {
    json!({
        "Id": format!("sha256:{}", image.id()),
        "ParentId": "",
        "RepoTags": tags,
        "RepoDigests": digests,
        "Created": 1_700_000_000,
        "Size": 1000,
        "SharedSize": -1,
        "Labels": {},
        "Containers": -1,
    })
}

/// Docker's API (1.47), as it is documented, with these images.
fn engine(socket: &Path, images: Vec<Value>) -> Little {
    Little::on_socket(socket, move |asked| {
        if asked.path == "/images/json" {
            return Reply::new(200, Value::from(images.clone()).to_string());
        }
        let name = asked.path.strip_prefix("/images/").unwrap();
        let name = name.strip_suffix("/json").unwrap();
        let mut known = images.iter();
        let found = known.find(|one| {
            let mut tags = one["RepoTags"].as_array().unwrap().iter();
            one["Id"] == name || tags.any(|tag| tag == name)
        });
        match found {
            Some(one) => Reply::new(200, one.to_string()),
            None => Reply::new(
                404,
                json!({ "message": format!("No such image: {name}") }).to_string(),
            ),
        }
    })
}

fn five() -> (Vec<TestImage>, Vec<Value>) {
    let images: Vec<TestImage> = (0..5)
        .map(|n| TestImage::of(&format!("image {n}")))
        .collect();
    let all = images.iter().enumerate().map(|(n, image)| {
        let digest = format!("registry.example/team/app{n}@sha256:{}", image.digest());
        listed(
            image,
            &[&format!("registry.example/team/app{n}:1")],
            &[digest],
        )
    });
    let all = all.collect();
    (images, all)
}

#[test]
fn of_five_images_on_a_host_exactly_the_signed_one_verifies() {
    let s = host();
    let (images, mut all) = five();
    // The signed one goes by a second name, and a stranger has the name that it had.
    all[2]["RepoTags"] = json!(["registry.example/team/app2:1", "localhost/mine:latest"]);
    let _engine = engine(&socket(&s), all);
    let signed = s.sign("docker:registry.example/team/app2:1");
    assert_eq!(signed["kind"], "docker");
    assert_eq!(signed["sha256"], images[2].digest().to_hex());

    let told = s.verify_all().expect(13);
    let short = |n: usize| images[n].digest().to_hex()[..12].to_owned();
    let row = |name: &str, digest: String, verdict: &str, signer: &str| {
        format!("{name:28}  {digest}  {verdict:8}  {signer}\n")
    };
    let mut expected = row("IMAGE", "DIGEST      ".into(), "VERDICT", "SIGNER");
    for n in 0..5 {
        let name = format!("registry.example/team/app{n}:1");
        match n {
            2 => {
                expected += &row(&name, short(2), "verified", &s.fingerprint());
                expected += &row(
                    "localhost/mine:latest",
                    short(2),
                    "verified",
                    &s.fingerprint(),
                );
            }
            n => expected += &row(&name, short(n), "unknown", "-"),
        }
    }
    assert_eq!(told.out, expected);

    let told = s.verify_with(&["--all-images"]).expect(13).json();
    let results = told["results"].as_array().unwrap();
    let verdicts: Vec<&Value> = results.iter().map(|one| &one["verdict"]).collect();
    let expected = [
        "unknown", "unknown", "verified", "verified", "unknown", "unknown",
    ];
    assert_eq!(verdicts, expected);
    assert_eq!(results[2]["file"], "docker:registry.example/team/app2:1");

    // The worst wins.
    s.run(&["untrust", "docker:registry.example/team/app0:1"])
        .expect(0);
    let told = s.verify_all().expect(19);
    assert_eq!(told.out.matches("untrusted").count(), 1, "{}", told.out);
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_the_table_has_colours_and_is_no_wider_than_that() {
    let s = host();
    let (images, all) = five();
    let _engine = engine(&socket(&s), all);
    s.sign("docker:registry.example/team/app2:1");
    let config = s.user.path("config");
    let host = format!("unix://{}", socket(&s).display());
    let url = s.notary.url();
    let variables = [
        ("DOCKER_HOST", host.as_str()),
        ("ASSAY_NOTARY", url.as_str()),
    ];
    let arguments = format!("verify --all-images --signer {}", s.fingerprint());
    let shown = |columns: u16| {
        let terminal = terminal::Terminal::run_narrow(columns, &config, &arguments, &variables);
        terminal.end().replace('\r', "")
    };
    let short = &images[2].digest().to_hex()[..12];
    let verified = format!("{short}  \u{1b}[1m\u{1b}[32mverified\u{1b}[0m  SHA256:");
    let name = "registry.example/team/app2:1";
    let wide = shown(200);
    assert!(wide.contains("IMAGE"), "{wide}");
    assert!(wide.contains(&format!("{name}  {verified}")), "{wide}");
    let narrow = shown(80);
    assert!(!narrow.contains("IMAGE"), "{narrow}");
    assert!(
        narrow.contains(&format!("{name}\n  {verified}")),
        "{narrow}"
    );
}

#[test]
fn an_image_of_no_registry_is_known_by_its_own_digest_and_all_digests_are_asked_about() {
    let s = host();
    let image = TestImage::of("a");
    let elsewhere = TestImage::of("pushed elsewhere").digest();
    let pushed = vec![
        format!("registry.example/app@sha256:{}", image.digest()),
        format!("other.example/app@sha256:{elsewhere}"),
    ];
    let all = vec![listed(
        &image,
        &["app:1", "registry.example/app:1"],
        &pushed,
    )];
    let _engine = engine(&socket(&s), all);
    let signed = s.sign("docker:app:1");
    assert_eq!(signed["sha256"], image.id().to_hex());
    // By another name another digest comes first, and what was signed is found all the same.
    let result = s.verify("docker:registry.example/app:1").expect(0).result();
    assert_eq!(result["sha256"], image.digest().to_hex());
    assert_eq!(
        result["also"],
        json!([elsewhere.to_hex(), image.id().to_hex()])
    );
    assert_eq!(result["decided_by"], image.id().to_hex());
    // A warning about any of them is one about the image.
    let other = format!("sha256:{elsewhere}");
    s.run(&["untrust", "--digest", &other]).expect(0);
    let warned = s.verify("docker:app:1").expect(19).result();
    assert_eq!(warned["decided_by"], elsewhere.to_hex());
}

#[test]
fn where_an_image_is_from_is_asked_if_that_is_wished() {
    let s = host();
    let (store, image) = (Arc::new(Store::default()), TestImage::of("a"));
    store.push("1", &image);
    let behind = Arc::clone(&store);
    let registry = Little::start(move |asked| behind.answer(asked));
    let named = format!("{}/app", registry.host);
    s.run(&["sign", &format!("image:{named}:1"), "--attach"])
        .expect(0);
    let tag = format!("{named}:1");
    let digest = format!("{named}@sha256:{}", image.digest());
    let _engine = engine(&socket(&s), vec![listed(&image, &[&tag], &[digest])]);
    let before = registry.asked().len();
    s.verify_all().expect(0);
    assert_eq!(
        registry.asked().len(),
        before,
        "nobody wished that it is asked"
    );
    let told = s.verify_attached("--all-images").expect(0).result();
    let sources = told["sources"].to_string();
    assert!(sources.contains(&format!("oci:{named}")), "{sources}");
    // The image itself is not asked for.
    let asked = registry.asked();
    let mut of_image = asked[before..].iter().map(|asked| asked.path.as_str());
    assert!(!of_image.any(|path| path.ends_with("/manifests/1")));
}

#[test]
fn an_engine_that_is_not_there_or_makes_no_sense_is_no_verdict() {
    let s = host();
    let nobody = s.verify_all().expect(1);
    assert!(nobody.err.contains("engine.sock"), "{}", nobody.err);
    s.verify("docker:app").expect(14);
    let tcp = |host: &str| {
        let mut other = setting();
        other.user.set("DOCKER_HOST", host);
        other.run(&["verify", "--all-images"])
    };
    let refused = tcp("tcp://127.0.0.1:2375").expect(1);
    assert!(refused.err.contains("unix://"), "{}", refused.err);
    for answer in ["", "{}", "[{}]", r#"[{"Id":"x"}]"#, "[]"] {
        let socket = s.user.path("other.sock");
        let _engine = Little::on_socket(&socket, move |_| Reply::new(200, answer));
        let refused = tcp(&format!("unix://{}", socket.display())).expect(1);
        assert!(refused.err.contains("other.sock"), "{}", refused.err);
        std::fs::remove_file(socket).unwrap();
    }
    // What is no name asks nobody.
    let engine = engine(&socket(&s), Vec::new());
    for name in [
        "docker:../containers/json",
        "docker:a?b",
        "docker:",
        "docker:a b",
    ] {
        s.verify(name).expect(14);
    }
    assert!(engine.asked().is_empty());
    let wrong = s.run(&["verify", "--all-images", "docker:a"]).expect(2);
    assert!(wrong.err.contains("--all-images"), "{}", wrong.err);
}

/// Podman with a storage of its own, answering on a socket; ended when dropped.
struct Podman {
    service: Child,
    program: PathBuf,
    storage: Vec<String>,
}

impl Podman {
    fn start(folder: &Path, socket: &Path) -> Option<Self> {
        let program = program("podman", "ASSAY_PODMAN")?;
        let at = |name: &str| folder.join(name).display().to_string();
        let storage = [
            "--root",
            &at("storage"),
            "--runroot",
            &at("running"),
            "--storage-driver",
            "vfs",
        ];
        let storage: Vec<String> = storage.iter().map(|one| (*one).to_owned()).collect();
        let service = Command::new(&program)
            .args(&storage)
            .args(["system", "service", "--time", "0"])
            .arg(format!("unix://{}", socket.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut podman = Self {
            service,
            program,
            storage,
        };
        while std::os::unix::net::UnixStream::connect(socket).is_err() {
            let ended = podman.service.try_wait().unwrap();
            assert!(ended.is_none(), "podman's service ended: {ended:?}");
            std::thread::yield_now();
        }
        Some(podman)
    }

    fn run(&self, args: &[&str]) -> String {
        let mut command = Command::new(&self.program);
        let output = command.args(&self.storage).args(args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "podman {args:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

#[test]
fn the_images_of_a_real_podman_are_verified() {
    let s = host();
    let Some(registry) = Registry::start() else {
        return;
    };
    let Some(podman) = Podman::start(s.user.home.path(), &socket(&s)) else {
        return;
    };
    let images: Vec<TestImage> = (0..3)
        .map(|n| TestImage::of(&format!("image {n}")))
        .collect();
    for (n, image) in images.iter().enumerate() {
        registry.push(&format!("app{n}"), "1", image);
        let name = format!("{}/app{n}:1", registry.host);
        podman.run(&["pull", "--quiet", "--tls-verify=false", &name]);
    }
    s.run(&["sign", &registry.image("app1:1")]).expect(0);
    let told = s.verify_with(&["--all-images"]).expect(13).json();
    let results = told["results"].as_array().unwrap();
    assert_eq!(results.len(), 3, "{told}");
    for result in results {
        let is_signed = result["file"].as_str().unwrap().ends_with("/app1:1");
        let expected = if is_signed { "verified" } else { "unknown" };
        assert_eq!(result["verdict"], expected, "{result}");
    }
    let by_name = s.verify(&format!("docker:{}/app1:1", registry.host));
    let by_name = by_name.expect(0).result();
    assert_eq!(by_name["sha256"], images[1].digest().to_hex());
    // Another name for another image, which is the signed one's.
    let name = format!("{}/app1:1", registry.host);
    podman.run(&["tag", &format!("{}/app0:1", registry.host), &name]);
    s.verify(&format!("docker:{name}")).expect(13);

    // What it saves is what is in it.
    let formats = [
        ("docker-archive", 13),
        ("oci-archive", 13),
        // The same manifest in a folder.
        ("oci-dir", 0),
    ];
    for (format, before) in formats {
        let path = s.user.path(format).display().to_string();
        let source = format!("{}/app2:1", registry.host);
        podman.run(&[
            "save", "--quiet", "--format", format, "--output", &path, &source,
        ]);
        let saved = format!("oci:{path}");
        s.verify(&saved).expect(before);
        s.run(&["sign", &saved]).expect(0);
        s.verify(&saved).expect(0);
    }
    // Of the image on the host that was signed its configuration, which is its own digest.
    let found = s.verify(&format!("docker:{}/app2:1", registry.host));
    let found = found.expect(0).result();
    assert_eq!(found["decided_by"], images[2].id().to_hex());
}
