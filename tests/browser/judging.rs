//! Each verdict that can be reached, and what cannot make a file green or red.

use crate::world::{PUBLISHER, World, read_entry};
use assay_core::message::Request;
use assay_core::reason::Reason;
use assay_core::settings::Scope;
use assay_core::verdict::Verdict;
use assay_tests::{HostileNotary, NotaryProcess, Person, Reply, Result, signer_named, wait_until};
use serde_json::{Value, json};

#[test]
fn what_a_trusted_publisher_signed_is_verified_and_a_changed_byte_is_not() -> Result<()> {
    let world = World::new()?;
    world.download_signed("good.bin", b"as it was built")?;
    let seen = world.sees("good.bin", Verdict::Verified)?;
    assert!(seen.text.contains("Verified"), "{}", seen.text);
    assert!(seen.text.contains(PUBLISHER), "{}", seen.text);

    world.download("changed.bin", b"as it was bui1t")?;
    let seen = world.sees("changed.bin", Verdict::Unknown)?;
    assert!(seen.text.contains("Unknown"), "{}", seen.text);
    assert!(!seen.text.contains(PUBLISHER), "{}", seen.text);
    Ok(())
}

#[test]
fn a_stranger_makes_a_file_signed_until_the_user_trusts_them() -> Result<()> {
    let world = World::new()?;
    let stranger = Person::new()?;
    let file = world.file("tool.bin", b"a stranger's tool")?;
    stranger.sign(&file, &world.notary)?;
    world.download("tool.bin", b"a stranger's tool")?;
    let seen = world.sees("tool.bin", Verdict::Signed)?;
    assert!(seen.text.contains("SHA256:"), "{}", seen.text);

    let record = world.extension.wait_for_judgement("tool.bin")?;
    let popup = world.popup()?;
    crate::world::read_entry(&popup, &record)?;
    popup.click("[data-action=trust-everywhere]")?;
    world.sees("tool.bin", Verdict::Verified)?;
    Ok(())
}

#[test]
fn trust_for_one_site_does_not_reach_another() -> Result<()> {
    let world = World::new()?;
    let stranger = Person::new()?;
    let file = world.file("tool.bin", b"for one site")?;
    stranger.sign(&file, &world.notary)?;
    world.download("tool.bin", b"for one site")?;
    let record = world.extension.wait_for_judgement("tool.bin")?;
    let signer = record
        .judgement
        .and_then(|judgement| judgement.signer)
        .expect("somebody signed");
    let elsewhere = Scope::Site {
        host: "example.org".into(),
    };
    for (scope, verdict) in [
        (elsewhere, Verdict::Signed),
        (
            Scope::Site {
                host: "127.0.0.1".into(),
            },
            Verdict::Verified,
        ),
    ] {
        let signer = signer.clone();
        world.extension.ask(&Request::Trust { signer, scope })?;
        world.sees("tool.bin", verdict)?;
    }
    Ok(())
}

#[test]
fn a_withdrawn_file_is_untrusted_and_raises_the_alarm_until_it_is_seen() -> Result<()> {
    let world = World::new()?;
    let file = world.sign(b"has a hole")?;
    world
        .publisher
        .declare("untrust", &file, "CVE-2026-0001", &world.notary)?;
    world.download("hole.bin", b"has a hole")?;
    world
        .extension
        .wait_for_verdict("hole.bin", Verdict::Untrusted)?;
    let settings = world.extension.open("settings.html")?;
    let badge = || settings.evaluate::<String>("chrome.action.getBadgeText({})");
    wait_until("the toolbar to raise the alarm", || match badge()? {
        text if text == "!1" => Ok(()),
        text => Err(text),
    })?;
    let title: String = settings.evaluate("chrome.action.getTitle({})")?;
    assert!(title.contains('1'), "{title}");
    let shown: Vec<String> = settings.evaluate(
        "new Promise((done) => chrome.notifications.getAll((all) => done(Object.keys(all))))",
    )?;
    assert_eq!(shown.len(), 1, "one notification");

    let seen = world.sees("hole.bin", Verdict::Untrusted)?;
    assert!(seen.text.contains("CVE-2026-0001"), "{}", seen.text);
    wait_until("the alarm to be seen", || match badge()? {
        text if text.is_empty() => Ok(()),
        text => Err(text),
    })
}

#[test]
fn a_version_without_support_says_so() -> Result<()> {
    let world = World::new()?;
    let file = world.sign(b"version 1")?;
    world
        .publisher
        .declare("unsupport", &file, "use version 2", &world.notary)?;
    world.download("old.bin", b"version 1")?;
    let seen = world.sees("old.bin", Verdict::Unsupported)?;
    assert!(seen.text.contains("use version 2"), "{}", seen.text);
    Ok(())
}

#[test]
fn a_strangers_warning_does_not_make_a_file_red() -> Result<()> {
    let world = World::new()?;
    let file = world.sign(b"good, but envied")?;
    let stranger = Person::new()?;
    stranger.declare("untrust", &file, "mine is better", &world.notary)?;
    world.download("envied.bin", b"good, but envied")?;
    world.sees("envied.bin", Verdict::Verified)?;
    Ok(())
}

#[test]
fn a_notary_cannot_speak_for_another_notarys_signer() -> Result<()> {
    let world = World::new()?;
    // A second notary that the user added too enrols somebody under the same name.
    let other = NotaryProcess::start()?;
    let impostor = Person::new()?;
    other.enrol(PUBLISHER, &impostor)?;
    world
        .extension
        .add_notary(&other.url(), Some(other.fingerprint()))?;
    let file = world.file("fake.bin", b"by an impostor")?;
    impostor.sign(&file, &other)?;
    world.download("fake.bin", b"by an impostor")?;
    let seen = world.sees("fake.bin", Verdict::Signed)?;
    assert!(seen.text.contains(PUBLISHER), "{}", seen.text);
    Ok(())
}

#[test]
fn a_certificate_of_another_notary_proves_nothing_here() -> Result<()> {
    let world = World::without_notary()?;
    let other = NotaryProcess::start()?;
    let impostor = Person::new()?;
    other.enrol(PUBLISHER, &impostor)?;
    let bytes = b"proven elsewhere";
    let file = world.file("elsewhere.bin", bytes)?;
    impostor.sign(&file, &other)?;
    let digest = assay_core::digest::Sha256Digest::of(bytes).to_hex();

    // A notary with the pinned root of the first one repeats what the second one proved.
    let liar = HostileNotary::start(world.notary.trusted_root()?)?;
    liar.reply(Reply::Json(other.attestations(&digest)?));
    world
        .extension
        .add_notary(&liar.url(), Some(world.notary.fingerprint()))?;
    world
        .extension
        .trust(assay_tests::signer_named(&world.notary, PUBLISHER))?;
    world.download("elsewhere.bin", bytes)?;
    let seen = world.sees("elsewhere.bin", Verdict::Unchecked)?;
    assert!(!seen.text.contains(PUBLISHER), "{}", seen.text);
    Ok(())
}

#[test]
fn an_untrusted_file_stays_so_until_the_user_removes_it_from_the_list() -> Result<()> {
    let world = World::new()?;
    let file = world.sign(b"withdrawn")?;
    world
        .publisher
        .declare("untrust", &file, "broken", &world.notary)?;
    world.download("withdrawn.bin", b"withdrawn")?;
    let record = world
        .extension
        .wait_for_verdict("withdrawn.bin", Verdict::Untrusted)?;
    let path = world.browser.download_folder().join("withdrawn.bin");
    std::fs::remove_file(path).expect("it can be removed");
    let popup = world.popup()?;
    read_entry(&popup, &record)?;
    popup.click("[data-action=check-again]")?;
    wait_until("the check to find the file gone", || {
        match world.extension.record_of("withdrawn.bin")? {
            Some(record)
                if record
                    .judgement
                    .as_ref()
                    .is_some_and(|known| known.is_because_of(&Reason::FileMissing)) =>
            {
                assert_eq!(record.verdict(), Some(Verdict::Untrusted));
                Ok(())
            }
            seen => Err(format!("{seen:?}")),
        }
    })?;
    world.sees("withdrawn.bin", Verdict::Untrusted)?;
    popup.click("[data-action=forget]")?;
    wait_until("the entry to go", || {
        let shown: usize = popup.evaluate("document.querySelectorAll('li[data-record]').length")?;
        match shown {
            0 => Ok(()),
            some => Err(some.to_string()),
        }
    })?;
    assert_eq!(world.extension.records()?.len(), 0);
    Ok(())
}

#[test]
fn changes_that_are_made_at_once_are_all_kept() -> Result<()> {
    let world = World::new()?;
    let names: Vec<String> = (0..8)
        .map(|number| format!("s{number}@example.org"))
        .collect();
    let settings = world.extension.open("settings.html")?;
    let requests: Vec<Request> = names
        .iter()
        .map(|name| Request::Trust {
            signer: signer_named(&world.notary, name),
            scope: Scope::Everywhere,
        })
        .collect();
    settings.call::<Value>(
        "(requests) => Promise.all(requests.map((one) => chrome.runtime.sendMessage(one)))",
        json!([requests]),
    )?;
    let trusted = world.extension.settings()?.trusted;
    assert_eq!(trusted.len(), 9, "with the publisher: {trusted:?}");
    Ok(())
}
