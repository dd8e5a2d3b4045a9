//! What is remembered of logs: of notaries' own, which are asked, and of public ones, which are not.

mod book;
#[path = "../../../notary/tests/common/mod.rs"]
mod common;
mod notaries;
mod public_roots;
mod world;
