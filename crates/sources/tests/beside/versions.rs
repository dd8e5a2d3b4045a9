//! Lists of one version, whose names follow from the file's.

use crate::world::{Web, ask, known_to_be_silent, look_at, look_for};
use assay_core::artifact::ArtifactDigests;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Published;
use assay_core::minisign::MinisignKey;
use assay_core::roots::Roots;
use assay_sources::beside::{Habits, Inquiry, MOST_KNOWN, Question};
use assay_sources::site_word::SiteMemory;
use assay_test_authority::minisign::MinisignPair;

const AT: &str = "https://dl.example.org/tool/";

/// A list that has this content of a file.
fn list(name: &str, content: &[u8]) -> String {
    format!("{}  {name}\n", Sha256Digest::of(content))
}

fn web(files: &[(&str, String)]) -> Web {
    let mut web = Web::default();
    for (name, text) in files {
        web.files
            .insert(format!("{AT}{name}"), Ok((200, text.clone())));
    }
    web
}

#[test]
fn a_list_is_found_by_project_and_version_at_the_beginning_of_the_files_name() {
    for (file, beginning) in [
        ("tool_1.2.3_linux_amd64.tar.gz", "tool_1.2.3"),
        ("tool_v1.2.3_Linux_x86_64.zip", "tool_v1.2.3"),
        (
            "my_own_tool_1.2.3-rc.1_windows_arm64.exe",
            "my_own_tool_1.2.3-rc.1",
        ),
        ("tool_2024.1_amd64.deb", "tool_2024.1"),
    ] {
        for ending in ["_checksums.txt", "_SHA256SUMS"] {
            let name = format!("{beginning}{ending}");
            let same = web(&[(&name, list(file, b"tool"))]);
            let mut habits = Habits::default();
            // The next file is asked about there first.
            for most in [10, MOST_KNOWN] {
                let url = format!("{AT}{file}");
                let site = SiteMemory::default();
                let (found, _) = look_at(&url, &same, &mut habits, site, &[]);
                assert_eq!(found.published, Some(Published::Same), "{file} {name}");
                let asked = same.asked.take();
                assert!(asked.len() <= most, "{asked:?}");
            }
            let other = web(&[(&name, list(file, b"another"))]);
            let url = format!("{AT}{file}");
            let found = look_at(&url, &other, &mut habits, known_to_be_silent(), &[]).0;
            // The one says by its name of which algorithm it is.
            let is_told = matches!(found.published, Some(Published::Other { .. }));
            assert_eq!(is_told, ending == "_SHA256SUMS", "{file} {name}");
        }
    }
}

#[test]
fn other_names_tell_no_version_and_cost_no_request() {
    for file in [
        "tool-1.2.3.tar.gz",
        "tool_linux_x86_64.zip",
        "tool_1.2.3.zip",
        "1.2.3_linux.zip",
        "tool_1_linux.zip",
        "_1.2.3",
        "tool%5F.zip",
    ] {
        let nothing = Web::default();
        let (mut habits, site) = (Habits::default(), SiteMemory::default());
        look_at(&format!("{AT}{file}"), &nothing, &mut habits, site, &[]);
        let asked = nothing.asked.take();
        assert_eq!(asked.len(), 10, "{asked:?}");
        let is_versions = |url: &String| url.contains("_checksums") || url.contains("_SHA");
        assert!(!asked.iter().any(is_versions), "{asked:?}");
    }
}

#[test]
fn that_one_version_has_no_list_says_nothing_of_the_next() {
    let (mut habits, site) = (Habits::default(), SiteMemory::default());
    let first = format!("{AT}tool_1.2.3_linux_amd64.zip");
    look_at(&first, &Web::default(), &mut habits, site, &[]);
    let file = "tool_1.2.4_linux_amd64.zip";
    let next = web(&[("tool_1.2.4_SHA256SUMS", list(file, b"another"))]);
    // It has its turn some time.
    let is_seen = (0..10).any(|_| {
        let url = format!("{AT}{file}");
        let found = look_at(&url, &next, &mut habits, known_to_be_silent(), &[]).0;
        assert!(next.asked.take().len() <= MOST_KNOWN);
        matches!(found.published, Some(Published::Other { .. }))
    });
    assert!(is_seen);
}

#[test]
fn a_signed_list_of_a_version_says_who_signed_the_file() {
    let own = MinisignPair::new(1);
    let key = MinisignKey::parse(&own.public()).unwrap();
    let file = "tool_1.2.3_linux_amd64.zip";
    let url = format!("{AT}{file}");
    let text = list(file, b"tool");
    let signature = own.sign(text.as_bytes(), 1);
    let signed = web(&[
        ("tool_1.2.3_checksums.txt", text.clone()),
        ("tool_1.2.3_checksums.txt.minisig", signature),
    ]);
    let mut habits = Habits::default();
    let keys = std::slice::from_ref(&key);
    for most in [10, MOST_KNOWN] {
        let (found, _) = look_at(&url, &signed, &mut habits, known_to_be_silent(), keys);
        assert_eq!(found.proven().len(), 1);
        assert!(signed.asked.take().len() <= most);
    }
    // One that does not fit is told of the list, by its whole name.
    let forged = web(&[
        ("tool_1.2.3_checksums.txt", text),
        ("tool_1.2.3_checksums.txt.minisig", own.sign(b"else", 1)),
    ]);
    let question = Question::about(&url, &url, None).unwrap();
    let mut inquiry = Inquiry::new(&question, &habits, known_to_be_silent(), vec![key], 1);
    let digests = ArtifactDigests::of(b"tool");
    let found = ask(&forged, &mut inquiry, &Roots::new(), &digests, 1);
    assert_eq!(
        found.forged_list.as_deref(),
        Some("tool_1.2.3_checksums.txt")
    );

    // Before a signature is missed, it is looked for there, too.
    let pair = own.public();
    let declared = pair.lines().last().unwrap_or_default();
    let site = SiteMemory {
        declaration: Some(format!(
            r#"{{"version":1,"downloads":[{{"paths":["/**"],"signers":[{{"minisign":"{declared}"}}]}}]}}"#
        )),
        ..SiteMemory::default()
    };
    let nothing = Web::default();
    look_for(&url, &nothing, &mut Habits::default(), site, &[], true);
    let asked = nothing.asked.take();
    for ending in ["checksums.txt", "SHA256SUMS"] {
        assert!(
            asked.contains(&format!("{AT}tool_1.2.3_{ending}")),
            "{asked:?}"
        );
    }
}
