//! Asking a source for a trial. It is asked about the empty file, or about nothing: it learns
//! nothing but that somebody tries it.

use super::asked::milliseconds;
use super::notary_root::{self, Fetched};
use super::{Sources, asked};
use crate::fetch::Fetch;
use crate::js::now;
use crate::pages::parts;
use crate::pages::words::{filled, say, t, t1};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Failure;
use assay_core::reason::Reason;
use assay_core::settings::Notary;
use assay_sources::notary::TIME_LIMIT;
use assay_sources::{HttpRequest, Memory, Method, Source, Transport, notary, rekor};
use std::collections::HashMap;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::tags;
use wasm_bindgen_futures::spawn_local;

/// The largest answer to a trial that is read, in bytes.
const SIZE_LIMIT: usize = 1024 * 1024;

/// By the sources' ids.
pub type Trials = Signal<Rc<HashMap<String, Trial>>>;

/// How far a test is.
#[derive(Debug, Clone, PartialEq)]
pub enum Trial {
    /// It is being asked.
    Busy,
    /// It answered, in so many milliseconds.
    Answered(f64),
    /// It did not, for this reason.
    Failed(String),
}

/// A source that can be tested.
#[derive(Debug, Clone)]
pub enum Tested {
    /// About the empty file, and for its trust root.
    Notary(Box<Notary>),
    /// About the empty file.
    Rekor(String),
    /// How often it may be asked still, with the token where there is one.
    Github(Option<String>),
    /// About a package of the name `nothing`.
    Index(String),
}

impl Tested {
    fn id(&self) -> &str {
        match self {
            Self::Notary(notary) => &notary.address,
            Self::Rekor(address) => address,
            Self::Github(_) => assay_sources::github::ID,
            Self::Index(index) => asked::index_id(index),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Notary(notary) => &notary.name,
            Self::Github(_) => "GitHub",
            other => other.id(),
        }
    }

    async fn ask(&self) -> Result<(), Failure> {
        let nothing = Sha256Digest::of(b"");
        match self {
            Self::Notary(notary) => {
                let mut inquiry = notary::Inquiry::new(notary, nothing);
                begin(&mut inquiry).await
            }
            Self::Rekor(address) => begin(&mut rekor::Inquiry::new(address, nothing, &[])).await,
            Self::Github(token) => {
                let url = String::from("https://api.github.com/rate_limit");
                get(url, token.clone(), &[200]).await
            }
            Self::Index(index) => {
                let index = asked::index_id(index);
                let url = format!("{index}/integrity/nothing/0/nothing-0.tar.gz/provenance");
                get(url, None, &[200, 404]).await
            }
        }
    }
}

/// Asks what the source is asked first, and reads the answers. Nothing is asked because of them. For each
/// kind of source by itself: so the pages are not linked with what proves.
async fn begin(source: &mut impl Source) -> Result<(), Failure> {
    let mut answers = Vec::new();
    for request in source.next(Vec::new())? {
        answers.push(Fetch::default().send(&request).await);
    }
    source.next(answers).map(drop)
}

async fn get(url: String, bearer: Option<String>, known: &[u16]) -> Result<(), Failure> {
    let request = HttpRequest {
        method: Method::Get,
        url,
        accept: "application/json",
        time_limit: TIME_LIMIT,
        bearer,
        size_limit: SIZE_LIMIT,
        memory: Memory::Asked,
    };
    let status = Fetch::default().send(&request).await?.status;
    match known.contains(&status) {
        true => Ok(()),
        false => Err(Failure::Status { status }),
    }
}

/// The button, and after it what came of the test.
pub fn button(tested: &Tested, sources: Sources) -> View {
    let (tested, id) = (tested.clone(), tested.id().to_owned());
    let label = t1("sources_test_named", tested.name());
    let busy = {
        let id = id.clone();
        create_memo(move || is_busy(sources, &id))
    };
    parts::live(move || {
        let tested = tested.clone();
        let words = match busy.get() {
            true => "sources_testing",
            false => "sources_test",
        };
        let test = move |_| {
            if !busy.get_untracked() {
                start(sources, tested.clone());
            }
        };
        parts::named_button("button", "test-source", t(words), Some(label.clone()), test)
    })
}

/// What came of the test of the source with this id.
pub fn outcome(sources: Sources, id: String) -> View {
    parts::live(move || {
        let trial = sources.trials.with(|trials| trials.get(&id).cloned());
        let (state, words) = match trial {
            None => return View::new(),
            Some(Trial::Busy) => ("busy", t("sources_testing")),
            Some(Trial::Answered(took)) => {
                let span = milliseconds(took);
                ("answered", filled("sources_test_answered", &[&span]))
            }
            Some(Trial::Failed(why)) => ("failed", filled("sources_test_failed", &[&why])),
        };
        tags::span()
            .class("row-text source-trial")
            .attr("data-field", "trial")
            .attr("data-state", state)
            .children(words)
            .into()
    })
}

fn is_busy(sources: Sources, id: &str) -> bool {
    let trials = sources.trials.get_clone();
    trials.get(id) == Some(&Trial::Busy)
}

fn set(sources: Sources, id: &str, trial: Trial) {
    sources.trials.update(|trials| {
        Rc::make_mut(trials).insert(id.to_owned(), trial);
    });
}

fn start(sources: Sources, tested: Tested) {
    set(sources, tested.id(), Trial::Busy);
    spawn_local(async move {
        let begun = now();
        let asked = tested.ask().await;
        let took = now() - begun;
        let mut trial = match asked {
            Ok(()) => Trial::Answered(took),
            Err(failure) => Trial::Failed(sentence(tested.name(), failure)),
        };
        if let (Tested::Notary(notary), Trial::Answered(_)) = (&tested, &trial) {
            match notary_root::fetch(&notary.address).await {
                Ok(fetched) => notary_root::compare(sources, notary, fetched, true).await,
                Err(Fetched::Failed(failure)) => {
                    trial = Trial::Failed(sentence(tested.name(), failure));
                }
                Err(Fetched::Unusable(why)) => trial = Trial::Failed(t1("refused_other", &why)),
            }
        }
        let name = tested.name();
        sources.ground.said.set(match &trial {
            Trial::Answered(_) => t1("sources_test_said", name),
            Trial::Failed(why) => why.clone(),
            Trial::Busy => String::new(),
        });
        set(sources, tested.id(), trial);
    });
}

fn sentence(name: &str, failure: Failure) -> String {
    let source = name.to_owned();
    say(&Reason::SourceFailed { source, failure }.message())
}
