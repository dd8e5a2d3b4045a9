use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Failure;
use crate::publisher::{Publisher, artifact, digest, hex};

/// A request as its bytes, and what shows that an answer is the right one.
pub struct Request {
    /// Head and body.
    pub bytes: Vec<u8>,
    /// The status that is wanted.
    pub status: u16,
    /// What the body has in it.
    pub holds: Vec<u8>,
}

/// What each of the connections sends: so many new entries, each client with a key of its own.
///
/// # Errors
/// Something could not be signed.
pub fn posts(
    address: SocketAddr,
    series: &str,
    count: u64,
    connections: u64,
) -> Result<Vec<Vec<Request>>, Failure> {
    let mut all = Vec::new();
    for client in 0..connections {
        let publisher = Publisher::new()?;
        let own = (client..count).step_by(usize::try_from(connections)?);
        let requests: Result<Vec<_>, Failure> = own
            .map(|index| {
                let body = publisher.propose(&artifact(series, index))?;
                let head = format!(
                    "POST /api/v1/log/entries HTTP/1.1\r\nHost: {address}\r\n\
                     Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                Ok(Request {
                    bytes: [head.into_bytes(), body].concat(),
                    status: 201,
                    holds: b"signedEntryTimestamp".to_vec(),
                })
            })
            .collect();
        all.push(requests?);
    }
    Ok(all)
}

/// What each of the connections asks: about artifacts at random among the first `known` of a
/// series.
pub fn gets(
    address: SocketAddr,
    series: &str,
    known: u64,
    count: u64,
    connections: u64,
) -> Vec<Vec<Request>> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let each = count / connections.max(1);
    let mut one = || {
        let digest = digest(&artifact(series, random.below(known)));
        let head = format!(
            "GET /attestations/sha256:{} HTTP/1.1\r\nHost: {address}\r\n\r\n",
            hex(&digest)
        );
        Request {
            bytes: head.into_bytes(),
            status: 200,
            // As it stands in a bundle, whose digest it is.
            holds: STANDARD.encode(digest).into_bytes(),
        }
    };
    (0..connections)
        .map(|_| (0..each).map(|_| one()).collect())
        .collect()
}

/// Marsaglia's xorshift: the same questions each time, and none of them where a cache expects it.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }
}
