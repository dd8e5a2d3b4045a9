//! `chrome.permissions`: the hosts that the user lets the extension reach.

use super::ChromeError;
use crate::js::to_js;
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[derive(Serialize)]
struct Hosts<'a> {
    origins: &'a [String],
}

/// Whether the extension may reach the host of `address`. A browser that cannot tell counts as no.
pub async fn may_reach(address: &str) -> bool {
    let Ok(hosts) = hosts(address) else {
        return false;
    };
    js_contains(hosts)
        .await
        .is_ok_and(|allowed| allowed.is_truthy())
}

/// All of the web, over HTTPS: what looking beside any file needs.
pub const ANYWHERE: &str = "https://*";

/// Asks the user whether the extension may reach the host of `address`; what comes of it is waited for
/// in what is given back. Browsers allow the question only while a click is being handled, and Firefox
/// not even in what is begun there and goes on by itself. So it is asked at once, not when it is
/// waited for.
///
/// # Errors
/// When the browser refuses to ask.
pub fn ask_to_reach(address: &str) -> impl Future<Output = Result<bool, ChromeError>> + use<> {
    const CALL: &str = "permissions.request";
    let asked = hosts(address)
        .map_err(ChromeError::shape(CALL))
        .and_then(|hosts| js_request(hosts).map_err(ChromeError::thrown(CALL)));
    async {
        JsFuture::from(asked?)
            .await
            .map(|allowed| allowed.is_truthy())
            .map_err(ChromeError::thrown(CALL))
    }
}

/// Gives the permission to reach the host of `address` back.
///
/// # Errors
/// When the browser refuses.
pub async fn give_back(address: &str) -> Result<(), ChromeError> {
    const CALL: &str = "permissions.remove";
    let hosts = hosts(address).map_err(ChromeError::shape(CALL))?;
    let removed = js_remove(hosts).await;
    removed.map(drop).map_err(ChromeError::thrown(CALL))
}

fn hosts(address: &str) -> Result<JsValue, serde_wasm_bindgen::Error> {
    to_js(&Hosts {
        origins: &[format!("{address}/*")],
    })
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["chrome", "permissions"], js_name = contains, catch)]
    async fn js_contains(hosts: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "permissions"], js_name = remove, catch)]
    async fn js_remove(hosts: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "permissions"], js_name = request, catch)]
    fn js_request(hosts: JsValue) -> Result<js_sys::Promise, JsValue>;
}
