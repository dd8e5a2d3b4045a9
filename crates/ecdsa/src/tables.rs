//! Multiples of a point, computed beforehand: with them a signature takes a third of the time.
//!
//! A scalar is cut into parts, and there is a table for each: of the point, of its 2^n-fold, of its
//! 2^2n-fold and so on. All parts are then multiplied at once, and only as many doublings are
//! needed as the parts have bits.

use primeorder::elliptic_curve::array::sizes::U6;
use primeorder::elliptic_curve::group::Group;
use primeorder::wnaf::{WnafBase, WnafScalar, WnafSize};
use primeorder::{PrimeField, PrimeFieldExt};

/// Into how many parts a scalar is cut; the lengths of both curves' scalars are multiples of it.
const PARTS: usize = 8;

/// Digits of six bits: larger ones take longer to prepare than most keys are used.
type Window = U6;

/// The tables of one point.
pub struct Tables<G: Group>(Vec<WnafBase<G, Window>>);

impl<G: Group<Scalar: WnafSize>> Tables<G> {
    /// Those of `point`. It takes about as long as verifying a signature.
    pub fn of(point: &G) -> Self {
        let bits = 8 * Self::part_bytes();
        let mut point = *point;
        let mut tables = Vec::with_capacity(PARTS);
        for part in 0..PARTS {
            if part > 0 {
                for _ in 0..bits {
                    point = point.double();
                }
            }
            tables.push(WnafBase::new(&point));
        }
        Self(tables)
    }

    /// `a` times this point plus `b` times another. In variable time: nothing here is secret.
    pub fn sum(&self, a: &G::Scalar, other: &Self, b: &G::Scalar) -> G {
        let (a, b) = (Self::parts(a), Self::parts(b));
        let terms = self.0.iter().zip(&a).chain(other.0.iter().zip(&b));
        WnafBase::multiscalar_mul(terms)
    }

    fn parts(scalar: &G::Scalar) -> Vec<WnafScalar<G::Scalar, Window>> {
        let bytes = scalar.to_le_repr();
        bytes
            .as_ref()
            .chunks(Self::part_bytes())
            .map(WnafScalar::from_le_bytes)
            .collect()
    }

    fn part_bytes() -> usize {
        let bits = usize::try_from(G::Scalar::NUM_BITS).unwrap_or(usize::MAX);
        bits.div_ceil(8).div_ceil(PARTS)
    }
}
