//! The program `assay`: sign and verify files, run a notary.

mod all_images;
mod args;
mod ask;
mod attached;
mod attributes;
mod audit;
mod bundle_place;
mod bundles;
mod cache;
mod client;
mod client_token;
mod color;
mod command_line;
mod completions;
mod config;
mod contact;
mod contact_args;
mod core_files;
mod declare;
mod declare_args;
mod environment;
mod error;
mod exit;
mod hash;
mod image_signature;
mod input;
mod inspect;
mod judging;
mod key;
mod keyless;
mod line_check;
mod list;
mod logged;
mod login;
mod logs;
mod manifest;
mod manual;
mod memory;
mod moment;
mod notary;
mod notary_data;
mod notary_tokens;
mod output;
mod policy;
mod progress;
mod report;
mod roots;
mod sealed;
mod secret;
mod serve_args;
mod side_by_side;
mod sign;
mod sign_args;
mod signer_key;
mod sources;
mod standing;
mod subject;
mod submit;
mod verified;
mod verify;
mod verify_args;
mod verify_bundle;
mod verify_bundle_args;
mod verify_unlogged;
mod whom;

use args::Command;
use assay_core::standing::Standing;
use exit::Exit;
use serde_json::json;
use std::process::ExitCode;

fn main() -> ExitCode {
    core_files::forbid();
    assay_core::crypto::native::install();
    // What panics says so by itself.
    std::panic::catch_unwind(run).unwrap_or(Exit::INTERNAL.into())
}

fn run() -> ExitCode {
    let line = match command_line::read() {
        Ok(line) => line,
        Err(code) => return code,
    };
    let done = match line.args.command {
        Command::Login(args) => login::run(&args),
        Command::Logout(args) => login::log_out(&args),
        Command::Sign(args) => sign::run(&args),
        Command::Key(args) => key::run(&args),
        Command::Declare(args) => declare::run(&args),
        Command::Trust(args) => standing::run(Standing::Trusted, &args),
        Command::Untrust(args) => standing::run(Standing::Untrusted, &args),
        Command::Unsupport(args) => standing::run(Standing::Unsupported, &args),
        Command::Verify(args) => verify::run(&args),
        Command::Manifest(args) => manifest::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::List(args) => list::run(&args),
        Command::VerifyBundle(args) => verify_bundle::run(&args),
        Command::Roots(args) => roots::run(&args),
        Command::Logs(args) => logs::run(&args),
        Command::Log(args) => audit::run(&args),
        Command::Memory(args) => memory::run(&args),
        Command::Notary(args) => notary::run(args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => manual::run(&args),
    };
    match done {
        Ok(code) => code.into(),
        Err(error) => {
            output::complain(&error.to_string());
            if line.wants_json {
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
