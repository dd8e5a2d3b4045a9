//! What a source is: whoever is asked about one file, as far as that can be told without asking.

use crate::{Candidates, HttpRequest, HttpResponse, proving};
use assay_core::artifact::ArtifactDigests;
use assay_core::evidence::{Evidence, Failure};
use assay_core::roots::Roots;

/// What came of one request.
pub type Answer = Result<HttpResponse, Failure>;

/// What to request next, or why there is no usable answer.
pub type Next = Result<Vec<HttpRequest>, Failure>;

/// One source with what it is asked about one file. It does no I/O: it says what to request, and
/// reads what comes back. A new source is one file with one of these; [`crate::driver`] does the
/// rest, and is the same for all.
pub trait Source {
    /// Its id in the settings, and its name for people.
    fn named(&self) -> (&str, &str);

    /// What to request next, all at once; at first with no answers, then with one for each request,
    /// in the same order. Nothing, when it has all that it needs.
    ///
    /// # Errors
    /// When it gives no usable answer.
    fn next(&mut self, answers: Vec<Answer>) -> Next;

    /// The same source where it is now, which makes what there is to make of the answers that are there,
    /// while others let wait for them; it requests nothing that this one would not request as well.
    /// `None` where nothing can be made of some of them.
    fn fork(&self) -> Option<Box<dyn Source + '_>> {
        None
    }

    /// What it offers as proofs, when there is nothing more to request.
    fn offered(&mut self) -> Candidates;

    /// Adds what it has to say beyond proofs to what was proven, and says what else there is to
    /// request, if that is worth while now.
    fn weigh(&mut self, _evidence: &mut Evidence, _weighing: &Weighing<'_>) -> Vec<HttpRequest> {
        Vec::new()
    }

    /// Reads the answers to what [`Source::weigh`], or this, requested, and says what else there is to
    /// request.
    ///
    /// # Errors
    /// When one is not usable.
    fn close(&mut self, _: &mut Evidence, _by: &Weighing<'_>, _answers: Vec<Answer>) -> Next {
        Ok(Vec::new())
    }
}

/// What an answer is weighed with.
#[derive(Clone, Copy)]
pub struct Weighing<'a> {
    /// What was offered as proofs.
    pub bundles: &'a [String],
    /// What they were proven against.
    pub roots: &'a Roots,
    /// The file.
    pub digests: &'a ArtifactDigests,
    /// In seconds since 1970.
    pub now: i64,
}

impl Weighing<'_> {
    /// Proves what else a source of this id and name offers.
    pub fn prove(&self, named: (&str, &str), offered: &Candidates) -> Evidence {
        proving::prove(named, offered, self.roots, self.digests, self.now)
    }
}
