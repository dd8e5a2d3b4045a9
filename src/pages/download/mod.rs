//! One download, opened: what the popup and the history have in common.

mod change;
pub mod details;
pub mod ground;
pub mod hold;
mod trust;
