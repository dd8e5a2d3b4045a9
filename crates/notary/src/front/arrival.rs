//! The arrival of a request's body: memory is taken for what has come and not for what was announced,
//! and whoever lets the notary wait loses its place.

use super::admission::Admission;
use super::buffers::{Asker, Buffer};
use super::refused::Refused;
use axum::body::{Body, HttpBody};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Memory is taken in pieces of so many bytes, or of what is left to come if that is less.
const PIECE: usize = 16 * 1024;
/// In so long ...
const WINDOW: Duration = Duration::from_secs(5);
/// ... so many bytes have to come, or the rest of the body: 4 KiB a second.
const LEAST: usize = 20 * 1024;

/// What is required of a body.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Its length at most, in bytes.
    pub most: u64,
    /// How long it may take in all.
    pub time: Duration,
}

/// All of a body, and the memory that it takes.
///
/// # Errors
/// When it is too long or too slow, is cut off, or there is no memory for it.
pub async fn whole(
    body: &mut Incoming,
    admission: &Admission,
    asker: Asker,
    terms: Terms,
) -> Result<(Body, Buffer), Refused> {
    let mut buffer = Buffer::default();
    if body.is_end_stream() {
        return Ok((Body::empty(), buffer));
    }
    let limit = usize::try_from(terms.most).unwrap_or(usize::MAX);
    let announced = body.size_hint().exact();
    let announced = announced.map_or(limit, |length| usize::try_from(length).unwrap_or(limit));
    let end = Instant::now() + terms.time;
    let mut gathered = Vec::new();
    let mut window = Window::begin();
    loop {
        // At least a byte has to fit, so that nothing is read for which there is no room.
        if gathered.capacity() == gathered.len() && gathered.len() < announced {
            let piece = PIECE.min(announced - gathered.len());
            window
                .pause_for(admission.take(asker, &mut buffer, piece))
                .await?;
            gathered.reserve_exact(piece);
        }
        let frame = match timeout_at(end.min(window.end), body.frame()).await {
            Ok(None) => return Ok((Body::from(gathered), buffer)),
            Ok(Some(frame)) => frame.map_err(|error| Refused::Unreadable(error.to_string()))?,
            Err(_) if window.end < end => return Err(Refused::Stalled),
            Err(_) => return Err(Refused::TooSlow(terms.time.as_secs())),
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if data.len() > limit.saturating_sub(gathered.len()) {
            return Err(Refused::TooLarge(terms.most));
        }
        let room = gathered.capacity() - gathered.len();
        if data.len() > room {
            let more = data.len() - room;
            window
                .pause_for(admission.take(asker, &mut buffer, more))
                .await?;
            gathered.reserve_exact(data.len());
        }
        gathered.extend_from_slice(&data);
        window.count(data.len());
    }
}

/// In which so many bytes have to come.
struct Window {
    end: Instant,
    came: usize,
}

impl Window {
    fn begin() -> Self {
        Self {
            end: Instant::now() + WINDOW,
            came: 0,
        }
    }

    fn count(&mut self, bytes: usize) {
        self.came += bytes;
        if self.came >= LEAST {
            *self = Self::begin();
        }
    }

    /// The time that the notary itself needs is not the client's.
    async fn pause_for<T>(&mut self, work: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let done = work.await;
        self.end += begun.elapsed();
        done
    }
}
