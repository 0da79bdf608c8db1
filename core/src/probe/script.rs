//! What a session has still to say and do, in order, and when all that was said has left the wire.

use std::collections::VecDeque;

use super::port::{Output, Progress, Settings};
use crate::time::Moment;

/// Outputs in order.
#[derive(Debug)]
pub(super) struct Script<D> {
    settings: Settings,
    sent_until: Moment,
    pending: VecDeque<Output<D>>,
}

impl<D> Script<D> {
    /// Begins with setting the line.
    pub(super) fn new(now: Moment, settings: Settings) -> Self {
        Self { settings, sent_until: now, pending: VecDeque::from([Output::Set(settings)]) }
    }

    /// As the line is set, or will be when all before is done.
    pub(super) const fn settings(&self) -> Settings {
        self.settings
    }

    /// When the last bit of all that was sent leaves the wire.
    pub(super) const fn sent_until(&self) -> Moment {
        self.sent_until
    }

    pub(super) fn send(&mut self, now: Moment, bytes: Vec<u8>) {
        self.sent_until = self.sent_until.max(now) + self.settings.line_time(bytes.len());
        self.pending.push_back(Output::Send(bytes));
    }

    /// Changes the line, if that is a change.
    pub(super) fn set(&mut self, settings: Settings) {
        if self.settings != settings {
            self.settings = settings;
            self.pending.push_back(Output::Set(settings));
        }
    }

    pub(super) fn tell(&mut self, progress: Progress) {
        self.pending.push_back(Output::Progress(progress));
    }

    pub(super) fn push(&mut self, output: Output<D>) {
        self.pending.push_back(output);
    }

    pub(super) fn next(&mut self) -> Option<Output<D>> {
        self.pending.pop_front()
    }
}
