//! The notary server.
