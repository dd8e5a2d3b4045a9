//! `assay notary`.

pub mod args;
mod rotate;
mod signers;

use self::args::{NotaryArgs, NotaryCommand, SignerCommand};
use crate::error::CliError;
use crate::exit::Exit;
use crate::notary_data;
use crate::notary_tokens;
use crate::output;
use crate::serve_args::ServeArgs;
use assay_notary::{Handle, config, serve};
use serde_json::json;

/// Runs a notary until it is told to stop, or administers one.
///
/// # Errors
/// When it cannot start, or the command fails.
pub fn run(args: NotaryArgs) -> Result<Exit, CliError> {
    match args.command {
        Some(NotaryCommand::Signer(SignerCommand::Add(args))) => signers::add(&args),
        Some(NotaryCommand::Signer(SignerCommand::List(args))) => signers::list(&args),
        Some(NotaryCommand::Signer(SignerCommand::Revoke(args))) => signers::revoke(&args),
        Some(NotaryCommand::Rotate(args)) => rotate::run(&args),
        Some(NotaryCommand::Backup(args)) => notary_data::back_up(&args),
        Some(NotaryCommand::Restore(args)) => notary_data::restore(&args),
        Some(NotaryCommand::Adopt(args)) => notary_data::adopt(&args),
        Some(NotaryCommand::Token(command)) => notary_tokens::run(&command),
        Some(NotaryCommand::Config) => {
            output::say(config::EXAMPLE.trim_end())?;
            Ok(Exit::DONE)
        }
        None => {
            let runtime = tokio::runtime::Runtime::new()
                .map_err(|error| CliError::Internal(error.to_string()))?;
            runtime.block_on(run_until_told(args.serve))
        }
    }
}

async fn run_until_told(args: ServeArgs) -> Result<Exit, CliError> {
    let handle = serve(args.configuration()?).await?;
    // Before anybody is told that it is ready, so that a stop is never a kill.
    let stop = told_to_stop()?;
    announce(&handle, args.json)?;
    stop.await?;
    handle.stop().await;
    Ok(Exit::DONE)
}

fn announce(handle: &Handle, as_json: bool) -> Result<(), CliError> {
    let notary = handle.notary();
    let (address, listening) = (&notary.identity().address, handle.url());
    let (log, root) = (notary.log_id(), notary.fingerprint());
    if as_json {
        let line = json!({
            "schema": "assay.notary.ready.v1",
            "address": address,
            "listening": listening,
            "log_id": log,
            "trust_root_fingerprint": root,
            "verifier_key": notary.verifier_key().to_string(),
        });
        return output::say(&line.to_string());
    }
    output::say(&format!(
        "notary ready: address {address} listening {listening} log {log} trust-root {root}"
    ))
}

#[cfg(unix)]
fn told_to_stop() -> Result<impl Future<Output = Result<(), CliError>>, CliError> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed = |error: std::io::Error| CliError::Internal(error.to_string());
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(std::future::poll_fn(move |context| {
        let told =
            terminate.poll_recv(context).is_ready() || interrupt.poll_recv(context).is_ready();
        match told {
            true => std::task::Poll::Ready(Ok(())),
            false => std::task::Poll::Pending,
        }
    }))
}

#[cfg(not(unix))]
fn told_to_stop() -> Result<impl Future<Output = Result<(), CliError>>, CliError> {
    Ok(async {
        tokio::signal::ctrl_c()
            .await
            .map_err(|error| CliError::Internal(error.to_string()))
    })
}
