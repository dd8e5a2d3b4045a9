//! Which entries speak of a path.

use super::*;
use crate::address::Address;

#[test]
fn all_entries_for_a_path_count() {
    let other = MINISIGN.replace("RWQA", "RWQB");
    let declaration = parse(&of(json!([
        entry(&["/a/*"], json!([{"minisign": MINISIGN}])),
        entry(&["/b", "/a/**", "/**"], json!([{"minisign": other}])),
    ])))
    .unwrap();
    assert_eq!(minisign_keys(&declaration, "/a/x"), [MINISIGN, &other]);
    assert_eq!(minisign_keys(&declaration, "/a/x/y"), [&other]);
    // That nobody signs anything can be declared, too.
    let nobody = parse(&of(json!([]))).unwrap();
    assert!(nobody.signers_for("/a").is_empty());
}

#[test]
fn paths_are_matched_as_they_read_when_decoded() {
    let patterns = ["/a b/*", "/é/**", "/100%", "/x/*"];
    let declaration = parse(&of(json!([entry(
        &patterns,
        json!([{"key": FINGERPRINT}])
    )])));
    let declaration = declaration.unwrap();
    let is_declared = |path: &str| {
        let url = format!("https://example.org{path}");
        Address::parse(&url)
            .is_some_and(|address| !declaration.signers_for(&address.path()).is_empty())
    };
    for path in [
        "/a%20b/c",
        "/%61%20b/c?d=/x#e",
        "/%C3%A9/a/b",
        "/100%25",
        "/x/%2A",
    ] {
        assert!(is_declared(path), "{path}");
    }
    for path in [
        "/a%2520b/c",
        "/100%2525",
        // A slash, however it is written.
        "/x/a%2Fb",
        "/a%20b%2Fc/d",
        // What leads upwards, in the address or out of an encoded slash.
        "/x/../a",
        "/x/..",
        "/x/%2e%2e",
        "/%C3%A9/..%2Fa",
        "/%C3%A9/a%2F..%2F..%2Fb",
        "/%C3%A9/%2e",
    ] {
        assert!(!is_declared(path), "{path}");
    }
    assert!(!declaration.signers_for("/é/a").is_empty());
    assert!(declaration.signers_for("/é/../a").is_empty());
    let long = format!("/é/{}", "a".repeat(5000));
    assert!(declaration.signers_for(&long).is_empty());
}
