//! Looking beside files: what it is for, and the permission that it needs.

use super::parts::{self, Tag, button};
use super::words::t;
use crate::chrome::permissions::{self, ANYWHERE};
use sycamore::prelude::*;
use sycamore::web::tags;
use wasm_bindgen_futures::spawn_local;

/// Whether the permission is there. It is looked up before the page is shown, so that nothing moves
/// under the user's hand.
pub async fn is_allowed() -> bool {
    permissions::may_reach(ANYWHERE).await
}

/// What it is for, and a button that asks for the permission, or gives it back.
pub fn view(allowed: Signal<bool>) -> View {
    let (said, action, words) = match allowed.get() {
        true => ("beside_on", "beside-stop", "beside_stop"),
        false => ("beside_off", "beside-allow", "beside_allow"),
    };
    let flip = move |_: web_sys::MouseEvent| {
        let may = allowed.get_untracked();
        let asked = (!may).then(|| permissions::ask_to_reach(ANYWHERE));
        spawn_local(async move {
            // Whatever the user or the browser says to it is seen by what is allowed after it.
            match asked {
                Some(asked) => drop(asked.await),
                None => drop(permissions::give_back(ANYWHERE).await),
            }
            allowed.set(is_allowed().await);
        });
    };
    vec![
        parts::text(Tag::Paragraph, "section-text", t(said)),
        tags::div()
            .class("section-action")
            .children(button("button", action, words, flip))
            .into(),
    ]
    .into()
}
