//! Several requests on their way at once.

use crate::source::Answer;
use crate::{HttpRequest, Transport, rate_limit};
use assay_core::evidence::Failure;
use futures_util::future::{Either, LocalBoxFuture, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::time::Duration;

/// So long others are waited for, once there is something, before something is made of what there is.
const PATIENCE: Duration = Duration::from_millis(500);

/// So it is said of what lets wait for it.
pub const LATE: Failure = Failure::TimedOut { seconds: 1 };

/// What was asked and answered, where it may be asked once more.
pub(crate) type Heard = Vec<(HttpRequest, Answer)>;

/// Requests that were sent side by side, so that none waits for another.
pub(crate) struct Round<'t> {
    flight: FuturesUnordered<LocalBoxFuture<'t, (usize, Answer)>>,
    answers: Vec<Option<Answer>>,
}

impl<'t> Round<'t> {
    /// Sends them all. Who asked to be left in peace is, and what was heard is not asked again. `now` is in
    /// seconds since 1970.
    pub(crate) fn send(
        transport: &'t impl Transport,
        requests: &'t [HttpRequest],
        heard: &mut Heard,
        now: i64,
    ) -> Self {
        let flight = FuturesUnordered::new();
        let mut answers = Vec::new();
        for (place, request) in requests.iter().enumerate() {
            let known = heard.iter().position(|(asked, _)| asked == request);
            let answer = match known.map(|known| heard.swap_remove(known)) {
                Some((_, answer)) => Some(answer),
                None => rate_limit::in_peace(request, now).map(Err),
            };
            if answer.is_none() {
                let sent: LocalBoxFuture<'_, (usize, Answer)> = Box::pin(async move {
                    let answer = transport.send(request).await;
                    if let Err(failure) = &answer {
                        rate_limit::note(request, failure, now);
                    }
                    (place, answer)
                });
                flight.push(sent);
            }
            answers.push(answer);
        }
        Self { flight, answers }
    }

    /// Waits for them all.
    pub(crate) async fn rest(&mut self) {
        while let Some((place, answer)) = self.flight.next().await {
            self.take(place, answer);
        }
    }

    /// Waits for them, but only a little longer than until there is something: the first one that
    /// answers, or what there was before. Whether all did is given back.
    pub(crate) async fn soon(&mut self, transport: &impl Transport, has_any: bool) -> bool {
        if !has_any && let Some((place, answer)) = self.flight.next().await {
            self.take(place, answer);
        }
        let mut pause: LocalBoxFuture<'_, ()> = Box::pin(transport.pause(PATIENCE));
        while !self.flight.is_empty() {
            match select(self.flight.next(), pause).await {
                Either::Left((Some((place, answer)), left)) => {
                    self.take(place, answer);
                    pause = left;
                }
                Either::Left((None, _)) => break,
                Either::Right(_) => return false,
            }
        }
        true
    }

    /// What there is of answers; of the others, that they let wait for them.
    pub(crate) fn so_far(&self) -> Vec<Answer> {
        let answers = self.answers.iter();
        answers
            .map(|one| one.clone().unwrap_or(Err(LATE)))
            .collect()
    }

    /// All of them, once nothing is waited for any more.
    pub(crate) fn answers(self) -> Vec<Answer> {
        let lost = || Err(Failure::Unreachable);
        let answers = self.answers.into_iter();
        answers.map(|one| one.unwrap_or_else(lost)).collect()
    }

    fn take(&mut self, place: usize, answer: Answer) {
        if let Some(known) = self.answers.get_mut(place) {
            *known = Some(answer);
        }
    }
}
