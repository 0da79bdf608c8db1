//! The cyclic checksums that meters use, each 16 bits.

/// HDLC, SML and C12.18: CRC-16/X.25. Sent low byte first.
pub const fn x25(bytes: &[u8]) -> u16 {
    !run(&X25, 0xFFFF, bytes)
}

/// What some SML meters use instead: CRC-16/KERMIT.
pub const fn kermit(bytes: &[u8]) -> u16 {
    run(&X25, 0, bytes)
}

/// DSMR telegrams: CRC-16/ARC.
pub const fn arc(bytes: &[u8]) -> u16 {
    run(&ARC, 0, bytes)
}

static X25: [u16; 256] = table(0x8408);
static ARC: [u16; 256] = table(0xA001);

const fn table(polynomial: u16) -> [u16; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let mut rest = at as u16;
        let mut bit = 0;
        while bit < 8 {
            rest = if rest & 1 == 1 { (rest >> 1) ^ polynomial } else { rest >> 1 };
            bit += 1;
        }
        table[at] = rest;
        at += 1;
    }
    table
}

const fn run(table: &[u16; 256], start: u16, mut bytes: &[u8]) -> u16 {
    let mut rest = start;
    while let [byte, tail @ ..] = bytes {
        rest = (rest >> 8) ^ table[((rest ^ *byte as u16) & 0xFF) as usize];
        bytes = tail;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_values_of_the_catalogue() {
        let digits = b"123456789";
        assert_eq!((x25(digits), kermit(digits), arc(digits)), (0x906E, 0x2189, 0xBB3D));
    }
}
