//! Opens one file of wasm tests in a real browser and prints what it says: cargo's runner for wasm.

use std::path::PathBuf;
use std::process::ExitCode;

use assay_tests::{Browser, Options, Result, exit_code, serve_folder, wait_until_within};
use serde::Deserialize;
use serde_json::json;

/// Proofs with RSA keys take seconds in an unoptimised module.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(600);

#[derive(Deserialize)]
struct State {
    output: String,
    outcome: Option<String>,
}

fn main() -> ExitCode {
    exit_code(run())
}

fn run() -> Result<bool> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_default());
    let filter: Vec<String> = arguments
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let site = serve_folder(&folder, "runner.html", PAGE)?;
    let browser = Browser::launch(Options {
        // A failing test writes to the console; its own outcome is what counts here.
        strict: false,
        ..Options::plain()
    })?;
    let page = browser.open(&format!("{}/runner.html", site.url()))?;
    page.call::<()>(
        "(filter) => { runTests(filter); return null; }",
        json!([filter]),
    )?;
    let state = wait_until_within(LIMIT, "the wasm tests to end", || {
        let state: State = page.evaluate("state()")?;
        match state.outcome {
            Some(_) => Ok(state),
            None => Err(state.output),
        }
    })?;
    println!("{}", state.output.trim());
    match state.outcome.as_deref() {
        Some("passed") => Ok(true),
        Some("failed") => Ok(false),
        other => {
            eprintln!(
                "the tests did not run to their end: {}",
                other.unwrap_or_default()
            );
            Ok(false)
        }
    }
}

/// The harness of wasm-bindgen-test writes into `#output`; its tests are exports with a known prefix.
const PAGE: &str = r#"<!doctype html>
<meta charset="utf-8">
<title>wasm tests</title>
<pre id="output"></pre>
<script type="module">
  import * as module from "./tests.js";
  let outcome = null;
  // The harness starts each test through this, so that an exception passes through JavaScript.
  window.__wbg_test_invoke = (test) => test();
  window.state = () => ({ output: document.getElementById("output").textContent, outcome });
  window.runTests = async (filter) => {
    try {
      const wasm = await module.default();
      const all = Object.keys(wasm).filter((name) => name.startsWith("__wbgt_"));
      const chosen = all.filter((name) => filter.every((text) => name.includes(text)));
      if (all.length === 0) throw new Error("there is no test in this file");
      const context = new module.WasmBindgenTestContext(false);
      context.filtered_count(all.length - chosen.length);
      outcome = (await context.run(chosen.map((name) => wasm[name]))) ? "passed" : "failed";
    } catch (error) {
      outcome = String(error?.stack ?? error);
    }
  };
</script>
"#;
