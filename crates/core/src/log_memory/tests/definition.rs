//! Trees and proofs by the definitions of RFC 6962, sections 2.1 to 2.1.2, over the bare list of
//! leaves. It shares no code with what is tested.

use crate::digest::Sha256Digest;

type D<'a> = &'a [String];

fn h(parts: &[&[u8]]) -> Sha256Digest {
    Sha256Digest::of(&parts.concat())
}

fn k(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}

pub fn leaf(data: &str) -> Sha256Digest {
    h(&[&[0], data.as_bytes()])
}

pub fn mth(d: D<'_>) -> Sha256Digest {
    match d {
        [] => h(&[]),
        [only] => leaf(only),
        d => {
            let (left, right) = d.split_at(k(d.len()));
            h(&[&[1], mth(left).as_bytes(), mth(right).as_bytes()])
        }
    }
}

pub fn path(m: usize, d: D<'_>) -> Vec<Sha256Digest> {
    if d.len() == 1 {
        return vec![];
    }
    let (left, right) = d.split_at(k(d.len()));
    let (mut path, sibling) = if m < left.len() {
        (path(m, left), mth(right))
    } else {
        (path(m - left.len(), right), mth(left))
    };
    path.push(sibling);
    path
}

pub fn proof(m: usize, d: D<'_>) -> Vec<Sha256Digest> {
    subproof(m, d, true)
}

fn subproof(m: usize, d: D<'_>, known: bool) -> Vec<Sha256Digest> {
    if m == d.len() {
        return if known { vec![] } else { vec![mth(d)] };
    }
    let (left, right) = d.split_at(k(d.len()));
    let (mut proof, other) = if m <= left.len() {
        (subproof(m, left, known), mth(right))
    } else {
        (subproof(m - left.len(), right, false), mth(left))
    };
    proof.push(other);
    proof
}
