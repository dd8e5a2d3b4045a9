//! For every check of a proof: bundles in which only that check fails are refused, and for that
//! very reason.

use super::common::prove;
use assay_core::proof::Check;
use assay_test_authority::recipe::Version;
use assay_test_authority::{Change, Curve, Instance, Made, Manner, Recipe, Topic};
use std::collections::BTreeSet;

/// The bundles that changes are made to, each with the instance that makes it. Those with larger
/// keys are as the others, but for their keys, and slow.
struct Kinds(Vec<(Recipe, Instance)>);

impl Kinds {
    fn new() -> Self {
        let instances = [Manner::Public, Manner::Private, Manner::GitHub]
            .map(|manner| Instance::new(manner, Curve::P256, "defects"));
        let of = |recipe: &Recipe| {
            let mut instances = instances.iter();
            instances.find(|instance| instance.manner == recipe.manner)
        };
        let all = Recipe::all().into_iter();
        Self(
            all.map(|recipe| (of(&recipe).unwrap().clone(), recipe))
                .map(|(instance, recipe)| (recipe, instance))
                .collect(),
        )
    }

    /// A bundle of each kind to which the change can be made, with the change; one for all that
    /// are alike.
    fn with<'a>(
        &'a self,
        change: &'a Change,
        alike: fn(&Recipe) -> String,
    ) -> impl Iterator<Item = Made> + 'a {
        let possible = |(recipe, _): &&(Recipe, Instance)| change.is_possible(recipe);
        let small = |recipe: &Recipe| recipe.curve != Curve::P384;
        let only_large = !self.0.iter().filter(possible).any(|(one, _)| small(one));
        let mut seen = BTreeSet::new();
        self.0
            .iter()
            .filter(possible)
            .filter(move |(recipe, _)| only_large || small(recipe))
            .filter(move |(recipe, _)| seen.insert(alike(recipe)))
            .map(|(recipe, instance)| recipe.make_by(&mut instance.clone(), 0, change))
    }
}

/// In what bundles differ, as far as a topic is concerned.
fn alike(topic: Topic) -> fn(&Recipe) -> String {
    match topic {
        Topic::Form | Topic::Entry => |recipe| recipe.name.to_owned(),
        Topic::Content => |recipe| {
            let v2 = recipe.last_entry().map(|kind| kind.is_v2());
            format!(
                "{:?}",
                (recipe.certified(), &recipe.content, recipe.curve, v2)
            )
        },
        Topic::Certificate | Topic::Time | Topic::Trust => |recipe| {
            let chain = recipe.version == Version::V03;
            let times = (recipe.promise, recipe.timestamps);
            format!("{:?}", (recipe.certified(), recipe.manner, chain, times))
        },
        Topic::Log => |recipe| {
            let kinds: Vec<_> = recipe.entries.iter().map(|kind| kind.is_v2()).collect();
            let proven = (recipe.promise, recipe.proof, recipe.timestamps);
            format!("{:?}", (recipe.certified(), recipe.version, kinds, proven))
        },
    }
}

fn every_defect_is_refused_for_its_own_reason(topic: Topic) {
    let kinds = Kinds::new();
    let mut wrong = vec![];
    for defect in topic.defects() {
        let mut tried = 0;
        for made in kinds.with(&defect, alike(topic)) {
            tried += 1;
            let found = match prove(&made) {
                Ok(_) => "it is proven".to_owned(),
                Err(problem) if Some(problem.check.code()) == defect.breaks => continue,
                Err(problem) => problem.to_string(),
            };
            let expected = defect.breaks.unwrap();
            let kind = made.recipe.name;
            wrong.push(format!(
                "{} ({kind}): not {expected}, but {found}",
                defect.id
            ));
        }
        assert!(tried > 0, "no bundle has this defect: {}", defect.id);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

macro_rules! topics {
    ($($test:ident: $topic:ident),* $(,)?) => {
        $(#[test]
        fn $test() {
            every_defect_is_refused_for_its_own_reason(Topic::$topic);
        })*

        #[test]
        fn every_topic_is_tested() {
            assert_eq!(Topic::ALL, [$(Topic::$topic),*]);
        }
    };
}

topics! {
    what_is_no_bundle_is_refused: Form,
    what_is_not_signed_is_refused: Content,
    what_nobody_vouches_for_is_refused: Certificate,
    what_has_no_proven_time_is_refused: Time,
    what_is_not_in_the_log_is_refused: Log,
    what_was_not_logged_of_this_is_refused: Entry,
    what_has_no_usable_trust_root_is_refused: Trust,
}

#[test]
fn what_is_unusual_and_right_is_proven() {
    let kinds = Kinds::new();
    for change in Change::harmless() {
        let mut tried = 0;
        for made in kinds.with(&change, |recipe| recipe.name.to_owned()) {
            tried += 1;
            let (id, kind) = (change.id, made.recipe.name);
            prove(&made).unwrap_or_else(|problem| panic!("{id} ({kind}): {problem}"));
        }
        assert!(tried > 0, "no bundle can be like this: {}", change.id);
    }
}

#[test]
fn there_is_a_defect_for_every_check() {
    // Tested where they are made: not by what a bundle is, but by what is asked of it.
    let elsewhere = [
        Check::KnownRoot,
        Check::KnownDigest,
        Check::ExpectedKey,
        Check::ExpectedSigner,
    ];
    let broken: BTreeSet<_> = Change::defects()
        .iter()
        .filter_map(|defect| defect.breaks)
        .chain(elsewhere.map(Check::code))
        .collect();
    assert_eq!(broken, Check::ALL.map(Check::code).into());
}
