use assay_core::verdict::Verdict;
use assay_tests::{
    Browser, Content, DownloadSite, NotaryProcess, Options, Person, Result, extension_folder,
    signer_named,
};

#[test]
fn a_file_signed_by_a_trusted_signer_is_verified_and_a_stranger_to_the_notary_is_unknown()
-> Result<()> {
    let notary = NotaryProcess::start()?;
    let person = Person::new()?;
    notary.enrol("release@example.org", &person)?;
    let folder = std::env::temp_dir().join(format!("assay-verdicts-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("app.bin");
    std::fs::write(&file, b"what was built").expect("a file");
    person.sign(&file, &notary)?;
    let site = DownloadSite::start()?;
    let browser = Browser::launch(Options::with_extension(extension_folder()?))?;
    let extension = browser.extension()?;
    extension.add_notary(&notary.url(), Some(notary.fingerprint()))?;
    extension.trust(signer_named(&notary, "release@example.org"))?;

    browser.download(&site.put("app.bin", Content::File(file)))?;
    browser.download(&site.put("other.bin", Content::Bytes(b"something else".to_vec())))?;

    assert_eq!(
        extension.wait_for_judgement("app.bin")?.verdict(),
        Some(Verdict::Verified)
    );
    assert_eq!(
        extension.wait_for_judgement("other.bin")?.verdict(),
        Some(Verdict::Unknown)
    );
    let popup = extension.open("popup.html")?;
    popup.wait_for_text("body", "app.bin")?;
    println!("{}", popup.text("body")?);
    popup.screenshot(std::path::Path::new("/tmp/popup.png"))?;
    std::fs::remove_dir_all(&folder).expect("removed");
    Ok(())
}
