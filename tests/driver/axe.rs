use std::fs;
use std::process::Command;

use serde::Deserialize;
use serde_json::json;

use crate::{Error, Page, Result, target_folder};

/// The third-party checker of accessibility. It is no part of the product: it is fetched into the
/// target folder, and only this version with this digest.
const VERSION: &str = "4.14.1";
const INTEGRITY: &str = "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==";

/// axe-core, ready to be put into pages.
pub struct Axe {
    source: String,
}

/// Something that it finds wrong with a page.
#[derive(Debug, Deserialize)]
struct Violation {
    id: String,
    help: String,
    nodes: Vec<String>,
}

impl Axe {
    /// Fetches it with npm, unless it was fetched before.
    ///
    /// # Errors
    /// [`Error::Missing`] where it cannot be had.
    pub fn fetch() -> Result<Self> {
        let folder = target_folder()?.join(format!("axe-core-{VERSION}"));
        let script = folder.join("node_modules/axe-core/axe.min.js");
        if !script.is_file() {
            fs::create_dir_all(&folder)?;
            let wanted = json!({ "axe-core": VERSION });
            let locked = json!({ "lockfileVersion": 3, "packages": {
                "": { "dependencies": wanted },
                "node_modules/axe-core": { "version": VERSION, "integrity": INTEGRITY },
            }});
            let package = json!({ "private": true, "dependencies": wanted });
            fs::write(folder.join("package.json"), package.to_string())?;
            fs::write(folder.join("package-lock.json"), locked.to_string())?;
            let missing = |why: String| Error::Missing {
                what: format!("axe-core {VERSION}"),
                remedy: format!("npm has to be installed, and to reach its registry ({why})"),
            };
            let output = Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .current_dir(&folder)
                .output()
                .map_err(|error| missing(error.to_string()))?;
            if !output.status.success() {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                return Err(missing(said));
            }
        }
        let source = fs::read_to_string(&script).map_err(Error::path("read", &script))?;
        Ok(Self { source })
    }

    /// What is wrong with the page as it is now, a line each: by the rules of WCAG 2.0 to 2.2, A and
    /// AA, and by what is best practice.
    ///
    /// # Errors
    /// The browser has ended, or the checker failed.
    pub fn violations(&self, page: &Page) -> Result<Vec<String>> {
        let there: bool = page.evaluate("typeof globalThis.axe === 'object'")?;
        if !there {
            page.evaluate::<serde_json::Value>(&format!("{}\n;null", self.source))?;
        }
        let found: Vec<Violation> = page.evaluate(RUN)?;
        Ok(found
            .into_iter()
            .map(|violation| {
                let Violation { id, help, nodes } = violation;
                format!("{id} ({help}): {}", nodes.join(" | "))
            })
            .collect())
    }
}

const RUN: &str = r#"(async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await axe.run(document, {
    runOnly: { type: "tag", values: tags },
    resultTypes: ["violations"],
  });
  return violations.map(({ id, help, nodes }) => ({
    id, help,
    nodes: nodes.slice(0, 4).map(({ html, failureSummary }) =>
      `${html.slice(0, 160)} — ${failureSummary.replace(/\s+/g, " ").slice(0, 240)}`),
  }));
})()"#;
