//! The page that a notary shows to people.

mod common;

use assay_notary::keys::SigningKey;
use common::{Running, hashed_rekord};

#[test]
fn the_page_says_how_to_add_the_notary_and_what_was_logged_last() {
    let data = common::DataFolder::new();
    let notary = Running::start(data.path());
    let key = SigningKey::generate().unwrap();
    assert!(notary.get("/").text.contains("0 entries"));
    let ids: Vec<_> = (0..12u8)
        .map(|number| {
            let answer = notary.add(&hashed_rekord(&[number], &key, &key.public_pem()));
            answer.header("etag").unwrap().to_owned()
        })
        .collect();
    let page = notary.get("/");
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'"));
    let served = notary.handle().notary();
    let info = notary.get("/api/v1/log").json();
    for shown in [
        "12 entries",
        info["rootHash"].as_str().unwrap(),
        served.fingerprint(),
        &served.identity().address,
        &served.log_key_pem(),
    ] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    let shown = ids.iter().map(|id| page.text.contains(id.as_str()));
    let newest_ten: Vec<_> = (0..12).map(|number| number >= 2).collect();
    assert_eq!(shown.collect::<Vec<_>>(), newest_ten);
}
