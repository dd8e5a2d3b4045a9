use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Failure;
use crate::outcome::Outcome;
use crate::requests::Request;

/// The longest answer that is read, in bytes; whole bundles of one artifact are far shorter.
const LONGEST: usize = 1024 * 1024;

/// Sends each list over a connection of its own (HTTP/1.1, kept alive), a request when the one
/// before is answered.
///
/// # Errors
/// A connection failed, or an answer was not the one that is wanted.
pub fn drive(address: SocketAddr, lists: Vec<Vec<Request>>) -> Result<Outcome, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        // Connected before the clock starts: a client that keeps its connection did so long ago.
        let mut connections = Vec::new();
        for list in lists {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            connections.push((stream, list));
        }
        let cpu = crate::outcome::own_cpu();
        let begun = Instant::now();
        let mut tasks = JoinSet::new();
        for (stream, list) in connections {
            tasks.spawn(one_after_the_other(stream, list));
        }
        let mut times = Vec::new();
        while let Some(done) = tasks.join_next().await {
            times.extend(done??);
        }
        Ok(Outcome {
            times,
            took: begun.elapsed(),
            cpu: crate::outcome::own_cpu().saturating_sub(cpu),
        })
    })
}

/// How long each took.
async fn one_after_the_other(
    mut stream: TcpStream,
    list: Vec<Request>,
) -> Result<Vec<Duration>, Failure> {
    let mut times = Vec::with_capacity(list.len());
    let mut buffer = Vec::with_capacity(16 * 1024);
    for request in list {
        let begun = Instant::now();
        stream.write_all(&request.bytes).await?;
        let answer = read(&mut stream, &mut buffer).await?;
        times.push(begun.elapsed());
        let body = buffer.get(answer.body..answer.end).unwrap_or_default();
        if answer.status != request.status || !contains(body, &request.holds) {
            let said = String::from_utf8_lossy(body.get(..500).unwrap_or(body)).into_owned();
            return Err(format!("an answer is {} and says: {said}", answer.status).into());
        }
        buffer.drain(..answer.end);
    }
    Ok(times)
}

/// Where the parts of an answer are in the buffer.
struct Answer {
    status: u16,
    body: usize,
    end: usize,
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Answer, Failure> {
    let mut head = None;
    loop {
        if head.is_none() {
            head = parse_head(buffer)?;
        }
        if let Some(Answer { status, body, end }) = head {
            if end > LONGEST {
                return Err("an answer is too long".into());
            }
            if buffer.len() >= end {
                return Ok(Answer { status, body, end });
            }
        } else if buffer.len() > LONGEST {
            return Err("an answer has no end of its head".into());
        }
        if stream.read_buf(buffer).await? == 0 {
            return Err("the notary closed a connection".into());
        }
    }
}

/// `None` while the head is not whole.
fn parse_head(buffer: &[u8]) -> Result<Option<Answer>, Failure> {
    let Some(length) = find(buffer, b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(buffer.get(..length).unwrap_or_default())?;
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .ok_or("an answer without a status")?
        .parse()?;
    let content: usize = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .ok_or("an answer that does not say how long it is")?
        .1
        .trim()
        .parse()?;
    let body = length + 4;
    Ok(Some(Answer {
        status,
        body,
        end: body.saturating_add(content),
    }))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    find(text, part).is_some()
}

/// Where `part` begins. Looks for its first byte at first, which is quick.
fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    let (first, _) = part.split_first()?;
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        from += rest.iter().position(|byte| byte == first)?;
        if text.get(from..)?.starts_with(part) {
            return Some(from);
        }
        from += 1;
    }
}
