//! Where the hub stands with a device's logs, and where two histories of one part. Decides only.

use std::collections::HashMap;

use lamplighter_core::evidence::chain::{Hash, Head};

/// The hub's `head` of a log, or event `last` of it, whose hash is `at_last`, if the hub holds more.
pub(super) fn held(head: Head, last: u64, at_last: Option<Hash>) -> Head {
    if head.seq <= last {
        return head;
    }
    at_last.map_or(Head::EMPTY, |hash| Head { seq: last, hash })
}

/// The last of these links, which are in order, that is held so.
pub(super) fn common(links: &[Head], held: &HashMap<u64, Hash>) -> Head {
    let so = |link: &&Head| link.seq > 0 && held.get(&link.seq) == Some(&link.hash);
    links.iter().take_while(so).last().copied().unwrap_or(Head::EMPTY)
}
