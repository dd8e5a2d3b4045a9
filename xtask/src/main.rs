//! Build, demo, test, bench, package.

fn main() {}
