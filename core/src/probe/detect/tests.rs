//! Which way a search goes: nobody at the other end, a meter that pushes, a meter that answers.

use std::time::Duration;

use super::{Aim, Attempt, Detect, Head, Outcome};
use crate::{
    probe::{
        drive::Protocol,
        error::ReadError,
        port::{Input, Output},
        readout::Readout,
        way::Family,
    },
    time::Moment,
};

/// Plays a line that says `answer(sent, baud)` to everything we send and nothing by itself.
fn search(
    aim: Aim,
    answer: impl Fn(&[u8], u32) -> Vec<u8>,
) -> (Result<Readout, ReadError>, Vec<Attempt>, Duration) {
    let (mut now, mut baud) = (Moment(0), 0);
    let mut detect = Detect::start(now, aim);
    let ended = loop {
        let heard = match detect.poll(now) {
            Output::Send(bytes) => answer(&bytes, baud),
            Output::Set(settings) => {
                baud = settings.baud;
                continue;
            }
            Output::Wait(until) => {
                now = now.max(until);
                match detect.handle(now, Input::Elapsed) {
                    Ok(()) => continue,
                    Err(error) => break Err(error),
                }
            }
            Output::Done(readout) => break Ok(readout),
            Output::Progress(_) | Output::Part(_) | Output::Reserve(_) => continue,
        };
        if !heard.is_empty()
            && let Err(error) = detect.handle(now, Input::Bytes(&heard))
        {
            break Err(error);
        }
    };
    (ended, detect.trail().to_vec(), now.since(Moment(0)))
}

fn families(trail: &[Attempt]) -> Vec<(Family, u32)> {
    trail.iter().map(|attempt| (attempt.family, attempt.baud)).collect()
}

#[test]
fn nobody_is_looked_for_in_the_cold_order_and_no_longer_than_a_person_waits() {
    let (ended, trail, took) = search(Aim::default(), |_, _| vec![]);
    assert_eq!(ended, Err(ReadError::Unrecognised { heard: false, slow_left: true }));
    let expected = [
        (Family::Dlms, 9_600),
        (Family::Iec62056, 300),
        (Family::Dlt645, 1_200),
        (Family::Dlt645, 2_400),
        (Family::Dlt645, 1_200),
        (Family::Dlt645, 2_400),
        (Family::C1218, 9_600),
    ];
    assert_eq!(families(&trail), expected);
    assert!(trail.iter().all(|attempt| attempt.outcome == Outcome::Silence), "{trail:?}");
    assert!(took <= Duration::from_millis(9_000), "{took:?}");
}

#[test]
fn the_family_of_the_meter_before_goes_first() {
    let aim = Aim { lately: Some(Family::C1218), ..Aim::default() };
    assert_eq!(families(&search(aim, |_, _| vec![]).1)[..2], [(Family::C1218, 9_600), (Family::Dlms, 9_600)]);
}

#[test]
fn a_known_way_goes_before_all_else() {
    let known = "dlt645 4800 at=000050123456".parse().ok();
    let (_, trail, _) = search(Aim { known, ..Aim::default() }, |_, _| vec![]);
    assert_eq!(families(&trail)[..2], [(Family::Dlt645, 4_800), (Family::Dlms, 9_600)]);
}

#[test]
fn a_head_of_far_infrared_tries_only_what_it_can_say() {
    let (_, trail, took) = search(Aim { head: Head::FarInfrared, ..Aim::default() }, |_, _| vec![]);
    assert!(trail.iter().all(|attempt| attempt.family == Family::Dlt645), "{trail:?}");
    assert!(took <= Duration::from_millis(4_500), "{took:?}");
}

#[test]
fn slow_ways_are_tried_only_when_they_are_wished_for() {
    let (ended, trail, took) = search(Aim { slow: true, ..Aim::default() }, |_, _| vec![]);
    assert_eq!(ended, Err(ReadError::Unrecognised { heard: false, slow_left: false }));
    assert!(trail.iter().any(|attempt| attempt.baud == 19_200), "{trail:?}");
    // Nobody pushes at any speed where nobody is heard at one.
    assert!(trail.iter().all(|attempt| attempt.baud != 115_200), "{trail:?}");
    // The screen says about so long before it asks.
    assert!(took <= Duration::from_secs(27), "{took:?}");
}

#[test]
fn a_head_that_hears_itself_is_told_from_a_meter() {
    let (ended, trail, _) = search(Aim::default(), |sent, _| sent.to_vec());
    assert_eq!(ended, Err(ReadError::Unrecognised { heard: false, slow_left: true }), "{trail:?}");
}

#[test]
fn noise_is_followed_by_listening_once_at_each_speed() {
    // At 9,600 Bd pushes are heard while DLMS is asked for, and no step of its own is needed; whoever made noise
    // there may push at another speed.
    for (quiet_at, expected) in [(9_600, &[9_600][..]), (0, &[115_200, 2_400])] {
        let noise = |_: &[u8], baud| if baud == quiet_at { vec![] } else { vec![0x5A; 40] };
        let (ended, trail, took) = search(Aim::default(), noise);
        let listened = trail.iter().filter(|attempt| attempt.family == Family::Sml);
        assert!(matches!(ended, Err(ReadError::Unrecognised { heard: true, .. })), "{ended:?}");
        assert_eq!(listened.map(|attempt| attempt.baud).collect::<Vec<_>>(), expected, "{trail:?}");
        assert!(took <= Duration::from_secs(27), "{took:?}");
    }
}

#[test]
fn a_meter_that_answers_in_text_ends_the_search() {
    let (ended, trail, _) = search(Aim::default(), |sent, baud| {
        let text: Vec<u8> = sent.iter().map(|byte| byte & 0x7F).collect();
        if baud == 300 && text.ends_with(b"/?!\r\n") {
            b"/OLD X\r\n\x021.8.0(1)\r\n!\r\n\x03+".to_vec()
        } else {
            vec![]
        }
    });
    assert_eq!(ended.map(|readout| readout.registers.len()), Ok(1));
    assert_eq!(trail.last().map(|attempt| attempt.outcome), Some(Outcome::Read));
}
