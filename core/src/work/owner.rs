//! Whose meter answered: by all the numbers it gave, among all the meters of the round.

use crate::{
    id::StopId,
    meter::{Likeness, likeness},
    probe::readout::{Readout, Value},
};

/// Every number a meter may be known by, the likeliest first: utilities put their own number where the maker's
/// is expected, and the other way round.
pub(super) fn numbers(readout: &Readout) -> Vec<&str> {
    let others = readout.registers.iter().filter_map(|datum| match &datum.value {
        Value::Text(text) if matches!((datum.obis.c, datum.obis.d), (0, 0) | (96, 1)) => Some(text.as_str()),
        Value::Text(_) | Value::Number(_) => None,
    });
    let mut numbers: Vec<&str> = Vec::new();
    for number in readout.serial.as_deref().into_iter().chain(others) {
        let told = number.chars().any(|letter| letter.is_alphanumeric() && letter != '0');
        if told && !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers
}

/// The stop whose meter this is. The same number owns; a tail owns only where it is the only one.
pub(super) fn owner(serials: &[(StopId, String)], numbers: &[&str]) -> Option<StopId> {
    let like = |wanted| {
        serials.iter().filter(move |(_, serial)| {
            numbers.iter().filter_map(|number| likeness(serial, number)).max() == Some(wanted)
        })
    };
    if let Some((stop, _)) = like(Likeness::Same).next() {
        return Some(*stop);
    }
    let mut tails = like(Likeness::Tail);
    match (tails.next(), tails.next()) {
        (Some((stop, _)), None) => Some(*stop),
        (_, Some(_)) | (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(serials: &[&str], numbers: &[&str], expected: Option<usize>) {
        let id = |at: usize| StopId::derived(&[&at.to_be_bytes()]);
        let serials: Vec<_> =
            serials.iter().enumerate().map(|(at, serial)| (id(at), (*serial).to_owned())).collect();
        assert_eq!(owner(&serials, numbers), expected.map(id));
    }

    #[test]
    fn the_same_number_owns_before_any_tail() {
        check(&["00200417", "58200417"], &["58200417"], Some(1));
        check(&["00200417", "58200417"], &["200417"], Some(0));
    }

    #[test]
    fn a_tail_owns_where_it_is_the_only_one() {
        check(&["58200417", "58200418"], &["1ISK0058200417"], Some(0));
        check(&["200417", "0200417"], &["1ISK0058200417"], None);
        check(&["58200417"], &["417"], None);
    }

    #[test]
    fn any_of_the_meters_numbers_will_do() {
        check(&["58200417"], &["CUSTOMER-9", "58200417"], Some(0));
        check(&["58200417"], &[], None);
    }
}
