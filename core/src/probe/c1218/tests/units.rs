//! What sources are called, and how their numbers become quantities.

use super::tables::{CONSTANT, PLAIN, unit};
use crate::{
    decimal::Decimal,
    probe::c1218::{
        number::{Number, Order, Signs},
        table::{
            clock::TimeFormat,
            cursor::Format,
            units::{Role, Sources},
        },
    },
};

const FORMAT: Format = Format {
    order: Order::Little,
    signs: Signs::TwosComplement,
    first: Number::Whole(4, 4),
    second: Number::Whole(4, 0),
    time: TimeFormat::Bytes,
};

/// A source of its own, which counted 1,234.
#[track_caller]
fn check(unit: u32, role: Role, expected: &str) {
    let sources = Sources::of_tables(FORMAT, None, Some(&unit.to_le_bytes()), None, Some(&[PLAIN]));
    assert_eq!(shown(&sources, 0, role), expected, "{unit:#b}");
}

fn shown(sources: &Sources, source: u8, role: Role) -> String {
    let column = sources.column(source, role).unwrap();
    let value = column.apply(Decimal::new(1_234, 0).unwrap()).unwrap();
    let unit = column.unit.map(|unit| format!(" {unit}")).unwrap_or_default();
    format!("{} {value}{unit}", column.obis)
}

#[test]
fn energies_have_the_code_of_their_quadrants() {
    for (id, quadrants, net, c, unit_name) in [
        (0, 0b1001, 0, 1, "kWh"),
        (0, 0b0110, 0, 2, "kWh"),
        (0, 0b1111, 1, 16, "kWh"),
        (0, 0b1111, 0, 15, "kWh"),
        (0, 0b0001, 0, 17, "kWh"),
        (0, 0b1000, 0, 20, "kWh"),
        (1, 0b0011, 0, 3, "kvarh"),
        (1, 0b1100, 0, 4, "kvarh"),
        (1, 0b0001, 0, 5, "kvarh"),
        (1, 0b0010, 0, 6, "kvarh"),
        (1, 0b0100, 0, 7, "kvarh"),
        (1, 0b1000, 0, 8, "kvarh"),
        (2, 0b1001, 0, 9, "kVAh"),
        (3, 0b1111, 0, 9, "kVAh"),
        (2, 0b0110, 0, 10, "kVAh"),
    ] {
        check(unit(id, 0, 2, quadrants, net, 0), Role::Sum, &format!("1-0:{c}.8.0*255 1234 {unit_name}"));
    }
}

#[test]
fn a_phase_of_its_own_has_its_code() {
    for (id, base, quadrants, phase, name) in [
        (0, 0, 0b1001, 5, "1-0:21.8.0*255 1234 Wh"),
        (0, 0, 0b0110, 7, "1-0:62.8.0*255 1234 Wh"),
        (8, 1, 0, 5, "1-0:32.7.0*255 1234 V"),
        (8, 1, 0, 6, "1-0:52.7.0*255 1234 V"),
        (9, 1, 0b1111, 7, "1-0:72.7.0*255 1234 V"),
        (12, 1, 0, 0, "1-0:11.7.0*255 1234 A"),
        (12, 1, 0, 7, "1-0:71.7.0*255 1234 A"),
        (12, 1, 0, 4, "1-0:91.7.0*255 1234 A"),
        (24, 1, 0, 5, "1-0:33.7.0*255 1234"),
        (33, 1, 0, 0, "1-0:14.7.0*255 1234 Hz"),
        // From phase to phase.
        (8, 1, 0, 1, "1-0:128.7.0*255 1234 V"),
    ] {
        check(unit(id, base, 0, quadrants, 0, phase), Role::Present, name);
    }
}

#[test]
fn the_power_of_ten_goes_into_the_unit_as_far_as_it_can() {
    for (multiplier, name) in [
        (0, "1234 Wh"),
        (1, "123400 Wh"),
        (2, "1234 kWh"),
        (3, "1234 MWh"),
        (4, "1234000 MWh"),
        (5, "12.34 Wh"),
        (6, "1.234 Wh"),
        (7, "0.001234 Wh"),
    ] {
        check(unit(0, 0, multiplier, 0b1001, 0, 0), Role::Sum, &format!("1-0:1.8.0*255 {name}"));
    }
    check(unit(1, 0, 3, 0b0011, 0, 0), Role::Sum, "1-0:3.8.0*255 1234000 kvarh");
    check(unit(8, 1, 6, 0, 0, 5), Role::Present, "1-0:32.7.0*255 1.234 V");
    check(unit(24, 1, 6, 0, 0, 0), Role::Present, "1-0:13.7.0*255 1.234");
}

#[test]
fn the_part_a_column_has_is_in_its_name() {
    let demand = unit(0, 4, 2, 0b1001, 0, 0);
    for (role, name) in [
        (Role::Maximum, "1.6.0*255 1234 kW"),
        (Role::Minimum, "1.3.0*255 1234 kW"),
        (Role::Cumulative, "1.2.0*255 1234 kW"),
        (Role::ContinuousCumulative, "1.130.0*255 1234 kW"),
        (Role::Coincident(3), "1.203.0*255 1234 kW"),
        (Role::Present, "1.4.0*255 1234 kW"),
        (Role::Interval, "1.5.0*255 1234 kW"),
    ] {
        check(demand, role, &format!("1-0:{name}"));
    }
    check(unit(0, 0, 0, 0b1001, 0, 0), Role::Interval, "1-0:1.29.0*255 1234 Wh");
    check(unit(0, 5, 0, 0b1001, 0, 0), Role::Present, "1-0:1.8.0*255 1234 Wh");
    check(unit(0, 1, 0, 0b1111, 0, 0), Role::Present, "1-0:16.7.0*255 1234 W");
    check(unit(8, 1, 0, 0, 0, 6), Role::Interval, "1-0:52.7.0*255 1234 V");
}

#[test]
fn what_has_no_code_keeps_its_value_under_a_code_of_the_manufacturers() {
    for (bits, name) in [
        (unit(0, 0, 2, 0, 0, 0), "128.8.0*255 1234 kWh"),
        (unit(1, 0, 2, 0b1001, 0, 0), "128.8.0*255 1234 kvarh"),
        (unit(0, 0, 2, 0b1001, 1, 0), "128.8.0*255 1234 kWh"),
        (unit(7, 0, 0, 0b1111, 0, 0), "128.8.0*255 1234 unit 7 h"),
        (unit(8, 0, 0, 0, 0, 0), "128.8.0*255 1234 unit 8 h"),
        // A harmonic, and what does not follow the book.
        (unit(0, 0, 2, 0b1001, 0, 0) | 1 << 22, "128.8.0*255 1234 kWh"),
        (unit(0, 0, 2, 0b1001, 0, 0) | 1 << 31, "128.8.0*255 1234 kWh"),
    ] {
        check(bits, Role::Sum, &format!("1-0:{name}"));
    }
}

/// Eight sources: nothing known, plain, pulses, constants to be applied, constants applied, and again.
fn mixed(limits: &[u8], constants: &[u8]) -> Sources {
    let energy = |quadrants| unit(0, 0, 2, quadrants, 0, 0).to_le_bytes();
    let units = [energy(0b1001), energy(0b0110), energy(0b0001), energy(0b0010)].concat();
    let flags = [0, PLAIN, 0x01, CONSTANT, 0x08, 0x19];
    Sources::of_tables(FORMAT, Some(limits), Some(&units), Some(constants), Some(&flags))
}

#[test]
fn units_and_constants_belong_to_the_sources_that_have_them_one_after_another() {
    let number = |ten_thousandths: i32| ten_thousandths.to_le_bytes();
    let constants = [number(25_000), number(-10_000), number(1), number(2), number(3), number(4)].concat();
    let sources = mixed(&[0, 4, 0, 0, 0, 3, 2, 6], &constants);
    for (source, name) in [
        (0, "1-0:128.8.0*255 1234 source 0"),
        (1, "1-0:1.8.0*255 1234 kWh"),
        (2, "1-0:130.8.0*255 1234 pulse"),
        // 2.5 times, less one.
        (3, "1-0:17.8.0*255 3084.0 kWh"),
        (4, "1-0:132.8.0*255 1234 source 4"),
        (5, "1-0:18.8.0*255 1234 kWh"),
        (6, "1-0:134.8.0*255 1234 source 6"),
    ] {
        assert_eq!(shown(&sources, source, Role::Sum), name);
    }
    assert_eq!(sources.column(0xFF, Role::Sum), None);
}

#[test]
fn constants_may_come_without_offsets_and_with_ratios_that_are_not_applied() {
    let number = |ten_thousandths: i32| ten_thousandths.to_le_bytes();
    let set = [&[1][..], &number(400_000), &number(1_000_000)].concat();
    for (flags, sets) in [(0, 0), (0x20, 1), (0x60, 2)] {
        let entry = |multiplier: i32| [&number(multiplier)[..], &set.repeat(sets)].concat();
        let constants = [entry(25_000), entry(1), entry(1)].concat();
        let sources = mixed(&[flags, 4, 0, 0, 0, 3, 2, 6], &constants);
        assert_eq!(shown(&sources, 3, Role::Sum), "1-0:17.8.0*255 3085.0 kWh");
    }
}

#[test]
fn numbers_whose_constants_are_not_to_be_had_stay_pulses() {
    for (limits, constants) in [
        (&[0, 4, 0, 0, 0, 3, 2, 6][..], &[0_u8; 23][..]),
        (&[0, 4, 0, 0, 0, 3, 1, 6], &[0; 24]),
        (&[0, 4, 0, 0, 0, 0, 2, 6], &[]),
        (&[0, 4], &[0; 24]),
    ] {
        assert_eq!(shown(&mixed(limits, constants), 3, Role::Sum), "1-0:131.8.0*255 1234 pulse");
    }
}

#[test]
fn without_a_table_of_sources_every_source_has_its_unit() {
    let units = [unit(0, 0, 2, 0b1001, 0, 0), unit(0, 0, 2, 0b0110, 0, 0)].map(u32::to_le_bytes).concat();
    let sources = Sources::of_tables(FORMAT, None, Some(&units), None, None);
    assert_eq!(shown(&sources, 1, Role::Sum), "1-0:2.8.0*255 1234 kWh");
    assert_eq!(shown(&sources, 2, Role::Sum), "1-0:130.8.0*255 1234 source 2");
}
