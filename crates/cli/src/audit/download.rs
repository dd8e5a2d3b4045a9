//! Reads from the log, patiently.

use crate::client::Client;
use assay_core::evidence::Failure;
use assay_notary::tiles::{FULL_TILE_BYTES, MAX_BUNDLE_BYTES, Tile, TileKind};
use assay_sources::notary::TIME_LIMIT;
use assay_sources::{HttpRequest, HttpResponse, Memory, Method};
use std::time::Duration;

/// How often something is asked for that failed in passing.
const TRIES: u32 = 4;
/// How long to wait after the first failure; twice as long after each further one.
const PAUSE: Duration = Duration::from_millis(250);
/// The longest that a log may ask to be left in peace.
const LONGEST_PAUSE: Duration = Duration::from_secs(90);
/// A bundle may have 16 MiB.
const BUNDLE_TIME_LIMIT: Duration = Duration::from_secs(60);
/// More than a small answer has.
const SIZE_LIMIT: usize = 1024 * 1024;

/// A notary whose log is read.
pub struct Log<'a> {
    client: &'a Client,
    address: &'a str,
}

impl<'a> Log<'a> {
    /// That of the notary at this address.
    pub fn of(client: &'a Client, address: &'a str) -> Self {
        Self { client, address }
    }

    /// Reads what lies at a path; `None` where nothing does.
    ///
    /// # Errors
    /// When there is no usable answer.
    pub async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Failure> {
        self.read(path, SIZE_LIMIT, TIME_LIMIT).await
    }

    /// Reads a tile; `None` where it is not.
    ///
    /// # Errors
    /// When there is no usable answer.
    pub async fn tile(&self, tile: &Tile) -> Result<Option<Vec<u8>>, Failure> {
        let (size, time) = match tile.kind {
            // Room for more than it may have, so that what is wrong can be told.
            TileKind::Hashes { .. } => (2 * FULL_TILE_BYTES, TIME_LIMIT),
            TileKind::Entries => (MAX_BUNDLE_BYTES + FULL_TILE_BYTES, BUNDLE_TIME_LIMIT),
        };
        self.read(&tile.to_string(), size, time).await
    }

    /// Asks with a JSON body; the answer may have any status.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn post(&self, path: &str, json: String) -> Result<HttpResponse, Failure> {
        let request = self.request(Method::Post { json }, path, MAX_BUNDLE_BYTES, TIME_LIMIT);
        self.ask(&request).await
    }

    async fn read(
        &self,
        path: &str,
        size: usize,
        time: Duration,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let request = self.request(Method::Get, path, size, time);
        let response = self.ask(&request).await?;
        match response.status {
            200 => Ok(Some(response.body)),
            404 => Ok(None),
            status => Err(Failure::Status { status }),
        }
    }

    fn request(&self, method: Method, path: &str, size: usize, time: Duration) -> HttpRequest {
        HttpRequest {
            method,
            url: format!("{}/{path}", self.address),
            accept: "*/*",
            time_limit: time,
            bearer: None,
            size_limit: size,
            memory: Memory::Asked,
        }
    }

    /// What fails in passing is asked for again; a log that wants to be left in peace is.
    async fn ask(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        let mut pause = PAUSE;
        for _ in 1..TRIES {
            let answer = self.client.send_quietly(request).await;
            let wait = match &answer {
                Err(Failure::RateLimited { seconds }) => Duration::from_secs((*seconds).into()),
                Err(Failure::Unreachable | Failure::TimedOut { .. }) => pause,
                Ok(response) if matches!(response.status, 502..=504) => pause,
                _ => return answer,
            };
            if wait > LONGEST_PAUSE {
                return answer;
            }
            tokio::time::sleep(wait).await;
            pause *= 2;
        }
        self.client.send_quietly(request).await
    }
}
