//! Bounds what large answers take together, from before they are made until the last client has
//! read them. Small answers do not wait for them.

use super::refusal::Refusal;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::StatusCode;
use http_body::{Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// What all large answers may take together, in KiB.
const ALL_KIB: usize = 48 * 1024;
/// How long an answer waits for a place.
const PATIENCE: Duration = Duration::from_secs(10);

static ROOM: Semaphore = Semaphore::const_new(ALL_KIB);

/// Room for one answer.
pub struct Room(SemaphorePermit<'static>);

impl Room {
    /// Room for an answer of up to `bytes`, when there is some.
    pub async fn reserve(bytes: usize) -> Result<Self, Refusal> {
        match timeout(PATIENCE, ROOM.acquire_many(kib(bytes))).await {
            Ok(room) => room.map(Self).map_err(Refusal::internal),
            Err(_) => Err(Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "too many long answers are under way; try again in a moment",
            )),
        }
    }

    /// The answer's body, which gives the room back when it was sent or given up; what it does not
    /// need of it, at once.
    pub fn hold(mut self, body: Vec<u8>) -> Body {
        let needed = (kib(body.len()) as usize).min(self.0.num_permits());
        match self.0.split(needed) {
            Some(room) => Body::new(Held {
                left: body.into(),
                _room: room,
            }),
            None => body.into(),
        }
    }
}

fn kib(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1024).min(ALL_KIB)).unwrap_or(u32::MAX)
}

/// So much is handed to the connection at once, in bytes. It takes more when the client has read
/// that, so an answer is done only when nearly all of it was read.
const PART: usize = 64 * 1024;

struct Held {
    left: Bytes,
    _room: SemaphorePermit<'static>,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.left.len().min(PART);
        Poll::Ready(Some(Ok(Frame::data(self.left.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}
