//! A project that is known: who signs for it, by its repository or by its site's own word, and what
//! is said when that changes.

use crate::beside::{HOST, World as Site};
use crate::github::{REPOSITORY, World as Github};
use crate::roots::made_by;
use assay_core::settings::Settings;
use assay_core::verdict::Verdict;
use assay_test_authority::recipe::Signer;
use assay_test_authority::subject::Subject;
use assay_test_authority::{Instance, Made};
use assay_tests::{Content, Extension, Result};
use serde_json::json;

const DECLARATION: &str = ".well-known/download-signers.json";

/// Clicks the popup's "Accept the change" of a download.
fn accept(extension: &Extension, name: &str) -> Result<()> {
    let record = extension.wait_for_verdict(name, Verdict::Changed)?;
    let popup = extension.open("popup.html")?;
    crate::world::read_entry(&popup, &record)?;
    popup.click("[data-action=accept-change]")
}

#[test]
fn a_repository_that_signed_and_does_not_is_a_change_until_the_user_accepts_it() -> Result<()> {
    let mut world = Github::new()?;
    // What came before it signed is nothing against it.
    world.download("early.zip", b"early")?;
    world.sees("early.zip", Verdict::Unknown)?;
    let first = world.built(REPOSITORY, "v1", 0);
    world.download_attested("tool-1.zip", &first)?;
    world.sees("tool-1.zip", Verdict::Authentic)?;
    world.download("tool-2.zip", b"stripped")?;
    let text = world.sees("tool-2.zip", Verdict::Changed)?;
    for part in ["Not signed", "example/tool", "Accept the change"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    // Other kinds of files were never signed, and what is made on demand is not, either.
    world.download("notes.txt", b"notes")?;
    world.sees("notes.txt", Verdict::Unknown)?;
    // A stranger's signature does not make up for it.
    let fork = world.built("evil/tool", "v1", 1);
    world.download_attested("tool-3.zip", &fork)?;
    world.sees("tool-3.zip", Verdict::Changed)?;
    world.sees("early.zip", Verdict::Unknown)?;

    // Where GitHub is not asked, nothing is missed.
    let ask = |enabled| {
        let change = |settings: &mut Settings| settings.github = enabled;
        world.extension.change_settings(change)
    };
    ask(false)?;
    world.download("tool-4.zip", b"not asked about")?;
    world.sees("tool-4.zip", Verdict::Unknown)?;
    ask(true)?;

    accept(&world.extension, "tool-2.zip")?;
    world.sees("tool-2.zip", Verdict::Unknown)?;
    world.sees("tool-3.zip", Verdict::Signed)?;
    Ok(())
}

/// What a person signs under Sigstore's root.
fn by(public: &mut Instance, email: &str, number: u64) -> Made {
    let person = Subject::Person {
        email: email.into(),
        issuer: "https://accounts.google.com".into(),
    };
    made_by(public, "v0.3, message", Signer::Certified(person), number)
}

impl Site {
    fn declare(&self, emails: &[&str]) {
        let signers = emails
            .iter()
            .map(|email| json!({ "identity": email, "issuer": "https://accounts.google.com" }));
        let declaration = json!({
            "version": 1,
            "downloads": [{ "paths": ["/dl/*"], "signers": signers.collect::<Vec<_>>() }],
        });
        let text = declaration.to_string().into_bytes();
        self.site.put(DECLARATION, Content::Bytes(text));
    }

    /// Downloads a file that has its bundle beside it.
    fn download_signed(&self, name: &str, made: &Made) -> Result<()> {
        self.put(&format!("{name}.sigstore.json"), made.bundle.as_bytes());
        self.download(name, &made.artifact)
    }
}

#[test]
fn whom_a_site_declares_is_its_signer_and_a_swap_is_a_change_until_it_is_accepted() -> Result<()> {
    let mut world = Site::new(true)?;
    let (own, evil) = ("release@example.org", "release@evil.example");
    world.declare(&[own]);
    let made = by(&mut world.public, own, 0);
    world.download_signed("tool-1.zip", &made)?;
    let text = world.sees("tool-1.zip", Verdict::Authentic)?;
    assert!(text.contains(&format!("From {HOST}")), "{text}");
    // Somebody else, whom it does not name, and whom nobody knows.
    let strangers = by(&mut world.public, evil, 1);
    world.download_signed("other-1.zip", &strangers)?;
    world.sees("other-1.zip", Verdict::Changed)?;

    // Whoever takes over the web server swaps all of it.
    world.declare(&[evil]);
    let swapped = by(&mut world.public, evil, 2);
    world.download_signed("tool-2.zip", &swapped)?;
    let text = world.sees("tool-2.zip", Verdict::Changed)?;
    assert!(text.contains("names other signers"), "{text}");
    accept(&world.extension, "tool-2.zip")?;
    world.sees("tool-2.zip", Verdict::Authentic)?;
    Ok(())
}

#[test]
fn a_declaration_that_vanishes_or_a_signature_that_is_gone_is_a_change() -> Result<()> {
    let mut world = Site::new(true)?;
    let own = "release@example.org";
    world.declare(&[own]);
    let made = by(&mut world.public, own, 0);
    world.download_signed("tool-1.zip", &made)?;
    world.sees("tool-1.zip", Verdict::Authentic)?;
    world.download("tool-2.zip", b"stripped")?;
    let text = world.sees("tool-2.zip", Verdict::Changed)?;
    assert!(text.contains("Not signed"), "{text}");

    world.site.take_away(DECLARATION);
    let again = by(&mut world.public, own, 1);
    world.download_signed("tool-3.zip", &again)?;
    let text = world.sees("tool-3.zip", Verdict::Changed)?;
    assert!(text.contains("does so no more"), "{text}");
    // What a site in trouble answers is no change.
    world.declare(&[own]);
    let fourth = by(&mut world.public, own, 2);
    world.download_signed("tool-4.zip", &fourth)?;
    world.sees("tool-4.zip", Verdict::Authentic)?;
    Ok(())
}

#[test]
fn a_new_declaration_that_a_known_signer_signs_is_believed() -> Result<()> {
    let mut world = Site::new(true)?;
    let (old, new) = ("release@example.org", "build@example.org");
    world.declare(&[old]);
    let made = by(&mut world.public, old, 0);
    world.download_signed("tool-1.zip", &made)?;
    world.sees("tool-1.zip", Verdict::Authentic)?;
    // The artifacts that the test authority makes are its own, so this one becomes the declaration.
    let person = Subject::Person {
        email: old.into(),
        issuer: "https://accounts.google.com".into(),
    };
    let signers = json!([
        { "identity": old, "issuer": "https://accounts.google.com" },
        { "identity": new, "issuer": "https://accounts.google.com" },
    ]);
    let declaration = json!({
        "version": 1,
        "downloads": [{ "paths": ["/dl/*"], "signers": signers }],
    });
    let text = declaration.to_string();
    let signed = crate::roots::made_about(
        &mut world.public,
        "v0.3, message",
        Signer::Certified(person),
        text.as_bytes(),
    );
    world
        .site
        .put(DECLARATION, Content::Bytes(text.into_bytes()));
    let statement = format!("{DECLARATION}.sigstore.json");
    let statement_bytes = signed.bundle.into_bytes();
    world.site.put(&statement, Content::Bytes(statement_bytes));
    let next = by(&mut world.public, old, 1);
    world.download_signed("tool-2.zip", &next)?;
    world.sees("tool-2.zip", Verdict::Authentic)?;
    Ok(())
}
