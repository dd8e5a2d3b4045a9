//! The heart of Assay.
