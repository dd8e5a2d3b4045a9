//! The page of sources: how they answer, tests, their order, and notaries that show other keys.

use crate::world::{PUBLISHER, World};
use assay_core::digest::Sha256Digest;
use assay_core::settings::Scope;
use assay_core::signer::{Identity, RootId, Signer, SubjectKind};
use assay_core::verdict::Verdict;
use assay_tests::{HostileNotary, NotaryProcess, Page, Reply, Result, wait_until};
use serde_json::{Value, json};

/// Waits until a field of a source's row is in this state, and reads it.
fn state(page: &Page, source: &str, field: &str, wanted: &str) -> Result<String> {
    let selector = format!("[data-source='{source}'] [data-field={field}]");
    wait_until(&format!("{source}: {field} to be {wanted}"), || {
        let seen: (Option<String>, String) = page.call(
            "(selector) => {
                const field = document.querySelector(selector);
                return [field?.dataset.state ?? null, field?.innerText ?? ''];
            }",
            json!([selector]),
        )?;
        match seen.0.as_deref() == Some(wanted) {
            true => Ok(seen.1),
            false => Err(format!("{seen:?}")),
        }
    })
}

/// The browser notes each answer with an error in the page's console.
const NOTED: &str = "Failed to load resource";

fn in_row(source: &str, action: &str) -> String {
    format!("[data-source='{source}'] [data-action={action}]")
}

fn count(page: &Page, selector: &str) -> Result<usize> {
    let all = "(selector) => document.querySelectorAll(selector).length";
    page.call(all, json!([selector]))
}

#[test]
fn each_source_says_what_it_is_sent_and_how_it_answered() -> Result<()> {
    let world = World::new()?;
    let mut down = HostileNotary::start(world.notary.trusted_root()?)?;
    world.extension.add_notary(&down.url(), None)?;
    let page = world.extension.open("sources.html")?;
    for notary in [world.notary.url(), down.url()] {
        assert_eq!(state(&page, &notary, "asked", "never")?, "Not asked yet");
        let sent = format!("[data-source='{notary}'] [data-field=sent]");
        page.wait_for_text(&sent, "fingerprint of each file")?;
    }
    world.extension.expect_problem(NOTED);
    down.go_down();
    world.download("secret-name.bin", b"nobody signed this")?;
    world.sees("secret-name.bin", Verdict::Unchecked)?;
    // The page hears of it by itself.
    let said = state(&page, &world.notary.url(), "asked", "answered")?;
    assert!(said.contains(" ms"), "{said}");
    let said = state(&page, &down.url(), "asked", "failed")?;
    assert!(said.contains("could not be reached"), "{said}");
    assert_eq!(
        state(&page, "github", "asked", "never")?,
        "Not asked yet",
        "it has nothing to do with this file"
    );

    // What is noted is nothing about the file.
    let noted: Value = world.extension.inside(
        "async () => Object.fromEntries(Object.entries(await chrome.storage.local.get())
            .filter(([key]) => key.startsWith('asked/')))",
        json!([]),
    )?;
    let text = noted.to_string();
    let digest = Sha256Digest::of(b"nobody signed this").to_hex();
    for secret in [digest.as_str(), "secret-name", &world.site.url()] {
        assert!(!text.contains(secret), "{text}");
    }
    assert_eq!(noted.as_object().map(serde_json::Map::len), Some(2));

    // One that took long is told apart, and how it was goes over to the next page.
    let key = format!("asked/{}", world.notary.url());
    world.extension.inside::<Value>(
        "async (key) => {
            const asked = (await chrome.storage.local.get(key))[key];
            await chrome.storage.local.set({ [key]: { ...asked, took: 4321 } });
        }",
        json!([key]),
    )?;
    page.reload()?;
    let said = state(&page, &world.notary.url(), "asked", "slow")?;
    assert!(said.contains("Slow") && said.contains("4,321 ms"), "{said}");
    Ok(())
}

#[test]
fn a_test_asks_about_nothing_and_tells_what_came_of_it() -> Result<()> {
    let world = World::without_notary()?;
    let asked = HostileNotary::start(world.notary.trusted_root()?)?;
    world.extension.add_notary(&asked.url(), None)?;
    let page = world.extension.open("sources.html")?;
    // Its root was looked at when it was added, and when the page was opened.
    wait_until("its root to be looked at", || match asked.requests() {
        requests if requests.len() == 2 => Ok(()),
        requests => Err(format!("{requests:?}")),
    })?;
    world.extension.expect_problem(NOTED);
    page.click(&in_row(&asked.url(), "test-source"))?;
    let said = state(&page, &asked.url(), "trial", "answered")?;
    assert!(said.contains(" ms"), "{said}");
    let about_nothing = format!("/attestations/sha256:{}", Sha256Digest::of(b""));
    let requests = asked.requests();
    assert_eq!(
        requests[2..],
        [about_nothing, "/trusted_root.json".to_owned()]
    );
    // It is no check: how it answered last stays as it was.
    state(&page, &asked.url(), "asked", "never")?;

    asked.reply(Reply::Bytes(500, b"{}".to_vec()));
    page.click(&in_row(&asked.url(), "test-source"))?;
    let said = state(&page, &asked.url(), "trial", "failed")?;
    assert!(said.contains("HTTP 500"), "{said}");
    Ok(())
}

#[test]
fn notaries_are_put_in_order_with_the_keyboard() -> Result<()> {
    let world = World::new()?;
    let mut others = Vec::new();
    for _ in 0..2 {
        let other = HostileNotary::start(world.notary.trusted_root()?)?;
        world.extension.add_notary(&other.url(), None)?;
        others.push(other);
    }
    let [first, second, third] = [world.notary.url(), others[0].url(), others[1].url()];
    let page = world.extension.open("sources.html")?;
    let order_is = |wanted: [&String; 3]| {
        wait_until("the order", || {
            let stored = world.extension.settings()?.notaries;
            let stored: Vec<String> = stored.into_iter().map(|one| one.address).collect();
            let shown: Vec<String> = page.evaluate(
                "[...document.querySelectorAll('[data-notary]')].map((row) => row.dataset.notary)",
            )?;
            match stored.iter().eq(wanted) && shown == stored {
                true => Ok(()),
                false => Err(format!("{stored:?} {shown:?}")),
            }
        })
    };
    order_is([&first, &second, &third])?;
    let up = in_row(&third, "move-up");
    page.call::<Value>(
        "(selector) => document.querySelector(selector).focus()",
        json!([up]),
    )?;
    page.press("Enter")?;
    order_is([&first, &third, &second])?;
    page.wait_for_text("[role=status]", "number 2")?;
    // The focus goes with it, so that it can go on.
    wait_until("the focus to follow", || {
        match count(&page, &format!("{up}:focus"))? {
            1 => Ok(()),
            _ => Err(page.evaluate::<String>("document.activeElement.outerHTML.slice(0, 200)")?),
        }
    })?;
    page.press("Enter")?;
    order_is([&third, &first, &second])?;
    page.wait_for_text("[role=status]", "number 1")?;
    // At the top nothing happens any more.
    page.press("Enter")?;
    page.click(&in_row(&first, "move-down"))?;
    order_is([&third, &second, &first])?;
    Ok(())
}

/// A notary whose keys changed: it answers as another one does.
struct Changed {
    world: World,
    shown: HostileNotary,
    /// Who answers from now on.
    new: NotaryProcess,
}

impl Changed {
    fn new() -> Result<Self> {
        let world = World::without_notary()?;
        let shown = HostileNotary::start(world.notary.trusted_root()?)?;
        world.extension.add_notary(&shown.url(), None)?;
        let new = NotaryProcess::start()?;
        new.enrol(PUBLISHER, &world.publisher)?;
        shown.show(&new.url());
        shown.reply_with_root(Reply::Json(new.trusted_root()?));
        Ok(Self { world, shown, new })
    }

    fn pinned(&self) -> Result<String> {
        let notary = self.world.extension.settings()?.notaries.remove(0);
        Ok(assay_core::trust_root::fingerprint(&notary.trusted_root).expect("a root"))
    }
}

#[test]
fn other_keys_of_a_notary_count_only_once_the_user_took_them() -> Result<()> {
    let changed = Changed::new()?;
    let (world, source) = (&changed.world, changed.shown.url());
    let (old, new) = (world.notary.fingerprint(), changed.new.fingerprint());
    // The first fingerprint names the notary's signers, whichever keys prove them.
    let signer = Signer {
        root: RootId::notary(old),
        identity: Identity::Named {
            issuer: changed.new.url(),
            subject_kind: SubjectKind::Email,
            subject: PUBLISHER.to_owned(),
        },
    };
    world.extension.trust(signer.clone())?;
    let path = world.file("signed.bin", b"signed with the new keys")?;
    world.publisher.sign(&path, &changed.new)?;
    world.download("before.bin", b"signed with the new keys")?;
    world.sees("before.bin", Verdict::Unchecked)?;

    let page = world.extension.open("sources.html")?;
    page.wait_for_text("[data-field=new-root]", "shows other keys")?;
    for (field, wanted) in [("old-fingerprint", old), ("new-fingerprint", new)] {
        let shown: String = page.call(
            "(field) => document.querySelector(`[data-field=${field}]`).textContent",
            json!([field]),
        )?;
        assert_eq!(shown, wanted);
    }
    page.click(&in_row(&source, "take-root"))?;
    page.wait_for_text("[data-field=new-root]", "Signers stay known")?;
    assert_eq!(changed.pinned()?, old, "not before it is confirmed");
    page.click(&in_row(&source, "take-root-cancel"))?;
    page.click(&in_row(&source, "take-root"))?;
    page.click(&in_row(&source, "take-root-confirm"))?;
    wait_until("the new keys to be pinned", || match changed.pinned()? {
        pinned if pinned == new => Ok(()),
        pinned => Err(pinned),
    })?;
    let settings = world.extension.settings()?;
    assert_eq!(settings.notaries[0].root_id(), RootId::notary(old));
    assert!(settings.trusts(&signer, None));
    let everywhere = |one: &assay_core::settings::TrustedSigner| one.scope == Scope::Everywhere;
    assert!(settings.trusted.iter().all(everywhere));
    page.wait_for_text("[data-field=first-fingerprint]", &old[..8])?;
    assert_eq!(count(&page, "[data-field=new-root]")?, 0);

    world.download("after.bin", b"signed with the new keys")?;
    world.sees("after.bin", Verdict::Verified)?;
    Ok(())
}

#[test]
fn old_keys_that_the_user_keeps_are_kept() -> Result<()> {
    let changed = Changed::new()?;
    let (world, source) = (&changed.world, changed.shown.url());
    let old = world.notary.fingerprint();
    let page = world.extension.open("sources.html")?;
    page.click(&in_row(&source, "keep-root"))?;
    page.wait_for_text(
        &format!("[data-source='{source}']"),
        "you kept the old ones",
    )?;
    assert_eq!(count(&page, "[data-field=new-root]")?, 0);
    // It is not asked again about these keys, unless the user wants to.
    page.reload()?;
    page.wait_for_text(
        &format!("[data-source='{source}']"),
        "you kept the old ones",
    )?;
    assert_eq!(count(&page, "[data-field=new-root]")?, 0);
    page.click(&in_row(&source, "look-at-root"))?;
    page.wait_for_text("[data-field=new-root]", "shows other keys")?;
    page.click(&in_row(&source, "keep-root"))?;
    assert_eq!(changed.pinned()?, old);

    // Other keys are another question.
    let third = NotaryProcess::start()?;
    changed
        .shown
        .reply_with_root(Reply::Json(third.trusted_root()?));
    page.reload()?;
    page.wait_for_text("[data-field=new-root]", "shows other keys")?;
    // Back to what is pinned, there is nothing to decide.
    world.extension.expect_problem(NOTED);
    let first = world.notary.trusted_root()?;
    changed.shown.reply_with_root(Reply::Json(first));
    page.reload()?;
    page.click(&in_row(&source, "test-source"))?;
    state(&page, &source, "trial", "answered")?;
    assert_eq!(count(&page, "[data-field=new-root]")?, 0);
    assert_eq!(changed.pinned()?, old);
    Ok(())
}
