//! Downloads from GitHub: what the repository and its releases say of them. In this package the test
//! authority has Sigstore's place, and GitHub's.

use crate::roots::{instance, made_by, package};
use crate::world::read_entry;
use assay_core::digest::Sha256Digest;
use assay_core::reason::Reason;
use assay_core::verdict::Verdict;
use assay_test_authority::recipe::Signer;
use assay_test_authority::subject::Subject;
use assay_test_authority::{Instance, Made, Manner};
use assay_tests::{Browser, Extension, GithubSite, Options, Result, wait_until};
use serde_json::{Value, json};
use tempfile::TempDir;

pub const REPOSITORY: &str = "example/tool";

pub struct World {
    pub browser: Browser,
    pub extension: Extension,
    pub github: GithubSite,
    public: Instance,
    own: Instance,
    _package: TempDir,
}

impl World {
    pub fn new() -> Result<Self> {
        let (public, own) = (instance(Manner::Public), instance(Manner::GitHub));
        let package = package(&[("sigstore", &public), ("github", &own)])?;
        let github = GithubSite::start()?;
        let mut options = Options::with_extension(package.path());
        options.switches.extend(github.switches());
        let browser = Browser::launch(options)?;
        Ok(Self {
            extension: browser.extension()?,
            browser,
            github,
            public,
            own,
            _package: package,
        })
    }

    /// What a workflow of this repository built for a release.
    pub fn built(&mut self, repository: &str, tag: &str, number: u64) -> Made {
        let subject = Subject::Workflow {
            repository: repository.into(),
            source_ref: format!("refs/tags/{tag}"),
            called: None,
        };
        let name = "v0.3, statement, dsse, P-384";
        made_by(&mut self.public, name, Signer::Certified(subject), number)
    }

    /// What is in an immutable release of this repository.
    fn released(&mut self, repository: &str, number: u64) -> Made {
        let subject = Subject::Release {
            repository: repository.into(),
            tag: "v1".into(),
        };
        let name = "v0.3, statement, GitHub release";
        made_by(&mut self.own, name, Signer::Certified(subject), number)
    }

    /// Downloads what is attested from a release of the repository.
    pub fn download_attested(&self, name: &str, made: &Made) -> Result<()> {
        let bundle: Value = serde_json::from_str(&made.bundle)?;
        let digest = Sha256Digest::of(&made.artifact).to_hex();
        self.github.attest(REPOSITORY, &digest, &[bundle])?;
        self.download(name, &made.artifact)
    }

    pub fn download(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.browser
            .download(&self.github.put(REPOSITORY, name, bytes)?)
    }

    /// What the popup shows of a download, once it has this verdict.
    pub fn sees(&self, name: &str, verdict: Verdict) -> Result<String> {
        let record = self.extension.wait_for_verdict(name, verdict)?;
        let popup = self.extension.open("popup.html")?;
        Ok(read_entry(&popup, &record)?.text)
    }
}

#[test]
fn what_the_repository_itself_signed_is_from_there_and_verified_once_trusted() -> Result<()> {
    let mut world = World::new()?;
    let first = world.built(REPOSITORY, "v1", 0);
    world.download_attested("first.zip", &first)?;
    let text = world.sees("first.zip", Verdict::Authentic)?;
    for part in ["From github.com/example/tool", "release.yml", "v1"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let record = world.extension.wait_for_judgement("first.zip")?;
    let signer = record.judgement.and_then(|judgement| judgement.signer);
    world.extension.trust(signer.expect("a signer"))?;
    world.sees("first.zip", Verdict::Verified)?;
    let settings = world.extension.open("settings.html")?;
    wait_until(
        "the settings to tell whose word the signer's name is",
        || {
            let text = settings.text("#signers")?;
            match text.contains("Proven by Sigstore") {
                true => Ok(()),
                false => Err(text),
            }
        },
    )?;
    // The next tag is by the same signer.
    let next = world.built(REPOSITORY, "v2", 1);
    world.download_attested("next.zip", &next)?;
    world.sees("next.zip", Verdict::Verified)?;

    let released = world.released(REPOSITORY, 2);
    world.download_attested("released.zip", &released)?;
    let text = world.sees("released.zip", Verdict::Authentic)?;
    assert!(text.contains("GitHub release v1 of example/tool"), "{text}");
    Ok(())
}

#[test]
fn what_another_repository_signed_is_a_strangers() -> Result<()> {
    let mut world = World::new()?;
    let fork = world.built("evil/tool", "v1", 0);
    world.download_attested("fork.zip", &fork)?;
    world.sees("fork.zip", Verdict::Signed)?;
    // All releases have one certificate; whoever trusts one repository's trusts no other's.
    let released = world.released("evil/tool", 1);
    world.download_attested("other.zip", &released)?;
    world.sees("other.zip", Verdict::Signed)?;
    let own = world.released(REPOSITORY, 2);
    world.download_attested("own.zip", &own)?;
    let record = world
        .extension
        .wait_for_verdict("own.zip", Verdict::Authentic)?;
    let signer = record.judgement.and_then(|judgement| judgement.signer);
    world.extension.trust(signer.expect("a signer"))?;
    world.sees("own.zip", Verdict::Verified)?;
    world.sees("other.zip", Verdict::Signed)?;
    Ok(())
}

#[test]
fn a_file_that_is_only_listed_is_intact_and_a_changed_byte_is_a_mismatch() -> Result<()> {
    let world = World::new()?;
    let listed = Sha256Digest::of(b"the file").to_hex();
    world.github.list(REPOSITORY, "listed.zip", &listed)?;
    world.download("listed.zip", b"the file")?;
    let text = world.sees("listed.zip", Verdict::Intact)?;
    assert!(text.contains("github.com/example/tool"), "{text}");
    world.github.list(REPOSITORY, "changed.zip", &listed)?;
    world.download("changed.zip", b"The file")?;
    let text = world.sees("changed.zip", Verdict::Mismatch)?;
    assert!(text.contains(&listed), "{text}");
    Ok(())
}

#[test]
fn whoever_is_asked_too_often_is_left_in_peace_and_asked_again() -> Result<()> {
    let world = World::new()?;
    let digest = Sha256Digest::of(b"limited").to_hex();
    let path = format!("/repos/{REPOSITORY}/attestations/sha256:{digest}");
    world
        .github
        .reply(&path, "asked too often", &[("seconds", json!("1800"))])?;
    world.extension.expect_problem("429");
    world.download("limited.zip", b"limited")?;
    let text = world.sees("limited.zip", Verdict::Unchecked)?;
    assert!(text.contains("30 min"), "{text}");
    let record = world.extension.wait_for_judgement("limited.zip")?;
    let retry = record.retry.expect("another try");
    let wait = retry.due_at - record.judged_at.expect("a time");
    assert!((wait - 1_800_000.0).abs() < 1000.0, "{wait}");
    Ok(())
}

#[test]
fn github_learns_no_more_than_it_knows_and_nothing_once_turned_off() -> Result<()> {
    let world = World::new()?;
    world.download("asked.zip", b"asked")?;
    world.sees("asked.zip", Verdict::Unknown)?;
    let digest = Sha256Digest::of(b"asked").to_hex();
    let asked = world.github.asked();
    let paths: Vec<&str> = asked.iter().map(|asked| asked.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            format!("/repos/{REPOSITORY}/attestations/sha256:{digest}?per_page=100"),
            format!("/repos/{REPOSITORY}/releases/tags/v1"),
        ]
    );
    assert!(asked.iter().all(|asked| !asked.told_more), "{asked:?}");

    let welcome = world.extension.open("welcome.html")?;
    let says = |words: &str| {
        wait_until("the welcome page to say who is asked", || {
            let text = welcome.text("body")?;
            match text.contains(words) {
                true => Ok(()),
                false => Err(text),
            }
        })
    };
    says("GitHub is sent the fingerprint too")?;
    let settings = world.extension.open("sources.html")?;
    settings.click("[data-action=enable-github]")?;
    wait_until("the switch to be off", || {
        let switch = "document.querySelector('[data-action=enable-github]')";
        let on: String = settings.evaluate(&format!("{switch}.getAttribute('aria-checked')"))?;
        match on.as_str() {
            "false" => Ok(()),
            _ => Err(on),
        }
    })?;
    says("GitHub is not asked")?;
    world.download("quiet.zip", b"quiet")?;
    let record = world
        .extension
        .wait_for_verdict("quiet.zip", Verdict::Unknown)?;
    let judgement = record.judgement.expect("a judgement");
    assert_eq!(judgement.reasons, [Reason::NoSources.message()]);
    assert_eq!(world.github.asked().len(), asked.len());
    Ok(())
}

#[test]
fn a_token_goes_to_githubs_api_and_nowhere_else() -> Result<()> {
    const TOKEN: &str = "github_pat_0123456789abcdefghijABCDEF";
    let world = World::new()?;
    // A tab that another one covers is not painted, so the welcome page comes first.
    let welcome = world.extension.url("welcome.html");
    drop(world.browser.page_at(|open| open == welcome)?);
    let settings = world.extension.open("sources.html")?;
    let save = |typed: &str| -> Result<()> {
        settings.click("#github-token")?;
        settings.evaluate::<Value>("document.activeElement.select(), null")?;
        settings.type_text(typed)?;
        settings.click("[data-action=save-token]")
    };
    save("two words")?;
    settings.wait_for_text("#github-token-problem", "This is not a token of GitHub’s.")?;
    save(TOKEN)?;
    settings.wait_for_text("#github .row-main:not(div)", "A token is sent along.")?;
    world.download("asked.zip", b"asked")?;
    world.sees("asked.zip", Verdict::Unknown)?;
    let asked = world.github.asked();
    assert_eq!(asked.len(), 2);
    for request in &asked {
        assert_eq!(request.token.as_deref(), Some(TOKEN));
    }
    // It is not shown again, and can be taken away.
    let settings = world.extension.open("sources.html")?;
    settings.wait_for_text("#github .row-main:not(div)", "A token is sent along.")?;
    let page: String = settings.evaluate("document.documentElement.outerHTML")?;
    assert!(!page.contains(TOKEN));
    settings.click("[data-action=remove-token]")?;
    settings.click("[data-action=remove-confirm]")?;
    wait_until("the token to be gone", || {
        match world.extension.settings()?.github_token {
            None => Ok(()),
            there => Err(format!("{there:?}")),
        }
    })?;
    world.download("again.zip", b"again")?;
    world.sees("again.zip", Verdict::Unknown)?;
    assert!(
        world.github.asked()[2..]
            .iter()
            .all(|asked| asked.token.is_none())
    );
    Ok(())
}

#[test]
fn a_test_asks_github_for_nothing_but_its_limit() -> Result<()> {
    let world = World::new()?;
    let page = world.extension.open("sources.html")?;
    world.github.reply("/rate_limit", "limits", &[])?;
    page.click("#github [data-action=test-source]")?;
    page.wait_for_text(
        "#github [data-field=trial][data-state=answered]",
        "answered in",
    )?;
    let asked = world.github.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].path, "/rate_limit");
    assert!(!asked[0].told_more);
    Ok(())
}
