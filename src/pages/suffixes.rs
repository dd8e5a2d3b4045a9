//! Hosts below which anybody can have one of their own (public suffixes): a rule for such a host says
//! nothing of those below it.
//!
//! The list is larger than all else that the pages need, so it is a module of its own, which
//! extension/pages.js loads when a rule is made.

use crate::js::words;
use assay_core::site_rule::{Demand, SiteRule};
use wasm_bindgen::prelude::*;

/// A rule for a host as somebody typed it, or why there is none.
///
/// # Errors
/// What to tell the user: the list could not be loaded.
pub async fn rule_for(host: String, demand: Demand) -> Result<SiteRule, String> {
    Ok(SiteRule {
        below: !is_public_suffix(&host).await?,
        host,
        demand,
        signers: Vec::new(),
    })
}

/// The host that a rule made on a page of this one is about: without a `www.` before it.
pub async fn site_of(host: &str) -> Result<String, String> {
    match host.strip_prefix("www.") {
        Some(bare) if bare.contains('.') && !is_public_suffix(bare).await? => Ok(bare.to_owned()),
        _ => Ok(host.to_owned()),
    }
}

async fn is_public_suffix(host: &str) -> Result<bool, String> {
    let found = js_is_public_suffix(host).await;
    let found = found.map_err(|thrown| words(&thrown))?;
    Ok(found.as_bool().unwrap_or(true))
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = assay, js_name = isPublicSuffix, catch)]
    async fn js_is_public_suffix(host: &str) -> Result<JsValue, JsValue>;
}
