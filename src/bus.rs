//! How the parts of the extension talk: requests to the background, notices to all open pages.

use crate::chrome::{ChromeError, runtime};
use crate::js::{from_js, to_js};
use assay_core::message::{NOTICE_CHANNEL, Notice, Request, Response};
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

/// Why a request got no answer.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The browser could not deliver it.
    #[error(transparent)]
    Browser(#[from] ChromeError),
    /// The request, or its answer, cannot be read.
    #[error("the background's answer cannot be read: {0}")]
    Shape(String),
}

/// Asks something of the background.
///
/// # Errors
/// When the background cannot be reached or does not understand.
pub async fn send(request: &Request) -> Result<Response, BusError> {
    let shape = |error: serde_wasm_bindgen::Error| BusError::Shape(error.to_string());
    let message = to_js(request).map_err(shape)?;
    let answer = runtime::send_message(&message).await?;
    from_js(answer).map_err(shape)
}

/// Tells all open pages. Nobody need be there.
pub fn tell(notice: &Notice) {
    thread_local! {
        static CHANNEL: Option<BroadcastChannel> = BroadcastChannel::new(NOTICE_CHANNEL).ok();
    }
    CHANNEL.with(|channel| {
        if let (Some(channel), Ok(message)) = (channel, to_js(notice)) {
            // Pages read the stored state when they open, so a notice that is lost is no loss.
            let _ = channel.post_message(&message);
        }
    });
}

/// Hears of every notice until the subscription is dropped.
pub fn listen(mut heard: impl FnMut(Notice) + 'static) -> Subscription {
    let channel = BroadcastChannel::new(NOTICE_CHANNEL).ok();
    let handler = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Ok(notice) = from_js(event.data()) {
            heard(notice);
        }
    });
    if let Some(channel) = &channel {
        channel.set_onmessage(Some(handler.as_ref().unchecked_ref()));
    }
    Subscription {
        channel,
        _handler: handler,
    }
}

/// Ends listening when it is dropped.
pub struct Subscription {
    channel: Option<BroadcastChannel>,
    _handler: Closure<dyn FnMut(MessageEvent)>,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(channel) = &self.channel {
            channel.set_onmessage(None);
            channel.close();
        }
    }
}
