//! What lies beside a file, as a publisher puts it there, and as it should not be.

mod bundles;
mod lists;
mod names;
mod pages;
mod signed;
mod versions;
mod word;
mod world;
