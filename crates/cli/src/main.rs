//! The program `assay`: sign and verify files, run a notary.

mod args;
mod ask;
mod attributes;
mod audit;
mod cache;
mod client;
mod client_token;
mod config;
mod contact;
mod contact_args;
mod declare;
mod error;
mod exit;
mod hash;
mod input;
mod judging;
mod key;
mod keyless;
mod logged;
mod logs;
mod memory;
mod notary;
mod notary_data;
mod notary_tokens;
mod output;
mod progress;
mod report;
mod roots;
mod sealed;
mod secret;
mod serve_args;
mod side_by_side;
mod sign;
mod sign_args;
mod sources;
mod standing;
mod subject;
mod submit;
mod verify;
mod verify_args;
mod verify_bundle;
mod verify_unlogged;

use args::{Args, Command};
use assay_core::standing::Standing;
use clap::Parser;
use serde_json::json;
use std::process::ExitCode;

fn main() -> ExitCode {
    assay_core::crypto::native::install();
    let args = Args::parse();
    let wants_json = args.command.wants_json();
    let done = match args.command {
        Command::Sign(args) => sign::run(&args),
        Command::Key(args) => key::run(&args),
        Command::Declare(args) => declare::run(&args),
        Command::Trust(args) => standing::run(Standing::Trusted, &args),
        Command::Untrust(args) => standing::run(Standing::Untrusted, &args),
        Command::Unsupport(args) => standing::run(Standing::Unsupported, &args),
        Command::Verify(args) => verify::run(&args),
        Command::VerifyBundle(args) => verify_bundle::run(&args),
        Command::Roots(args) => roots::run(&args),
        Command::Logs(args) => logs::run(&args),
        Command::Log(args) => audit::run(&args),
        Command::Memory(args) => memory::run(&args),
        Command::Notary(args) => notary::run(args),
    };
    match done {
        Ok(code) => code.into(),
        Err(error) => {
            output::complain(&error.to_string());
            if wants_json {
                // Where standard output is closed there is nobody to tell.
                let _ = output::json(&json!({
                    "schema": "assay.error.v1",
                    "exit_code": error.exit().code(),
                    "error": error.to_string(),
                }));
            }
            error.exit().into()
        }
    }
}
