//! Drives real browsers and the servers that tests, demo and benchmarks need.
//!
//! A [`Browser`] is a real Chromium with a profile of its own; a [`Page`] is one of its tabs; an
//! [`Extension`] is what was loaded into it. A [`Firefox`] is a real Firefox with all of that. Everything blocks: a test reads from top to bottom.

mod axe;
mod browser;
mod clients;
mod connection;
mod each;
mod error;
mod extension;
mod firefox;
mod gallery;
mod github_site;
mod hostile_notary;
mod http;
mod many;
mod marionette;
mod page;
mod pictures;
mod places;
mod problems;
mod process;
mod programs;
mod records;
mod rekor_site;
mod scene;
mod server;
mod shapes;
mod site;
mod tls;
mod tunnel;
mod wait;

pub use axe::Axe;
pub use browser::{Browser, Options, Target};
pub use clients::{Client, Stranger, interop, statement};
pub use connection::{Connection, Event};
pub use each::{each_signer, each_standing, each_verdict, unfinished};
pub use error::{Error, Result, exit_code};
pub use extension::Extension;
pub use firefox::Firefox;
pub use gallery::{Gallery, POPUP, Shown, TAB, Visit, languages};
pub use github_site::{ApiRequest, GithubSite};
pub use hostile_notary::{HostileNotary, Reply};
pub use many::many_records;
pub use page::{Appearance, Page};
pub use pictures::take_pictures;
pub use places::{assay_program, extension_folder, target_folder};
pub use problems::Problem;
pub use process::{resident_bytes, stop_group, taken_by};
pub use programs::{NotaryProcess, Person, copy_folder, output_of};
pub use records::signer_named;
pub use rekor_site::{LogRequest, RekorSite};
pub use scene::{LARGE, Offer, SIGNER, Scene};
pub use shapes::{Fill, Manner, Replay, Shape, Shapes};
pub use site::{Content, DownloadSite, generated_chunk, serve_folder, write_generated};
pub use tunnel::Tunnel;
pub use wait::{PATIENCE, wait_until, wait_until_within};
