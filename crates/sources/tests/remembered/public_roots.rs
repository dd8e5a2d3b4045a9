//! Bundles of public instances that a notary shows: proven under their own roots, told when those
//! are old, and compared with what is remembered of their logs without asking anybody.

use crate::book::Book;
use crate::world::{NOW, wait_for};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure, LogDoubt, Outcome};
use assay_core::log_memory::MAX_LOGS;
use assay_core::root_store::{Freshness, MAX_AGE, StaleRoot};
use assay_core::roots::Roots;
use assay_core::settings::Notary;
use assay_core::signer::RootId;
use assay_core::trust_root::{TrustRoot, fingerprint};
use assay_sources::notary;
use assay_sources::proving::{self, Candidates};
use assay_sources::remembered::compare;
use assay_sources::{HttpRequest, HttpResponse, Transport};
use assay_test_authority::{Curve, Honest, Instance, Made, Manner, Recipe};

/// Nobody may be asked.
struct NoWire;

impl Transport for NoWire {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        panic!("{} was asked for", request.url);
    }
}

fn instance(manner: Manner, label: &str) -> Instance {
    Instance::new(manner, Curve::P256, label)
}

fn made(instance: &mut Instance, number: u64) -> Made {
    let name = match instance.manner {
        Manner::GitHub => "v0.3, message, GitHub",
        Manner::Private => "v0.2, statement, dsse, private",
        Manner::Public => "v0.3, message",
    };
    let recipes = Recipe::all();
    let recipe = recipes.iter().find(|recipe| recipe.name == name);
    recipe.unwrap().make_by(instance, number, &Honest)
}

/// A notary with a root of its own, and the public roots with ages in seconds.
struct Scene {
    notary: Notary,
    roots: Roots,
    book: Book,
}

impl Scene {
    fn new([sigstore, github]: [i64; 2]) -> Self {
        let trusted_root = instance(Manner::Private, "own").trusted_root().to_string();
        let notary = Notary {
            address: "https://notary.example".into(),
            name: "notary.example".into(),
            fingerprint: fingerprint(&trusted_root).unwrap(),
            trusted_root,
            enabled: true,
            followed: None,
        };
        let mut public = Roots::new();
        for (id, manner, age) in [
            (RootId::sigstore(), Manner::Public, sigstore),
            (RootId::github(), Manner::GitHub, github),
        ] {
            let root = instance(manner, "public").trusted_root().to_string();
            let freshness = Freshness {
                refreshed_at: NOW - age,
                fresh_until: None,
            };
            let root = TrustRoot::parse(id, &root).unwrap();
            public.add_refreshed(root, freshness).unwrap();
        }
        Self {
            roots: public.and(&notary::own_root(&notary).unwrap()),
            notary,
            book: Book::default(),
        }
    }

    /// What comes of this notary's showing a bundle.
    fn shown(&self, made: &Made) -> Evidence {
        let candidates = Candidates {
            bundles: vec![made.bundle.clone()],
            ..Candidates::default()
        };
        let digest = Sha256Digest::of(&made.artifact);
        let named = (self.notary.address.as_str(), self.notary.name.as_str());
        let mut evidence = proving::prove(named, &candidates, &self.roots, &digest.into(), NOW);
        let asked = Some((&self.notary.root_id(), self.notary.address.as_str()));
        let comparing = compare(&NoWire, &self.book, asked, &self.roots, &mut evidence, NOW);
        wait_for(comparing);
        assert!(self.book.told.borrow().is_empty(), "nobody was asked");
        evidence
    }
}

fn stale(evidence: &Evidence) -> Vec<&RootId> {
    let stale = evidence.stale_roots.iter();
    stale.map(|StaleRoot { root, .. }| root).collect()
}

#[test]
fn each_bundle_is_proven_under_its_own_root() {
    let scene = Scene::new([0, 0]);
    for (manner, label, root) in [
        (Manner::Public, "public", RootId::sigstore()),
        (Manner::GitHub, "public", RootId::github()),
        (Manner::Private, "own", scene.notary.root_id()),
    ] {
        let evidence = scene.shown(&made(&mut instance(manner, label), 0));
        let proven = evidence.proven();
        assert_eq!(proven.len(), 1, "{evidence:?}");
        assert_eq!(proven[0].signer.root, root);
        assert_eq!(proven[0].logged.is_some(), manner != Manner::GitHub);
        assert!(stale(&evidence).is_empty());
    }
}

#[test]
fn an_old_root_is_told_where_it_had_a_part_or_might_have_had_one() {
    let (sigstore, github) = (RootId::sigstore(), RootId::github());
    let scene = Scene::new([MAX_AGE + 1, MAX_AGE]);
    let public = scene.shown(&made(&mut instance(Manner::Public, "public"), 0));
    assert_eq!(stale(&public), [&sigstore]);
    let unlogged = scene.shown(&made(&mut instance(Manner::GitHub, "public"), 0));
    assert!(stale(&unlogged).is_empty());
    let own = scene.shown(&made(&mut instance(Manner::Private, "own"), 0));
    assert!(stale(&own).is_empty());
    // A newer root may know whom this one does not.
    let scene = Scene::new([MAX_AGE + 1, MAX_AGE + 1]);
    let homeless = scene.shown(&made(&mut instance(Manner::Public, "stranger"), 0));
    assert!(homeless.proven().is_empty());
    assert_eq!(stale(&homeless), [&sigstore, &github]);
}

#[test]
fn a_public_log_is_not_asked_and_still_cannot_show_two_histories_of_one_length() {
    let scene = Scene::new([0, 0]);
    let mut public = instance(Manner::Public, "public");
    let (first, second) = (made(&mut public, 0), made(&mut public, 1));
    assert_eq!(scene.shown(&first).proven().len(), 1);
    let remembered = scene.book.kept.borrow().clone();
    assert_eq!(remembered.len(), 1);
    // It has grown. Nothing proves that it is the same history, so it is not remembered.
    assert_eq!(scene.shown(&second).proven().len(), 1);
    assert_eq!(*scene.book.kept.borrow(), remembered);

    // The same keys sign another history.
    let forked = made(&mut instance(Manner::Public, "public"), 7);
    let evidence = scene.shown(&forked);
    assert!(evidence.proven().is_empty());
    let doubts: Vec<&LogDoubt> = evidence.withheld().iter().map(|one| &one.doubt).collect();
    assert_eq!(doubts, [&LogDoubt::Contradicted]);
    assert!(scene.book.kept.borrow()[0].alarm.is_some());
    // From then on it proves nothing, whatever it shows.
    assert!(scene.shown(&first).proven().is_empty());
    // The notary's own log is another one.
    let own = scene.shown(&made(&mut instance(Manner::Private, "own"), 0));
    assert_eq!(own.proven().len(), 1);
    assert!(matches!(own.outcome, Outcome::Answered { withheld, .. } if withheld.is_empty()));
}

#[test]
fn a_log_cannot_fill_the_disk_with_trees() {
    let scene = Scene::new([0, 0]);
    let made = made(&mut instance(Manner::Public, "public"), 0);
    assert_eq!(scene.shown(&made).proven().len(), 1);
    let one = scene.book.kept.borrow()[0].clone();
    let trees = |count: usize| {
        let tree = |number: usize| {
            let mut other = one.clone();
            other.id = number.to_string();
            other.log.origin = format!("tree {number}");
            other.latest.note = format!("tree {number}");
            other
        };
        *scene.book.kept.borrow_mut() = (0..count).map(tree).collect();
    };
    // A public log may well begin another tree.
    trees(MAX_LOGS - 1);
    assert_eq!(scene.shown(&made).proven().len(), 1);
    assert_eq!(scene.book.kept.borrow().len(), MAX_LOGS);
    trees(MAX_LOGS);
    let evidence = scene.shown(&made);
    assert!(evidence.proven().is_empty());
    assert_eq!(evidence.withheld().len(), 1);
    assert_eq!(scene.book.kept.borrow().len(), MAX_LOGS);
}
