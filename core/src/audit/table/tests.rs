//! Tests of the spreadsheets: what is taken, and by what name what is not.

use super::*;

#[track_caller]
fn check(text: &[u8], expected: &str) {
    assert_eq!(registers(text).unwrap_err().to_string(), expected);
}

#[test]
fn registers_come_in_any_usual_dress() {
    let plain =
        registers(b"customer,digits,multiplier,r00,r01,r02\nA,5,10,00012,99999,3\nB,6,1,4,5,\n").unwrap();
    assert_eq!(plain[0].record, Record { digits: 5, readings: vec![12, 99_999, 3] });
    assert_eq!((plain[1].customer.as_str(), plain[1].record.readings.len()), ("B", 2));
    let dressed = "\u{feff}customer;class;digits;multiplier;r0;r1\r\n\r\n\"A;\"\"B\"\"\";shop;5;1;1;2\r\n";
    let dressed = registers(dressed.as_bytes()).unwrap();
    assert_eq!((dressed[0].customer.as_str(), dressed[0].class.as_str()), ("A;\"B\"", "shop"));
}

#[test]
fn what_cannot_be_is_named_by_line_and_column() {
    let head = "customer,digits,multiplier,r00,r01\n";
    let with = |row: &str| format!("{head}A,5,1,1,2\n{row}").into_bytes();
    check(b"", "line 1: the file is empty");
    check(head.as_bytes(), "line 2: there is no row below the header");
    check(b"customer,digits,r00\n", "line 1, column multiplier: the column is missing");
    check(b"customer,digits,multiplier\n", "line 1, column r00: the column is missing");
    check(b"customer,digits,multiplier,r00,r02\n", "line 1, column r02: there is no such column");
    check(b"customer,digits,multiplier,customer,r00\n", "line 1, column customer: the column is there twice");
    check(&with("B,5,1,2\n"), "line 3: 4 fields, the header has 5");
    check(&with("B,5,1,,2\n"), "line 3, column r00: empty, though there are readings after it");
    check(&with("B,0,1,1,2\n"), "line 3, column digits: 0 is not a whole number from 1 to 15");
    check(&with("B,5,1,1,100000\n"), "line 3, column r01: 100000 is not a whole number from 0 to 99999");
    check(&with("B,5,1,1,-2\n"), "line 3, column r01: -2 is not a whole number from 0 to 99999");
    check(&with("B,5,x,1,2\n"), "line 3, column multiplier: x is not a whole number from 1 to 1000000000");
    check(&with("A,5,1,1,2\n"), "line 3, column customer: A is there twice");
    check(&with(",5,1,1,2\n"), "line 3, column customer: empty");
    check(&with("\"B,5,1,1,2\n"), "line 3: a quotation mark in the wrong place");
    check(
        &with(&format!("{},5,1,1,2\n", "B".repeat(65))),
        "line 3: more than 64 letters, or one that cannot be shown",
    );
    check(b"customer,digits,multiplier,r00\n\xff,5,1,1\n", "line 2: not UTF-8; save the file as UTF-8");
}

#[test]
fn a_case_belongs_to_a_register_and_sees_nothing_after_t() {
    let registers = registers(b"customer,digits,multiplier,r00,r01\nA,5,1,1,2\n").unwrap();
    let found = cases(b"customer,t,kind,read,true_read\nA,1,digit,123456,5\n", &registers).unwrap();
    assert_eq!(found, [Case { register: 0, t: 1, read: 123_456 }]);
    for (row, expected) in [
        ("B,1,2", "line 2, column customer: B is not among the registers"),
        ("A,2,2", "line 2, column t: 2 is not a whole number from 0 to 1"),
        ("A,1,", "line 2, column read: empty"),
        ("A,1,12.5", "line 2, column read: 12.5 is not a whole number from 0 to 999999999999999999"),
    ] {
        let text = format!("customer,t,read\n{row}\n");
        assert_eq!(cases(text.as_bytes(), &registers).unwrap_err().to_string(), expected);
    }
}
