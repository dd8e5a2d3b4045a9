//! `assay verify` of many files at once, in folders and by patterns: the real program and a real notary.

mod common;

use common::{DataFolder, Done, Notary, User};
use serde_json::Value;

struct World {
    _data: DataFolder,
    notary: Notary,
    user: User,
    signer: String,
}

impl World {
    /// Files with these names are signed, and their content is their name. No bundles are left.
    fn with(files: &[&str]) -> Self {
        let data = DataFolder::new();
        let notary = Notary::start(data.path());
        let user = User::new();
        let key = user.run(&["key", "--json"]).expect(0).json();
        let signer = key["fingerprint"].as_str().unwrap().to_owned();
        for file in files {
            write(&user, file);
        }
        let world = Self {
            _data: data,
            notary,
            user,
            signer,
        };
        let signed = world.run(&[&["sign"][..], files].concat());
        signed.expect(0);
        for file in files {
            let bundle = world.user.path(&format!("{file}.sigstore.json"));
            std::fs::remove_file(bundle).unwrap();
        }
        world
    }

    fn run(&self, args: &[&str]) -> Done {
        self.user.with(&self.notary.url(), args)
    }

    fn verify(&self, args: &[&str]) -> Done {
        let first = ["verify", "--json", "--signer", &self.signer];
        self.run(&[&first, args].concat())
    }
}

fn write(user: &User, file: &str) {
    let path = user.path(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, file).unwrap();
}

/// The names, verdicts and exit codes of the results, in their order.
fn results(report: &Value) -> Vec<(String, String, i64)> {
    let results = report["results"].as_array().unwrap().iter();
    let told = results.map(|result| {
        let text = |name: &str| result[name].as_str().unwrap().to_owned();
        let code = result["exit_code"].as_i64().unwrap();
        (text("file"), text("verdict"), code)
    });
    told.collect()
}

fn told(name: &str, verdict: &str, code: i64) -> (String, String, i64) {
    (name.to_owned(), verdict.to_owned(), code)
}

#[test]
fn many_are_told_in_order_each_with_its_own_code_and_no_failure_hides_another() {
    let names: Vec<String> = (0..20).map(|number| format!("{number}.txt")).collect();
    let signed: Vec<&str> = names.iter().map(String::as_str).collect();
    let world = World::with(&signed);
    world.user.write("unknown", "unknown");
    std::fs::create_dir(world.user.path("folder")).unwrap();
    // Nothing is remembered of the log, so that all of them want to write it down.
    let _ = std::fs::remove_dir_all(world.user.path("config/logs"));
    let all = world.verify(&signed).expect(0);
    assert!(!all.err.contains("another assay"), "{}", all.err);
    let expected: Vec<_> = signed
        .iter()
        .map(|name| told(name, "verified", 0))
        .collect();
    assert_eq!(results(&all.json()), expected);

    let digest = format!("sha256:{}", "0".repeat(64));
    let mixed = [
        "7.txt", "absent", "unknown", "*.none", "3.txt", "--digest", &digest,
    ];
    let report = world.verify(&mixed).expect(14).json();
    assert_eq!(
        results(&report),
        [
            told("7.txt", "verified", 0),
            told("absent", "unchecked", 14),
            told("unknown", "unknown", 13),
            told("*.none", "unchecked", 14),
            told("3.txt", "verified", 0),
            told(&digest, "unknown", 13),
        ]
    );
    assert_eq!(report["exit_code"], 14);
    let why = report["results"][3]["reasons"][0]["text"].as_str().unwrap();
    assert!(why.contains("none matches it"), "{why}");
    // People are told the same.
    let text = world
        .run(&["verify", "7.txt", "absent", "unknown"])
        .expect(14);
    let lines: Vec<&str> = text
        .out
        .lines()
        .filter(|line| !line.starts_with(' '))
        .collect();
    assert_eq!(
        lines,
        ["7.txt: signed", "absent: unchecked", "unknown: unknown"]
    );
}

#[test]
fn a_folder_is_verified_file_by_file_and_a_pattern_as_the_shell_would_have() {
    let files = ["dist/a.whl", "dist/b.tar.gz", "dist/deep/c.whl"];
    let world = World::with(&files);
    write(&world.user, "dist/deep/unsigned.whl");
    write(&world.user, "dist/a.whl.sigstore.json");
    let names = |report: &Value| -> Vec<String> {
        let all = results(report);
        all.into_iter().map(|(name, ..)| name).collect()
    };
    let report = world.verify(&["--recursive", "dist"]).expect(13).json();
    assert_eq!(
        results(&report),
        [
            // The bundle beside it is none, and makes nothing worse of what is proven.
            told("dist/a.whl", "verified", 0),
            told("dist/b.tar.gz", "verified", 0),
            told("dist/deep/c.whl", "verified", 0),
            told("dist/deep/unsigned.whl", "unknown", 13),
        ]
    );
    let report = world
        .verify(&["dist/*.whl", "dist/deep/c*"])
        .expect(0)
        .json();
    assert_eq!(names(&report), ["dist/a.whl", "dist/deep/c.whl"]);
    let report = world.verify(&["dist/**/*.whl"]).expect(13).json();
    let expected = ["dist/a.whl", "dist/deep/c.whl", "dist/deep/unsigned.whl"];
    assert_eq!(names(&report), expected);
    // A folder with nothing in it is not verified.
    std::fs::create_dir(world.user.path("empty")).unwrap();
    world.verify(&["-r", "empty", "dist/a.whl"]).expect(14);
    // What signs takes them, too.
    let signed = world
        .run(&["sign", "--json", "-r", "dist", "*.none"])
        .expect(1)
        .json();
    let outcomes = signed["results"].as_array().unwrap().iter();
    let outcomes: Vec<&str> = outcomes
        .map(|one| one["outcome"].as_str().unwrap())
        .collect();
    // What is no bundle of this key is not replaced.
    let expected = [
        "failed",
        "already_signed",
        "already_signed",
        "signed",
        "failed",
    ];
    assert_eq!(outcomes, expected);
}

#[test]
fn what_the_user_names_will_do_and_nothing_else() {
    let world = World::with(&["a.txt"]);
    world.user.write("unknown", "unknown");
    let verify = |args: &[&str]| world.run(&[&["verify", "--json", "a.txt"][..], args].concat());
    verify(&[]).expect(11);
    verify(&["--accept", "authentic,intact"]).expect(11);
    verify(&["--accept", "authentic", "--accept", "signed"]).expect(0);
    let report = verify(&["--accept", "authentic,signed", "unknown"])
        .expect(13)
        .json();
    assert_eq!(
        results(&report),
        [told("a.txt", "signed", 0), told("unknown", "unknown", 13)]
    );
    for never in ["unknown", "untrusted", "verified", ""] {
        verify(&["--accept", never]).expect(2);
    }
}

#[test]
fn what_a_shell_makes_of_all_that_is_in_a_folder_leaves_out_the_bundles_in_it() {
    let world = World::with(&["dist/a", "dist/b", "dist/c", "dist/d"]);
    std::fs::create_dir(world.user.path("dist/folder")).unwrap();
    write(&world.user, "dist/folder/e");
    // All that is there, in the order of a shell; twice, as the first time makes the bundles.
    let all = || {
        let entries = std::fs::read_dir(world.user.path("dist")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.map(|name| format!("dist/{name}")).collect();
        names.sort();
        names
    };
    for count in [5, 10] {
        let all = all();
        assert_eq!(all.len(), count);
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let signed = world
            .run(&[&["sign", "--json"], &all[..]].concat())
            .expect(0);
        assert_eq!(signed.json()["results"].as_array().unwrap().len(), 5);
        let told = signed.err.contains("dist/a.sigstore.json") && signed.err.contains("2 more");
        assert_eq!(told, count == 10, "{}", signed.err);
    }
    let names = all();
    assert_eq!(names.len(), 10, "{names:?}");
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let verified = world.verify(&names).expect(0);
    assert_eq!(results(&verified.json()).len(), 5);
    // By itself it is a file like any other.
    world.verify(&["dist/a.sigstore.json"]).expect(13);
    world.verify(&["dist/a.sigstore.json", "dist/b"]).expect(13);
}

#[test]
#[cfg(unix)]
fn a_file_that_is_named_as_a_pattern_hides_nothing_that_matches_it() {
    let world = World::with(&["gh/*", "gh2/**/*.whl", "one[1].txt"]);
    write(&world.user, "gh/install.sh");
    write(&world.user, "gh2/deep/evil.whl");
    write(&world.user, "gh2/**/other.txt");
    let report = world.verify(&["gh/*"]).expect(13).json();
    assert_eq!(
        results(&report),
        [
            told("gh/*", "verified", 0),
            told("gh/install.sh", "unknown", 13),
        ]
    );
    let report = world.verify(&["gh2/**/*.whl"]).expect(13).json();
    assert_eq!(
        results(&report),
        [
            told("gh2/**/*.whl", "verified", 0),
            told("gh2/deep/evil.whl", "unknown", 13),
        ]
    );
    // A folder with that name hides nothing, either; and by itself a file is one.
    std::fs::create_dir(world.user.path("gh/[i]*")).unwrap();
    let report = world.verify(&["gh/[i]*"]).expect(13).json();
    assert_eq!(results(&report).len(), 2, "{report}");
    let report = world.verify(&["one[1].txt"]).expect(0).json();
    assert_eq!(results(&report), [told("one[1].txt", "verified", 0)]);
}

#[test]
fn what_is_named_as_a_bundle_of_nothing_that_is_there_is_a_file_like_others() {
    let world = World::with(&["sd/a"]);
    write(&world.user, "sd/a.sigstore.json");
    let done = world.verify(&["--recursive", "sd"]).expect(0);
    assert_eq!(results(&done.json()), [told("sd/a", "verified", 0)]);
    assert!(done.err.contains("sd/a.sigstore.json"), "{}", done.err);
    // Of the second, the file is left out itself.
    let others = [
        "sd/a.sigstore.json.sigstore.json",
        "sd/install.sigstore.json",
    ];
    others.iter().for_each(|name| write(&world.user, name));
    for named in [&["--recursive", "sd"][..], &["sd/*"], &["sd/**"]] {
        let report = world.verify(named).expect(13).json();
        let expected = [
            told("sd/a", "verified", 0),
            told(others[0], "unknown", 13),
            told(others[1], "unknown", 13),
        ];
        assert_eq!(results(&report), expected, "{named:?}");
    }
}

#[test]
#[cfg(unix)]
fn a_link_that_leads_out_of_a_folder_is_not_verified_with_it() {
    let world = World::with(&["lib/a.so.1", "lib/deep/b"]);
    write(&world.user, "elsewhere/evil");
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(to, world.user.path(name)).unwrap();
    };
    // What these lead to is a line of its own.
    link("a.so.1", "lib/a.so");
    link("deep", "lib/same");
    let done = world.verify(&["--recursive", "lib"]).expect(0);
    assert_eq!(results(&done.json()).len(), 2);
    assert!(done.err.contains("not followed (2)"), "{}", done.err);
    link("../elsewhere/evil", "lib/app");
    link("../elsewhere", "lib/deep/folder");
    link("absent", "lib/nowhere");
    let report = world.verify(&["--recursive", "lib"]).expect(14).json();
    assert_eq!(
        results(&report),
        [
            told("lib/a.so.1", "verified", 0),
            told("lib/app", "unchecked", 14),
            told("lib/deep/b", "verified", 0),
            told("lib/deep/folder", "unchecked", 14),
            told("lib/nowhere", "unchecked", 14),
        ]
    );
    let app = &report["results"][1];
    assert_eq!(app["kind"], "link");
    assert_eq!(app["reasons"][0]["code"], "link_not_followed");
    let text = world.run(&["verify", "-r", "lib"]).expect(14).out;
    assert!(text.contains("lib/app: unchecked"), "{text}");
    assert!(text.contains("leads to ../elsewhere/evil"), "{text}");
    // Named by itself it is followed, and nothing is signed for it.
    let named = world.verify(&["lib/app"]).expect(13).json();
    assert_eq!(results(&named), [told("lib/app", "unknown", 13)]);
    let signed = world.run(&["sign", "--json", "-r", "lib"]).expect(0);
    assert_eq!(signed.json()["results"].as_array().unwrap().len(), 2);
    assert!(signed.err.contains("not followed (5)"), "{}", signed.err);
}
