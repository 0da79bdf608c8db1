//! Logarithm, exponential and the bell with heavy tails, by basic arithmetic only: every machine rounds these steps
//! alike, as no machine's own library of functions does.

use std::f64::consts::{LN_2, SQRT_2};

/// Beyond this an exponential is as good as none, or as all.
const EXPONENT_MAX: f64 = 700.0;

/// Terms of both series: the last one is below a quarter of the last bit.
const TERMS_LN: u32 = 21;
const TERMS_EXP: u32 = 16;

/// Natural logarithm of a positive normal number; of anything else that of the smallest one.
pub fn ln(number: f64) -> f64 {
    let number = if number >= f64::MIN_POSITIVE { number.min(f64::MAX) } else { f64::MIN_POSITIVE };
    let bits = number.to_bits();
    let mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    let exponent = i32::try_from(bits >> 52).unwrap_or(0) - 1023;
    let (mantissa, exponent) =
        if mantissa > SQRT_2 { (mantissa / 2.0, exponent + 1) } else { (mantissa, exponent) };
    // ln m = 2 artanh((m - 1) / (m + 1))
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let square = ratio * ratio;
    let mut sum = 0.0;
    let mut term = TERMS_LN;
    while term > 1 {
        sum = sum * square + 1.0 / f64::from(term);
        term -= 2;
    }
    f64::from(exponent) * LN_2 + 2.0 * ratio * (1.0 + sum * square)
}

/// e to this power.
pub fn exp(power: f64) -> f64 {
    let power = if power > -EXPONENT_MAX { power.min(EXPONENT_MAX) } else { -EXPONENT_MAX };
    let whole = (power / LN_2).round();
    let rest = power - whole * LN_2;
    let mut sum = 1.0;
    let mut term = TERMS_EXP;
    while term > 0 {
        sum = 1.0 + sum * rest / f64::from(term);
        term -= 1;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 13 and 2033 by the bounds"
    )]
    let scale = f64::from_bits(((whole + 1023.0) as u64) << 52);
    sum * scale
}

/// Student's t with four degrees of freedom, over the distance in spreads.
pub fn t4(distance: f64) -> f64 {
    let wide = 1.0 + distance * distance / 4.0;
    0.375 / (wide * wide * wide.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_what_the_library_says_to_the_last_bits() {
        let mut number = 1e-300;
        while number < 1e300 {
            let (ours, theirs) = (ln(number), number.ln());
            assert!((ours - theirs).abs() <= 4e-16 * theirs.abs().max(1.0), "ln {number}: {ours} {theirs}");
            number *= 1.37;
        }
        for step in -6900..6900 {
            let power = f64::from(step) / 10.0;
            let (ours, theirs) = (exp(power), power.exp());
            assert!((ours / theirs - 1.0).abs() < 2e-13, "exp {power}: {ours} {theirs}");
        }
    }

    #[test]
    fn nothing_outside_the_range_makes_no_number() {
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.0, f64::MIN_POSITIVE / 4.0] {
            assert!(ln(odd).is_finite() && exp(odd).is_finite(), "{odd}");
        }
    }

    /// The bits, not the numbers near them: a machine that rounds another way fails here.
    #[test]
    fn the_bits_are_the_same_on_every_machine() {
        let mut folded = 0_u64;
        for step in 1..=100_000_u32 {
            let number = f64::from(step) * 0.37;
            let bits =
                ln(number).to_bits() ^ exp(-number / 97.0).to_bits().rotate_left(17) ^ t4(number).to_bits();
            folded = folded.rotate_left(5).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ bits;
        }
        assert_eq!(folded, 0x400f_91b2_f1af_8176, "{folded:#x}");
    }
}
