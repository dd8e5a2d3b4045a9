use std::fs;
use std::path::PathBuf;

use assay_core::verdict::Verdict;
use tempfile::TempDir;

use crate::{
    Content, DownloadSite, Error, Extension, NotaryProcess, Person, Result, signer_named,
    write_generated,
};

/// The name under which the notary of a [`Scene`] vouches for its signer.
pub const SIGNER: &str = "release@example.org";

/// A notary, people who sign, and a site with one file of each kind: for the demo and for pictures.
pub struct Scene {
    /// The notary, on this machine.
    pub notary: NotaryProcess,
    /// The site, with an index page at `/`.
    pub site: DownloadSite,
    /// What the site offers, in the order in which the index page shows it.
    pub offers: Vec<Offer>,
    files: TempDir,
}

/// A file to download and what is expected of it.
pub struct Offer {
    /// Its name, on the site and on disk.
    pub name: &'static str,
    /// What there is to say about it, for people.
    pub about: &'static str,
    /// The verdict that the extension must come to.
    pub expected: Verdict,
}

/// Size in bytes of the large file.
pub const LARGE: u64 = 512 * 1024 * 1024;

impl Scene {
    /// Starts the notary and the site, and has everything signed that is to be signed.
    ///
    /// # Errors
    /// A program or the disk refused.
    pub fn set() -> Result<Self> {
        let files = tempfile::Builder::new()
            .prefix("assay-site-")
            .tempdir()
            .map_err(Error::io("no temporary folder"))?;
        let at = |name: &str| files.path().join(name);
        let notary = NotaryProcess::start()?;
        let site = DownloadSite::start()?;
        let (signer, stranger) = (Person::new()?, Person::new()?);
        notary.enrol(SIGNER, &signer)?;

        let release = b"Aurora 2.4.0, as it was built.\n".repeat(40_000);
        let mut tampered = release.clone();
        if let Some(byte) = tampered.last_mut() {
            *byte ^= 1;
        }
        let nightly = b"Aurora, built by somebody else.\n".repeat(30_000);
        let withdrawn = b"Aurora 2.3.1, built on a machine that was broken into.\n".repeat(20_000);
        for (name, bytes) in [
            ("aurora-2.4.0.tar.gz", release),
            ("aurora-2.4.0-mirror.tar.gz", tampered),
            (
                "field-notes.pdf",
                b"Nobody ever signed this.\n".repeat(4_000),
            ),
            ("aurora-2.3.1.tar.gz", withdrawn),
            ("aurora-community.tar.gz", nightly),
        ] {
            let path = at(name);
            fs::write(&path, bytes).map_err(Error::path("written", &path))?;
        }
        write_generated(&at("aurora-sky-survey.img"), LARGE)?;
        signer.sign(&at("aurora-2.4.0.tar.gz"), &notary)?;
        signer.sign(&at("aurora-2.3.1.tar.gz"), &notary)?;
        signer.sign(&at("aurora-sky-survey.img"), &notary)?;
        stranger.sign(&at("aurora-community.tar.gz"), &notary)?;
        signer.declare(
            "untrust",
            &at("aurora-2.3.1.tar.gz"),
            "The build machine was broken into. Use 2.4.0.",
            &notary,
        )?;

        let offers = offers();
        for offer in &offers {
            site.put(offer.name, Content::File(at(offer.name)));
        }
        site.put("", Content::Page(index_page(&offers)));
        Ok(Self {
            notary,
            site,
            offers,
            files,
        })
    }

    /// What a person does once in the settings: add the notary, trust the signer.
    ///
    /// # Errors
    /// The extension refused.
    pub fn introduce(&self, extension: &Extension) -> Result<()> {
        extension.add_notary(&self.notary.url(), Some(self.notary.fingerprint()))?;
        extension.trust(signer_named(&self.notary, SIGNER))
    }

    /// The address of an offer.
    pub fn url_of(&self, offer: &Offer) -> String {
        format!("{}/{}", self.site.url(), offer.name)
    }

    /// Where the site's files are on this machine.
    pub fn folder(&self) -> PathBuf {
        self.files.path().to_owned()
    }
}

fn offers() -> Vec<Offer> {
    vec![
        Offer {
            name: "aurora-2.4.0.tar.gz",
            about: "Signed by the project and logged with the notary.",
            expected: Verdict::Verified,
        },
        Offer {
            name: "aurora-2.4.0-mirror.tar.gz",
            about: "The same file with a single byte changed on the way.",
            expected: Verdict::Unknown,
        },
        Offer {
            name: "field-notes.pdf",
            about: "A file that nobody has ever notarized.",
            expected: Verdict::Unknown,
        },
        Offer {
            name: "aurora-2.3.1.tar.gz",
            about: "Signed once; later its signer declared it untrusted.",
            expected: Verdict::Untrusted,
        },
        Offer {
            name: "aurora-community.tar.gz",
            about: "Signed by a stranger, whom the notary does not name.",
            expected: Verdict::Signed,
        },
        Offer {
            name: "aurora-sky-survey.img",
            about: "512 MiB, signed: watch the progress in the popup.",
            expected: Verdict::Verified,
        },
    ]
}

fn index_page(offers: &[Offer]) -> String {
    let rows: String = offers
        .iter()
        .map(|offer| {
            let word = offer.expected.word();
            format!(
                "<li><a href=\"/{name}\">{name}</a><p>{about}</p><span class=\"{word}\">expect: {word}</span></li>\n",
                name = offer.name,
                about = offer.about,
            )
        })
        .collect();
    INDEX.replace("{rows}", &rows)
}

/// Names and texts are this file's own, so they go in as they are.
const INDEX: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Aurora downloads</title>
<style>
  :root { --ink: #1c1d20; --soft: #5c6069; --paper: #f6f6f4; --card: #fff; --line: #dedfe2; --good: #146c43; --bad: #b3261e; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #ecedf0; --soft: #a9adb6; --paper: #17181b; --card: #1f2125; --line: #363a41; --good: #4ecb8d; --bad: #ff7d74; }
  }
  * { box-sizing: border-box; }
  body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
  main { max-width: 44rem; margin: 0 auto; padding: 3rem 1.25rem; }
  h1 { margin: 0; font-size: 1.75rem; letter-spacing: -.01em; }
  .lead { margin: .5rem 0 2rem; color: var(--soft); max-width: 36rem; }
  ul { list-style: none; margin: 0; padding: 0; background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
  li { display: grid; grid-template-columns: 1fr auto; gap: .125rem 1rem; align-items: center; padding: 1rem 1.25rem; }
  li + li { border-top: 1px solid var(--line); }
  a { color: inherit; font-weight: 600; text-underline-offset: 3px; overflow-wrap: anywhere; }
  p { margin: 0; grid-column: 1; color: var(--soft); font-size: .9375rem; }
  span { grid-column: 2; grid-row: 1 / span 2; color: var(--soft); font-size: .8125rem; white-space: nowrap; }
  .verified { color: var(--good); }
  .untrusted { color: var(--bad); }
</style>
<main>
  <h1>Aurora downloads</h1>
  <p class="lead">A site on this machine. Download a file, then open Assay in the toolbar: it says who vouched for exactly these bytes.</p>
  <ul>
{rows}  </ul>
</main>
</html>
"#;
