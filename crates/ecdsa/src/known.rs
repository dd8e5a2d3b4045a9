//! Keys that come again: those of authorities and logs, which sign for everybody.

use crate::tables::Tables;
use ecdsa::hazmat::verify_prehashed;
use ecdsa::signature::Error;
use ecdsa::{EcdsaCurve, Signature};
use primeorder::elliptic_curve::bigint::{BitOps, Encoding};
use primeorder::elliptic_curve::group::{Curve, Group};
use primeorder::elliptic_curve::ops::{Invert, Reduce};
use primeorder::elliptic_curve::point::AffineCoordinates;
use primeorder::elliptic_curve::{AffinePoint, CurveArithmetic, ProjectivePoint, Scalar};
use primeorder::wnaf::WnafSize;

/// How many keys are known at a time. Whatever signs one bundle has room.
const MOST: usize = 16;

/// The keys of one curve that were used last, the last first.
pub struct Keys<C: EcdsaCurve + CurveArithmetic> {
    generator: Option<Tables<ProjectivePoint<C>>>,
    known: Vec<Known<C>>,
}

struct Known<C: EcdsaCurve + CurveArithmetic> {
    key: AffinePoint<C>,
    /// Made when the key is used a second time: most keys never are.
    tables: Option<Tables<ProjectivePoint<C>>>,
}

impl<C> Keys<C>
where
    C: EcdsaCurve + CurveArithmetic<Scalar: WnafSize>,
{
    /// None yet.
    pub const fn new() -> Self {
        Self {
            generator: None,
            known: Vec::new(),
        }
    }

    /// Verifies a signature over a digest: FIPS 186-5, section 6.4.2.
    ///
    /// # Errors
    /// When it is wrong.
    pub fn verify(
        &mut self,
        key: &AffinePoint<C>,
        digest: &[u8],
        signature: &Signature<C>,
    ) -> Result<(), Error> {
        let point: ProjectivePoint<C> = (*key).into();
        let place = self.known.iter().position(|known| known.key == *key);
        let Some(place) = place else {
            let tables = None;
            self.known.insert(0, Known { key: *key, tables });
            self.known.truncate(MOST);
            return verify_prehashed::<C>(&point, digest, signature);
        };
        self.known[..=place].rotate_right(1);
        let generator = self
            .generator
            .get_or_insert_with(|| Tables::of(&ProjectivePoint::<C>::generator()));
        let tables = self.known[0]
            .tables
            .get_or_insert_with(|| Tables::of(&point));
        verify_with::<C>(generator, tables, digest, signature)
    }
}

/// Verifies with tables of the generator and of the key.
fn verify_with<C>(
    generator: &Tables<ProjectivePoint<C>>,
    key: &Tables<ProjectivePoint<C>>,
    digest: &[u8],
    signature: &Signature<C>,
) -> Result<(), Error>
where
    C: EcdsaCurve + CurveArithmetic<Scalar: WnafSize>,
{
    // Neither is zero: no signature is made or read with such a one.
    let (r, s) = signature.split_scalars();
    let inverse = *s.invert_vartime();
    let u1 = scalar::<C>(digest) * inverse;
    let u2 = *r * inverse;
    let point = generator.sum(&u1, key, &u2);
    // The affine x of the point at infinity is zero, and `r` is not.
    match *r == scalar::<C>(&point.to_affine().x()) {
        true => Ok(()),
        false => Err(Error::new()),
    }
}

/// The leftmost bits of a digest, as many as the group's order has, modulo that order (FIPS 186-5,
/// section 6.4.2, step 2).
fn scalar<C: EcdsaCurve + CurveArithmetic>(bytes: &[u8]) -> Scalar<C> {
    let bits = C::ORDER.bits();
    let most = usize::try_from(bits.div_ceil(8)).unwrap_or(usize::MAX);
    let bytes = bytes.get(..most).unwrap_or(bytes);
    Scalar::<C>::reduce(&C::Uint::from_be_slice_truncated(bytes, bits))
}
