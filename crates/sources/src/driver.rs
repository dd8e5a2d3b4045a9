//! Asks any source: its requests are sent, what it offers is proven, and whatever happens is
//! evidence.
//!
//! Where one request hangs, the others count before its time is over: the source goes on with what there
//! is, and what comes of that is told ([`Early`]).

pub use crate::round::LATE;

use crate::round::{Heard, Round};
use crate::source::{Answer, Source, Weighing};
use crate::{Candidates, HttpRequest, Transport, proving};
use assay_core::artifact::ArtifactDigests;
use assay_core::evidence::{Evidence, Failure, Published};
use assay_core::roots::Roots;
use futures_util::future::{LocalBoxFuture, join};

/// So many requests are made one after the other at most for one source, whatever it wants.
const MOST_ROUNDS: usize = 8;

/// Whoever is told of a source what there is while something else of it is waited for.
pub trait Early {
    /// What it offers so far, which is not proven yet.
    fn offered<'a>(
        &'a self,
        source: Box<dyn Source + 'a>,
        offered: Candidates,
    ) -> LocalBoxFuture<'a, ()>;

    /// What it proved so far.
    fn proven(&self, evidence: Evidence) -> LocalBoxFuture<'_, ()>;
}

/// Asks a source about a file and proves its answer against whichever of the roots each bundle
/// belongs to. `now` is in seconds since 1970.
pub async fn ask(
    transport: &impl Transport,
    source: &mut dyn Source,
    roots: &Roots,
    digests: &ArtifactDigests,
    now: i64,
) -> Evidence {
    let offered = gather(transport, source, now, None).await;
    finish(transport, source, offered, roots, digests, now, None).await
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
    early: Option<&dyn Early>,
) -> Result<Candidates, Failure> {
    let mut requests = source.next(Vec::new())?;
    let mut heard = Heard::new();
    for number in 0..MOST_ROUNDS {
        if requests.is_empty() {
            break;
        }
        let mut round = Round::send(transport, &requests, &mut heard, now);
        if let Some(early) = early
            && !round.soon(transport, number > 0).await
            && let Some(mut fork) = source.fork()
        {
            let so_far = round.so_far();
            let going_on = async {
                let gone_on = go_on(transport, &mut *fork, so_far, &mut heard, now);
                gone_on.await.ok()?;
                let offered = fork.offered();
                early.offered(fork, offered).await;
                Some(())
            };
            join(going_on, round.rest()).await;
        }
        round.rest().await;
        requests = source.next(round.answers())?;
    }
    Ok(source.offered())
}

/// Goes on with a source that was given up waiting for. What is heard is added to what was, whatever
/// becomes of it: it is not asked for again.
async fn go_on(
    transport: &impl Transport,
    source: &mut dyn Source,
    mut answers: Vec<Answer>,
    heard: &mut Heard,
    now: i64,
) -> Result<(), Failure> {
    for _ in 0..MOST_ROUNDS {
        let requests = source.next(answers)?;
        if requests.is_empty() {
            break;
        }
        let mut round = Round::send(transport, &requests, heard, now);
        round.rest().await;
        answers = round.answers();
        heard.extend(requests.into_iter().zip(answers.iter().cloned()));
    }
    Ok(())
}

/// Proves what is offered so far by a source that something else is waited for of. `now` is in seconds
/// since 1970.
pub fn so_far(
    source: &mut dyn Source,
    offered: Candidates,
    roots: &Roots,
    digests: &ArtifactDigests,
    now: i64,
) -> Evidence {
    let by = Weighing {
        bundles: &offered.bundles,
        roots,
        digests,
        now,
    };
    let (mut evidence, _) = weighed(source, &offered, &by);
    set_missing(&mut evidence, offered.failure);
    evidence
}

/// What is proven of what a source offers, and what else it has to request.
fn weighed(
    source: &mut dyn Source,
    offered: &Candidates,
    by: &Weighing<'_>,
) -> (Evidence, Vec<HttpRequest>) {
    let mut evidence = by.prove(source.named(), offered);
    let requests = source.weigh(&mut evidence, by);
    (evidence, requests)
}

/// Notes what could not be had.
fn set_missing(evidence: &mut Evidence, missing: Option<Failure>) {
    let may_be_a_list = missing.as_ref().is_some_and(|one| !one.is_of_one_file());
    if may_be_a_list && evidence.published != Some(Published::Same) {
        // What could not be had might have been the list that has this very file.
        evidence.published = None;
    }
    evidence.missing = missing;
}

/// Proves what was gathered, and asks for what only matters then. `now` is in seconds since 1970.
pub async fn finish(
    transport: &impl Transport,
    source: &mut dyn Source,
    offered: Result<Candidates, Failure>,
    roots: &Roots,
    digests: &ArtifactDigests,
    now: i64,
    early: Option<&dyn Early>,
) -> Evidence {
    let candidates = match offered {
        Ok(candidates) => candidates,
        Err(failure) => return proving::failed(source.named(), failure),
    };
    let by = Weighing {
        bundles: &candidates.bundles,
        roots,
        digests,
        now,
    };
    let (mut evidence, mut requests) = weighed(source, &candidates, &by);
    let mut missing = candidates.failure;
    for _ in 0..MOST_ROUNDS {
        if missing.is_some() || requests.is_empty() {
            break;
        }
        let mut round = Round::send(transport, &requests, &mut Heard::new(), now);
        if let Some(early) = early
            && !round.soon(transport, true).await
        {
            let mut so_far = evidence.clone();
            set_missing(&mut so_far, Some(LATE));
            join(early.proven(so_far), round.rest()).await;
        }
        round.rest().await;
        match source.close(&mut evidence, &by, round.answers()) {
            Ok(more) => requests = more,
            Err(failure) => missing = Some(failure),
        }
    }
    set_missing(&mut evidence, missing);
    evidence
}
