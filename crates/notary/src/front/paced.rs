//! A long answer, given out in pieces, so that its memory is known and does not stay for long.

use super::buffers::Buffer;
use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Sleep;

/// The longest piece, in bytes. What waits in a connection beyond it is no longer counted.
const PIECE: usize = 64 * 1024;

/// A body that ends with an error when the client has not taken it in time.
pub struct Paced {
    body: Body,
    rest: Bytes,
    until: Pin<Box<Sleep>>,
    _buffer: Buffer,
}

/// The client was too slow.
#[derive(Debug, thiserror::Error)]
#[error("the client took too long to accept the answer")]
struct TooSlow;

impl Paced {
    /// Gives out `body`, whose memory is `buffer`, within `time`.
    pub fn new(body: Body, buffer: Buffer, time: Duration) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            until: Box::pin(tokio::time::sleep(time)),
            _buffer: buffer,
        }
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.until.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(axum::Error::new(TooSlow))));
        }
        if self.rest.is_empty() {
            let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
            match frame.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => self.rest = data,
                Some(Ok(Err(trailers))) => return Poll::Ready(Some(Ok(trailers))),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
        let length = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(length);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        let inner = self.body.size_hint();
        let mut hint = SizeHint::new();
        // The upper bound first has to be no less than the lower.
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint.set_lower(inner.lower().saturating_add(rest));
        hint
    }
}
