//! Asks any source: its requests are sent, what it offers is proven, and whatever happens is
//! evidence.

use crate::source::{Answer, Source, Weighing};
use crate::{Candidates, HttpRequest, Transport, proving, rate_limit};
use assay_core::artifact::ArtifactDigests;
use assay_core::evidence::{Evidence, Failure, Published};
use assay_core::roots::Roots;
use futures_util::future::join_all;

/// So many requests are made one after the other at most for one source, whatever it wants.
const MOST_ROUNDS: usize = 8;

/// Asks a source about a file and proves its answer against whichever of the roots each bundle
/// belongs to. `now` is in seconds since 1970.
pub async fn ask(
    transport: &impl Transport,
    source: &mut dyn Source,
    roots: &Roots,
    digests: &ArtifactDigests,
    now: i64,
) -> Evidence {
    let offered = gather(transport, source, now).await;
    finish(transport, source, offered, roots, digests, now).await
}

/// What a source offers, not yet proven: the part of asking that needs no roots. `now` is in seconds
/// since 1970.
///
/// # Errors
/// When it gives no usable answer.
pub async fn gather(
    transport: &impl Transport,
    source: &mut dyn Source,
    now: i64,
) -> Result<Candidates, Failure> {
    let mut requests = source.next(Vec::new())?;
    for _ in 0..MOST_ROUNDS {
        if requests.is_empty() {
            break;
        }
        let answers = send(transport, &requests, now).await;
        requests = source.next(answers)?;
    }
    Ok(source.offered())
}

/// Proves what was gathered, and asks for what only matters then. `now` is in seconds since 1970.
pub async fn finish(
    transport: &impl Transport,
    source: &mut dyn Source,
    offered: Result<Candidates, Failure>,
    roots: &Roots,
    digests: &ArtifactDigests,
    now: i64,
) -> Evidence {
    let (id, name) = source.named();
    let (id, name) = (id.to_owned(), name.to_owned());
    let named = (id.as_str(), name.as_str());
    let candidates = match offered {
        Ok(candidates) => candidates,
        Err(failure) => return proving::failed(named, failure),
    };
    let mut evidence = proving::prove(named, &candidates, roots, digests, now);
    let weighing = Weighing {
        bundles: &candidates.bundles,
        roots,
        digests,
        now,
    };
    let mut requests = source.weigh(&mut evidence, &weighing);
    let mut missing = candidates.failure;
    for _ in 0..MOST_ROUNDS {
        if missing.is_some() || requests.is_empty() {
            break;
        }
        let answers = send(transport, &requests, now).await;
        match source.close(&mut evidence, &weighing, answers) {
            Ok(more) => requests = more,
            Err(failure) => missing = Some(failure),
        }
    }
    let may_be_a_list = missing.as_ref().is_some_and(|one| !one.is_of_one_file());
    if may_be_a_list && evidence.published != Some(Published::Same) {
        // What could not be had might have been the list that has this very file.
        evidence.published = None;
    }
    evidence.missing = missing;
    evidence
}

/// All at once: none waits for another. Who asked to be left in peace is.
async fn send(transport: &impl Transport, requests: &[HttpRequest], now: i64) -> Vec<Answer> {
    let sent = requests.iter().map(|request| async move {
        if let Some(failure) = rate_limit::in_peace(request, now) {
            return Err(failure);
        }
        let answer = transport.send(request).await;
        if let Err(failure) = &answer {
            rate_limit::note(request, failure, now);
        }
        answer
    });
    join_all(sent).await
}
