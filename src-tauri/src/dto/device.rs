//! The device and what is plugged in, as the menu shows it.

use std::time::Duration;

use lamplighter_core::{
    probe::selftest::{Health, Verdict},
    work::Beside,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Change;
use crate::{
    device::{Port, PortChange, ProbeProfile, ProfileError},
    state::Home,
};

/// A serial port; a denied one this user may not open.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PortView {
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) denied: bool,
}

/// What was plugged in or pulled out.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MovedPort {
    pub(crate) name: String,
    #[ts(type = "\"probe\" | \"gnss\" | \"other\"")]
    pub(crate) role: &'static str,
    pub(crate) plugged: bool,
}

/// What the probe is and needs. Control lines that are null are left alone.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProfileView {
    #[ts(type = "\"unknown\" | \"contact\" | \"far-infrared\" | \"ansi\"")]
    pub(crate) head: String,
    pub(crate) dtr: Option<bool>,
    pub(crate) rts: Option<bool>,
    pub(crate) wake_ms: u64,
}

/// What is read beside the registers: days of the load profile, 0 for none, and the meter's events.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BesideView {
    pub(crate) days: u16,
    pub(crate) events: bool,
}

/// The keys of meters on this device. `trouble` is why their file cannot be used; it holds no secret.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeysView {
    pub(crate) meters: usize,
    pub(crate) for_others: bool,
    pub(crate) trouble: Option<String>,
}

/// The device.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceView {
    pub(crate) probe: String,
    pub(crate) profile: ProfileView,
    pub(crate) gnss: String,
    pub(crate) beside: BesideView,
    pub(crate) keys: KeysView,
    pub(crate) hub: String,
    pub(crate) ports: Vec<PortView>,
    pub(crate) version: &'static str,
}

/// How a probe did without a meter. `echoed` of `sent` bytes came back at 300 Bd and at 9,600 Bd.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProbeHealth {
    #[ts(type = "\"good\" | \"deaf\" | \"weak\" | \"dazzled\"")]
    pub(crate) verdict: &'static str,
    pub(crate) ambient: u32,
    pub(crate) echoed: [u32; 2],
    pub(crate) damaged: u32,
    pub(crate) sent: u32,
}

impl From<Port> for PortView {
    fn from(port: Port) -> Self {
        Self { path: port.path, name: port.name, denied: port.denied }
    }
}

impl Change {
    /// With what is known of who hangs on which port. A probe without a port of its own is any that is no receiver.
    pub(crate) fn of_ports(change: PortChange, probe: Option<&str>, gnss: Option<&str>) -> Self {
        let role = |path: &str| {
            if Some(path) == gnss {
                "gnss"
            } else if probe.is_none_or(|probe| probe == path) {
                "probe"
            } else {
                "other"
            }
        };
        let moved =
            |plugged| move |port: Port| MovedPort { role: role(&port.path), name: port.name, plugged };
        let PortChange { ports, plugged, unplugged } = change;
        let gone = unplugged.into_iter().map(moved(false));
        let moved = gone.chain(plugged.into_iter().map(moved(true))).collect();
        Self::Ports { ports: ports.into_iter().map(Into::into).collect(), moved }
    }
}

impl ProfileView {
    /// A text of a newer release says nothing here.
    pub(crate) fn of_text(text: Option<String>) -> Self {
        let profile: ProbeProfile = text.and_then(|text| text.parse().ok()).unwrap_or_default();
        let wake_ms = u64::try_from(profile.wake.as_millis()).unwrap_or(u64::MAX);
        Self { head: profile.head.to_string(), dtr: profile.dtr, rts: profile.rts, wake_ms }
    }

    /// As the device knows it, within its limits.
    pub(crate) fn parse(self) -> Result<ProbeProfile, ProfileError> {
        let head = self.head.parse().map_err(|_| ProfileError)?;
        let wake = Duration::from_millis(self.wake_ms);
        let profile = ProbeProfile { head, dtr: self.dtr, rts: self.rts, wake };
        profile.to_string().parse()
    }
}

impl BesideView {
    /// A text of a newer release says nothing here.
    pub(crate) fn of_text(text: Option<String>) -> Self {
        let Beside { days, events } = text.and_then(|text| text.parse().ok()).unwrap_or_default();
        Self { days, events }
    }
}

impl KeysView {
    pub(crate) fn new(home: &Home) -> Self {
        let known = home.keys.now();
        let (meters, for_others) = known.ring.count();
        Self { meters, for_others, trouble: known.trouble }
    }
}

impl From<Health> for ProbeHealth {
    fn from(health: Health) -> Self {
        let Health { ambient, echoed, damaged } = health;
        let verdict = match health.verdict() {
            Verdict::Good => "good",
            Verdict::Deaf => "deaf",
            Verdict::Weak => "weak",
            Verdict::Dazzled => "dazzled",
        };
        Self { verdict, ambient, echoed, damaged, sent: Health::SENT }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_goes_to_the_screen_and_back() {
        for text in ["unknown", "contact dtr=on rts=off wake=300"] {
            let view = ProfileView::of_text(Some(text.into()));
            assert_eq!(view.parse().map(|profile| profile.to_string()), Ok(text.into()));
        }
        let newer = ProfileView::of_text(Some("laser".into()));
        assert_eq!((newer.head.as_str(), newer.dtr, newer.wake_ms), ("unknown", None, 0));
        assert_eq!(ProfileView { wake_ms: 60_000, ..newer.clone() }.parse(), Err(ProfileError));
        assert_eq!(ProfileView { head: "laser".into(), ..newer }.parse(), Err(ProfileError));
    }

    #[test]
    fn who_was_unplugged_is_told_by_its_port() {
        check(Some("/dev/a"), Some("/dev/b"), &["probe", "gnss", "other"]);
        check(None, Some("/dev/b"), &["probe", "gnss", "probe"]);
        check(None, None, &["probe", "probe", "probe"]);
    }

    #[track_caller]
    fn check(probe: Option<&str>, gnss: Option<&str>, roles: &[&str]) {
        let port = |name: &str| Port { path: format!("/dev/{name}"), name: name.into(), denied: false };
        let unplugged = ["a", "b", "c"].map(port).to_vec();
        let change = PortChange { ports: Vec::new(), plugged: vec![port("a")], unplugged };
        let Change::Ports { moved, .. } = Change::of_ports(change, probe, gnss) else { panic!() };
        let told: Vec<_> = moved.iter().map(|port| port.role).collect();
        assert_eq!(told, [roles, &[roles[0]]].concat());
        assert_eq!(moved.iter().filter(|port| port.plugged).count(), 1);
    }
}
