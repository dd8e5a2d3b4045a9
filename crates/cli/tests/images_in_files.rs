//! Container images in layouts and saved archives.

mod common;

use common::registry::{OCI_INDEX, OCI_MANIFEST, TestImage, descriptor, index, sha256};
use common::setting::{Setting, setting};
use serde_json::{Value, json};
use std::path::Path;

impl Setting {
    /// Verifies what cannot be, and tells why.
    #[track_caller]
    fn refuse(&self, name: &str) -> String {
        let result = self.verify(name).expect(14).result();
        result["reasons"][0]["text"].as_str().unwrap().to_owned()
    }

    fn layout(&self, files: &[(String, Vec<u8>)]) {
        for (name, bytes) in files {
            let path = self.user.path("layout").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }

    fn archive(&self, files: &[(String, Vec<u8>)]) {
        self.user.write("saved.tar", archive(files));
    }
}

type Files = Vec<(String, Vec<u8>)>;

fn blob(bytes: &[u8]) -> (String, Vec<u8>) {
    let digest = sha256(bytes);
    (
        format!("blobs/{}", digest.replace(':', "/")),
        bytes.to_vec(),
    )
}

/// A layout with images by tags.
fn layout(images: &[(&str, &TestImage)]) -> Files {
    let mut files = vec![(
        "oci-layout".to_owned(),
        br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec(),
    )];
    let mut manifests = Vec::new();
    for (tag, image) in images {
        files.extend([&image.config, &image.layer, &image.manifest].map(|bytes| blob(bytes)));
        let mut one = descriptor(OCI_MANIFEST, &image.manifest);
        one["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
        manifests.push(one);
    }
    files.push(("index.json".into(), index_of(&manifests)));
    files
}

fn index_of(manifests: &[Value]) -> Vec<u8> {
    let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests });
    index.to_string().into_bytes()
}

/// What `docker save` made before it made layouts, too.
fn docker_save(images: &[(&str, &TestImage)]) -> Files {
    let mut files = Vec::new();
    let mut listed = Vec::new();
    for (n, (tag, image)) in images.iter().enumerate() {
        let config = format!("{}.json", image.id());
        files.push((config.clone(), image.config.clone()));
        files.push((format!("{n}/layer.tar"), image.layer.clone()));
        listed.push(
            json!({ "Config": config, "RepoTags": [tag], "Layers": [format!("{n}/layer.tar")] }),
        );
    }
    files.push((
        "manifest.json".into(),
        Value::from(listed).to_string().into_bytes(),
    ));
    files
}

fn archive(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, bytes.as_slice())
            .unwrap();
    }
    tar.into_inner().unwrap()
}

#[test]
fn a_layout_is_known_by_its_manifest_wherever_it_lies() {
    let s = setting();
    let image = TestImage::of("a");
    let files = layout(&[("1", &image)]);
    s.layout(&files);
    s.archive(&files);
    let names = [
        "oci:layout",
        "oci:layout:1",
        "oci:saved.tar",
        "oci:./saved.tar:1",
    ];
    for name in names {
        s.verify(name).expect(13);
    }
    let signed = s.sign("oci:layout");
    assert_eq!(
        (&signed["sha256"], &signed["kind"]),
        (&json!(image.digest()), &json!("oci"))
    );
    for name in names {
        s.verify(name).expect(0);
    }
    assert!(!Path::new("layout.sigstore.json").exists());
    // Compressed as a whole.
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &archive(&files)).unwrap();
    s.user.write("saved.tar.gz", gzip.finish().unwrap());
    s.verify("oci:saved.tar.gz").expect(0);
}

#[test]
fn an_archive_of_docker_save_is_known_by_its_configuration_as_the_image_on_the_host_is() {
    let s = setting();
    let image = TestImage::of("a");
    s.archive(&docker_save(&[("app:1", &image)]));
    s.verify("oci:saved.tar").expect(13);
    assert_eq!(s.sign("oci:saved.tar")["sha256"], json!(image.id()));
    s.verify("oci:saved.tar:app:1").expect(0);
    // A layout with the same configuration, and just the layers that it names, is the same image.
    s.layout(&layout(&[("1", &image)]));
    let found = s.verify("oci:layout").expect(0).result();
    assert_eq!(found["sha256"], json!(image.digest()));
    assert_eq!(found["decided_by"], json!(image.id()));
}

#[test]
fn of_several_images_one_has_to_be_named() {
    let s = setting();
    let (one, two) = (TestImage::of("a"), TestImage::of("b"));
    let both = [("app:1", &one), ("app:2", &two)];
    for files in [layout(&both), docker_save(&both)] {
        s.archive(&files);
        let why = s.refuse("oci:saved.tar");
        assert!(why.contains("app:1, app:2"), "{why}");
        s.refuse("oci:saved.tar:app:3");
        s.verify("oci:saved.tar:app:1").expect(13);
    }
    // By two names it is one all the same.
    let twice = index_of(&["app:1", "other:1"].map(|name| {
        let mut named = descriptor(OCI_MANIFEST, &one.manifest);
        named["annotations"] = json!({ "org.opencontainers.image.ref.name": name });
        named
    }));
    let mut files = layout(&[("app:1", &one)]);
    files.pop();
    files.push(("index.json".into(), twice));
    s.archive(&files);
    for name in ["oci:saved.tar", "oci:saved.tar:other:1"] {
        s.verify(name).expect(13);
    }
    s.archive(&docker_save(&both));
    s.sign("oci:saved.tar:app:2");
    s.verify("oci:saved.tar:app:2").expect(0);
    s.verify("oci:saved.tar:docker.io/library/app:2").expect(0);
    s.verify("oci:saved.tar:app:1").expect(13);
}

#[test]
fn what_lies_there_must_be_what_the_manifest_names() {
    let s = setting();
    let image = TestImage::of("a");
    for (place, files) in [
        ("layout", layout(&[("1", &image)])),
        ("docker", docker_save(&[("app:1", &image)])),
    ] {
        s.archive(&files);
        s.sign("oci:saved.tar");
        s.verify("oci:saved.tar").expect(0);
        for swapped in [&image.layer, &image.config, &image.manifest] {
            let is_it = |file: &&mut (String, Vec<u8>)| file.1 == *swapped;
            let mut evil = files.clone();
            let Some(file) = evil.iter_mut().find(is_it) else {
                continue;
            };
            let size = file.1.len();
            file.1[size / 2] ^= 1;
            s.archive(&evil);
            let done = s.verify("oci:saved.tar");
            assert!(matches!(done.code, 13 | 14), "{place}: {}", done.out);
            let mut gone = files.clone();
            gone.retain(|file| file.1 != *swapped);
            s.archive(&gone);
            s.refuse("oci:saved.tar");
        }
    }
    // Just the same in a folder.
    let files = layout(&[("1", &image)]);
    s.layout(&files);
    s.sign("oci:layout");
    let layer = s.user.path("layout").join(blob(&image.layer).0);
    std::fs::write(layer, "another layer").unwrap();
    s.refuse("oci:layout");
}

#[test]
fn an_archive_that_is_another_image_to_another_program_is_refused() {
    let s = setting();
    let (good, evil) = (TestImage::of("good"), TestImage::of("evil"));
    let mut files = layout(&[("app:1", &good)]);
    s.archive(&files);
    s.sign("oci:saved.tar");
    // Docker's own list names another image.
    files.extend(docker_save(&[("app:1", &evil)]));
    s.archive(&files);
    let why = s.refuse("oci:saved.tar");
    assert!(why.contains("different images"), "{why}");
    // Its list of the same image is no harm.
    let mut both = layout(&[("app:1", &good)]);
    both.extend(docker_save(&[("app:1", &good)]));
    s.archive(&both);
    s.verify("oci:saved.tar").expect(0);
    // A file that is there twice.
    let mut twice = layout(&[("app:1", &good)]);
    twice.push((
        "./index.json".into(),
        layout(&[("app:1", &evil)]).pop().unwrap().1,
    ));
    s.archive(&twice);
    let why = s.refuse("oci:saved.tar");
    assert!(why.contains("twice"), "{why}");
}

#[test]
fn an_archive_with_bytes_that_are_an_entry_to_another_program_is_refused() {
    let s = setting();
    let (good, evil) = (TestImage::of("good"), TestImage::of("evil"));
    let files = layout(&[("app:1", &good)]);
    s.archive(&files);
    s.sign("oci:saved.tar");
    s.verify("oci:saved.tar").expect(0);
    // A folder with a size: to Go's archive/tar the bytes that follow are the next entries, the last of
    // which is the index that is unpacked.
    let hidden = archive(&layout(&[("app:1", &evil)]));
    let hidden = &hidden[..hidden.len() - 1024];
    let mut header = tar::Header::new_ustar();
    header.set_path("folder").unwrap();
    header.set_entry_type(tar::EntryType::Directory);
    header.set_size(hidden.len() as u64);
    header.set_cksum();
    let shown = archive(&files);
    let shown = &shown[..shown.len() - 1024];
    let all = [shown, header.as_bytes(), hidden, &[0; 1024]].concat();
    s.user.write("saved.tar", all);
    let why = s.refuse("oci:saved.tar");
    assert!(why.contains("a folder or a link in it has bytes"), "{why}");
}

#[test]
fn a_list_that_says_something_else_to_another_program_is_refused() {
    let s = setting();
    let (good, evil) = (TestImage::of("good"), TestImage::of("evil"));
    s.layout(&layout(&[("app:1", &evil)]));
    let files = layout(&[("app:1", &good)]);
    s.layout(&files);
    s.sign("oci:layout");
    s.verify("oci:layout").expect(0);
    // Docker and Podman take these for manifests, too: the last one counts.
    let index = String::from_utf8(files.last().unwrap().1.clone()).unwrap();
    let other = descriptor(OCI_MANIFEST, &evil.manifest);
    for name in ["Manifests", "manife\u{17f}ts"] {
        let both = format!("{},{name:?}:[{other}]}}", index.strip_suffix('}').unwrap());
        s.layout(&[("index.json".into(), both.into_bytes())]);
        let why = s.refuse("oci:layout");
        assert!(why.contains("programs read it differently"), "{why}");
    }
    // So do they with Docker's own list.
    s.archive(&docker_save(&[("app:1", &good)]));
    s.sign("oci:saved.tar");
    s.verify("oci:saved.tar").expect(0);
    let mut files = docker_save(&[("app:1", &good)]);
    let list = &mut files.last_mut().unwrap().1;
    let both = String::from_utf8(list.clone()).unwrap();
    *list = both
        .replace("[{", "[{\"config\":\"evil.json\",")
        .into_bytes();
    s.archive(&files);
    let why = s.refuse("oci:saved.tar");
    assert!(why.contains("read its manifest.json differently"), "{why}");
    // And the list that was before that is no list of what was checked.
    let mut files = layout(&[("app:1", &good)]);
    files.push(("repositories".into(), b"{}".to_vec()));
    s.archive(&files);
    let why = s.refuse("oci:saved.tar");
    assert!(why.contains("repositories"), "{why}");
}

/// On many disks they are the same: the one that is written last is there.
#[cfg(target_os = "linux")]
#[test]
fn a_file_with_the_name_of_another_in_other_letters_is_refused() {
    let s = setting();
    let (good, evil) = (TestImage::of("good"), TestImage::of("evil"));
    let files = layout(&[("app:1", &good)]);
    let other = layout(&[("app:1", &evil)]).pop().unwrap().1;
    s.layout(&files);
    s.archive(&files);
    s.sign("oci:layout");
    s.verify("oci:layout").expect(0);
    s.verify("oci:saved.tar").expect(0);
    for name in [
        "INDEX.JSON",
        "Manifest.json",
        "OCI-layout",
        "Repositories",
        "repo\u{17f}itories",
    ] {
        let mut more = files.clone();
        more.push((name.to_owned(), other.clone()));
        s.archive(&more);
        let why = s.refuse("oci:saved.tar");
        assert!(why.contains(name), "{why}");
        let path = s.user.path("layout").join(name);
        std::fs::write(&path, &other).unwrap();
        let why = s.refuse("oci:layout");
        assert!(why.contains(name), "{why}");
        std::fs::remove_file(path).unwrap();
    }
    s.verify("oci:layout").expect(0);
    // Of what the lists name, too.
    let mut more = files.clone();
    more.push((blob(&good.layer).0.to_uppercase(), other));
    s.archive(&more);
    let why = s.refuse("oci:saved.tar");
    assert!(why.contains("take for the same"), "{why}");
}

#[test]
fn an_image_that_says_that_it_is_attached_to_another_is_one_all_the_same() {
    let s = setting();
    let (good, mut evil) = (TestImage::of("good"), TestImage::of("evil"));
    s.layout(&layout(&[("app:1", &good)]));
    s.sign("oci:layout");
    s.verify("oci:layout").expect(0);
    let mut manifest: Value = serde_json::from_slice(&evil.manifest).unwrap();
    manifest["subject"] = descriptor(OCI_MANIFEST, &good.manifest);
    evil.manifest = manifest.to_string().into_bytes();
    s.layout(&layout(&[("old:1", &good), ("app:1", &evil)]));
    let why = s.refuse("oci:layout");
    assert!(why.contains("more than one image"), "{why}");
    s.verify("oci:layout:app:1").expect(13);
    s.verify("oci:layout:old:1").expect(0);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_in_a_layout_is_not_read() {
    let s = setting();
    let image = TestImage::of("a");
    s.layout(&layout(&[("1", &image)]));
    let layer = s.user.path("layout").join(blob(&image.layer).0);
    for place in [layer, s.user.path("layout/index.json")] {
        std::fs::remove_file(&place).unwrap();
        // Whoever opens it waits for somebody who writes.
        let made = std::process::Command::new("mkfifo").arg(&place).status();
        assert!(made.unwrap().success());
        let why = s.refuse("oci:layout");
        assert!(why.contains("is no file"), "{why}");
        std::fs::remove_file(&place).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &place).unwrap();
        let why = s.refuse("oci:layout");
        assert!(why.contains("is no file"), "{why}");
    }
    let pipe = s.user.path("pipe");
    let made = std::process::Command::new("mkfifo").arg(pipe).status();
    assert!(made.unwrap().success());
    for name in ["oci:pipe", "oci:pipe:1", "oci:/dev/zero"] {
        let why = s.refuse(name);
        assert!(why.contains("this is a pipe or device"), "{why}");
    }
}

#[test]
fn an_index_in_a_layout_is_known_by_its_own_digest() {
    let s = setting();
    let (amd, arm) = (
        TestImage::for_platform("linux/amd64", "a"),
        TestImage::for_platform("linux/arm64", "b"),
    );
    let inner = index(&[("linux/amd64", &amd), ("linux/arm64", &arm)]);
    let mut files = layout(&[("x", &amd), ("y", &arm)]);
    files.pop();
    files.push(blob(&inner));
    files.push((
        "index.json".into(),
        index_of(&[descriptor(OCI_INDEX, &inner)]),
    ));
    s.layout(&files);
    assert_eq!(
        s.sign("oci:layout")["sha256"],
        sha256(&inner)["sha256:".len()..]
    );
    s.verify("oci:layout").expect(0);
    let of_arm = || s.verify_with(&["oci:layout", "--platform", "linux/arm64"]);
    let found = of_arm().expect(0).result();
    assert_eq!(found["sha256"], json!(arm.digest()));
    // Of one platform alone it is there, too.
    std::fs::remove_file(s.user.path("layout").join(blob(&arm.manifest).0)).unwrap();
    s.verify("oci:layout").expect(0);
    of_arm().expect(14);
}

#[test]
fn signatures_that_lie_in_a_layout_are_found_there() {
    let s = setting();
    let image = TestImage::of("a");
    let mut files = layout(&[("1", &image)]);
    s.layout(&files);
    s.sign("oci:layout");
    // As the notary gives it.
    let known = s
        .notary
        .get(&format!("/attestations/sha256:{}", image.digest()));
    let known: Value = serde_json::from_slice(&known).unwrap();
    let bundle = known["attestations"][0]["bundle"].to_string().into_bytes();
    let kind = "application/vnd.dev.sigstore.bundle.v0.3+json";
    let attached = json!({
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": kind,
        "config": descriptor("application/vnd.oci.empty.v1+json", b"{}"),
        "layers": [descriptor(kind, &bundle)],
        "subject": descriptor(OCI_MANIFEST, &image.manifest),
    });
    let attached = attached.to_string().into_bytes();
    files.pop();
    files.extend([blob(&bundle), blob(b"{}"), blob(&attached)]);
    files.push((
        "index.json".into(),
        index_of(&[
            descriptor(OCI_MANIFEST, &image.manifest),
            descriptor(OCI_MANIFEST, &attached),
        ]),
    ));
    s.layout(&files);
    s.verify_attached("oci:layout").expect(0);
}

#[test]
fn nonsense_is_no_verdict_about_an_image() {
    let s = setting();
    s.user.write("saved.tar", "nonsense");
    s.refuse("oci:saved.tar");
    s.user.write(
        "saved.tar",
        archive(&[("index.json".into(), b"{}".to_vec())]),
    );
    s.refuse("oci:saved.tar");
    s.user
        .write("saved.tar", archive(&[("other".into(), b"{}".to_vec())]));
    s.refuse("oci:saved.tar");
    s.refuse("oci:missing.tar");
    std::fs::create_dir(s.user.path("empty")).unwrap();
    s.refuse("oci:empty");
    s.run(&["sign", "oci:empty"]).expect(1);
    // A list that leads out of the folder.
    let config = br#"{"rootfs":{"diff_ids":[]}}"#;
    s.user.write("outside.json", config);
    let list = json!([{ "Config": "../outside.json", "RepoTags": ["a"], "Layers": [] }]);
    s.layout(&[("manifest.json".into(), list.to_string().into_bytes())]);
    let why = s.refuse("oci:layout");
    assert!(why.contains("outside of it"), "{why}");
}
