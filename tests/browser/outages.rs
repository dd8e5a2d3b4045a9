//! Notaries that are down, slow, broken or lie: never a verdict about the file.

use crate::world::{PUBLISHER, World, seconds_waited};
use assay_core::digest::Sha256Digest;
use assay_core::message::{Request, Response};
use assay_core::record::Stage;
use assay_core::verdict::Verdict;
use assay_core::words::Message;
use assay_tests::{HostileNotary, Reply, Result, signer_named, wait_until};
use serde_json::{Value, json};

#[test]
fn a_notary_that_is_down_leaves_the_file_unchecked_until_it_is_back() -> Result<()> {
    let mut world = World::new()?;
    world.sign(b"patience")?;
    world.notary.stop();
    world.download("patience.bin", b"patience")?;
    let record = world
        .extension
        .wait_for_verdict("patience.bin", Verdict::Unchecked)?;
    assert!(record.retry.is_some(), "it is tried again by itself");
    world.sees("patience.bin", Verdict::Unchecked)?;
    let alarms: Vec<Value> = world
        .extension
        .open("sources.html")?
        .evaluate("chrome.alarms.getAll()")?;
    assert!(
        alarms.iter().any(|alarm| alarm["name"] == "continue"),
        "{alarms:?}"
    );

    world.notary.restart()?;
    // The alarm comes after half a minute at the soonest; nobody presses anything.
    world.sees("patience.bin", Verdict::Verified)?;
    Ok(())
}

#[test]
fn a_notary_that_hangs_keeps_nobody_elses_proof_from_being_told() -> Result<()> {
    let world = World::new()?;
    let hanging = HostileNotary::start(world.notary.trusted_root()?)?;
    hanging.reply(Reply::Silence);
    world.extension.add_notary(&hanging.url(), None)?;
    world.download_signed("proven.bin", b"proven")?;
    let record = world
        .extension
        .wait_for_verdict("proven.bin", Verdict::Verified)?;
    let told = "told before the other one's time is over";
    assert_eq!(seconds_waited(&record), "1", "{told}");
    wait_until("the other one to have had its time", || {
        let record = world
            .extension
            .wait_for_verdict("proven.bin", Verdict::Verified)?;
        match seconds_waited(&record).as_str() {
            "10" => Ok(()),
            seen => Err(seen.to_owned()),
        }
    })?;
    Ok(())
}

/// A world whose only notary answers what the test says, under the pinned root of a real one.
fn with_liar() -> Result<(World, HostileNotary)> {
    let world = World::without_notary()?;
    let liar = HostileNotary::start(world.notary.trusted_root()?)?;
    world
        .extension
        .add_notary(&liar.url(), Some(world.notary.fingerprint()))?;
    world
        .extension
        .trust(signer_named(&world.notary, PUBLISHER))?;
    Ok((world, liar))
}

fn first_reason(world: &World, name: &str) -> Result<Message> {
    let record = world.extension.wait_for_judgement(name)?;
    let reasons = record.judgement.map(|judgement| judgement.reasons);
    Ok(reasons
        .and_then(|reasons| reasons.into_iter().next())
        .expect("a reason"))
}

#[test]
fn whatever_is_not_proven_leaves_the_file_unchecked_with_the_reason() -> Result<()> {
    let (world, liar) = with_liar()?;
    let bytes = b"the file in question";
    world.sign(bytes)?;
    let digest = Sha256Digest::of(bytes).to_hex();
    let genuine = world.notary.attestations(&digest)?;
    world.sign(b"another file")?;
    let of_another = world
        .notary
        .attestations(&Sha256Digest::of(b"another file").to_hex())?;
    let mut wrong_proof = genuine.clone();
    let signature = wrong_proof
        .pointer_mut("/attestations/0/bundle/messageSignature/signature")
        .expect("a signature");
    *signature = of_another["attestations"][0]["bundle"]["messageSignature"]["signature"].clone();
    let cases = [
        ("garbage.bin", Reply::Bytes(200, b"\x00\xff<html>".to_vec())),
        ("error.bin", Reply::Bytes(500, b"{}".to_vec())),
        (
            "portal.bin",
            Reply::Bytes(404, b"<h1>Welcome</h1>".to_vec()),
        ),
        ("wrong.bin", Reply::Json(wrong_proof)),
        ("another.bin", Reply::Json(of_another)),
        (
            "empty.bin",
            Reply::Json(json!({ "attestations": [{ "bundle": {} }] })),
        ),
    ];
    for (name, reply) in cases {
        liar.reply(reply);
        world.download(name, bytes)?;
        let seen = world.sees(name, Verdict::Unchecked)?;
        assert!(!seen.text.contains(PUBLISHER), "{name}: {}", seen.text);
        let reason = first_reason(&world, name)?;
        match name {
            "wrong.bin" | "another.bin" | "empty.bin" => {
                assert!(reason.key.starts_with("reason_proof_"), "{reason:?}");
            }
            _ => assert!(reason.key.starts_with("reason_source_"), "{reason:?}"),
        }
    }
    // The very same question, answered honestly.
    liar.reply(Reply::Json(genuine));
    world.download("genuine.bin", bytes)?;
    world.sees("genuine.bin", Verdict::Verified)?;
    Ok(())
}

#[test]
fn an_oversized_or_endless_answer_is_cut_off() -> Result<()> {
    let (world, liar) = with_liar()?;
    for (name, reply) in [
        ("long.bin", Reply::Long(200 * 1024 * 1024)),
        ("endless.bin", Reply::Endless),
    ] {
        liar.reply(reply);
        world.download(name, b"patience")?;
        world.sees(name, Verdict::Unchecked)?;
        let reason = first_reason(&world, name)?;
        assert_eq!(reason.key, "reason_source_too_large");
    }
    Ok(())
}

#[test]
fn a_silent_notary_is_given_up_and_does_not_keep_another_from_proving() -> Result<()> {
    let world = World::new()?;
    let silent = HostileNotary::start(world.notary.trusted_root()?)?;
    world.extension.add_notary(&silent.url(), None)?;
    silent.reply(Reply::Silence);
    world.download("unknown.bin", b"nobody signed this")?;
    let seen = world.sees("unknown.bin", Verdict::Unchecked)?;
    assert!(seen.text.contains("10"), "the limit is said: {}", seen.text);
    let reason = first_reason(&world, "unknown.bin")?;
    assert_eq!(reason.key, "reason_source_timed_out");
    assert_eq!(reason.args[1], "10");
    world.download_signed("signed.bin", b"somebody signed this")?;
    world.sees("signed.bin", Verdict::Verified)?;
    Ok(())
}

#[test]
fn nothing_but_digests_leaves_the_machine() -> Result<()> {
    let (world, liar) = with_liar()?;
    world.download("secret-name.bin", b"what was downloaded")?;
    world
        .extension
        .wait_for_verdict("secret-name.bin", Verdict::Unknown)?;
    let digest = Sha256Digest::of(b"what was downloaded");
    let mut requests = liar.requests();
    requests.sort();
    assert_eq!(
        requests,
        [
            format!("/attestations/sha256:{digest}"),
            "/trust/succession.json".to_owned(),
            "/trusted_root.json".to_owned(),
        ]
    );
    Ok(())
}

#[test]
fn a_file_that_is_deleted_while_a_notary_is_asked_stays_deleted() -> Result<()> {
    let (world, liar) = with_liar()?;
    liar.reply(Reply::Silence);
    world.download("soon-gone.bin", b"soon gone")?;
    let record = wait_until("the notary to be asked", || {
        match world.extension.record_of("soon-gone.bin")? {
            Some(record) if record.stage == Stage::Asking => Ok(record),
            seen => Err(format!("{seen:?}")),
        }
    })?;
    let id = record.id;
    let deleted = world.extension.ask(&Request::DeleteFile { id })?;
    assert_eq!(deleted, Response::Done);
    let record = world.extension.wait_for_judgement("soon-gone.bin")?;
    assert!(record.deleted, "{record:?}");
    assert_eq!(record.retry, None, "nothing is asked about it any more");
    Ok(())
}
