//! Notices what is plugged in and pulled out.

use std::{thread, time::Duration};

use super::ports::{Port, ports};

/// A person looks up from the plug about as soon.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The ports are others than a second ago.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct PortChange {
    /// All there are now.
    pub(crate) ports: Vec<Port>,
    /// What came.
    pub(crate) plugged: Vec<Port>,
    /// What is gone.
    pub(crate) unplugged: Vec<Port>,
}

/// Looks every second on a thread of its own, until `tell` answers that nobody wants to know any more.
pub(crate) fn watch_ports(mut tell: impl FnMut(Option<PortChange>) -> bool + Send + 'static) {
    thread::spawn(move || {
        let mut before = ports();
        loop {
            thread::sleep(LOOK_EVERY);
            let change = change(&before, ports());
            if let Some(change) = &change {
                before.clone_from(&change.ports);
            }
            if !tell(change) {
                return;
            }
        }
    });
}

/// What is different, if anything is. The same adapter in the same place is the same; whether it may be opened is
/// often known a moment after it came, and moves nothing.
fn change(before: &[Port], ports: Vec<Port>) -> Option<PortChange> {
    let missing_in = |there: &[Port], from: &[Port]| -> Vec<Port> {
        from.iter().filter(|port| !there.iter().any(|other| other.is(port))).cloned().collect()
    };
    let (plugged, unplugged) = (missing_in(before, &ports), missing_in(&ports, before));
    let same = before.len() == ports.len() && ports.iter().all(|port| before.contains(port));
    (!same).then_some(PortChange { ports, plugged, unplugged })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_and_goes_is_named() {
        check(&["a"], &["a"], None);
        check(&["a"], &["a", "b"], Some((&["b"], &[])));
        check(&["a", "b"], &["b"], Some((&[], &["a"])));
        check(&["a"], &["b"], Some((&["b"], &["a"])));
        // The order is no news.
        check(&["a", "b"], &["b", "a"], None);
        // Whether it may be opened is told, and is no plug.
        check(&["a!", "b"], &["a", "b"], Some((&[], &[])));
    }

    #[track_caller]
    fn check(before: &[&str], now: &[&str], expected: Option<(&[&str], &[&str])>) {
        let list = |names: &[&str]| -> Vec<Port> {
            let port = |name: &&str| {
                let (denied, name) = (name.ends_with('!'), name.trim_end_matches('!'));
                Port { path: format!("/dev/{name}"), name: name.into(), denied }
            };
            names.iter().map(port).collect()
        };
        let expected = expected.map(|(plugged, unplugged)| PortChange {
            ports: list(now),
            plugged: list(plugged),
            unplugged: list(unplugged),
        });
        assert_eq!(change(&list(before), list(now)), expected);
    }
}
