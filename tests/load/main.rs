//! What the benchmark loads the notary with. It is a process of its own and made to cost little,
//! because it shares the machine with what it measures: everything is signed before the clock
//! starts, one thread serves all connections, and of an answer it reads what it needs to know that
//! it is the right one.
//!
//! Each command prints one line of JSON.

mod connection;
mod fill;
mod outcome;
mod publisher;
mod requests;
mod sync;

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
load fill DATA ENTRIES                          a notary's data with so many entries
load post ADDRESS CONNECTIONS COUNT SERIES      notarizes so many entries, new ones for each series
load get ADDRESS CONNECTIONS COUNT SERIES KNOWN asks about artifacts, at random among the first KNOWN
                                                of a series
load sync FOLDER COUNT                          so many durable writes, of the disk and of a bare store";

/// What a command may fail with.
type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<(), Failure> {
    let said = match words {
        ["fill", data, entries] => fill::fill(Path::new(data), entries.parse()?)?,
        ["post", address, connections, count, series] => {
            let address: SocketAddr = address.parse()?;
            let connections = connections.parse()?;
            let requests = requests::posts(address, series, count.parse()?, connections)?;
            outcome::json(&connection::drive(address, requests)?)
        }
        ["get", address, connections, count, series, known] => {
            let address: SocketAddr = address.parse()?;
            let connections = connections.parse()?;
            let requests =
                requests::gets(address, series, known.parse()?, count.parse()?, connections);
            outcome::json(&connection::drive(address, requests)?)
        }
        ["sync", folder, count] => sync::measure(Path::new(folder), count.parse()?)?,
        _ => return Err(USAGE.into()),
    };
    println!("{said}");
    Ok(())
}
