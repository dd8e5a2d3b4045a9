//! The proof core against the project's own test authority.

mod asked;
mod common;
mod defects;
mod good;
mod roots;
